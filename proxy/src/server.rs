//! Accepts connections, holds each to its limits, and lets requests under way finish at the end.

mod patience;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use crate::access_log::{AccessLog, Entry};
use crate::error::Answer;
use crate::handlers::App;
use crate::metrics;
use crate::server::patience::Patient;

/// How long a client may take to send a request's head, and how long a connection may be idle
/// between two requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may read nothing of its answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest head, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// What a client gets when there are as many connections as allowed.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
/// How long a client that is turned away may keep its connection, and how many may do so at once.
const LINGER: Duration = Duration::from_secs(1);
const MOST_LINGERING: usize = 64;
/// At the shutdown: how long a client that has just connected has to send its request.
const LAST_CALL: Duration = Duration::from_millis(100);
/// At the shutdown: how many connections are taken from the system's queue. Linux keeps fewer.
const MOST_QUEUED: usize = 4096;
/// The status that is logged when the client left before there was an answer. No answer has it.
const LEFT: u16 = 499;
/// How long to pause when the system cannot give another connection.
const REST: Duration = Duration::from_millis(50);

/// What each connection needs.
#[derive(Debug)]
pub struct Shared {
    /// Answers requests.
    pub app: Arc<App>,
    /// Takes a line for each request.
    pub log: AccessLog,
}

/// How many connections may be served and how many may be turned away at a time.
struct Places {
    served: Arc<Semaphore>,
    lingering: Arc<Semaphore>,
}

/// Serves until `shutdown`, then lets requests under way finish for `drain`. Returns the moment at
/// which that time is over.
pub async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    most_connections: usize,
    drain: Duration,
    shutdown: impl Future<Output = ()>,
) -> Instant {
    let places = Places {
        served: Arc::new(Semaphore::new(most_connections)),
        lingering: Arc::new(Semaphore::new(MOST_LINGERING)),
    };
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accept(accepted, &shared, &places, &graceful).await,
        }
    }
    let deadline = Instant::now() + drain;
    for queued in close(listener) {
        accept(Ok(queued), &shared, &places, &graceful).await;
    }
    tokio::time::sleep(LAST_CALL.min(drain)).await;
    if timeout_at(deadline, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    deadline
}

/// Stops listening, and returns the connections that the system has accepted already: those clients
/// would see an error if they were just closed.
fn close(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let mut queued = Vec::new();
    // The listener is asked directly, because the runtime may not know of the latest ones yet.
    if let Ok(listener) = listener.into_std() {
        while queued.len() < MOST_QUEUED
            && let Ok((stream, peer)) = listener.accept()
        {
            let adopted = stream
                .set_nonblocking(true)
                .and_then(|()| TcpStream::from_std(stream));
            queued.extend(adopted.ok().map(|stream| (stream, peer)));
        }
    }
    queued
}

async fn accept(
    accepted: io::Result<(TcpStream, SocketAddr)>,
    shared: &Arc<Shared>,
    places: &Places,
    graceful: &GracefulShutdown,
) {
    let (stream, peer) = match accepted {
        Ok(accepted) => accepted,
        Err(error) => {
            tracing::error!(%error, "a connection could not be accepted");
            return tokio::time::sleep(REST).await;
        }
    };
    let Ok(place) = Arc::clone(&places.served).try_acquire_owned() else {
        metrics::count(&shared.app.metrics.refused_connections);
        if let Ok(place) = Arc::clone(&places.lingering).try_acquire_owned() {
            tokio::spawn(turn_away(stream, place));
        }
        return;
    };
    // An answer is one small write: waiting for more to fill a packet would only delay it.
    drop(stream.set_nodelay(true));
    serve_connection(stream, peer.ip(), Arc::clone(shared), place, graceful);
}

/// Sends the refusal, then reads what the client sends until it closes: a connection that is closed
/// with unread bytes is reset, and the client may lose the answer (RFC 9112 section 9.6).
async fn turn_away(mut stream: TcpStream, place: OwnedSemaphorePermit) {
    let said = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await?;
        let mut unread = [0; 1024];
        while stream.read(&mut unread).await? > 0 {}
        Ok::<(), io::Error>(())
    };
    drop(timeout(LINGER, said).await);
    drop(place);
}

fn serve_connection(
    stream: TcpStream,
    peer: IpAddr,
    shared: Arc<Shared>,
    place: OwnedSemaphorePermit,
    graceful: &GracefulShutdown,
) {
    let metrics = Arc::clone(&shared.app.metrics);
    metrics.connections.fetch_add(1, Ordering::Relaxed);
    // Boxed, because a connection holds the space for this future also while it is idle.
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        Box::pin(async move { Ok::<_, Infallible>(shared.answer(request, peer).await) })
    });
    let stream = TokioIo::new(Patient::new(stream, WRITE_TIMEOUT));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(LONGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(stream, service);
    let watched = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = watched.await
            && error.is_parse()
        {
            metrics::count(&metrics.refused_requests);
        }
        metrics.connections.fetch_sub(1, Ordering::Relaxed);
        drop(place);
    });
}

impl Shared {
    /// Answers, counts and logs one request.
    async fn answer(&self, request: Request<Incoming>, peer: IpAddr) -> Answer {
        let started = Instant::now();
        let client = self.app.client(peer, request.headers());
        let uri = request.uri().clone();
        let entry = Entry::new(
            client,
            self.app.clock.now(),
            request.method().as_str(),
            uri.path(),
            request.headers(),
        );
        let mut record = Record {
            shared: self,
            entry: Some(entry),
            uri,
            started,
            status: LEFT,
            bytes: 0,
        };
        let answer = self.app.answer(request, client).await;
        record.status = answer.status().as_u16();
        record.bytes = length(&answer);
        answer
    }
}

/// Counts and logs a request when it is dropped. So a request is logged even if its client leaves
/// and hyper drops the future that would have answered: what was asked for may have been done.
struct Record<'a> {
    shared: &'a Shared,
    entry: Option<Entry>,
    uri: Uri,
    started: Instant,
    status: u16,
    bytes: u64,
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let (status, took) = (self.status, self.started.elapsed());
        let metrics = &self.shared.app.metrics;
        metrics.request(self.uri.path(), status, took);
        if let Some(entry) = self.entry.take() {
            self.shared.log.log(entry, status, self.bytes, took);
        }
    }
}

fn length<B: Body>(answer: &Response<B>) -> u64 {
    answer.body().size_hint().lower()
}
