//! The signed session cookie, and the names and attributes of all cookies.
//!
//! A cookie's value is `v1.<key id>.<32 bytes, base64url>.<issued at>.<HMAC-SHA256>`. It is checked
//! without the database, which never sees an id with a wrong signature.

pub mod header;
pub mod id;
pub mod login;

use std::hash::{BuildHasher as _, RandomState};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::HeaderMap;
use hyper::header::HeaderValue;

use crate::clock::{Clock, Timestamp};
use crate::cookie::header::{Attributes, Found, SameSite};
use crate::cookie::id::SessionId;
use crate::keys::{KeyId, KeyRing, Keys};

const VERSION: &str = "v1";
const SECONDS_A_DAY: i64 = 86_400;
/// By how many seconds a cookie may seem to be issued in the future, since clocks differ.
const LEEWAY: i64 = 300;
/// How many logins may be under way in one browser.
const SLOTS: usize = 5;

/// The attributes of every cookie: scripts cannot read it, and it is not sent over plain HTTP.
pub const PRIVATE_ATTRIBUTES: [&str; 2] = ["HttpOnly", "Secure"];
/// The session cookie comes with requests of the site's own pages alone.
pub const SESSION_SAME_SITE: SameSite = SameSite::Strict;
/// A login cookie has to come along when the provider's page leads back here.
pub const LOGIN_SAME_SITE: SameSite = SameSite::Lax;
/// How long the browser keeps a login cookie.
pub const LOGIN_MINUTES: i64 = login::MAX_AGE / 60;

/// Reads and makes the proxy's cookies. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cookies {
    keys: Keys,
    clock: Clock,
    session_ttl: u32,
    names: Names,
    /// Differs from one run of the process to the next.
    run: u64,
}

/// The names of all cookies, and the path of those of the logins.
#[derive(Debug, Clone)]
pub struct Names {
    /// The session cookie's.
    pub session: String,
    /// The login cookies', one for each login that may be under way in a browser.
    pub logins: [String; SLOTS],
    login_path: &'static str,
}

impl Names {
    /// All names, given the session cookie's. Where that has the `__Host-` prefix, the others have
    /// it too.
    #[must_use]
    pub fn new(session: &str) -> Self {
        let locked = session.starts_with("__Host-");
        let prefix = if locked { "__Host-" } else { "" };
        Self {
            session: session.to_owned(),
            logins: std::array::from_fn(|slot| format!("{prefix}login-{slot}")),
            // RFC 6265bis section 4.1.3.2: the prefix demands the path `/`.
            login_path: if locked { "/" } else { "/api" },
        }
    }
}

/// A session cookie with a valid signature.
#[derive(Debug)]
pub struct Presented {
    /// The session's id.
    pub id: SessionId,
    /// Whether an older key has signed it, so that the answer should replace it.
    pub reissue: bool,
}

/// Why the request presents no session. The client gets the same answer for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is none.
    Absent,
    /// There are several, and it is unclear which is the right one.
    Several,
    /// It does not have the form of ours.
    Malformed,
    /// Its key is not in the ring, or no longer.
    UnknownKey,
    /// Its signature is wrong.
    BadSignature,
    /// It is older than a session lasts, if the date is right.
    Expired,
    /// It was issued in the future, if the date is right.
    FromTheFuture,
}

impl Refusal {
    /// Whether the answer should delete the cookie. Not if the date may be wrong, and not if there
    /// are several cookies, of which one may be right.
    #[must_use]
    pub fn clears(self) -> bool {
        matches!(
            self,
            Self::Malformed | Self::UnknownKey | Self::BadSignature
        )
    }
}

impl Cookies {
    /// Cookies under the session cookie's `name`, lasting `session_ttl` days.
    #[must_use]
    pub fn new(name: &str, session_ttl: u32, keys: Keys, clock: Clock) -> Self {
        Self {
            keys,
            clock,
            session_ttl,
            names: Names::new(name),
            run: RandomState::new().hash_one(()),
        }
    }

    /// The session that the request presents.
    ///
    /// # Errors
    ///
    /// Why it presents none.
    pub fn session(&self, headers: &HeaderMap) -> Result<Presented, Refusal> {
        match header::find(headers, &self.names.session) {
            Found::None => Err(Refusal::Absent),
            Found::Several => Err(Refusal::Several),
            Found::One(value) => verify(
                &self.keys.current(),
                value,
                self.clock.now(),
                self.session_ttl,
            ),
        }
    }

    /// `Set-Cookie` that gives the browser the session `id`.
    #[must_use]
    pub fn set_session(&self, id: &SessionId) -> HeaderValue {
        let value = sign(&self.keys.current(), id, self.clock.now());
        let life = i64::from(self.session_ttl) * SECONDS_A_DAY;
        self.session_cookie(&value, life)
    }

    /// `Set-Cookie` that deletes the session cookie.
    #[must_use]
    pub fn clear_session(&self) -> HeaderValue {
        self.session_cookie("", 0)
    }

    fn session_cookie(&self, value: &str, max_age: i64) -> HeaderValue {
        let attributes = Attributes {
            path: "/",
            same_site: SESSION_SAME_SITE,
            max_age,
        };
        header::set(&self.names.session, value, attributes)
    }
}

fn sign(ring: &KeyRing, id: &SessionId, now: Timestamp) -> String {
    let key = ring.first();
    let issued = now.seconds().max(0).to_string();
    let tag = key.sign_session(&[id.bytes(), issued.as_bytes()]);
    format!(
        "{VERSION}.{}.{}.{issued}.{}",
        key.id(),
        id.encoded().expose(),
        URL_SAFE_NO_PAD.encode(tag)
    )
}

fn verify(
    ring: &KeyRing,
    value: &str,
    now: Timestamp,
    session_ttl: u32,
) -> Result<Presented, Refusal> {
    let parts = parse(value).ok_or(Refusal::Malformed)?;
    let key = ring.find(parts.key).ok_or(Refusal::UnknownKey)?;
    let fields = [parts.id.bytes().as_slice(), parts.issued_text.as_bytes()];
    if !key.verifies_session(&fields, &parts.tag) {
        return Err(Refusal::BadSignature);
    }
    let age = now.since(parts.issued);
    if age > i64::from(session_ttl) * SECONDS_A_DAY {
        return Err(Refusal::Expired);
    }
    if age < -LEEWAY {
        return Err(Refusal::FromTheFuture);
    }
    Ok(Presented {
        id: parts.id,
        reissue: parts.key != ring.first().id(),
    })
}

struct Parts<'a> {
    key: KeyId,
    id: SessionId,
    issued: Timestamp,
    issued_text: &'a str,
    tag: [u8; 32],
}

/// Splits a value into its parts. There is only one way to write each part.
fn parse(value: &str) -> Option<Parts<'_>> {
    let mut parts = value.splitn(5, '.');
    if parts.next()? != VERSION {
        return None;
    }
    let key = parts.next()?.parse().ok()?;
    let id = SessionId::from_bytes(decode(parts.next()?)?);
    let issued_text = parts.next()?;
    let tag = decode(parts.next()?)?;
    let plain = issued_text.bytes().all(|b| b.is_ascii_digit())
        && (issued_text == "0" || !issued_text.starts_with('0'))
        && issued_text.len() <= 12;
    if !plain {
        return None;
    }
    Some(Parts {
        key,
        id,
        issued: Timestamp::from_seconds(issued_text.parse().ok()?),
        issued_text,
        tag,
    })
}

/// 32 bytes from their 43 characters.
fn decode(text: &str) -> Option<[u8; 32]> {
    if text.len() != 43 {
        return None;
    }
    let mut bytes = [0; 33];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    bytes[..length].try_into().ok()
}

#[cfg(test)]
mod tests;
