//! Who leaves in the middle loses nothing: what a request began is finished, also at the end.

use std::time::Duration;

use fake_spotify::{Decision, Effect, Endpoint, Fault};
use tokio::time::{sleep, timeout};

use crate::harness::Proxy;
use crate::harness::wire::Ask;

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
