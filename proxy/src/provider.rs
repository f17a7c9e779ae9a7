//! The OAuth 2.0 provider, over reqwest: sends visitors to its login page, and exchanges codes and
//! refresh tokens for access tokens.
//!
//! Requests follow no redirects, use no proxy from the environment, take ten seconds at most, and
//! read 64 KiB at most. No text written by the provider reaches a visitor or a log.

pub mod answer;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::{Url, form_urlencoded};

use crate::config::ProviderConfig;
use crate::cookie::login::Attempt;
use crate::provider::answer::Broken;
use crate::secret::Secret;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Shorter than providers keep idle connections.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read.
const LONGEST: usize = 64 * 1024;

/// Our client at the provider.
#[derive(Debug)]
pub struct Provider {
    client: Client,
    config: ProviderConfig,
    redirect_uri: String,
    authorization: HeaderValue,
}

/// What the provider grants.
#[derive(Debug)]
pub struct Grant {
    /// The access token.
    pub access_token: Secret,
    /// How long it lives.
    pub expires_in: Duration,
    /// The scopes, if the answer names them. Otherwise they are the ones asked for (RFC 6749
    /// section 5.1).
    pub scopes: Option<String>,
    /// A refresh token, if there is a new one.
    pub refresh_token: Option<Secret>,
}

/// Why there is no grant.
#[derive(Debug)]
pub enum Failure {
    /// The provider will never accept this code or refresh token again.
    InvalidGrant,
    /// The provider asks to wait, perhaps this long.
    RateLimited(Option<Duration>),
    /// It could not be reached, or could not answer.
    Unavailable(Outage),
    /// Its answer makes no sense. Even so, it may have replaced the refresh token.
    Broken {
        /// What makes no sense about it.
        reason: Broken,
        /// The refresh token that was in the answer, which replaces the one that was sent.
        refresh_token: Option<Secret>,
    },
}

/// How a provider can be unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// There was no connection, so it has not seen the request.
    NotConnected,
    /// It did not answer in time.
    TimedOut,
    /// The connection broke.
    Interrupted,
    /// It answered with this status.
    Status(u16),
}

/// There is no way to make outgoing connections.
#[derive(Debug)]
pub struct ClientError(reqwest::Error);

/// An HTTP client with the limits that are listed at the top of this file.
///
/// # Errors
///
/// Where TLS cannot be set up.
pub fn outgoing(allow_plain: bool) -> Result<Client, ClientError> {
    // Only the first call installs it, which is enough.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder()
        .https_only(!allow_plain)
        .redirect(Policy::none())
        .no_proxy()
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build()
        .map_err(ClientError)
}

/// Reads an answer to its end, or to the limit.
///
/// # Errors
///
/// How it ended before its end; `Ok(None)` where it is too long.
pub async fn read(mut response: Response) -> Result<Option<Vec<u8>>, Outage> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| outage(&error))? {
        if body.len() + chunk.len() > LONGEST {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

impl Provider {
    /// As configured; visitors come back to `redirect_uri`.
    ///
    /// # Errors
    ///
    /// Where TLS cannot be set up.
    pub fn new(config: ProviderConfig, redirect_uri: String) -> Result<Self, ClientError> {
        // The configuration allows plain HTTP to loopback only.
        let client = outgoing(config.token_url.scheme() == "http")?;
        Ok(Self {
            client,
            authorization: basic(&config),
            config,
            redirect_uri,
        })
    }

    /// Its name, as shown to visitors.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// The issuer that a callback has to name, if any (RFC 9207).
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.config.issuer.as_deref()
    }

    /// Where the browser goes to log in.
    #[must_use]
    pub fn authorize_url(&self, attempt: &Attempt) -> Url {
        let mut url = self.config.authorize_url.clone();
        url.query_pairs_mut()
            .append_pair("client_id", &self.config.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("state", &attempt.state())
            .append_pair("scope", &self.config.scopes.join(" "))
            .append_pair("code_challenge_method", "S256")
            .append_pair("code_challenge", &attempt.challenge());
        url
    }

    /// What `granted` grants, and whether that is all that was asked for.
    #[must_use]
    pub fn scopes(&self, granted: Option<&str>) -> (String, bool) {
        let Some(granted) = granted else {
            return (self.config.scopes.join(" "), true);
        };
        let names: Vec<&str> = granted.split_ascii_whitespace().collect();
        let is_enough = self
            .config
            .scopes
            .iter()
            .all(|scope| names.contains(&scope.as_str()));
        (names.join(" "), is_enough)
    }

    /// Redeems a code. It cannot be used again, whatever the outcome.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn exchange(&self, code: &Secret, attempt: &Attempt) -> Result<Grant, Failure> {
        let verifier = attempt.verifier();
        self.post(&[
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier.expose()),
        ])
        .await
    }

    /// Refreshes. If another refresh token comes back, the one that was sent may no longer work.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn refresh(&self, token: &Secret) -> Result<Grant, Failure> {
        self.post(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", token.expose()),
        ])
        .await
    }

    async fn post(&self, fields: &[(&str, &str)]) -> Result<Grant, Failure> {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let form = Secret::new(form);
        let response = match self.send(&form).await {
            // It has not seen the request, so it is safe to send it again.
            Err(Outage::NotConnected) => self.send(&form).await,
            other => other,
        };
        let response = response.map_err(Failure::Unavailable)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(Failure::RateLimited(retry_after(&headers)));
        }
        if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            return Err(Failure::Unavailable(Outage::Status(status.as_u16())));
        }
        match read(response).await.map_err(Failure::Unavailable)? {
            Some(body) => answer::parse(status, headers.get(CONTENT_TYPE), &Secret::new(body)),
            None => Err(Broken::TooLong.into()),
        }
    }

    async fn send(&self, form: &Secret) -> Result<Response, Outage> {
        self.client
            .post(self.config.token_url.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.expose().clone())
            .send()
            .await
            .map_err(|error| outage(&error))
    }
}

/// RFC 6749 section 2.3.1: both parts are form-encoded first.
fn basic(config: &ProviderConfig) -> HeaderValue {
    let encode =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let pair = Secret::new(format!(
        "{}:{}",
        encode(&config.client_id),
        encode(config.client_secret.expose())
    ));
    let text = Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())));
    // Base64 is always a header's text; an empty value would be refused by the provider.
    let mut value = HeaderValue::from_str(text.expose()).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// Reads seconds only; providers send no dates here.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

fn outage(error: &reqwest::Error) -> Outage {
    if error.is_connect() {
        Outage::NotConnected
    } else if error.is_timeout() {
        Outage::TimedOut
    } else {
        Outage::Interrupted
    }
}

impl From<Broken> for Failure {
    fn from(reason: Broken) -> Self {
        Self::Broken {
            reason,
            refresh_token: None,
        }
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidGrant => {
                f.write_str("the provider no longer accepts the code or the refresh token")
            }
            Self::RateLimited(_) => f.write_str("the provider limits our requests (429)"),
            Self::Unavailable(outage) => outage.fmt(f),
            Self::Broken { reason, .. } => reason.fmt(f),
        }
    }
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => f.write_str(
                "no connection to the provider's token URL; look at the name server and the firewall",
            ),
            Self::TimedOut => f.write_str("the provider did not answer in time"),
            Self::Interrupted => f.write_str("the connection to the provider broke"),
            Self::Status(status) => write!(f, "the provider answered {status}"),
        }
    }
}

impl std::error::Error for ClientError {}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot set up outgoing connections: {}; look at the system's certificates (ca-certificates)",
            self.0
        )
    }
}
