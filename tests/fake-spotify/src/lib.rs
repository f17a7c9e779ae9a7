//! A stand-in for Spotify: `accounts.spotify.com` and `api.spotify.com` on one loopback address,
//! as strict as the real ones, with an invented listener and faults on demand.
//!
//! A request goes `server → fault → accounts | web_api → world`; the control address, on another
//! port, changes the world. It is for tests and for trying the site out without an account.

mod accounts;
mod catalogue;
mod control;
mod cover;
mod fault;
mod grant;
mod message;
mod player;
mod server;
mod settings;
mod web_api;
mod world;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hyper::header::LOCATION;
use hyper::{HeaderMap, Method};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use url::{Url, form_urlencoded};

use crate::message::{Reply, Request};
use crate::server::{Door, Shared, accept, lock};
use crate::world::World;

pub use crate::fault::{Effect, Endpoint, Fault};
pub use crate::player::State;
pub use crate::settings::{Knobs, Settings};

/// What a visitor presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The site may.
    Approve,
    /// The site may not.
    Refuse,
}

/// A running stand-in; it ends when this is dropped.
#[derive(Debug)]
pub struct FakeSpotify {
    shared: Shared,
    address: SocketAddr,
    control: SocketAddr,
    tasks: [AbortHandle; 2],
}

/// Why it does not start.
#[derive(Debug)]
pub enum StartError {
    /// Spotify would not register this redirect URI.
    RedirectUri(String),
    /// The port for browsers and the proxy is not to be had.
    Port(io::Error),
    /// The port that controls it is not to be had.
    ControlPort(io::Error),
}

impl std::error::Error for StartError {}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RedirectUri(uri) => write!(
                f,
                "{uri} cannot be registered: https, or http on 127.0.0.1 or [::1] with a port"
            ),
            Self::Port(error) => write!(f, "--port: {error}"),
            Self::ControlPort(error) => write!(f, "--control-port: {error}"),
        }
    }
}

impl FakeSpotify {
    /// Starts listening on loopback.
    ///
    /// # Errors
    ///
    /// Where a port is taken, or a redirect URI is one that Spotify does not register.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let bad = |uri: &&String| !accounts::may_redirect_to(uri);
        if let Some(uri) = settings.redirect_uris.iter().find(bad) {
            return Err(StartError::RedirectUri(uri.clone()));
        }
        let (public, address) = listen(settings.port).await.map_err(StartError::Port)?;
        let (control, control_address) = listen(settings.control_port)
            .await
            .map_err(StartError::ControlPort)?;
        let own = || format!("http://localhost:{}", address.port());
        let origin = settings.origin.clone().unwrap_or_else(own);
        let shared = Arc::new(Mutex::new(World::new(settings, origin)));
        let listen = |listener, door| {
            let task = accept(listener, Arc::clone(&shared), door);
            tokio::spawn(task).abort_handle()
        };
        let tasks = [listen(public, Door::Public), listen(control, Door::Control)];
        Ok(Self {
            shared,
            address,
            control: control_address,
            tasks,
        })
    }

    /// Where browsers see it: another site than `http://127.0.0.1`.
    #[must_use]
    pub fn origin(&self) -> String {
        lock(&self.shared).origin.clone()
    }

    /// Where visitors are asked.
    #[must_use]
    pub fn authorize_url(&self) -> String {
        format!("{}/authorize", self.origin())
    }

    /// Where codes and refresh tokens are exchanged.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("http://{}/api/token", self.address)
    }

    /// Where the control address begins.
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("http://{}/control/", self.control)
    }

    /// Follows an authorize URL as a visitor's browser does and presses a button if asked.
    /// Gives the address that the visitor is sent back to.
    ///
    /// # Errors
    ///
    /// The page that is shown instead.
    pub fn visit(&self, authorize: &str, decision: Decision) -> Result<String, String> {
        let url = Url::parse(authorize).map_err(|error| error.to_string())?;
        let query = url.query().unwrap_or_default();
        let world = &mut lock(&self.shared);
        world.count(Endpoint::Authorize);
        let asked = accounts::authorize(&request(Method::GET, query, String::new()), world);
        if let Some(location) = location(&asked) {
            return Ok(location);
        }
        let pressed = match decision {
            Decision::Approve => "approve",
            Decision::Refuse => "refuse",
        };
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("request", query)
            .append_pair("decision", pressed)
            .finish();
        let answer = accounts::decide(&request(Method::POST, "", form), world);
        location(&answer).ok_or_else(|| format!("{:?}", asked.body()))
    }

    /// Sets a fault.
    pub fn inject(&self, fault: Fault) {
        lock(&self.shared).faults.add(fault);
    }

    /// Clears all faults.
    pub fn clear_faults(&self) {
        lock(&self.shared).faults.clear();
    }

    /// How many requests came to an endpoint.
    #[must_use]
    pub fn count(&self, endpoint: Endpoint) -> u64 {
        let world = lock(&self.shared);
        world.counts.get(&endpoint).copied().unwrap_or_default()
    }

    /// Changes what can be changed.
    pub fn turn(&self, change: impl FnOnce(&mut Knobs)) {
        change(&mut lock(&self.shared).settings.knobs);
    }

    /// Puts the player into a state.
    pub fn play(&self, state: State) {
        let world = &mut lock(&self.shared);
        let now = world.now();
        world.player.set(state, None, None, now);
    }

    /// Lets seconds pass at once.
    pub fn advance(&self, seconds: u64) {
        lock(&self.shared).advance(seconds);
    }

    /// As if the visitor had removed the app.
    pub fn revoke_all(&self) {
        lock(&self.shared).grants.revoke();
    }

    /// The refresh tokens that still work.
    #[must_use]
    pub fn refresh_tokens(&self) -> Vec<String> {
        lock(&self.shared).grants.living()
    }

    /// Whether the Web API takes an access token.
    #[must_use]
    pub fn accepts(&self, access_token: &str) -> bool {
        let world = lock(&self.shared);
        world.grants.scopes(access_token, world.now()).is_ok()
    }
}

impl Drop for FakeSpotify {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

async fn listen(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let bound = async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound.await.map_err(|error: io::Error| {
        let told = format!("cannot listen on 127.0.0.1:{port}: {error}");
        io::Error::new(error.kind(), told)
    })
}

fn request(method: Method, query: &str, form: String) -> Request {
    Request {
        method,
        path: String::new(),
        query: query.to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::from(form),
    }
}

fn location(reply: &Reply) -> Option<String> {
    let location = reply.headers().get(LOCATION)?;
    location.to_str().ok().map(str::to_owned)
}
