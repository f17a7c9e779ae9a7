//! Requests as the stand-in reads them and answers as it gives them.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use hyper::{HeaderMap, Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::Sleep;
use url::form_urlencoded;

/// A whole request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// The first value of a query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        value(self.query.as_bytes(), name)
    }

    /// The first value of a form field.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        value(&self.body, name)
    }

    /// A header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

fn value(form: &[u8], name: &str) -> Option<String> {
    let found = form_urlencoded::parse(form).find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

/// An answer's body: all at once, slowly, or without an end.
#[derive(Debug)]
pub(crate) enum Answer {
    Whole(Bytes),
    Drip {
        rest: Bytes,
        interval: Duration,
        wait: Pin<Box<Sleep>>,
    },
    Huge {
        left: usize,
    },
}

impl Body for Answer {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let piece = match self.get_mut() {
            Self::Whole(bytes) => std::mem::take(bytes),
            Self::Drip {
                rest,
                interval,
                wait,
            } => {
                if wait.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                *wait = Box::pin(tokio::time::sleep(*interval));
                rest.split_to(rest.len().min(1))
            }
            Self::Huge { left } => {
                *left = left.saturating_sub(1);
                Bytes::from(vec![b' '; if *left == 0 { 0 } else { 64 * 1024 }])
            }
        };
        if piece.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Drip { rest, .. } => SizeHint::with_exact(rest.len() as u64),
            Self::Huge { .. } => SizeHint::default(),
        }
    }
}

/// A response of the stand-in.
pub(crate) type Reply = Response<Answer>;

/// An answer with a body of some type.
pub(crate) fn reply(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Answer::Whole(body.into()));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let kind = HeaderValue::from_static(kind);
    reply.headers_mut().insert(CONTENT_TYPE, kind);
    reply
}

/// A JSON answer.
pub(crate) fn json_reply(status: u16, body: &Value) -> Reply {
    reply(status, "application/json; charset=utf-8", body.to_string())
}

/// The Web API's way to say no.
pub(crate) fn api_error(status: u16, message: &str) -> Reply {
    let body = json!({"error": {"status": status, "message": message}});
    json_reply(status, &body)
}

/// The token endpoint's way to say no.
pub(crate) fn token_error(error: &str, description: &str) -> Reply {
    let body = json!({"error": error, "error_description": description});
    json_reply(400, &body)
}

/// An answer without a body.
pub(crate) fn empty(status: u16) -> Reply {
    let mut reply = Response::new(Answer::Whole(Bytes::new()));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    reply
}

/// A redirect.
pub(crate) fn redirect(status: u16, to: &str) -> Reply {
    let mut reply = empty(status);
    set(&mut reply, LOCATION, to);
    reply
}

/// Sets a header, unless the value cannot be one.
pub(crate) fn set(reply: &mut Reply, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
}
