//! Serves a finished site from memory as a CDN would, with pretty URLs, `_headers`, `_redirects`
//! and `404.html`. Requests below `/api/` go to the auth proxy. With [`Live`] it is the development
//! server: pages reload when the site was rebuilt, and the mistakes of a failed build are shown
//! over the last good one.
//!
//! Apart from [`external`](crate::external), this is the generator's only network code.

mod develop;
mod forward;
mod live;
mod respond;
mod rules;
mod snapshot;
mod watch;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub use self::develop::{Event, develop};
pub use self::forward::{Api, NotAnOrigin};
pub use self::live::{Live, LiveSite};
pub use self::snapshot::Snapshot;
pub use self::watch::{WatchError, Watching, watch};

/// The body of a response: in memory, or still arriving from the proxy.
type Body = BoxBody<Bytes, hyper::Error>;

/// Answers requests.
#[derive(Debug)]
pub struct DevServer {
    /// The site.
    pub site: Arc<LiveSite>,
    /// The proxy for requests below `/api/`. Without one, they are answered with 404.
    pub api: Option<Api>,
}

/// Listens on `address`.
///
/// # Errors
/// If that is not possible; the message has the remedy.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let remedy = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "another program listens there: stop it, or choose another with --listen"
            }
            io::ErrorKind::PermissionDenied => "ports below 1024 need rights: choose a higher one",
            io::ErrorKind::AddrNotAvailable => "this machine has no such address",
            _ => "choose another with --listen",
        };
        io::Error::new(
            error.kind(),
            format!("cannot listen on {address}: {error} ({remedy})"),
        )
    })
}

/// Answers requests on `listener` until `shutdown` is ready. Then unfinished requests are cut off.
///
/// # Errors
/// If the listener itself fails. A failing connection does not affect the others.
pub async fn run(
    listener: TcpListener,
    server: DevServer,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let server = Arc::new(server);
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(connection(stream, Arc::clone(&server))); }
                // Errors such as too many open files are temporary; the pause keeps the loop from
                // spinning.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, server: Arc<DevServer>) {
    let service = service_fn(move |request| {
        let server = Arc::clone(&server);
        async move { Ok::<_, Infallible>(server.answer(request).await) }
    });
    // Browsers close connections at any time; that is no error.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl DevServer {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path();
        if let (Some(live), true) = (self.site.live(), path.starts_with(live::PREFIX)) {
            return live.answer(path);
        }
        if path == "/api" || path.starts_with("/api/") {
            return match &self.api {
                Some(api) => api.forward(request).await,
                None => respond::no_api(),
            };
        }
        respond::from_site(&self.site, request.method(), path)
    }
}
