//! What the proxy does when the provider or the disk fails: it says so, keeps what it has, and
//! recovers by itself.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use fake_spotify::{Decision, Effect, Endpoint, Fault};
use rusqlite::Connection;
use serde_json::json;

use crate::harness::wire::{Answer, Ask};
use crate::harness::{ORIGIN, Proxy};

fn token(cookies: &str) -> Ask {
    Ask::script("POST", "/api/token").cookies(cookies)
}

/// A session whose access token is no longer in memory, and a fault at its refresh.
async fn refresh_with(effect: Effect) -> (Proxy, Answer) {
    let mut proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    proxy.spotify.inject(Fault::new(Endpoint::Refresh, effect));
    let answer = proxy.send(token(&cookies)).await;
    (proxy, answer)
}

async fn check(effect: Effect, status: u16, error: &str) {
    let name = format!("{effect:?}");
    let (proxy, answer) = refresh_with(effect).await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (status, error),
        "{name}: {answer:?}"
    );
    assert_eq!(
        answer.header("Retry-After").is_some(),
        status == 503,
        "{name}: {answer:?}"
    );
    assert!(answer.set_cookie("state").is_none(), "{name}");
    assert_eq!(proxy.rows().len(), 1, "{name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_a_provider_that_is_down_is_503() {
    check(status(500), 503, "provider_unavailable").await;
    check(status(502), 503, "provider_unavailable").await;
    check(status(429), 503, "provider_unavailable").await;
    check(Effect::Close, 503, "provider_unavailable").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_a_provider_that_never_answers_is_503() {
    check(Effect::Hang, 503, "provider_unavailable").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_a_provider_that_drips_is_503() {
    check(Effect::Drip { interval: 400 }, 503, "provider_unavailable").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_a_provider_that_talks_nonsense_is_502() {
    let to = "http://127.0.0.1:1/".to_owned();
    for effect in [
        Effect::Malformed,
        Effect::Huge,
        Effect::Redirect { to },
        Effect::WrongType,
        Effect::NoToken,
        Effect::ExpiresIn {
            value: json!("soon"),
        },
        Effect::ExpiresIn { value: json!(-1) },
        Effect::ExpiresIn {
            value: json!(1e300),
        },
    ] {
        check(effect, 502, "provider_error").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_an_absurd_lifetime_is_never_handed_on() {
    for value in [json!(0), json!(1_000_000_000_000_u64), json!(u64::MAX)] {
        let (proxy, answer) = refresh_with(Effect::ExpiresIn {
            value: value.clone(),
        })
        .await;
        assert_eq!(proxy.rows().len(), 1, "{value}");
        match answer.status {
            502 => assert_eq!(answer.error(), "provider_error"),
            200 => {
                let lifetime = answer.json()["expires_in"].as_u64().unwrap();
                assert!(lifetime <= 86_400, "{value} became {lifetime}");
            }
            _ => panic!("{value}: {answer:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_a_provider_that_limits_us_is_left_in_peace_by_everybody() {
    let mut proxy = Proxy::start().await;
    let (one, other) = (
        proxy.visitor().await.for_api(),
        proxy.visitor().await.for_api(),
    );
    proxy.restart().await;
    proxy
        .spotify
        .inject(Fault::too_many(Endpoint::Refresh, "30"));
    let answer = proxy.send(token(&one)).await;
    assert_eq!(answer.status, 503);
    let seconds: u64 = answer.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=31).contains(&seconds), "{seconds}");
    assert_eq!(proxy.send(token(&other)).await.status, 503);
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_a_failed_code_exchange_is_told_on_the_site() {
    let proxy = Proxy::start().await;
    let to = "https://evil.example/".to_owned();
    for effect in [
        status(500),
        Effect::Malformed,
        Effect::Redirect { to },
        Effect::NoToken,
    ] {
        proxy
            .spotify
            .inject(Fault::new(Endpoint::Code, effect.clone()).times(1));
        let mut browser = proxy.browser();
        let authorize = browser.start_login("/").await;
        let callback = browser.decide(&authorize, Decision::Approve);
        let answer = browser.come_back(&callback).await;
        assert_eq!(
            answer.location(),
            format!("{ORIGIN}/?login=failed"),
            "{effect:?}"
        );
        assert!(answer.set_cookie("state").is_none());
        proxy.spotify.clear_faults();
    }
    assert_eq!(proxy.rows(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_17_strangers_junk_callbacks_do_not_stop_refreshes() {
    let mut proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    proxy.spotify.inject(Fault::too_many(Endpoint::Code, "600"));
    let before = proxy.spotify.count(Endpoint::Code);
    for _ in 0..20 {
        let mut stranger = proxy.browser();
        let authorize = stranger.start_login("/").await;
        let callback = stranger.decide(&authorize, Decision::Approve);
        let (front, rest) = callback.split_once("code=").unwrap();
        let junk = format!("{front}code=junk&{}", rest.split_once('&').unwrap().1);
        stranger.come_back(&junk).await;
    }
    let asked = proxy.spotify.count(Endpoint::Code) - before;
    assert_eq!(asked, 1, "then it is left alone");
    let answer = proxy.send(token(&cookies)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Starts a login and comes back from it with a code that nobody issued.
async fn come_with_junk(proxy: &Proxy, address: &str, times: usize) {
    let from = |ask: Ask| ask.header("CF-Connecting-IP", address);
    let answer = proxy
        .send(from(Ask::navigation("/api/login", "none")))
        .await;
    let login = answer.set_cookie("login-0").expect("an attempt");
    let login = login.split(';').next().unwrap().to_owned();
    let state = answer.location().split_once("state=").expect("a state").1;
    let state = state.split('&').next().unwrap();
    let target = format!("/api/callback?code=junk&state={state}");
    for _ in 0..times {
        let back = Ask::navigation(&target, "cross-site").cookies(&login);
        proxy.send(from(back)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_17_a_login_cookie_that_comes_again_uses_nothing_up() {
    let proxy = Proxy::start().await;
    come_with_junk(&proxy, "203.0.113.1", 100).await;
    assert_eq!(proxy.spotify.count(Endpoint::Code), 1);
    proxy.visitor().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_17_strangers_junk_callbacks_do_not_stop_logins_from_elsewhere() {
    let proxy = Proxy::with(&[("trusted-proxies", "127.0.0.1")]).await;
    for _ in 0..60 {
        come_with_junk(&proxy, "203.0.113.1", 1).await;
    }
    assert!(proxy.spotify.count(Endpoint::Code) < 30);
    proxy.visitor().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_17_one_network_does_not_stop_logins_by_having_many_addresses() {
    for address in [
        |number: u32| format!("2001:db8:0:{number:x}::1"),
        |number| format!("203.0.113.{number}"),
    ] {
        let proxy = Proxy::with(&[("trusted-proxies", "127.0.0.1")]).await;
        for number in 0..100 {
            come_with_junk(&proxy, &address(number), 1).await;
        }
        proxy.visitor().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_17_one_failing_session_does_not_stop_the_others() {
    let mut proxy = Proxy::start().await;
    let (one, other) = (
        proxy.visitor().await.for_api(),
        proxy.visitor().await.for_api(),
    );
    proxy.restart().await;
    proxy
        .spotify
        .inject(Fault::status(Endpoint::Refresh, 500).times(4));
    for _ in 0..6 {
        assert_eq!(proxy.send(token(&one)).await.status, 503);
    }
    let asked = proxy.spotify.count(Endpoint::Refresh);
    assert!(
        asked <= 4,
        "a failing session backs off, and yet asked {asked} times"
    );
    proxy.spotify.clear_faults();
    assert_eq!(proxy.send(token(&other)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_17_a_provider_that_fails_several_sessions_is_asked_by_one_at_a_time() {
    let mut proxy = Proxy::start().await;
    let mut sessions = Vec::new();
    for _ in 0..6 {
        sessions.push(proxy.visitor().await.for_api());
    }
    proxy.restart().await;
    proxy.spotify.inject(Fault::status(Endpoint::Refresh, 500));
    for cookies in &sessions {
        assert_eq!(proxy.send(token(cookies)).await.status, 503);
    }
    assert_eq!(
        proxy.spotify.count(Endpoint::Refresh),
        3,
        "then it is left alone"
    );

    // The next one finds out, while the others wait for what it finds.
    proxy.spotify.clear_faults();
    let slow = Fault::delay(Endpoint::Refresh, Duration::from_millis(500));
    proxy.spotify.inject(slow.times(1));
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let (probe, other) = tokio::join!(proxy.send(token(&sessions[4])), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        proxy.send(token(&sessions[5])).await
    });
    assert_eq!((probe.status, other.status), (200, 503));
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), 4);
    assert_eq!(proxy.send(token(&sessions[5])).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_a_locked_database_is_503_and_recovers() {
    let mut proxy = Proxy::start().await;
    proxy.spotify.turn(|knobs| knobs.rotate = true);
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    let lock = Connection::open(proxy.file("sessions.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let erase = Ask::script("DELETE", "/api/session").cookies(&cookies);
    let answer = proxy.send(erase).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    lock.execute_batch("ROLLBACK").unwrap();
    assert_eq!(proxy.rows().len(), 1);
    let answer = proxy.send(token(&cookies)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_a_database_that_cannot_note_the_day_costs_no_refresh() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let lock = Connection::open(proxy.file("sessions.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    for _ in 0..2 {
        let answer = proxy.send(token(&cookies)).await;
        assert_eq!(answer.error(), "temporarily_unavailable", "{answer:?}");
    }
    lock.execute_batch("ROLLBACK").unwrap();
    let answer = proxy.send(token(&cookies)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // The token that the login brought was good all the time.
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_a_rotated_token_outlives_a_locked_database() {
    let mut proxy = Proxy::start().await;
    proxy.spotify.turn(|knobs| knobs.rotate = true);
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    proxy
        .spotify
        .inject(Fault::delay(Endpoint::Refresh, Duration::from_millis(300)).times(1));
    let lock = Connection::open(proxy.file("sessions.db")).unwrap();
    let (during, ()) = tokio::join!(proxy.send(token(&cookies)), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    });
    assert_eq!(
        during.status, 503,
        "nothing is answered before it is written: {during:?}"
    );
    lock.execute_batch("ROLLBACK").unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let answer = proxy.send(token(&cookies)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    proxy.restart().await;
    let answer = proxy.send(token(&cookies)).await;
    assert_eq!(answer.status, 200, "after a restart: {answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_a_corrupt_database_is_refused_and_left_alone() {
    let mut proxy = Proxy::start().await;
    proxy.visitor().await;
    proxy.stop().await;
    let (path, log) = (proxy.file("sessions.db"), proxy.file("sessions.db-wal"));
    // The store's thread may still be folding its log into the database.
    for _ in 0..200 {
        if !log.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!log.exists(), "a stopped proxy leaves no log behind");
    let mut bytes = fs::read(&path).unwrap();
    bytes[..64].fill(0x5a);
    fs::write(&path, &bytes).unwrap();
    let refused = proxy.try_run().await.unwrap_err();
    assert!(
        refused.contains("sessions.db"),
        "the file is named: {refused}"
    );
    assert!(fs::read(&path).unwrap() == bytes, "nothing was changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_a_database_that_others_can_read_is_refused() {
    let mut proxy = Proxy::start().await;
    proxy.stop().await;
    let path = proxy.file("sessions.db");
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let refused = proxy.try_run().await.unwrap_err();
    assert!(
        refused.contains("sessions.db"),
        "the file is named: {refused}"
    );
}

fn status(status: u16) -> Effect {
    Fault::status(Endpoint::Refresh, status).effect
}
