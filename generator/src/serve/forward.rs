//! Forwards requests below `/api/` to the auth proxy, so that site and proxy share an origin.

use std::fmt;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HeaderMap, HeaderName};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Body, respond};

/// Headers that belong to a single connection (RFC 9110, 7.6.1).
const HOP_BY_HOP: [&str; 7] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The address of the auth proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    authority: String,
}

/// A text that is not the address of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnOrigin(String);

impl fmt::Display for NotAnOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not like http://127.0.0.1:8080", self.0)
    }
}

impl std::error::Error for NotAnOrigin {}

impl Api {
    /// Reads `http://HOST:PORT`.
    ///
    /// # Errors
    /// [`NotAnOrigin`] if `text` is anything else.
    pub fn new(text: &str) -> Result<Self, NotAnOrigin> {
        let refused = || NotAnOrigin(text.to_owned());
        let authority = text.strip_prefix("http://").ok_or_else(refused)?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let authority = authority
            .parse::<hyper::http::uri::Authority>()
            .map_err(|_| refused())?;
        if authority.port_u16().is_none() || authority.as_str().contains('@') {
            return Err(refused());
        }
        Ok(Self {
            authority: authority.to_string(),
        })
    }

    /// The proxy's answer, or 502 if there is none.
    pub(super) async fn forward(&self, request: Request<Incoming>) -> Response<Body> {
        match self.pass_on(request).await {
            Ok(response) => response,
            Err(reason) => respond::text(
                StatusCode::BAD_GATEWAY,
                &format!(
                    "the proxy at {} does not answer: {reason}\n",
                    self.authority
                ),
            ),
        }
    }

    async fn pass_on(&self, request: Request<Incoming>) -> Result<Response<Body>, String> {
        let failed = |error: hyper::Error| error.to_string();
        let stream = TcpStream::connect(&self.authority)
            .await
            .map_err(|error| error.to_string())?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(failed)?;
        tokio::spawn(connection);
        let (mut parts, body) = request.into_parts();
        without_hops(&mut parts.headers);
        let response = sender
            .send_request(Request::from_parts(parts, body))
            .await
            .map_err(failed)?;
        let (mut parts, body) = response.into_parts();
        without_hops(&mut parts.headers);
        Ok(Response::from_parts(parts, body.boxed()))
    }
}

fn without_hops(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::Api;

    #[test]
    fn only_plain_origins_are_taken() {
        assert!(Api::new("http://127.0.0.1:8080/").is_ok());
        assert!(Api::new("http://[::1]:8080").is_ok());
        for bad in [
            "127.0.0.1:8080",
            "https://a:1",
            "http://a",
            "http://a:1/b",
            "http://u@a:1",
            "",
        ] {
            assert!(Api::new(bad).is_err(), "{bad}");
        }
    }
}
