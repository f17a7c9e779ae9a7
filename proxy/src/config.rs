//! Turns the settings into one valid [`Config`], or reports everything that is wrong with them,
//! before anything is bound. The rest of the program relies on it.
//!
//! It reads the files with the client's and reCAPTCHA's secret, and connects to nothing.

pub mod flags;
pub mod network;
pub mod origin;
pub mod paths;
pub mod problem;
pub mod retention;
mod values;
mod warnings;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hyper::header::HeaderName;
use url::Url;

use crate::config::flags::Settings;
use crate::config::network::Network;
use crate::config::origin::Origin;
use crate::config::problem::{ConfigErrors, Reason};
use crate::config::values::Reader;
use crate::secret::Secret;

const SPOTIFY: &str = "spotify";
const SPOTIFY_AUTHORIZE: &str = "https://accounts.spotify.com/authorize";
const SPOTIFY_TOKEN: &str = "https://accounts.spotify.com/api/token";
/// What the pages of the Spotify site need, and nothing more.
const SPOTIFY_SCOPES: &str =
    "user-read-playback-state user-read-recently-played user-top-read user-read-private";

/// Everything that `serve` needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where browsers see the proxy.
    pub public_origin: Origin,
    /// Where browsers see the site. It differs from `public_origin` only in sibling mode.
    pub site_origin: Origin,
    /// More `Host` values to accept, in lower case.
    pub accept_hosts: Vec<String>,
    /// The OAuth provider.
    pub provider: ProviderConfig,
    /// The database and the lifetimes in it.
    pub store: StoreConfig,
    /// The file of master keys.
    pub keys_file: PathBuf,
    /// The session cookie's name.
    pub cookie_name: String,
    /// Peers whose client address header is trusted.
    pub trusted_proxies: Vec<Network>,
    /// The header in which they name the client.
    pub client_ip_header: HeaderName,
    /// Requests a second for a session or an address.
    pub rate_limit: u32,
    /// Connections at once.
    pub max_connections: usize,
    /// How long a shutdown waits for requests under way.
    pub drain: Duration,
    /// Where the access log goes.
    pub access_log: AccessLog,
    /// How many days a day's access log is kept.
    pub access_log_keep: u32,
    /// The format of the operational log.
    pub log_format: LogFormat,
    /// The admin listener, if any.
    pub admin_listen: Option<AdminListen>,
    /// reCAPTCHA, if it is on.
    pub recaptcha: Option<RecaptchaConfig>,
    /// Worker threads.
    pub threads: usize,
}

/// An OAuth 2.0 provider and our client there.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// Its name, as shown to visitors and bound into sealed tokens.
    pub name: String,
    /// The authorization endpoint.
    pub authorize_url: Url,
    /// The token endpoint.
    pub token_url: Url,
    /// What `iss` has to be at the callback (RFC 9207), if it is checked.
    pub issuer: Option<String>,
    /// Our client's id.
    pub client_id: String,
    /// Our client's secret.
    pub client_secret: Secret,
    /// The scopes to ask for, all of them required.
    pub scopes: Vec<String>,
}

/// The database and the lifetimes in it.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The SQLite file.
    pub path: PathBuf,
    /// The provider's name, bound into each sealed token.
    pub provider: String,
    /// How many days a session lasts from its authorization.
    pub session_ttl: u32,
    /// How many days an unused session is kept.
    pub idle_ttl: u32,
}

/// reCAPTCHA v3.
#[derive(Debug, Clone)]
pub struct RecaptchaConfig {
    /// The secret shared with the verifier.
    pub secret: Secret,
    /// The lowest score that a visitor may have, 0 to 1.
    pub min_score: f64,
    /// The hostname that a verification has to be for.
    pub hostname: String,
    /// Where tokens are verified.
    pub verify_url: Url,
    /// Whether visitors are let through while the verifier is down.
    pub fail_open: bool,
}

/// Where the access log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessLog {
    /// Standard output.
    Stdout,
    /// A file, rotated daily.
    File(PathBuf),
    /// Nowhere.
    Off,
}

/// The format of the operational log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line.
    Json,
}

/// Where the admin listener listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminListen {
    /// A loopback address.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for AdminListen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Config {
    /// Reads `settings`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn from_settings(settings: &Settings) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(settings);
        let config = Self::read(&mut reader);
        reader.finish(config)
    }

    /// `None` where the reader has collected a problem that leaves no value.
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let public = reader.required(&flags::PUBLIC_ORIGIN, Origin::parse);
        let site = reader.optional(&flags::SITE_ORIGIN, Origin::parse);
        let site = site.or_else(|| public.clone());
        require_same_site(reader, public.as_ref(), site.as_ref());
        let provider = read_provider(reader);
        let store = read_store(reader);
        let keys_file = reader.required(&flags::KEYS_FILE, values::path);
        let recaptcha = read_recaptcha(reader, site.as_ref());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // Read one by one before any `?`, so that each problem is collected.
        let listen = reader.required(&flags::LISTEN, values::socket_address);
        let accept_hosts = reader.optional(&flags::ACCEPT_HOST, values::hosts);
        let cookie_name = reader.required(&flags::COOKIE_NAME, values::cookie_name);
        let trusted_proxies = reader.optional(&flags::TRUSTED_PROXIES, network::networks);
        let client_ip_header = reader.required(&flags::CLIENT_IP_HEADER, values::header_name);
        let rate_limit = reader.required(&flags::RATE_LIMIT, values::positive);
        let max_connections = reader.required(&flags::MAX_CONNECTIONS, values::count);
        let drain = reader.required(&flags::DRAIN, values::duration);
        let access_log = reader.required(&flags::ACCESS_LOG, values::access_log);
        let access_log_keep = reader.required(&flags::ACCESS_LOG_KEEP, values::days);
        let log_format = reader.required(&flags::LOG_FORMAT, values::log_format);
        let admin_listen = reader.optional(&flags::ADMIN_LISTEN, values::admin_listen);
        let threads = reader.optional(&flags::THREADS, values::count);
        Some(Self {
            listen: listen?,
            public_origin: public?,
            site_origin: site?,
            accept_hosts: accept_hosts.unwrap_or_default(),
            provider: provider?,
            store: store?,
            keys_file: keys_file?,
            cookie_name: cookie_name?,
            trusted_proxies: trusted_proxies.unwrap_or_default(),
            client_ip_header: client_ip_header?,
            rate_limit: rate_limit?,
            max_connections: max_connections?,
            drain: drain?,
            access_log: access_log?,
            access_log_keep: access_log_keep?,
            log_format: log_format?,
            admin_listen,
            recaptcha,
            threads: threads.unwrap_or(cores),
        })
    }

    /// Whether the site stands on another origin than the proxy, so that CORS is needed.
    #[must_use]
    pub fn is_sibling(&self) -> bool {
        self.public_origin != self.site_origin
    }

    /// Where the provider sends visitors back to.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        format!("{}/api/callback", self.public_origin)
    }
}

/// The sentence of the privacy policy that names the session cookie.
pub const COOKIE_SENTENCE: &str = "For example, we use a cookie called 'state' that makes it \
                                   possible for you to use our service.";

impl StoreConfig {
    /// What the commands on sessions need, and no more.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with those settings.
    pub fn from_settings(settings: &Settings) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(settings);
        let store = read_store(&mut reader);
        reader.finish(store)
    }
}

/// The path of the file of keys, which is all that the commands on keys need.
///
/// # Errors
///
/// Where it is missing.
pub fn keys_file(settings: &Settings) -> Result<PathBuf, ConfigErrors> {
    let mut reader = Reader::new(settings);
    let path = reader.required(&flags::KEYS_FILE, values::path);
    reader.finish(path)
}

fn require_same_site(reader: &mut Reader<'_>, public: Option<&Origin>, site: Option<&Origin>) {
    let (Some(public), Some(site)) = (public, site) else {
        return;
    };
    if !public.is_same_site(site) {
        let reason = Reason::NotSameSite {
            public: public.to_string(),
            site: site.to_string(),
        };
        reader.refuse(&flags::SITE_ORIGIN, reason);
    }
}

fn read_provider(reader: &mut Reader<'_>) -> Option<ProviderConfig> {
    let name = reader.required(&flags::PROVIDER, values::provider_name);
    let is_spotify = name.as_deref() == Some(SPOTIFY);
    let (authorize_url, token_url, scopes) = read_endpoints(reader, is_spotify);
    let issuer = reader.optional(&flags::ISSUER, values::text);
    let client_id = reader.required(&flags::CLIENT_ID, values::text);
    let client_secret = reader.required(&flags::CLIENT_SECRET_FILE, values::secret_file);
    Some(ProviderConfig {
        name: name?,
        authorize_url: authorize_url?,
        token_url: token_url?,
        issuer,
        client_id: client_id?,
        client_secret: client_secret?,
        scopes: scopes?,
    })
}

/// The two URLs and the scopes; Spotify has them preset, another provider has to give them.
fn read_endpoints(
    reader: &mut Reader<'_>,
    is_spotify: bool,
) -> (Option<Url>, Option<Url>, Option<Vec<String>>) {
    if !is_spotify {
        return (
            reader.required(&flags::AUTHORIZE_URL, origin::https_url),
            reader.required(&flags::TOKEN_URL, origin::https_url),
            reader.required(&flags::SCOPES, values::words),
        );
    }
    (
        reader.required_or(&flags::AUTHORIZE_URL, SPOTIFY_AUTHORIZE, origin::https_url),
        reader.required_or(&flags::TOKEN_URL, SPOTIFY_TOKEN, origin::https_url),
        reader.required_or(&flags::SCOPES, SPOTIFY_SCOPES, values::words),
    )
}

fn read_store(reader: &mut Reader<'_>) -> Option<StoreConfig> {
    let path = reader.required(&flags::DB, values::path);
    let provider = reader.required(&flags::PROVIDER, values::provider_name);
    let session_ttl = reader.required(&flags::SESSION_TTL, values::days);
    let idle_ttl = reader.required(&flags::IDLE_TTL, values::days);
    Some(StoreConfig {
        path: path?,
        provider: provider?,
        session_ttl: session_ttl?,
        idle_ttl: idle_ttl?,
    })
}

fn read_recaptcha(reader: &mut Reader<'_>, site: Option<&Origin>) -> Option<RecaptchaConfig> {
    let secret = reader.optional(&flags::RECAPTCHA_SECRET_FILE, values::secret_file);
    let min_score = reader.required(&flags::RECAPTCHA_MIN_SCORE, values::score);
    let hostname = reader.optional(&flags::RECAPTCHA_HOSTNAME, values::text);
    let verify_url = reader.required(&flags::RECAPTCHA_VERIFY_URL, origin::https_url);
    let fail_open = reader.switch(&flags::RECAPTCHA_FAIL_OPEN);
    Some(RecaptchaConfig {
        secret: secret?,
        min_score: min_score?,
        hostname: hostname.or_else(|| site.map(Origin::hostname))?,
        verify_url: verify_url?,
        fail_open,
    })
}

#[cfg(test)]
mod tests;
