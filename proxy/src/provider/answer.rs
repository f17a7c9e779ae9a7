//! The provider's answers to token requests (RFC 6749 sections 5.1 and 5.2), read with suspicion.

use std::fmt;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::HeaderValue;
use serde_json::{Map, Value};

use crate::provider::{Failure, Grant};
use crate::secret::Secret;

/// The longest token that is accepted.
const LONGEST_TOKEN: usize = 8 * 1024;
/// The lifetime of an access token if the answer does not name one, in seconds.
const USUAL_LIFE: u64 = 3600;
/// The longest lifetime that is believed: a day, in seconds.
const LONGEST_LIFE: u64 = 86_400;

/// What makes no sense about an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// Over 64 KiB.
    TooLong,
    /// A status that no token endpoint has.
    Status(u16),
    /// Its content type is not JSON.
    Type,
    /// It is not a JSON object.
    Syntax,
    /// A field is missing or is not what it has to be.
    Field(&'static str),
    /// It says that our request is wrong, in this word of RFC 6749.
    Refused(&'static str),
}

/// The errors of RFC 6749 section 5.2, beside `invalid_grant`.
const REFUSALS: [&str; 5] = [
    "invalid_request",
    "invalid_client",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Reads an answer.
///
/// # Errors
///
/// [`Failure`], never [`Failure::RateLimited`] or [`Failure::Unavailable`].
pub fn parse(
    status: StatusCode,
    content_type: Option<&HeaderValue>,
    body: &Secret<Vec<u8>>,
) -> Result<Grant, Failure> {
    let is_refusal = status == StatusCode::BAD_REQUEST || status == StatusCode::UNAUTHORIZED;
    if status != StatusCode::OK && !is_refusal {
        return Err(Broken::Status(status.as_u16()).into());
    }
    if !is_json(content_type) {
        return Err(Broken::Type.into());
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(body.expose()) else {
        return Err(Broken::Syntax.into());
    };
    if is_refusal {
        return Err(refusal(&fields));
    }
    match (access(&fields), refresh_token(&fields)) {
        (Ok((access_token, expires_in)), Ok(refresh_token)) => Ok(Grant {
            access_token,
            expires_in,
            scopes: fields
                .get("scope")
                .and_then(Value::as_str)
                .map(str::to_owned),
            refresh_token,
        }),
        (Err(reason), Ok(refresh_token)) => Err(Failure::Broken {
            reason,
            refresh_token,
        }),
        (_, Err(reason)) => Err(reason.into()),
    }
}

fn access(fields: &Map<String, Value>) -> Result<(Secret, Duration), Broken> {
    let access_token = fields
        .get("access_token")
        .and_then(|value| token(value, is_plain))
        .ok_or(Broken::Field("access_token"))?;
    let is_bearer = fields
        .get("token_type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    if !is_bearer {
        return Err(Broken::Field("token_type"));
    }
    let seconds = match fields.get("expires_in") {
        None => USUAL_LIFE,
        Some(value) => value
            .as_u64()
            .filter(|seconds| (1..=LONGEST_LIFE).contains(seconds))
            .ok_or(Broken::Field("expires_in"))?,
    };
    Ok((access_token, Duration::from_secs(seconds)))
}

/// The refresh token, if there is one. A token that we cannot store is an error: if the provider
/// has rotated, the previous one may no longer work.
fn refresh_token(fields: &Map<String, Value>) -> Result<Option<Secret>, Broken> {
    let is_none = |value: &&Value| value.is_null() || value.as_str() == Some("");
    let Some(value) = fields.get("refresh_token").filter(|value| !is_none(value)) else {
        return Ok(None);
    };
    let token = token(value, is_visible).ok_or(Broken::Field("refresh_token"))?;
    Ok(Some(token))
}

fn token(value: &Value, is_allowed: fn(u8) -> bool) -> Option<Secret> {
    let text = value.as_str()?;
    let is_token = !text.is_empty() && text.len() <= LONGEST_TOKEN && text.bytes().all(is_allowed);
    is_token.then(|| Secret::new(text.to_owned()))
}

/// RFC 6749 appendix A.17: VSCHAR, which includes the space.
fn is_visible(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Access tokens may not contain spaces (nor may they in RFC 6750 section 2.1), quotation marks or
/// backslashes, so that they need no escaping.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

fn refusal(fields: &Map<String, Value>) -> Failure {
    match fields.get("error").and_then(Value::as_str) {
        Some("invalid_grant") => Failure::InvalidGrant,
        Some(word) => {
            let known = REFUSALS.into_iter().find(|known| *known == word);
            Broken::Refused(known.unwrap_or("an unknown error")).into()
        }
        None => Broken::Field("error").into(),
    }
}

fn is_json(content_type: Option<&HeaderValue>) -> bool {
    let text = content_type.and_then(|value| value.to_str().ok());
    let essence = text.and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the provider's answer is too long"),
            Self::Status(status) => write!(f, "the provider answered {status}"),
            Self::Type => f.write_str(
                "the provider's answer is not labelled as JSON; is --token-url its token endpoint?",
            ),
            Self::Syntax => f.write_str(
                "the provider's answer is not a JSON object; is --token-url its token endpoint?",
            ),
            Self::Field(name) => write!(f, "the provider's answer has no usable `{name}`"),
            Self::Refused(word) => write!(
                f,
                "the provider refuses our request: {word}; compare client id, secret and redirect \
                 URI with those registered there"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Broken, parse};
    use crate::provider::{Failure, Grant};
    use crate::secret::Secret;
    use hyper::StatusCode;
    use hyper::header::HeaderValue;

    fn read(status: u16, body: &str) -> Result<Grant, Failure> {
        let status = StatusCode::from_u16(status).expect("a status");
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        parse(status, Some(&json), &Secret::new(body.as_bytes().to_vec()))
    }

    fn broken(status: u16, body: &str) -> Broken {
        match read(status, body) {
            Err(Failure::Broken { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_grant_is_read() {
        let grant = read(
            200,
            r#"{"access_token":"A","token_type":"bearer","expires_in":3600,"scope":"a b","refresh_token":"R","more":1}"#,
        )
        .expect("a grant");
        assert_eq!(grant.access_token.expose(), "A");
        assert_eq!(grant.expires_in.as_secs(), 3600);
        assert_eq!(grant.scopes.as_deref(), Some("a b"));
        assert_eq!(grant.refresh_token.expect("a token").expose(), "R");
    }

    #[test]
    fn scope_refresh_token_and_lifetime_may_be_missing() {
        let grant = read(200, r#"{"access_token":"A","token_type":"Bearer"}"#).expect("a grant");
        assert_eq!(grant.expires_in.as_secs(), 3600);
        assert!(grant.scopes.is_none() && grant.refresh_token.is_none());
    }

    #[test]
    fn a_void_grant_is_told_from_a_request_that_is_wrong() {
        assert!(matches!(
            read(400, r#"{"error":"invalid_grant","error_description":"x"}"#),
            Err(Failure::InvalidGrant)
        ));
        assert_eq!(
            broken(401, r#"{"error":"invalid_client"}"#),
            Broken::Refused("invalid_client")
        );
        assert_eq!(
            broken(400, r#"{"error":"<script>"}"#),
            Broken::Refused("an unknown error")
        );
        assert_eq!(broken(400, "{}"), Broken::Field("error"));
    }

    #[test]
    fn nonsense_is_told_apart() {
        let field = |fields: &str| {
            broken(
                200,
                &format!(r#"{{"access_token":"A","token_type":"Bearer",{fields}}}"#),
            )
        };
        for life in ["-1", "0", "1e99", "86401", "\"3600\"", "null", "3600.5"] {
            let reason = field(&format!(r#""expires_in":{life}"#));
            assert_eq!(reason, Broken::Field("expires_in"), "{life}");
        }
        for (status, body, reason) in [
            (200, "", Broken::Syntax),
            (200, "[]", Broken::Syntax),
            (200, r#"{"access_token":"#, Broken::Syntax),
            (200, "{}", Broken::Field("access_token")),
            (200, r#"{"access_token":""}"#, Broken::Field("access_token")),
            (
                200,
                r#"{"access_token":"a\nb"}"#,
                Broken::Field("access_token"),
            ),
            (200, r#"{"access_token":"A"}"#, Broken::Field("token_type")),
            (302, "{}", Broken::Status(302)),
            (403, "{}", Broken::Status(403)),
        ] {
            assert_eq!(broken(status, body), reason, "{status} {body}");
        }
    }

    #[test]
    fn a_rotated_refresh_token_survives_the_nonsense_around_it() {
        match read(200, r#"{"refresh_token":"R"}"#) {
            Err(Failure::Broken {
                refresh_token: Some(token),
                ..
            }) => assert_eq!(token.expose(), "R"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_refresh_token_may_have_any_visible_character_and_blanks() {
        let json = serde_json::json!({
            "access_token": "A", "token_type": "Bearer", "refresh_token": "a b\"\\~",
        });
        let grant = read(200, &json.to_string()).expect("a grant");
        assert_eq!(grant.refresh_token.expect("a token").expose(), "a b\"\\~");
    }

    #[test]
    fn a_refresh_token_that_cannot_be_kept_is_nonsense_and_not_absent() {
        for token in [r#""a\nb""#, r#""\u00e9""#, "1", "[]"] {
            let body =
                format!(r#"{{"access_token":"A","token_type":"Bearer","refresh_token":{token}}}"#);
            assert_eq!(
                broken(200, &body),
                Broken::Field("refresh_token"),
                "{token}"
            );
        }
        for token in ["null", r#""""#] {
            let body =
                format!(r#"{{"access_token":"A","token_type":"Bearer","refresh_token":{token}}}"#);
            assert!(read(200, &body).expect("a grant").refresh_token.is_none());
        }
    }

    #[test]
    fn what_is_not_called_json_is_not_read() {
        let body = Secret::new(br#"{"access_token":"A","token_type":"Bearer"}"#.to_vec());
        for content_type in [None, Some("text/html"), Some("application/jsonp")] {
            let value = content_type.map(HeaderValue::from_static);
            let result = parse(StatusCode::OK, value.as_ref(), &body);
            assert!(matches!(
                result,
                Err(Failure::Broken {
                    reason: Broken::Type,
                    ..
                })
            ));
        }
    }
}
