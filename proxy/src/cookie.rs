//! The signed session cookie, and the names and attributes of all cookies.
//!
//! A cookie's value is `v1.<key id>.<32 bytes, base64url>.<issued at>.<HMAC-SHA256>`. Reading one
//! needs no database, and a signature that does not hold never reaches it.

pub mod header;
pub mod id;
pub mod login;

use std::hash::{BuildHasher as _, RandomState};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::HeaderMap;
use hyper::header::HeaderValue;

use crate::clock::{Clock, Timestamp};
use crate::cookie::header::Found;
use crate::cookie::id::SessionId;
use crate::keys::{KeyId, KeyRing, Keys};

const VERSION: &str = "v1";
const SECONDS_A_DAY: i64 = 86_400;
/// How far the date may have been ahead when the cookie was issued.
const LEEWAY: i64 = 300;
/// How many logins may be under way in one browser.
const SLOTS: usize = 5;

/// What every cookie of ours has: out of reach of scripts and of plain HTTP, for this host alone.
pub const PRIVATE_ATTRIBUTES: [&str; 2] = ["HttpOnly", "Secure"];
/// How long the browser keeps a login cookie.
pub const LOGIN_MINUTES: i64 = login::MAX_AGE / 60;

/// Reads and makes the proxy's cookies. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cookies {
    keys: Keys,
    clock: Clock,
    session_ttl: u32,
    session: String,
    logins: [String; SLOTS],
    login_path: &'static str,
    /// Differs from one run of the process to the next.
    run: u64,
}

/// A session cookie whose signature holds.
#[derive(Debug)]
pub struct Presented {
    /// The session's id.
    pub id: SessionId,
    /// Whether it was signed with a key that is no longer the first, so that the answer should
    /// carry it anew.
    pub reissue: bool,
}

/// Why there is no session cookie to speak of. All of them answer alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is none.
    Absent,
    /// There are several, and no way to tell whose they are.
    Several,
    /// It is not of our making.
    Malformed,
    /// Its key is not in the ring, or not any more.
    UnknownKey,
    /// Its signature does not hold.
    BadSignature,
    /// It is older than a session lasts, if the date is right.
    Expired,
    /// It was issued in the future, if the date is right.
    FromTheFuture,
}

impl Refusal {
    /// Whether the answer should delete the cookie: not where it may be the date that is wrong,
    /// and not where another cookie of the name may be the wrong one.
    #[must_use]
    pub fn clears(self) -> bool {
        matches!(
            self,
            Self::Malformed | Self::UnknownKey | Self::BadSignature
        )
    }
}

impl Cookies {
    /// Cookies under the session cookie's `name`, lasting `session_ttl` days. Where the name has
    /// the `__Host-` prefix, those of the logins have it too.
    #[must_use]
    pub fn new(name: &str, session_ttl: u32, keys: Keys, clock: Clock) -> Self {
        let locked = name.starts_with("__Host-");
        let prefix = if locked { "__Host-" } else { "" };
        Self {
            keys,
            clock,
            session_ttl,
            session: name.to_owned(),
            logins: std::array::from_fn(|slot| format!("{prefix}login-{slot}")),
            // RFC 6265bis section 4.1.3.2: the prefix demands the path `/`.
            login_path: if locked { "/" } else { "/api" },
            run: RandomState::new().hash_one(()),
        }
    }

    /// The session that the request presents.
    ///
    /// # Errors
    ///
    /// Why it presents none.
    pub fn session(&self, headers: &HeaderMap) -> Result<Presented, Refusal> {
        match header::find(headers, &self.session) {
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
        header::set(&self.session, &value, "/", "Strict", life)
    }

    /// `Set-Cookie` that takes the session cookie away.
    #[must_use]
    pub fn clear_session(&self) -> HeaderValue {
        header::set(&self.session, "", "/", "Strict", 0)
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

/// Takes a value apart; each part has one way of writing alone.
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
mod tests {
    use super::{Cookies, Refusal};
    use crate::clock::{Clock, Hands, Timestamp};
    use crate::cookie::id::SessionId;
    use crate::keys::Keys;
    use crate::keys::file;
    use hyper::HeaderMap;
    use hyper::header::{COOKIE, HeaderValue};
    use tempfile::TempDir;

    const DAY: i64 = 86_400;

    struct Bench {
        folder: TempDir,
        keys: Keys,
        cookies: Cookies,
        hands: Hands,
    }

    fn bench() -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let (clock, hands) = Clock::manual(Timestamp::from_seconds(1_795_000_000));
        file::generate(&path, clock.today()).expect("generated");
        let keys = Keys::load(&path).expect("keys");
        Bench {
            folder,
            cookies: Cookies::new("state", 180, keys.clone(), clock),
            keys,
            hands,
        }
    }

    impl Bench {
        fn issue(&self, id: u8) -> String {
            let header = self.cookies.set_session(&SessionId::from_bytes([id; 32]));
            let text = header.to_str().expect("text").to_owned();
            let (pair, _) = text.split_once(';').expect("attributes");
            pair.strip_prefix("state=").expect("its name").to_owned()
        }

        fn present(&self, value: &str) -> Result<(u8, bool), Refusal> {
            let mut headers = HeaderMap::new();
            let line = HeaderValue::try_from(format!("state={value}")).expect("a header");
            headers.append(COOKIE, line);
            let presented = self.cookies.session(&headers)?;
            Ok((presented.id.bytes()[0], presented.reissue))
        }

        fn keys_path(&self) -> std::path::PathBuf {
            self.folder.path().join("keys")
        }
    }

    #[test]
    fn a_session_cookie_has_the_attributes_of_the_policy() {
        let bench = bench();
        let set = bench.cookies.set_session(&SessionId::from_bytes([7; 32]));
        let set = set.to_str().expect("text");
        let (_, attributes) = set.split_once("; ").expect("attributes");
        assert_eq!(
            attributes,
            "Path=/; Max-Age=15552000; HttpOnly; Secure; SameSite=Strict"
        );
        let clear = bench.cookies.clear_session();
        assert_eq!(
            clear.to_str().expect("text"),
            "state=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"
        );
    }

    #[test]
    fn a_cookie_that_was_issued_is_accepted() {
        let bench = bench();
        assert_eq!(bench.present(&bench.issue(7)), Ok((7, false)));
    }

    #[test]
    fn every_changed_character_is_refused() {
        let bench = bench();
        let good = bench.issue(7);
        for at in 0..good.len() {
            for other in ["A", "0", ".", "-"] {
                let mut bad = good.clone();
                bad.replace_range(at..=at, other);
                if bad != good {
                    let refusal = bench.present(&bad).expect_err(&bad);
                    assert!(refusal.clears(), "{bad}: {refusal:?}");
                }
            }
        }
    }

    #[test]
    fn every_truncation_and_extension_is_refused() {
        let bench = bench();
        let good = bench.issue(7);
        for length in 0..good.len() {
            assert!(bench.present(&good[..length]).is_err(), "{length}");
        }
        for more in ["A", ".", "=", ".A", &"A".repeat(8000)] {
            assert_eq!(
                bench.present(&format!("{good}{more}")),
                Err(Refusal::Malformed)
            );
        }
        assert_eq!(
            bench.present(&format!("\"{good}\"")),
            Err(Refusal::Malformed)
        );
    }

    #[test]
    fn a_signature_made_with_another_ring_is_refused() {
        let (ours, theirs) = (bench(), bench());
        assert_eq!(ours.present(&theirs.issue(7)), Err(Refusal::UnknownKey));
        let id = ours.keys.current().first().id().to_string();
        let forged =
            theirs
                .issue(7)
                .replacen(&theirs.keys.current().first().id().to_string(), &id, 1);
        assert_eq!(ours.present(&forged), Err(Refusal::BadSignature));
    }

    #[test]
    fn a_login_cookie_is_no_session_cookie() {
        let bench = bench();
        let (_, header) = bench
            .cookies
            .begin(&HeaderMap::new(), "/", None)
            .expect("begun");
        let text = header.to_str().expect("text");
        let (pair, _) = text.split_once(';').expect("attributes");
        let (_, value) = pair.split_once('=').expect("a value");
        assert_eq!(bench.present(value), Err(Refusal::Malformed));
    }

    #[test]
    fn rotation_logs_nobody_out_and_asks_for_a_new_cookie() {
        let bench = bench();
        let old = bench.issue(7);
        file::rotate(&bench.keys_path(), crate::clock::Day::from_number(0)).expect("rotated");
        bench.keys.reload().expect("reloaded");
        assert_eq!(bench.present(&old), Ok((7, true)));
        assert_eq!(bench.present(&bench.issue(7)), Ok((7, false)));
    }

    #[test]
    fn a_retired_key_is_refused_and_the_cookie_cleared() {
        let bench = bench();
        let old = bench.issue(7);
        std::fs::remove_file(bench.keys_path()).expect("removed");
        file::generate(&bench.keys_path(), crate::clock::Day::from_number(0)).expect("made");
        bench.keys.reload().expect("reloaded");
        assert_eq!(bench.present(&old), Err(Refusal::UnknownKey));
        assert!(Refusal::UnknownKey.clears());
    }

    #[test]
    fn a_broken_key_file_leaves_the_ring_as_it_was() {
        let bench = bench();
        let old = bench.issue(7);
        std::fs::write(bench.keys_path(), "rubbish").expect("written");
        assert!(bench.keys.reload().is_err());
        assert_eq!(bench.present(&old), Ok((7, false)));
    }

    #[test]
    fn a_jump_of_the_date_refuses_and_does_not_clear() {
        let bench = bench();
        let cookie = bench.issue(7);
        bench.hands.jump(365 * DAY);
        assert_eq!(bench.present(&cookie), Err(Refusal::Expired));
        bench.hands.jump(-2 * 365 * DAY);
        assert_eq!(bench.present(&cookie), Err(Refusal::FromTheFuture));
        assert!(!Refusal::Expired.clears() && !Refusal::FromTheFuture.clears());
        bench.hands.jump(365 * DAY);
        assert_eq!(bench.present(&cookie), Ok((7, false)));
    }

    #[test]
    fn two_cookies_are_refused_even_if_both_are_good() {
        let bench = bench();
        let mut headers = HeaderMap::new();
        for _ in 0..2 {
            let line = format!("state={}", bench.issue(7));
            headers.append(COOKIE, HeaderValue::try_from(line).expect("a header"));
        }
        let refusal = bench.cookies.session(&headers).expect_err("refused");
        assert_eq!(refusal, Refusal::Several);
    }
}
