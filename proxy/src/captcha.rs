//! Checks with reCAPTCHA v3 (developers.google.com/recaptcha/docs/v3) whether a person is asking.
//!
//! The visitor's address is not sent along.

use std::time::Duration;

use reqwest::Client;
use serde::Deserialize;
use url::form_urlencoded;

use crate::clock::{Clock, Timestamp};
use crate::config::RecaptchaConfig;
use crate::provider::{ClientError, outgoing, read};
use crate::secret::Secret;

/// The action that the page has to name.
const ACTION: &str = "token";
/// How old a token may be, in seconds.
const OLDEST: i64 = 120;
/// How far the verifier's date may be ahead of ours, in seconds.
const LEEWAY: i64 = 30;
/// When to ask again while the verifier is down.
const SOON: Duration = Duration::from_secs(10);
/// No token that Google makes is longer.
const LONGEST: usize = 4096;

/// Asks the verifier.
#[derive(Debug)]
pub struct Captcha {
    client: Client,
    config: RecaptchaConfig,
    clock: Clock,
}

/// Who is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody who is let through.
    Human,
    /// Somebody who is not.
    Robot,
    /// The verifier cannot say; when to ask again.
    Unknown(Duration),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Verification {
    success: bool,
    score: Option<f64>,
    action: String,
    hostname: String,
    challenge_ts: String,
}

impl Captcha {
    /// As configured.
    ///
    /// # Errors
    ///
    /// Where TLS cannot be set up.
    pub fn new(config: RecaptchaConfig, clock: Clock) -> Result<Self, ClientError> {
        let client = outgoing(config.verify_url.scheme() == "http")?;
        Ok(Self {
            client,
            config,
            clock,
        })
    }

    /// Verifies one token. Each token is valid once.
    pub async fn verify(&self, token: &str) -> Verdict {
        if token.is_empty() || token.len() > LONGEST {
            return Verdict::Robot;
        }
        match self.ask(token).await {
            Some(verification) if self.passes(&verification) => Verdict::Human,
            Some(_) => Verdict::Robot,
            None if self.config.fail_open => {
                tracing::warn!("the robot check is down; the visitor is let through");
                Verdict::Human
            }
            None => {
                tracing::warn!("the robot check is down");
                Verdict::Unknown(SOON)
            }
        }
    }

    async fn ask(&self, token: &str) -> Option<Verification> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("secret", self.config.secret.expose())
            .append_pair("response", token)
            .finish();
        let form = Secret::new(form);
        let response = self
            .client
            .post(self.config.verify_url.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.expose().clone())
            .send()
            .await
            .ok()?;
        if !response.status().is_success() {
            return None;
        }
        let body = read(response).await.ok()??;
        serde_json::from_slice(&body).ok()
    }

    fn passes(&self, verification: &Verification) -> bool {
        let age =
            Timestamp::parse(&verification.challenge_ts).map(|made| self.clock.now().since(made));
        verification.success
            && verification.action == ACTION
            && verification.hostname == self.config.hostname
            && verification
                .score
                .is_some_and(|score| score >= self.config.min_score)
            && age.is_some_and(|age| (-LEEWAY..=OLDEST).contains(&age))
    }
}
