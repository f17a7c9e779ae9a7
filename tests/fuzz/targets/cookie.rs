//! Cookie headers of strangers: read without a panic, and never taken for one of ours.
#![no_main]

use std::sync::LazyLock;

use hyper::HeaderMap;
use hyper::header::{COOKIE, HeaderValue};
use libfuzzer_sys::fuzz_target;
use proxy::clock::{Clock, Timestamp};
use proxy::cookie::Cookies;
use proxy::keys::{Keys, file};

static COOKIES: LazyLock<Cookies> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    let (clock, _hands) = Clock::manual(Timestamp::from_seconds(1_795_000_000));
    file::generate(&path, clock.today()).expect("generated");
    let keys = Keys::load(&path).expect("keys");
    Cookies::new("state", 180, keys, clock)
});

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(COOKIE, value);
        }
    }
    assert!(
        COOKIES.session(&headers).is_err(),
        "a stranger's cookie was taken for ours"
    );
    let state = String::from_utf8_lossy(data);
    assert!(
        COOKIES.attempt(&headers, &state).is_err(),
        "a stranger's attempt was taken for ours"
    );
});
