//! Everything a request can be refused with, and what the client is told: a status, a word for
//! programs and a sentence for people, all of them fixed text. What the operator has to know is
//! logged where it happens.
//!
//! `App::refuse` in `handlers` is the one place that turns an error into a response. What never
//! becomes a request (one connection too many, a head that cannot be parsed) is refused by
//! `server` and by hyper instead.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};

use crate::cookie::Refusal;
use crate::store::StoreError;

/// What every handler answers with.
pub type Answer = Response<Full<Bytes>>;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// It presents no session that can be used now. A cookie stays: it may be right, and the date
    /// or the database wrong.
    LoginRequired,
    /// It presents a cookie that is not ours, or not any more. The browser should drop it.
    StaleCookie,
    /// Its cookie is ours, and the session is gone. The browser should drop the cookie.
    SessionGone,
    /// It does not come from the site.
    Forbidden,
    /// A robot check is needed first.
    CaptchaRequired,
    /// The robot check went wrong.
    CaptchaFailed,
    /// The visitor has restricted the session.
    SessionRestricted,
    /// Too many requests; when to come back.
    RateLimited(Duration),
    /// The provider cannot answer; when to come back.
    ProviderUnavailable(Duration),
    /// The provider's answer made no sense.
    ProviderError,
    /// The database cannot answer.
    StoreUnavailable,
    /// The browser is only guessing.
    Prefetch,
    /// The request contradicts itself or its shape; in what.
    BadRequest(&'static str),
    /// Nothing is there.
    NotFound,
    /// It is there for these methods alone.
    MethodNotAllowed(&'static str),
    /// It did not come in time.
    RequestTimeout,
    /// Its body is longer than 8 KiB.
    ContentTooLarge,
    /// Its target is longer than 4 KiB.
    UriTooLong,
    /// Its body is neither a form nor JSON.
    UnsupportedMediaType,
    /// It is meant for another host.
    Misdirected,
    /// A bug on our side.
    Internal,
}

/// How soon it is worth coming back where nothing better is known.
const SOON: Duration = Duration::from_secs(5);

impl Error {
    /// The status, the machine's word and the sentence.
    #[expect(clippy::too_many_lines, reason = "a table, one row an error")]
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::LoginRequired | Self::StaleCookie | Self::SessionGone => {
                (StatusCode::UNAUTHORIZED, "login_required", "Log in first.")
            }
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "This is for the site's own pages.",
            ),
            Self::CaptchaRequired => (
                StatusCode::FORBIDDEN,
                "captcha_required",
                "Send a recaptcha_token.",
            ),
            Self::CaptchaFailed => (
                StatusCode::FORBIDDEN,
                "captcha_failed",
                "The robot check was not passed.",
            ),
            Self::SessionRestricted => (
                StatusCode::FORBIDDEN,
                "session_restricted",
                "You have restricted the use of your data.",
            ),
            Self::RateLimited(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "Too many requests.",
            ),
            Self::ProviderUnavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "provider_unavailable",
                "The login provider cannot answer now.",
            ),
            Self::ProviderError => (
                StatusCode::BAD_GATEWAY,
                "provider_error",
                "The login provider's answer made no sense.",
            ),
            Self::StoreUnavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "The database cannot answer now.",
            ),
            Self::Prefetch => (
                StatusCode::SERVICE_UNAVAILABLE,
                "prefetch",
                "This cannot be fetched in advance.",
            ),
            Self::BadRequest(what) => (StatusCode::BAD_REQUEST, "bad_request", what),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is nothing here."),
            Self::MethodNotAllowed(_) => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "Use one of the methods in Allow.",
            ),
            Self::RequestTimeout => (
                StatusCode::REQUEST_TIMEOUT,
                "request_timeout",
                "The request did not arrive in time.",
            ),
            Self::ContentTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "content_too_large",
                "The body is longer than 8 KiB.",
            ),
            Self::UriTooLong => (
                StatusCode::URI_TOO_LONG,
                "uri_too_long",
                "The address is longer than 4 KiB.",
            ),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Send JSON or a form.",
            ),
            Self::Misdirected => (
                StatusCode::MISDIRECTED_REQUEST,
                "misdirected",
                "This host is not served here.",
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong here.",
            ),
        }
    }

    fn retry_after(self) -> Option<Duration> {
        match self {
            Self::RateLimited(wait) | Self::ProviderUnavailable(wait) => Some(wait),
            Self::StoreUnavailable => Some(SOON),
            _ => None,
        }
    }

    /// The response, without the cookie that `App::refuse` adds.
    #[must_use]
    pub fn response(self) -> Answer {
        let (status, word, sentence) = self.parts();
        // Both texts are fixed and need no escaping.
        let body = format!("{{\"error\":\"{word}\",\"error_description\":\"{sentence}\"}}");
        let mut response = json(status, body);
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after() {
            // Whole seconds, rounded up (RFC 9110, 10.2.3).
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if let Self::MethodNotAllowed(allowed) = self {
            headers.insert(ALLOW, HeaderValue::from_static(allowed));
        }
        response
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database could not answer");
        Self::StoreUnavailable
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        if refusal.clears() {
            Self::StaleCookie
        } else {
            Self::LoginRequired
        }
    }
}

/// A response in JSON.
#[must_use]
pub fn json(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
