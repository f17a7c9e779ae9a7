//! Turns method and path into a [`Route`]. Paths match exactly: no trailing slash, no
//! percent-encoded spelling.

use hyper::Method;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `GET /api/login`
    Login,
    /// `GET /api/callback`
    Callback,
    /// `POST /api/token`
    Token,
    /// `GET /api/session`, `HEAD /api/session`
    ShowSession,
    /// `PATCH /api/session`
    RestrictSession,
    /// `DELETE /api/session`
    EndSession,
    /// `OPTIONS` on any of these paths, and the methods that the path has.
    Preflight(&'static str),
}

/// Why there is no route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoute {
    /// Nothing is at this path.
    Path,
    /// The path has only these methods.
    Method(&'static str),
}

impl Route {
    /// Finds the route.
    ///
    /// # Errors
    ///
    /// Whether the path or the method does not exist.
    pub fn find(method: &Method, path: &str) -> Result<Self, NoRoute> {
        let allowed = match path {
            "/api/login" | "/api/callback" => "GET",
            "/api/token" => "POST",
            "/api/session" => "GET, HEAD, PATCH, DELETE",
            _ => return Err(NoRoute::Path),
        };
        match (method, path) {
            (&Method::GET, "/api/login") => Ok(Self::Login),
            (&Method::GET, "/api/callback") => Ok(Self::Callback),
            (&Method::POST, "/api/token") => Ok(Self::Token),
            (&Method::GET | &Method::HEAD, "/api/session") => Ok(Self::ShowSession),
            (&Method::PATCH, "/api/session") => Ok(Self::RestrictSession),
            (&Method::DELETE, "/api/session") => Ok(Self::EndSession),
            (&Method::OPTIONS, _) => Ok(Self::Preflight(allowed)),
            _ => Err(NoRoute::Method(allowed)),
        }
    }

    /// Whether only the site's own pages may use it, since it changes something or hands out a
    /// token.
    #[must_use]
    pub fn is_for_the_site_alone(self) -> bool {
        matches!(self, Self::Token | Self::RestrictSession | Self::EndSession)
    }

    /// Whether it makes the database write.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(self, Self::RestrictSession | Self::EndSession)
    }
}

#[cfg(test)]
mod tests {
    use super::{NoRoute, Route};
    use hyper::Method;

    #[test]
    fn each_endpoint_answers_to_its_methods_alone() {
        for (method, path, route) in [
            (Method::GET, "/api/login", Ok(Route::Login)),
            (Method::GET, "/api/callback", Ok(Route::Callback)),
            (Method::POST, "/api/token", Ok(Route::Token)),
            (Method::GET, "/api/session", Ok(Route::ShowSession)),
            (Method::HEAD, "/api/session", Ok(Route::ShowSession)),
            (Method::PATCH, "/api/session", Ok(Route::RestrictSession)),
            (Method::DELETE, "/api/session", Ok(Route::EndSession)),
            (Method::OPTIONS, "/api/token", Ok(Route::Preflight("POST"))),
            (Method::HEAD, "/api/login", Err(NoRoute::Method("GET"))),
            (Method::GET, "/api/token", Err(NoRoute::Method("POST"))),
            (
                Method::PUT,
                "/api/session",
                Err(NoRoute::Method("GET, HEAD, PATCH, DELETE")),
            ),
        ] {
            assert_eq!(Route::find(&method, path), route, "{method} {path}");
        }
    }

    #[test]
    fn other_spellings_of_a_path_are_other_paths() {
        for path in [
            "/",
            "/api",
            "/api/",
            "/api/session/",
            "/api//session",
            "/api/%73ession",
            "/API/session",
            "/api/session;x",
            "*",
        ] {
            assert_eq!(
                Route::find(&Method::GET, path),
                Err(NoRoute::Path),
                "{path}"
            );
        }
    }
}
