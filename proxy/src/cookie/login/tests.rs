//! Login attempts, as a browser keeps them and brings them back.

use super::{Attempt, AttemptRefusal};
use crate::clock::{Clock, Hands, Timestamp};
use crate::cookie::Cookies;
use crate::cookie::id::IdHash;
use crate::keys::{Keys, file};
use hyper::HeaderMap;
use hyper::header::{COOKIE, HeaderValue};

/// A browser that keeps login cookies.
struct Browser {
    cookies: Cookies,
    hands: Hands,
    jar: Vec<(String, String)>,
}

fn browser(name: &str) -> Browser {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    let (clock, hands) = Clock::manual(Timestamp::from_seconds(1_795_000_000));
    file::generate(&path, clock.today()).expect("generated");
    let keys = Keys::load(&path).expect("keys");
    Browser {
        cookies: Cookies::new(name, 180, keys, clock),
        hands,
        jar: Vec::new(),
    }
}

impl Browser {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.jar {
            let line = HeaderValue::try_from(format!("{name}={value}")).expect("a header");
            headers.append(COOKIE, line);
        }
        headers
    }

    fn begin(&mut self, return_to: &str, previous: Option<IdHash>) -> Attempt {
        let begun = self.cookies.begin(&self.headers(), return_to, previous);
        let (attempt, header) = begun.expect("begun");
        let text = header.to_str().expect("text").to_owned();
        let (pair, _) = text.split_once(';').expect("attributes");
        let (name, value) = pair.split_once('=').expect("a value");
        self.jar.retain(|(other, _)| other != name);
        self.jar.push((name.to_owned(), value.to_owned()));
        attempt
    }

    fn return_with(&self, state: &str) -> Result<Attempt, AttemptRefusal> {
        self.cookies.attempt(&self.headers(), state)
    }
}

#[test]
fn an_attempt_comes_back_as_it_was() {
    let mut browser = browser("state");
    let previous = Some(IdHash::from_bytes([9; 32]));
    let begun = browser.begin("/top/tracks/?x=1", previous);
    let back = browser.return_with(&begun.state()).expect("the attempt");
    assert_eq!(back.return_to, "/top/tracks/?x=1");
    assert_eq!(back.previous, previous);
    assert_eq!(back.verifier(), begun.verifier());
    assert_eq!(back.session_id(), begun.session_id());
}

#[test]
fn state_verifier_and_session_id_tell_nothing_of_one_another() {
    let attempt = browser("state").begin("/", None);
    let session = attempt.session_id().encoded();
    assert_ne!(attempt.state(), *attempt.verifier().expose());
    assert_ne!(attempt.state(), *session.expose());
    assert_ne!(attempt.verifier(), session);
    // RFC 7636 section 4.1: 43 to 128 characters.
    assert_eq!(attempt.verifier().expose().len(), 43);
}

#[test]
fn a_state_from_elsewhere_matches_nothing() {
    let mut mine = browser("state");
    let theirs = browser("state").begin("/", None);
    assert!(matches!(
        mine.return_with(&theirs.state()),
        Err(AttemptRefusal::Absent)
    ));
    mine.begin("/", None);
    for state in [theirs.state().as_str(), "", "x"] {
        assert!(matches!(
            mine.return_with(state),
            Err(AttemptRefusal::Mismatch)
        ));
    }
}

#[test]
fn a_cookie_sealed_elsewhere_is_no_attempt() {
    let (mut mine, mut theirs) = (browser("state"), browser("state"));
    let attempt = theirs.begin("/", None);
    mine.jar = theirs.jar;
    assert!(matches!(
        mine.return_with(&attempt.state()),
        Err(AttemptRefusal::Mismatch)
    ));
}

#[test]
fn lateness_is_told_from_absence() {
    let mut browser = browser("state");
    let attempt = browser.begin("/", None);
    browser.hands.jump(600);
    assert!(browser.return_with(&attempt.state()).is_ok());
    browser.hands.jump(1);
    assert!(matches!(
        browser.return_with(&attempt.state()),
        Err(AttemptRefusal::Late(_))
    ));
}

#[test]
fn five_attempts_live_side_by_side_and_the_sixth_replaces_the_oldest() {
    let mut browser = browser("state");
    let mut begun = Vec::new();
    for _ in 0..6 {
        begun.push(browser.begin("/", None).state());
        browser.hands.jump(1);
    }
    assert_eq!(browser.jar.len(), 5);
    assert!(browser.return_with(&begun[0]).is_err());
    for state in &begun[1..] {
        assert!(browser.return_with(state).is_ok());
    }
}

#[test]
fn an_attempt_twice_in_one_request_is_none() {
    let mut browser = browser("state");
    let attempt = browser.begin("/", None);
    browser.jar.push(browser.jar[0].clone());
    assert!(matches!(
        browser.return_with(&attempt.state()),
        Err(AttemptRefusal::Mismatch)
    ));
}

#[test]
fn attributes_follow_the_session_cookies_prefix() {
    for (name, expected) in [
        (
            "state",
            "login-0=; Path=/api; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
        ),
        (
            "__Host-state",
            "__Host-login-0=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
        ),
    ] {
        let mut browser = browser(name);
        let attempt = browser.begin("/", None);
        let cleared = browser.cookies.clear_attempt(&attempt);
        assert_eq!(cleared.to_str().expect("text"), expected);
    }
}

#[test]
fn the_longest_return_path_fits_into_a_cookie() {
    let mut browser = browser("state");
    let path = "/".repeat(512);
    let attempt = browser.begin(&path, Some(IdHash::from_bytes([1; 32])));
    let back = browser.return_with(&attempt.state()).expect("the attempt");
    assert_eq!(back.return_to, path);
    assert!(browser.jar[0].1.len() < 1024);
}
