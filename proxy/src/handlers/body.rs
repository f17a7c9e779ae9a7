//! Reads the bodies of requests, within limits of size and time, as a form or as JSON.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::error::Error;

/// The longest body, in bytes, chunked or not.
const LONGEST: usize = 8 * 1024;
/// How long it may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The fields of a body.
#[derive(Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// The field's value.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// Reads a body that may be missing, a form or JSON.
///
/// # Errors
/// If it is too long, takes too long or is neither.
pub(super) async fn form_or_json(request: Request<Incoming>) -> Result<Fields, Error> {
    if request.body().is_end_stream() {
        return Ok(Fields::default());
    }
    let kind = kind(&request);
    let body = Box::pin(read(request)).await?;
    match kind {
        _ if body.is_empty() => Ok(Fields::default()),
        Kind::Json => from_json(&body),
        Kind::Form => from_form(&body),
        Kind::Other => Err(Error::UnsupportedMediaType),
    }
}

/// Reads a body in JSON.
///
/// # Errors
/// If it is too long, takes too long or is neither.
pub(super) async fn json(request: Request<Incoming>) -> Result<Fields, Error> {
    let kind = kind(&request);
    let body = read(request).await?;
    match kind {
        _ if body.is_empty() => Err(Error::BadRequest("There is no body.")),
        Kind::Json => from_json(&body),
        Kind::Form | Kind::Other => Err(Error::UnsupportedMediaType),
    }
}

enum Kind {
    Json,
    Form,
    Other,
}

fn kind(request: &Request<Incoming>) -> Kind {
    let value = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value.and_then(|text| text.split(';').next()).map(str::trim);
    match essence {
        Some(text) if text.eq_ignore_ascii_case("application/json") => Kind::Json,
        Some(text) if text.eq_ignore_ascii_case("application/x-www-form-urlencoded") => Kind::Form,
        _ => Kind::Other,
    }
}

async fn read(request: Request<Incoming>) -> Result<Bytes, Error> {
    let body = request.into_body();
    if body.size_hint().lower() > LONGEST as u64 {
        return Err(Error::ContentTooLarge);
    }
    let collected = tokio::time::timeout(TIMEOUT, Limited::new(body, LONGEST).collect()).await;
    match collected {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Error::ContentTooLarge),
        Ok(Err(_)) => Err(Error::BadRequest("The body ended too early.")),
        Err(_) => Err(Error::RequestTimeout),
    }
}

fn from_json(body: &[u8]) -> Result<Fields, Error> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(Fields(fields)),
        _ => Err(Error::BadRequest("The body is not a JSON object.")),
    }
}

fn from_form(body: &[u8]) -> Result<Fields, Error> {
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        let value = Value::String(value.into_owned());
        if fields.insert(name.into_owned(), value).is_some() {
            return Err(Error::BadRequest("A field is repeated."));
        }
    }
    Ok(Fields(fields))
}
