//! Faults on demand: what an endpoint does instead of, or to, its answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What can be asked of the stand-in, as counted and as made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The page that asks the visitor, and the answer to it.
    Authorize,
    /// `POST /api/token` with a code.
    Code,
    /// `POST /api/token` with a refresh token.
    Refresh,
    /// `GET /v1/me`.
    Me,
    /// `GET /v1/me/player`.
    Player,
    /// `GET /v1/me/player/recently-played`.
    Recent,
    /// `GET /v1/me/top/tracks`.
    TopTracks,
    /// `GET /v1/me/top/artists`.
    TopArtists,
    /// A cover.
    Cover,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Nothing; for a delay alone.
    None,
    /// Another status, with Spotify's error body or the one given.
    Status {
        /// The status.
        status: u16,
        /// The `Retry-After` header, word for word.
        #[serde(default)]
        retry_after: Option<String>,
        /// The body, word for word.
        #[serde(default)]
        body: Option<String>,
        /// Leaves out the CORS headers, as the front of the Web API sometimes does.
        #[serde(default)]
        without_cors: bool,
    },
    /// A JSON body that stops in its middle.
    Malformed,
    /// JSON without an end, up to 64 MiB.
    Huge,
    /// The right answer, a byte at a time.
    Drip {
        /// Milliseconds between two bytes.
        interval: u64,
    },
    /// A redirect elsewhere.
    Redirect {
        /// Where to.
        to: String,
    },
    /// The right answer, said to be a web page.
    WrongType,
    /// A token answer without an access token.
    NoToken,
    /// A token answer with another `expires_in`, of any JSON type.
    ExpiresIn {
        /// The value.
        value: serde_json::Value,
    },
    /// A token answer with another `scope`.
    Scope {
        /// The value.
        value: String,
    },
    /// The connection is closed without an answer, and nothing has happened.
    Close,
    /// All happens as it should, and then the connection is closed without the answer.
    Lose,
    /// No answer ever.
    Hang,
}

/// An effect on an endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Where.
    pub endpoint: Endpoint,
    /// What.
    #[serde(flatten)]
    pub effect: Effect,
    /// How often; without an end where absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// Milliseconds to wait before anything happens.
    #[serde(default)]
    pub delay: u64,
}

impl Fault {
    /// `effect` at `endpoint`, until it is cleared.
    #[must_use]
    pub fn new(endpoint: Endpoint, effect: Effect) -> Self {
        Self {
            endpoint,
            effect,
            times: None,
            delay: 0,
        }
    }

    /// A bare status, until it is cleared.
    #[must_use]
    pub fn status(endpoint: Endpoint, status: u16) -> Self {
        let effect = Effect::Status {
            status,
            retry_after: None,
            body: None,
            without_cors: false,
        };
        Self::new(endpoint, effect)
    }

    /// A 429 with `Retry-After`, until it is cleared.
    #[must_use]
    pub fn too_many(endpoint: Endpoint, retry_after: &str) -> Self {
        let effect = Effect::Status {
            status: 429,
            retry_after: Some(retry_after.to_owned()),
            body: None,
            without_cors: false,
        };
        Self::new(endpoint, effect)
    }

    /// No fault, only a delay.
    #[must_use]
    pub fn delay(endpoint: Endpoint, delay: Duration) -> Self {
        Self::new(endpoint, Effect::None).after(delay)
    }

    /// The same, so often and no more.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The same, after a wait.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }
}

/// The faults that are set, oldest first.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The oldest fault at `endpoint`, which is thereby used once.
    pub(crate) fn take(&mut self, endpoint: Endpoint) -> Option<Fault> {
        let place = self.0.iter().position(|fault| fault.endpoint == endpoint)?;
        let fault = self.0[place].clone();
        match &mut self.0[place].times {
            Some(0 | 1) => {
                self.0.remove(place);
            }
            Some(times) => *times -= 1,
            None => {}
        }
        Some(fault)
    }
}
