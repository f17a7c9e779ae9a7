//! What can be chosen at the start and, the [`Knobs`], changed while it runs.

use serde::{Deserialize, Serialize};

/// The scopes that exist here, beside no scope at all.
pub(crate) const SCOPES: [&str; 6] = [
    "user-read-currently-playing",
    "user-read-email",
    "user-read-playback-state",
    "user-read-private",
    "user-read-recently-played",
    "user-top-read",
];

/// The client that is registered, and where to listen.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: String,
    /// Where visitors may be sent back to. HTTPS, or HTTP on a loopback address with a port.
    pub redirect_uris: Vec<String>,
    /// Where browsers see it, where that is a server in front; else `http://localhost` and the port.
    pub origin: Option<String>,
    /// The port of the pages, the token endpoint and the Web API; 0 takes a free one.
    pub port: u16,
    /// The port of the control address; 0 takes a free one.
    pub control_port: u16,
    /// What can change later.
    pub knobs: Knobs,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: "0c1ient0c1ient0c1ient0c1ient0000".to_owned(),
            client_secret: "5ecret5ecret5ecret5ecret5ecret00".to_owned(),
            redirect_uris: vec!["http://127.0.0.1:4000/api/callback".to_owned()],
            origin: None,
            port: 0,
            control_port: 0,
            knobs: Knobs::default(),
        }
    }
}

/// What can be changed while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knobs {
    /// Seconds that an access token lives.
    pub token_lifetime: u64,
    /// Seconds that an authorization code lives.
    pub code_lifetime: u64,
    /// Whether a refresh hands out a new refresh token and kills the old one.
    pub rotate: bool,
    /// Whether the app is in development mode, where profiles lack fields.
    pub development_mode: bool,
    /// Whether the visitor is on the app's list; the Web API answers 403 to others.
    pub allow_listed: bool,
    /// Whether the visitor has never listened to anything.
    pub empty_history: bool,
    /// Whether a visitor who approved once is not asked again.
    pub remember_approval: bool,
    /// What an approval grants, where that differs from what was asked: scopes, by spaces.
    pub granted_scopes: Option<String>,
    /// What the callback is told about its issuer (RFC 9207). Spotify tells nothing.
    pub issuer: Option<String>,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            token_lifetime: 3600,
            code_lifetime: 600,
            rotate: false,
            development_mode: true,
            allow_listed: true,
            empty_history: false,
            remember_approval: true,
            granted_scopes: None,
            issuer: None,
        }
    }
}
