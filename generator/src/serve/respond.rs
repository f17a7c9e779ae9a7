//! Answers requests with files of the site.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use hyper::{Method, Response, StatusCode};

use super::live::{self, LiveSite};
use super::{Body, Snapshot};
use crate::path::percent_decode;

/// The answer to a request for `path`.
pub(super) fn from_site(site: &LiveSite, method: &Method, path: &str) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        let mut response = text(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are answered here\n",
        );
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let snapshot = site.now();
    let mut response = find(&snapshot, path);
    add_headers(&snapshot, path, &mut response);
    let response = if site.live().is_some() {
        live::enliven(response)
    } else {
        response
    };
    let (mut parts, bytes) = response.into_parts();
    parts
        .headers
        .insert("content-length", HeaderValue::from(bytes.len()));
    let body = if method == Method::HEAD {
        Bytes::new()
    } else {
        bytes
    };
    Response::from_parts(parts, full(body))
}

/// The answer below `/api/` if there is no proxy.
pub(super) fn no_api() -> Response<Body> {
    text(
        StatusCode::NOT_FOUND,
        "there is no proxy here: name one with --api URL\n",
    )
}

/// A short answer in plain text.
pub(super) fn text(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = Response::new(full(Bytes::copy_from_slice(message.as_bytes())));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// A body in memory.
pub(super) fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

fn find(snapshot: &Snapshot, path: &str) -> Response<Bytes> {
    if let Some((to, status)) = snapshot.redirects.of(path) {
        return redirect(
            to,
            StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND),
        );
    }
    // Names are looked up in a map, so `..` in a path can never reach a file on the disk.
    let name = percent_decode(path.trim_start_matches('/'));
    let index = |folder: &str| format!("{folder}index.html");
    if name.is_empty() || name.ends_with('/') {
        let name = index(&name);
        return snapshot
            .file(&name)
            .map_or_else(|| not_found(snapshot), |file| ok(&name, file));
    }
    if let Some(file) = snapshot.file(&name) {
        return ok(&name, file);
    }
    if snapshot.file(&index(&format!("{name}/"))).is_some() {
        return redirect(&format!("{path}/"), StatusCode::PERMANENT_REDIRECT);
    }
    not_found(snapshot)
}

fn ok(name: &str, file: &Bytes) -> Response<Bytes> {
    let mut response = Response::new(file.clone());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    response
}

fn not_found(snapshot: &Snapshot) -> Response<Bytes> {
    let page = snapshot
        .file("404.html")
        .cloned()
        .unwrap_or_else(|| Bytes::from_static(b"not found"));
    let mut response = ok("404.html", &page);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn redirect(to: &str, status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

fn add_headers(snapshot: &Snapshot, path: &str, response: &mut Response<Bytes>) {
    for (name, value) in snapshot.headers.of(path) {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("xml") => "application/xml; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("avif") => "image/avif",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("woff") => "font/woff",
        Some("wasm") => "application/wasm",
        Some("pdf") => "application/pdf",
        Some("mp3") => "audio/mpeg",
        Some("mp4") => "video/mp4",
        Some("webm") => "video/webm",
        _ => "application/octet-stream",
    }
}
