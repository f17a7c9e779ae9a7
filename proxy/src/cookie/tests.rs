//! Session cookies that are ours, and all that look like it.

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
    let forged = theirs
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
