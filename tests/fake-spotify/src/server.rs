//! The listeners: reads a request whole, applies the fault that is set, and answers.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::fault::{Effect, Endpoint, Fault};
use crate::message::{Answer, Reply, Request, empty, redirect, reply, set};
use crate::world::World;
use crate::{accounts, control, web_api};

const LARGEST_BODY: usize = 64 * 1024;
const HUGE_PIECES: usize = 1024;

/// What the listeners share.
pub(crate) type Shared = Arc<Mutex<World>>;

/// Which of the two listeners a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Public,
    Control,
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed on demand")
    }
}

impl std::error::Error for Closed {}

/// The world, also after a panic elsewhere.
pub(crate) fn lock(shared: &Shared) -> MutexGuard<'_, World> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Accepts for as long as it is polled; the connections end with it.
pub(crate) async fn accept(listener: TcpListener, shared: Shared, door: Door) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(converse(stream, Arc::clone(&shared), door));
        }
    }
}

async fn converse(stream: TcpStream, shared: Shared, door: Door) {
    let service = service_fn(|request| respond(request, &shared, door));
    let mut builder = http1::Builder::new();
    let conversation = builder
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away, and a connection closed on demand, are no one's mistake.
    let _ = pin!(conversation).await;
}

async fn respond(
    request: hyper::Request<Incoming>,
    shared: &Shared,
    door: Door,
) -> Result<Response<Answer>, Closed> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return Ok(empty(413));
    };
    let request = Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.to_bytes(),
    };
    if door == Door::Control {
        return Ok(control::answer(&request, &mut lock(shared)));
    }
    if request.method == Method::OPTIONS && request.path.starts_with("/v1/") {
        return Ok(web_api::preflight());
    }
    match endpoint(&request) {
        Some(endpoint) => with_faults(endpoint, &request, shared).await,
        None => Ok(empty(404)),
    }
}

fn endpoint(request: &Request) -> Option<Endpoint> {
    let path = request.path.as_str();
    if accounts::is_authorize(&request.method, path) {
        return Some(Endpoint::Authorize);
    }
    if (&request.method, path) == (&Method::POST, "/api/token") {
        let kind = request.field("grant_type");
        let is_refresh = kind.as_deref() == Some("refresh_token");
        return Some(if is_refresh {
            Endpoint::Refresh
        } else {
            Endpoint::Code
        });
    }
    if request.method != Method::GET {
        return None;
    }
    match path {
        "/v1/me" => Some(Endpoint::Me),
        "/v1/me/player" => Some(Endpoint::Player),
        "/v1/me/player/recently-played" => Some(Endpoint::Recent),
        "/v1/me/top/tracks" => Some(Endpoint::TopTracks),
        "/v1/me/top/artists" => Some(Endpoint::TopArtists),
        _ => path.starts_with("/image/").then_some(Endpoint::Cover),
    }
}

async fn with_faults(
    endpoint: Endpoint,
    request: &Request,
    shared: &Shared,
) -> Result<Reply, Closed> {
    let fault = {
        let mut world = lock(shared);
        world.count(endpoint);
        world.faults.take(endpoint)
    };
    let Some(Fault { effect, delay, .. }) = fault else {
        return Ok(usual(endpoint, request, shared));
    };
    tokio::time::sleep(Duration::from_millis(delay)).await;
    match effect {
        Effect::None => Ok(usual(endpoint, request, shared)),
        Effect::Close => Err(Closed),
        Effect::Hang => std::future::pending().await,
        Effect::Lose => {
            usual(endpoint, request, shared);
            Err(Closed)
        }
        effect @ (Effect::Status { .. }
        | Effect::Malformed
        | Effect::Huge
        | Effect::Redirect { .. }) => Ok(shared_with_browsers(endpoint, instead(effect))),
        effect => Ok(spoiled(usual(endpoint, request, shared), effect)),
    }
}

fn usual(endpoint: Endpoint, request: &Request, shared: &Shared) -> Reply {
    let world = &mut lock(shared);
    match endpoint {
        Endpoint::Authorize if request.method == Method::POST => accounts::decide(request, world),
        Endpoint::Authorize => accounts::authorize(request, world),
        Endpoint::Code | Endpoint::Refresh => accounts::token(request, world),
        Endpoint::Cover => web_api::image(&request.path),
        _ => shared_with_browsers(endpoint, (web_api::answer(endpoint, request, world), false)),
    }
}

/// Adds the CORS headers that the Web API has, unless they are to be left out.
fn shared_with_browsers(endpoint: Endpoint, (mut reply, without): (Reply, bool)) -> Reply {
    let has = !matches!(
        endpoint,
        Endpoint::Authorize | Endpoint::Code | Endpoint::Refresh
    );
    if has && !without {
        web_api::share(&mut reply);
    }
    reply
}

/// What is answered in place of the usual, and whether without CORS headers.
fn instead(effect: Effect) -> (Reply, bool) {
    const JSON: &str = "application/json";
    match effect {
        Effect::Status {
            status,
            retry_after,
            body,
            without_cors,
        } => {
            let error = json!({"error": {"status": status, "message": "Made to fail"}});
            let body = body.unwrap_or_else(|| error.to_string());
            let mut answer = reply(status, JSON, body);
            if let Some(seconds) = retry_after {
                set(&mut answer, RETRY_AFTER, &seconds);
            }
            (answer, without_cors)
        }
        Effect::Huge => {
            let mut answer = reply(200, JSON, "");
            *answer.body_mut() = Answer::Huge { left: HUGE_PIECES };
            (answer, false)
        }
        Effect::Redirect { to } => (redirect(302, &to), false),
        _ => (reply(200, JSON, "{\"access_token\": \"BQ"), false),
    }
}

/// The usual answer, spoiled.
fn spoiled(mut answer: Reply, effect: Effect) -> Reply {
    let Answer::Whole(body) = answer.body_mut() else {
        return answer;
    };
    let body = std::mem::take(body);
    let spoil = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&body).unwrap_or_default();
        if value.is_object() {
            change(&mut value);
        }
        Answer::Whole(value.to_string().into())
    };
    let new = match effect {
        Effect::Drip { interval } => {
            let interval = Duration::from_millis(interval);
            let wait = Box::pin(tokio::time::sleep(interval));
            Answer::Drip {
                rest: body,
                interval,
                wait,
            }
        }
        Effect::NoToken => spoil(&|answer| {
            answer
                .as_object_mut()
                .map(|answer| answer.remove("access_token"));
        }),
        Effect::ExpiresIn { value } => spoil(&|answer| answer["expires_in"] = value.clone()),
        Effect::Scope { value } => spoil(&|answer| answer["scope"] = json!(value)),
        _ => {
            set(&mut answer, CONTENT_TYPE, "text/html; charset=utf-8");
            Answer::Whole(body)
        }
    };
    answer.headers_mut().remove(CONTENT_LENGTH);
    *answer.body_mut() = new;
    answer
}
