//! reCAPTCHA v3 (developers.google.com/recaptcha/docs/v3): is a person asking?
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

/// What the page has to name its request.
const ACTION: &str = "token";
/// How old a token may be, in seconds.
const OLDEST: i64 = 120;
/// How far the verifier's date may be ahead of ours, in seconds.
const LEEWAY: i64 = 30;
/// When it is worth asking again while the verifier is down.
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

    /// Verifies one token, which is good once.
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
        let age = parse(&verification.challenge_ts).map(|made| self.clock.now().since(made));
        verification.success
            && verification.action == ACTION
            && verification.hostname == self.config.hostname
            && verification
                .score
                .is_some_and(|score| score >= self.config.min_score)
            && age.is_some_and(|age| (-LEEWAY..=OLDEST).contains(&age))
    }
}

/// `2026-11-24T04:52:00Z`, with or without fractions of a second.
fn parse(text: &str) -> Option<Timestamp> {
    let number = |range| {
        text.get(range)
            .and_then(|digits: &str| digits.parse::<i64>().ok())
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !text.ends_with('Z') || !(1..=12).contains(&month) {
        return None;
    }
    // Days since 1970 by the civil calendar, counting years from March.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469;
    Some(Timestamp::from_seconds(
        ((days * 24 + hour) * 60 + minute) * 60 + second,
    ))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn moments_are_read() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-24T04:52:01.123Z", 1_795_495_921),
        ] {
            assert_eq!(
                parse(text).map(|moment| moment.seconds()),
                Some(seconds),
                "{text}"
            );
        }
        for text in [
            "",
            "yesterday",
            "2026-11-24T04:52:01",
            "2026-00-24T04:52:01Z",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
