//! The provider's answers: read without a panic, and what is taken from them needs no escaping.
#![no_main]

use hyper::StatusCode;
use hyper::header::HeaderValue;
use libfuzzer_sys::fuzz_target;
use proxy::provider::answer::parse;
use proxy::secret::Secret;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let statuses = [200, 400, 401, 302, 418];
    let status = statuses[usize::from(*first) % statuses.len()];
    let status = StatusCode::from_u16(status).expect("a status");
    let json = HeaderValue::from_static("application/json");
    let Ok(grant) = parse(status, Some(&json), &Secret::new(body.to_vec())) else {
        return;
    };
    assert_eq!(status, StatusCode::OK, "only a success grants");
    assert!((1..=86_400).contains(&grant.expires_in.as_secs()));
    for token in [Some(&grant.access_token), grant.refresh_token.as_ref()] {
        let plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
        assert!(token.is_none_or(|token| token.expose().bytes().all(plain)));
    }
});
