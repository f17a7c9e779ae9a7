//! Who leaves in the middle loses nothing: what a request began is finished, also at the end.

use std::time::Duration;

use fake_spotify::{Decision, Effect, Endpoint, Fault};
use rusqlite::Connection;
use tokio::time::{sleep, timeout};

use crate::harness::Proxy;
use crate::harness::wire::Ask;

/// Sends a request whose client hangs up while the database is locked, so that what it asked for
/// is done when nobody is there any more.
async fn hang_up(proxy: &Proxy, ask: Ask) {
    let lock = Connection::open(proxy.file("sessions.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let left = timeout(Duration::from_millis(150), proxy.send(ask)).await;
    assert!(left.is_err(), "the client left before the answer");
    lock.execute_batch("ROLLBACK").unwrap();
}

/// Waits until a request for a token gets this status.
async fn ends_with(proxy: &Proxy, token: &Ask, status: u16) {
    for _ in 0..50 {
        if proxy.send(token.clone()).await.status == status {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("never {status}: {:?}", proxy.send(token.clone()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_ends_the_cached_token_also_where_the_browser_has_gone() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let token = Ask::script("POST", "/api/token").cookies(&cookies);
    assert_eq!(proxy.send(token.clone()).await.status, 200);
    hang_up(
        &proxy,
        Ask::script("DELETE", "/api/session").cookies(&cookies),
    )
    .await;
    ends_with(&proxy, &token, 401).await;
    assert!(proxy.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restriction_holds_back_the_cached_token_also_where_the_browser_has_gone() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let token = Ask::script("POST", "/api/token").cookies(&cookies);
    assert_eq!(proxy.send(token.clone()).await.status, 200);
    let restrict = Ask::script("PATCH", "/api/session").cookies(&cookies);
    hang_up(&proxy, restrict.json("{\"restricted\":true}")).await;
    ends_with(&proxy, &token, 403).await;
    assert!(proxy.rows()[0].restricted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_waits_for_a_refresh_whose_client_has_gone() {
    let mut proxy = Proxy::with(&[("drain", "5s")]).await;
    proxy.spotify.turn(|knobs| knobs.rotate = true);
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    // The token is rotated at once, and the answer that tells it takes most of a second.
    let drip = Fault::new(Endpoint::Refresh, Effect::Drip { interval: 2 });
    proxy.spotify.inject(drip.times(1));
    let ask = Ask::script("POST", "/api/token").cookies(&cookies);
    let gone = timeout(Duration::from_millis(200), proxy.send(ask.clone())).await;
    assert!(gone.is_err(), "the client went before the answer");
    proxy.restart().await;
    let answer = proxy.send(ask).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_was_redeemed_becomes_a_session_also_where_the_browser_has_gone() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let callback = browser.decide(&authorize, Decision::Approve);
    let delay = Fault::delay(Endpoint::Code, Duration::from_millis(400));
    proxy.spotify.inject(delay.times(1));
    let left = timeout(Duration::from_millis(150), browser.come_back(&callback)).await;
    assert!(left.is_err(), "the browser left before the answer");
    sleep(Duration::from_millis(700)).await;
    assert_eq!(proxy.rows().len(), 1);
}
