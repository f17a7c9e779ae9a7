//! The private listener: `/healthz`, `/readyz`, `/metrics`. It listens on loopback or a Unix socket
//! only, and answers only requests with its own address as `Host`, so that no page in a browser can
//! reach it through a name of its own.

mod socket;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

use crate::config::AdminListen;
use crate::error::Answer;
use crate::server::Shared;

/// Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats).
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long to pause when the system cannot give another connection.
const REST: Duration = Duration::from_millis(50);

/// An open private listener.
#[derive(Debug)]
pub enum Admin {
    /// On a loopback address.
    Tcp(TcpListener),
    /// On a Unix socket.
    Unix(UnixListener),
}

impl Admin {
    /// Opens it. A socket left by a process that has ended is replaced.
    ///
    /// # Errors
    ///
    /// Where the system refuses, or something else is where the socket should be.
    pub async fn bind(listen: &AdminListen) -> io::Result<Self> {
        match listen {
            AdminListen::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp),
            AdminListen::Unix(path) => socket::bind(path).map(Self::Unix),
        }
    }

    /// Answers until it is dropped.
    pub async fn serve(self, shared: Arc<Shared>) {
        loop {
            let accepted = match &self {
                Self::Tcp(listener) => {
                    let own = listener.local_addr().ok();
                    let accepted = listener.accept().await;
                    accepted.map(|(stream, _)| {
                        drop(tokio::spawn(connection(stream, own, Arc::clone(&shared))));
                    })
                }
                Self::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                    drop(tokio::spawn(connection(stream, None, Arc::clone(&shared))));
                }),
            };
            if accepted.is_err() {
                tokio::time::sleep(REST).await;
            }
        }
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    own: Option<SocketAddr>,
    shared: Arc<Shared>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(answer(&shared, &request, own).await) }
    });
    // It does not matter if a monitor leaves before its answer is complete.
    drop(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
}

async fn answer(shared: &Shared, request: &Request<Incoming>, own: Option<SocketAddr>) -> Answer {
    if own.is_some_and(|own| !names(request.headers(), own)) {
        return plain(
            StatusCode::MISDIRECTED_REQUEST,
            "use this listener's own address\n",
        );
    }
    if request.method() != Method::GET {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "GET only\n");
    }
    match request.uri().path() {
        "/healthz" => plain(StatusCode::OK, "ok\n"),
        "/readyz" => match shared.app.store.probe().await {
            Ok(()) => plain(StatusCode::OK, "ready\n"),
            Err(error) => plain(
                StatusCode::SERVICE_UNAVAILABLE,
                &format!("not ready: {error}\n"),
            ),
        },
        "/metrics" => metrics(shared).await,
        _ => plain(
            StatusCode::NOT_FOUND,
            "ask for /healthz, /readyz or /metrics\n",
        ),
    }
}

async fn metrics(shared: &Shared) -> Answer {
    let mut text = shared.app.metrics.text();
    if let Ok(counts) = shared.app.store.counts().await {
        text.push_str(&format!(
            "# TYPE spotifinfo_sessions gauge\nspotifinfo_sessions {}\n\
             # TYPE spotifinfo_sessions_restricted gauge\nspotifinfo_sessions_restricted {}\n",
            counts.sessions, counts.restricted
        ));
    }
    let mut answer = plain(StatusCode::OK, &text);
    let kind = HeaderValue::from_static(METRICS_TYPE);
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

/// Whether the request names the listener by its own address, or as `localhost`.
fn names(headers: &HeaderMap, own: SocketAddr) -> bool {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    host == own.to_string() || host == format!("localhost:{}", own.port())
}

fn plain(status: StatusCode, text: &str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::copy_from_slice(text.as_bytes())));
    *answer.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, plain);
    answer
}
