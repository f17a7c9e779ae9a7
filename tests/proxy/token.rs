//! Access tokens: from memory while they are good, and refreshed once for all who ask.

use std::time::Duration;

use fake_spotify::{Effect, Endpoint, Fault};

use crate::harness::Proxy;
use crate::harness::wire::Ask;
use crate::login::contains;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_24_a_toggled_restriction_asks_the_provider_no_more_often() {
    let mut proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    let before = proxy.spotify.count(Endpoint::Refresh);
    let restrict = |on: bool| {
        let ask = Ask::script("PATCH", "/api/session").cookies(&cookies);
        proxy.send(ask.json(&format!("{{\"restricted\":{on}}}")))
    };
    let token = || proxy.send(Ask::script("POST", "/api/token").cookies(&cookies));
    let first = token().await.json()["access_token"].clone();
    for _ in 0..20 {
        assert_eq!(restrict(true).await.status, 200);
        assert_eq!(token().await.error(), "session_restricted");
        assert_eq!(restrict(false).await.status, 200);
        assert_eq!(token().await.json()["access_token"], first);
    }
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_reused_while_it_is_good() {
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    let first = visitor.token().await.json()["access_token"].clone();
    let second = visitor.token().await.json()["access_token"].clone();
    assert_eq!(first, second);
    assert!(proxy.spotify.count(Endpoint::Refresh) <= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotated_refresh_tokens_are_remembered() {
    let mut proxy = Proxy::start().await;
    proxy.spotify.turn(|knobs| knobs.rotate = true);
    let cookies = proxy.visitor().await.for_api();
    let before = proxy.spotify.refresh_tokens();
    for round in 0..3 {
        // A restart empties the memory, so that the stored token is what counts.
        proxy.restart().await;
        let answer = proxy
            .send(Ask::script("POST", "/api/token").cookies(&cookies))
            .await;
        assert_eq!(answer.status, 200, "round {round}: {answer:?}");
    }
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), 3);
    let after = proxy.spotify.refresh_tokens();
    assert_eq!(after.len(), 1);
    assert_ne!(before, after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_a_new_refresh_token_keeps_the_old_one() {
    let mut proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let rows = proxy.rows();
    proxy.restart().await;
    let answer = proxy
        .send(Ask::script("POST", "/api/token").cookies(&cookies))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(proxy.rows()[0].refresh_token, rows[0].refresh_token);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_token_nor_id_is_stored_in_the_clear() {
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    let access = visitor.token().await.json()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let refresh = proxy.spotify.refresh_tokens().remove(0);
    let id = visitor
        .cookie("state")
        .unwrap()
        .split('.')
        .nth(2)
        .unwrap()
        .to_owned();
    let stored = proxy.database_bytes();
    assert!(stored.len() > 4096, "there is a database");
    for secret in [access, refresh, id] {
        assert!(!contains(&stored, secret.as_bytes()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_15_a_hundred_calls_at_once_are_one_refresh_upstream() {
    let mut proxy = Proxy::start().await;
    proxy.spotify.turn(|knobs| knobs.rotate = true);
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    let delay = Duration::from_millis(300);
    proxy.spotify.inject(Fault::delay(Endpoint::Refresh, delay));
    let ask = Ask::script("POST", "/api/token").cookies(&cookies).bytes();
    let address = proxy.address();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let ask = ask.clone();
        calls.spawn(async move { crate::harness::wire::send(address, &ask).await });
    }
    let answers = calls.join_all().await;
    let token = answers[0].json()["access_token"].clone();
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["access_token"], token);
    }
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_does_not_lose_a_rotated_token() {
    let mut proxy = Proxy::with(&[("drain", "5s")]).await;
    proxy.spotify.turn(|knobs| knobs.rotate = true);
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    // The token is rotated at once, and the answer that tells it takes most of a second.
    let drip = Fault::new(Endpoint::Refresh, Effect::Drip { interval: 2 });
    proxy.spotify.inject(drip.times(1));
    let ask = Ask::script("POST", "/api/token").cookies(&cookies);
    let gone = tokio::time::timeout(Duration::from_millis(150), proxy.send(ask.clone())).await;
    assert!(gone.is_err(), "the client went before the answer");
    tokio::time::sleep(Duration::from_millis(600)).await;
    proxy.restart().await;
    let answer = proxy.send(ask).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_lived_token_is_replaced_after_half_its_life() {
    let proxy = Proxy::start().await;
    proxy.spotify.turn(|knobs| knobs.token_lifetime = 2);
    let mut visitor = proxy.visitor().await;
    let first = visitor.token().await.json()["access_token"].clone();
    tokio::time::sleep(Duration::from_millis(1300)).await;
    let second = visitor.token().await.json();
    assert_ne!(first, second["access_token"]);
    assert!(
        proxy
            .spotify
            .accepts(second["access_token"].as_str().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_that_is_gone_asks_for_a_new_login_and_deletes_the_row() {
    let mut proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    proxy.spotify.revoke_all();
    proxy.restart().await;
    let ask = Ask::script("POST", "/api/token").cookies(&cookies);
    let answer = proxy.send(ask.clone()).await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (401, "login_required")
    );
    assert_eq!(proxy.rows(), []);
    assert_eq!(proxy.send(ask).await.status, 401);
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), 1, "no second try");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_that_is_six_months_old_asks_for_a_new_login() {
    let mut proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    proxy.spotify.advance(184 * 24 * 3600);
    proxy.restart().await;
    let answer = proxy
        .send(Ask::script("POST", "/api/token").cookies(&cookies))
        .await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (401, "login_required")
    );
    assert_eq!(proxy.rows(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upstream_errors_do_not_log_out() {
    let mut proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    assert_eq!(visitor.token().await.status, 200);
    let cookies = visitor.for_api();
    for status in [400, 401, 403, 404, 429, 500, 502, 503] {
        proxy.restart().await;
        proxy.spotify.clear_faults();
        proxy
            .spotify
            .inject(Fault::status(Endpoint::Refresh, status));
        let answer = proxy
            .send(Ask::script("POST", "/api/token").cookies(&cookies))
            .await;
        assert!(
            [502, 503].contains(&answer.status),
            "{status} became {answer:?}"
        );
        assert!(answer.set_cookie("state").is_none(), "{status}: {answer:?}");
        assert_eq!(proxy.rows().len(), 1, "{status} lost the session");
    }
    proxy.spotify.clear_faults();
    proxy.restart().await;
    let answer = proxy
        .send(Ask::script("POST", "/api/token").cookies(&cookies))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_during_a_refresh_wins() {
    for rotates in [true, false] {
        let mut proxy = Proxy::start().await;
        proxy.spotify.turn(|knobs| knobs.rotate = rotates);
        let cookies = proxy.visitor().await.for_api();
        proxy.restart().await;
        proxy
            .spotify
            .inject(Fault::delay(Endpoint::Refresh, Duration::from_millis(400)));
        let (token, log_out) = (
            Ask::script("POST", "/api/token").cookies(&cookies),
            Ask::script("DELETE", "/api/session").cookies(&cookies),
        );
        let (waiting, gone) = tokio::join!(proxy.send(token.clone()), async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            proxy.send(log_out).await
        });
        assert_eq!(gone.status, 204, "{gone:?}");
        assert_eq!(waiting.status, 401, "rotates: {rotates}: {waiting:?}");
        assert_eq!(proxy.rows(), []);
        assert_eq!(proxy.send(token).await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restriction_during_a_refresh_wins_and_keeps_the_rotated_token() {
    let mut proxy = Proxy::start().await;
    proxy.spotify.turn(|knobs| knobs.rotate = true);
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    proxy
        .spotify
        .inject(Fault::delay(Endpoint::Refresh, Duration::from_millis(400)).times(1));
    let patch = |body| {
        Ask::script("PATCH", "/api/session")
            .cookies(&cookies)
            .json(body)
    };
    let token = Ask::script("POST", "/api/token").cookies(&cookies);
    let (waiting, restricted) = tokio::join!(proxy.send(token.clone()), async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        proxy.send(patch("{\"restricted\":true}")).await
    });
    assert_eq!(restricted.status, 200, "{restricted:?}");
    assert_eq!(
        (waiting.status, waiting.error().as_str()),
        (403, "session_restricted")
    );
    assert_eq!(
        proxy.send(patch("{\"restricted\":false}")).await.status,
        200
    );
    proxy.restart().await;
    assert_eq!(
        proxy.send(token).await.status,
        200,
        "the rotated token was kept"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_may_be_a_form_or_json_or_absent_and_nothing_else() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let ask = || Ask::script("POST", "/api/token").cookies(&cookies);
    let form = "application/x-www-form-urlencoded";
    for (name, ask, status) in [
        ("none", ask(), 200),
        ("JSON", ask().json("{\"recaptcha_token\":\"t\"}"), 200),
        (
            "a form",
            ask().header("Content-Type", form).body("recaptcha_token=t"),
            200,
        ),
        (
            "text",
            ask().header("Content-Type", "text/plain").body("hello"),
            415,
        ),
        ("broken JSON", ask().json("{\"recaptcha_token\":"), 400),
    ] {
        let answer = proxy.send(ask).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_lost_on_the_way_is_not_a_logout() {
    let mut proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    proxy
        .spotify
        .inject(Fault::new(Endpoint::Refresh, Effect::Lose).times(1));
    let answer = proxy
        .send(Ask::script("POST", "/api/token").cookies(&cookies))
        .await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(proxy.rows().len(), 1);
}
