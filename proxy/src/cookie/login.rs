//! The sealed login cookies: one per attempt, five at most. Each holds everything that the callback
//! needs, so that starting a login stores nothing here.
//!
//! Each attempt has one secret. OAuth's `state`, the PKCE verifier (RFC 7636) and the id of the
//! session to come are derived from it. So a replayed callback finds the row that the first one
//! made, and whoever knows `state` cannot compute the session's id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::cookie::header::{self, Attributes, Found};
use crate::cookie::id::{IdHash, SessionId};
use crate::cookie::{Cookies, LEEWAY, LOGIN_SAME_SITE, SLOTS, VERSION};
use crate::keys::{KeyRing, NoRandomness, Purpose, expand, random};
use crate::secret::Secret;

/// How long an attempt is valid, in seconds.
const SEALED_LIFE: i64 = 600;
/// How long the browser keeps the cookie, in seconds. It is longer, so that a late answer differs
/// from one without a cookie.
pub(super) const MAX_AGE: i64 = 3600;
/// No value that we make is longer, in bytes.
const LONGEST: usize = 2048;

/// A login that was started in this browser.
#[derive(Debug)]
pub struct Attempt {
    slot: usize,
    secret: Secret<[u8; 32]>,
    started: Timestamp,
    run: u64,
    /// The path of the site where the login ends.
    pub return_to: String,
    /// The session that was valid when the attempt began; a success replaces it.
    pub previous: Option<IdHash>,
}

impl Attempt {
    /// OAuth's `state`.
    #[must_use]
    pub fn state(&self) -> String {
        self.derive("oauth state")
    }

    /// The PKCE verifier.
    #[must_use]
    pub fn verifier(&self) -> Secret {
        Secret::new(self.derive("pkce verifier"))
    }

    /// The PKCE challenge (S256) to the verifier.
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier().expose()))
    }

    /// The id of the session that a success makes.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        SessionId::from_bytes(*self.derive_bytes("session id"))
    }

    fn derive(&self, label: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.derive_bytes(label).as_ref())
    }

    fn derive_bytes(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let purpose = ["spotifinfo-proxy v1 attempt: ", label].concat();
        expand(&self.secret, &purpose)
    }
}

/// Why a callback belongs to no attempt.
#[derive(Debug)]
pub enum AttemptRefusal {
    /// There is no login cookie at all.
    Absent,
    /// There are some, and `state` belongs to none of them.
    Mismatch,
    /// Its attempt is over ten minutes old (or the date has jumped).
    Late(Attempt),
}

impl Cookies {
    /// Starts a login: a new attempt and its `Set-Cookie`, which takes a free name or replaces the
    /// oldest attempt.
    ///
    /// # Errors
    ///
    /// Where the system gives no randomness.
    pub fn begin(
        &self,
        headers: &HeaderMap,
        return_to: &str,
        previous: Option<IdHash>,
    ) -> Result<(Attempt, HeaderValue), NoRandomness> {
        let ring = self.keys.current();
        let attempt = Attempt {
            slot: self.free_slot(&ring, headers),
            secret: Secret::new(random()?),
            started: self.clock.now(),
            run: self.run,
            return_to: return_to.to_owned(),
            previous,
        };
        let cookie = self.set_attempt(&ring, &attempt)?;
        Ok((attempt, cookie))
    }

    /// The attempt that a callback with this `state` belongs to.
    ///
    /// # Errors
    ///
    /// Why it belongs to none.
    pub fn attempt(&self, headers: &HeaderMap, state: &str) -> Result<Attempt, AttemptRefusal> {
        let ring = self.keys.current();
        let mut refusal = AttemptRefusal::Absent;
        for slot in 0..SLOTS {
            let found = header::find(headers, &self.names.logins[slot]);
            if found == Found::None {
                continue;
            }
            refusal = AttemptRefusal::Mismatch;
            let Some(attempt) = open(&ring, slot, found) else {
                continue;
            };
            let is_its: bool = attempt.state().as_bytes().ct_eq(state.as_bytes()).into();
            if is_its {
                return self.in_time(attempt);
            }
        }
        Err(refusal)
    }

    /// The other attempts of this browser that may still succeed.
    #[must_use]
    pub fn rivals(&self, headers: &HeaderMap, attempt: &Attempt) -> Vec<Attempt> {
        let ring = self.keys.current();
        let other = |slot: &usize| *slot != attempt.slot;
        let slots = (0..SLOTS).filter(other);
        let found = slots.filter_map(|slot| {
            let found = header::find(headers, &self.names.logins[slot]);
            self.in_time(open(&ring, slot, found)?).ok()
        });
        found.collect()
    }

    /// `Set-Cookie` that makes a success of the attempt replace `session`, which has come of
    /// another attempt meanwhile: the callback, to which another site leads, does not show the
    /// session's own cookie.
    ///
    /// # Errors
    ///
    /// Where the system gives no randomness.
    pub fn begin_over(
        &self,
        attempt: Attempt,
        session: IdHash,
    ) -> Result<HeaderValue, NoRandomness> {
        let attempt = Attempt {
            previous: Some(session),
            ..attempt
        };
        self.set_attempt(&self.keys.current(), &attempt)
    }

    /// Whether the attempt began in this run of the process. For an earlier one it is unknown
    /// whether it was used.
    #[must_use]
    pub fn began_in_this_run(&self, attempt: &Attempt) -> bool {
        attempt.run == self.run
    }

    /// `Set-Cookie` that deletes an attempt's cookie.
    #[must_use]
    pub fn clear_attempt(&self, attempt: &Attempt) -> HeaderValue {
        self.login_cookie(attempt, "", 0)
    }

    fn login_cookie(&self, attempt: &Attempt, value: &str, max_age: i64) -> HeaderValue {
        let attributes = Attributes {
            path: self.names.login_path,
            same_site: LOGIN_SAME_SITE,
            max_age,
        };
        header::set(&self.names.logins[attempt.slot], value, attributes)
    }

    fn set_attempt(&self, ring: &KeyRing, attempt: &Attempt) -> Result<HeaderValue, NoRandomness> {
        let value = seal(ring, attempt)?;
        Ok(self.login_cookie(attempt, &value, MAX_AGE))
    }

    fn in_time(&self, attempt: Attempt) -> Result<Attempt, AttemptRefusal> {
        let age = self.clock.now().since(attempt.started);
        if (-LEEWAY..=SEALED_LIFE).contains(&age) {
            Ok(attempt)
        } else {
            Err(AttemptRefusal::Late(attempt))
        }
    }

    /// The first place without a valid attempt, or the one with the oldest.
    fn free_slot(&self, ring: &KeyRing, headers: &HeaderMap) -> usize {
        let age = |slot: &usize| {
            let found = header::find(headers, &self.names.logins[*slot]);
            open(ring, *slot, found).map_or(i64::MIN, |attempt| attempt.started.seconds())
        };
        (0..SLOTS).min_by_key(age).unwrap_or(0)
    }
}

/// The key's id, then, sealed: secret, start, run, previous session's hash, return path.
fn seal(ring: &KeyRing, attempt: &Attempt) -> Result<String, NoRandomness> {
    let mut plain = Vec::with_capacity(128);
    plain.extend_from_slice(attempt.secret.expose());
    plain.extend_from_slice(&attempt.started.seconds().to_be_bytes());
    plain.extend_from_slice(&attempt.run.to_be_bytes());
    plain.push(u8::from(attempt.previous.is_some()));
    if let Some(hash) = &attempt.previous {
        plain.extend_from_slice(hash.bytes());
    }
    plain.extend_from_slice(attempt.return_to.as_bytes());
    let plain = Secret::new(plain);
    let sealed = ring.first().seal(Purpose::Login, plain.expose(), &[])?;
    let text = URL_SAFE_NO_PAD.encode(sealed);
    Ok(format!("{VERSION}.{}.{text}", ring.first().id()))
}

fn open(ring: &KeyRing, slot: usize, found: Found<'_>) -> Option<Attempt> {
    let Found::One(value) = found else {
        return None;
    };
    if value.len() > LONGEST {
        return None;
    }
    let (id, text) = value
        .strip_prefix(VERSION)?
        .strip_prefix('.')?
        .split_once('.')?;
    let key = ring.find(id.parse().ok()?)?;
    let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
    let plain = key.open(Purpose::Login, &sealed, &[])?;
    let (secret, rest) = plain.split_first_chunk::<32>()?;
    let (started, rest) = rest.split_first_chunk::<8>()?;
    let (run, rest) = rest.split_first_chunk::<8>()?;
    let (has_previous, rest) = rest.split_first()?;
    let (previous, return_to) = match has_previous {
        0 => (None, rest),
        _ => {
            let (hash, rest) = rest.split_first_chunk::<32>()?;
            (Some(IdHash::from_bytes(*hash)), rest)
        }
    };
    Some(Attempt {
        slot,
        secret: Secret::new(*secret),
        started: Timestamp::from_seconds(i64::from_be_bytes(*started)),
        run: u64::from_be_bytes(*run),
        return_to: std::str::from_utf8(return_to).ok()?.to_owned(),
        previous,
    })
}

#[cfg(test)]
mod tests;
