//! From a request to its answer: rate, limits, host, route, guard, handler, and the headers that
//! every answer has.

mod body;
mod callback;
mod login;
pub mod return_path;
mod session;
mod token;

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW,
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, LOCATION,
    REFERRER_POLICY, SET_COOKIE, TRANSFER_ENCODING, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Request, Response, StatusCode};

use crate::captcha::Captcha;
use crate::clock::Clock;
use crate::config::origin::Origin;
use crate::cookie::{Cookies, Presented, Refusal};
use crate::error::{Answer, Error};
use crate::guard::exchanges::Exchanges;
use crate::guard::rate::Caller;
use crate::guard::{Guard, HostRefusal};
use crate::metrics::{self, Metrics};
use crate::provider::Provider;
use crate::route::{NoRoute, Route};
use crate::store::Store;
use crate::tasks::Tasks;
use crate::tokens::Tokens;

/// The longest target of a request, in bytes.
const LONGEST_TARGET: usize = 4096;

/// Everything that is needed to answer requests.
#[derive(Debug)]
pub struct App {
    /// Where browsers see the site.
    pub site_origin: Origin,
    /// Decides which requests are let in.
    pub guard: Guard,
    /// Reads and makes cookies.
    pub cookies: Cookies,
    /// The database.
    pub store: Store,
    /// Access tokens.
    pub tokens: Tokens,
    /// The OAuth provider.
    pub provider: Arc<Provider>,
    /// The budget of code exchanges.
    pub exchanges: Exchanges,
    /// The robot check, where there is one.
    pub captcha: Option<Captcha>,
    /// Work that goes on when its client leaves.
    pub tasks: Tasks,
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
}

/// A request with what has been found out about it.
struct Call {
    request: Request<Incoming>,
    client: IpAddr,
    session: Result<Presented, Refusal>,
}

impl App {
    /// The address that the request counts for.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        self.guard.client(peer, headers)
    }

    /// Answers one request of the client at `client`.
    pub async fn answer(self: &Arc<Self>, request: Request<Incoming>, client: IpAddr) -> Answer {
        let shares = self.shares(request.headers());
        let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
        let answered = contained(&self.metrics, self.respond(request, client)).await;
        let mut answer = answered.unwrap_or_else(|error| self.refuse(error));
        let headers = answer.headers_mut();
        shut_in(headers);
        if is_chunked {
            // RFC 9112 section 6.3: a request with both Transfer-Encoding and Content-Length ends
            // its connection. hyper has removed the Content-Length, so every chunked request ends
            // it.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.guard.needs_cors() {
            headers.insert(VARY, HeaderValue::from_static("Origin"));
        }
        if shares {
            self.share(headers);
        }
        answer
    }

    async fn respond(
        self: &Arc<Self>,
        request: Request<Incoming>,
        client: IpAddr,
    ) -> Result<Answer, Error> {
        let (route, session) = self.admit(&request, client)?;
        let call = Call {
            request,
            client,
            session,
        };
        self.handle(route, call).await
    }

    /// Makes every check that needs only the request's head.
    fn admit(
        &self,
        request: &Request<Incoming>,
        client: IpAddr,
    ) -> Result<(Route, Result<Presented, Refusal>), Error> {
        let (uri, headers) = (request.uri(), request.headers());
        let session = self.cookies.session(headers);
        let caller = match &session {
            Ok(presented) => Caller::Session(presented.id.hash()),
            Err(_) => Caller::Address(client),
        };
        self.count(caller)?;
        let target_length = uri
            .path_and_query()
            .map_or(0, |target| target.as_str().len());
        if target_length > LONGEST_TARGET {
            return Err(Error::UriTooLong);
        }
        if !is_framed_plainly(headers) {
            return Err(Error::BadRequest(
                "The only transfer coding accepted is chunked.",
            ));
        }
        self.guard
            .host(headers, uri.authority())
            .map_err(|refusal| match refusal {
                HostRefusal::Unclear => Error::BadRequest("Send exactly one Host."),
                HostRefusal::Foreign => Error::Misdirected,
            })?;
        let route = Route::find(request.method(), uri.path()).map_err(|none| match none {
            NoRoute::Path => Error::NotFound,
            NoRoute::Method(allowed) => Error::MethodNotAllowed(allowed),
        })?;
        if route.is_for_the_site_alone() {
            self.guard
                .from_the_site(headers)
                .map_err(|_| Error::Forbidden)?;
        }
        if route.writes() && session.is_ok() {
            // Sessions are to be had for one account as often as somebody logs in, and all of
            // them write to one disk.
            self.count(Caller::Address(client))?;
        }
        Ok((route, session))
    }

    fn count(&self, caller: Caller) -> Result<(), Error> {
        let counted = self.guard.rates.count(caller, self.clock.monotonic());
        counted.map_err(|wait| {
            metrics::count(&self.metrics.rate_limited);
            Error::RateLimited(wait)
        })
    }

    /// Counts a request for its address although its cookie is ours, because its session is gone.
    /// Otherwise each old cookie would be one more allowance.
    fn count_as_stranger(&self, client: IpAddr) -> Result<(), Error> {
        self.count(Caller::Address(client))
    }

    /// Rare handlers are boxed, so that the future of the common one stays small.
    async fn handle(self: &Arc<Self>, route: Route, call: Call) -> Result<Answer, Error> {
        match route {
            Route::Token => self.with_session(call, token::answer).await,
            Route::Login => self.login(&call),
            Route::Callback => Box::pin(self.callback(&call)).await,
            Route::ShowSession => Box::pin(self.show_session(call)).await,
            Route::RestrictSession => Box::pin(self.with_session(call, session::restrict)).await,
            Route::EndSession => Box::pin(self.end_session(call)).await,
            Route::Preflight(allowed) => {
                let shares = self.shares(call.request.headers());
                Ok(preflight(allowed, shares))
            }
        }
    }

    /// Runs a handler that needs a session, and replaces a cookie that an old key signed.
    async fn with_session(
        &self,
        call: Call,
        handler: impl AsyncFnOnce(&Self, &Presented, Request<Incoming>) -> Result<Answer, Error>,
    ) -> Result<Answer, Error> {
        let presented = call.session?;
        let answered = handler(self, &presented, call.request).await;
        if let Err(Error::SessionGone) = answered {
            self.count_as_stranger(call.client)?;
        }
        let mut answer = answered?;
        if presented.reissue {
            let cookie = self.cookies.set_session(&presented.id);
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(answer)
    }

    /// The one place where an error becomes a response.
    fn refuse(&self, error: Error) -> Answer {
        let mut answer = error.response();
        if matches!(error, Error::StaleCookie | Error::SessionGone) {
            answer
                .headers_mut()
                .append(SET_COOKIE, self.cookies.clear_session());
        }
        answer
    }

    /// Sends the browser to a path of the site.
    fn to_site(&self, path: &str) -> Result<Answer, Error> {
        redirect(&format!("{}{path}", self.site_origin))
    }

    /// Whether the request comes from a site on a sibling origin, which may read the answer.
    fn shares(&self, headers: &HeaderMap) -> bool {
        self.guard.needs_cors() && self.guard.names_the_site(headers)
    }

    /// Lets a site on a sibling origin read the answer; nothing of the request is echoed.
    fn share(&self, headers: &mut HeaderMap) {
        if let Ok(origin) = HeaderValue::from_str(self.site_origin.as_str()) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        headers.insert(
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("Retry-After"),
        );
    }
}

/// A panic in `work` ends its request and no other.
async fn contained<T>(
    metrics: &Metrics,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let answered = AssertUnwindSafe(work).catch_unwind().await;
    answered.unwrap_or_else(|_| {
        tracing::error!("a handler panicked; this is a bug");
        metrics::count(&metrics.panics);
        Err(Error::Internal)
    })
}

/// Whether the body has no transfer coding or only `chunked`, which hyper decodes. A body in
/// another coding must not be read as if it had none (RFC 9112 section 6.1).
fn is_framed_plainly(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(TRANSFER_ENCODING).iter();
    match (lines.next(), lines.next()) {
        (None, _) => true,
        (Some(line), None) => line.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

/// The headers of every answer: it must not be cached, sniffed, framed or leak a referrer.
fn shut_in(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
}

fn preflight(allowed: &'static str, shares: bool) -> Answer {
    let mut answer = empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allowed));
    if !shares {
        return answer;
    }
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static(allowed),
    );
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("content-type"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    answer
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::new()));
    *answer.status_mut() = status;
    answer
}

/// 303: whatever the method was, the browser now gets `to`.
fn redirect(to: &str) -> Result<Answer, Error> {
    let to = HeaderValue::from_str(to).map_err(|_| Error::Internal)?;
    let mut answer = empty(StatusCode::SEE_OTHER);
    answer.headers_mut().insert(LOCATION, to);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::contained;
    use crate::error::Error;
    use crate::metrics::Metrics;
    use std::sync::atomic::Ordering;

    #[tokio::test]
    async fn row_25_a_panic_is_a_500_for_its_request_alone_and_counted() {
        let metrics = Metrics::default();
        let work = async { panic!("on purpose") };
        assert_eq!(contained::<()>(&metrics, work).await, Err(Error::Internal));
        assert_eq!(contained(&metrics, async { Ok(7) }).await, Ok(7));
        assert_eq!(metrics.panics.load(Ordering::Relaxed), 1);
    }
}
