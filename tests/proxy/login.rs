//! The way in: what is asked of the provider, what comes back, and what fails on the way.

use std::collections::BTreeMap;

use fake_spotify::{Decision, Endpoint};
use url::Url;

use crate::harness::wire::Ask;
use crate::harness::{ORIGIN, Proxy};

fn parameters(url: &str) -> BTreeMap<String, String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().into_owned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_logs_in_and_gets_a_token_that_the_provider_accepts() {
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    let answer = visitor.token().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["token_type"], "Bearer");
    assert!(
        proxy
            .spotify
            .accepts(body["access_token"].as_str().unwrap())
    );
    let lifetime = body["expires_in"].as_u64().unwrap();
    assert!((3500..=3600).contains(&lifetime), "{lifetime}");
    assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_provider_is_asked_with_a_fresh_state_and_a_pkce_challenge() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let (first, second) = (
        browser.start_login("/").await,
        browser.start_login("/").await,
    );
    assert!(first.starts_with(&proxy.spotify.authorize_url()), "{first}");
    let (first, second) = (parameters(&first), parameters(&second));
    assert_eq!(first["response_type"], "code");
    assert_eq!(first["redirect_uri"], format!("{ORIGIN}/api/callback"));
    assert_eq!(first["code_challenge_method"], "S256");
    assert_eq!(first["code_challenge"].len(), 43);
    for name in ["state", "code_challenge"] {
        assert!(first[name].len() >= 43, "{name} is short: {}", first[name]);
        assert_ne!(first[name], second[name], "{name} is the same twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starting_a_login_stores_nothing() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    browser.start_login("/").await;
    assert_eq!(proxy.rows(), []);
    assert!(browser.cookie("state").is_none());
    assert!(browser.cookie("login-0").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_session_cookie_is_out_of_reach_of_scripts_other_sites_and_plain_http() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let callback = browser.decide(&authorize, Decision::Approve);
    let answer = browser.come_back(&callback).await;
    let cookie = answer.set_cookie("state").unwrap();
    let mut attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
    attributes.sort_unstable();
    let expected = [
        "HttpOnly",
        "Max-Age=15552000",
        "Path=/",
        "SameSite=Strict",
        "Secure",
    ];
    assert_eq!(attributes, expected, "{cookie}");
    assert!(answer.clears("login-0"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_login_cookie_is_lax_and_for_the_proxy_alone() {
    let proxy = Proxy::start().await;
    let answer = proxy
        .send(Ask::navigation("/api/login", "same-origin"))
        .await;
    let cookie = answer.set_cookie("login-0").unwrap();
    let mut attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
    attributes.sort_unstable();
    let expected = [
        "HttpOnly",
        "Max-Age=3600",
        "Path=/api",
        "SameSite=Lax",
        "Secure",
    ];
    assert_eq!(attributes, expected, "{cookie}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visitor_comes_back_to_where_the_login_began() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/top/%3Frange%3Dlong_term").await;
    let callback = browser.decide(&authorize, Decision::Approve);
    let answer = browser.come_back(&callback).await;
    assert_eq!(answer.location(), format!("{ORIGIN}/top/?range=long_term"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_who_refuses_is_told_so_on_the_site() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let callback = browser.decide(&authorize, Decision::Refuse);
    let answer = browser.come_back(&callback).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.location(), format!("{ORIGIN}/?login=denied"));
    assert!(
        !format!("{answer:?}").contains("access_denied"),
        "{answer:?}"
    );
    assert_eq!(proxy.rows(), []);
    assert_eq!(proxy.spotify.count(Endpoint::Code), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coming_back_without_any_login_cookie_fails_and_redeems_nothing() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let callback = browser.decide(&authorize, Decision::Approve);
    let answer = proxy.browser().come_back(&callback).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.location(), format!("{ORIGIN}/?login=failed"));
    assert_eq!(proxy.spotify.count(Endpoint::Code), 0);
    assert_eq!(proxy.rows(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_logins_can_be_under_way_and_each_can_be_finished() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let mut callbacks = Vec::new();
    for _ in 0..5 {
        let authorize = browser.start_login("/").await;
        callbacks.push(browser.decide(&authorize, Decision::Approve));
    }
    for callback in callbacks.iter().rev() {
        let answer = browser.come_back(callback).await;
        assert_eq!(answer.location(), format!("{ORIGIN}/"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sixth_login_takes_the_place_of_the_oldest() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let oldest = browser.start_login("/").await;
    for _ in 0..5 {
        browser.start_login("/").await;
    }
    assert_eq!(browser.across().matches("login-").count(), 5);
    let callback = browser.decide(&oldest, Decision::Approve);
    let answer = browser.come_back(&callback).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(proxy.spotify.count(Endpoint::Code), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_survives_a_restart() {
    let mut proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    let answer = proxy
        .send(Ask::script("POST", "/api/token").cookies(&cookies))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn state_is_not_the_session_id() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let state = parameters(&authorize)["state"].clone();
    let callback = browser.decide(&authorize, Decision::Approve);
    browser.come_back(&callback).await;
    let cookie = browser.cookie("state").unwrap();
    assert!(!cookie.contains(&state), "{cookie} holds {state}");
    let stored = proxy.database_bytes();
    assert!(!contains(&stored, state.as_bytes()));
    let forged = Ask::script("POST", "/api/token").cookies(&format!("state={state}"));
    assert_eq!(proxy.send(forged).await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_do_not_come_from_a_clock() {
    let proxy = Proxy::start().await;
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..8 {
        let visitor = proxy.visitor().await;
        let id = visitor.cookie("state").unwrap().split('.').nth(2).unwrap();
        seen.push(id.to_owned());
    }
    for (place, one) in seen.iter().enumerate() {
        assert_eq!(one.len(), 43, "32 bytes in base64url");
        for other in &seen[..place] {
            let same = one
                .bytes()
                .zip(other.bytes())
                .filter(|(a, b)| a == b)
                .count();
            assert!(same < 12, "{one} and {other} share {same} characters");
        }
    }
}

/// Whether `part` is somewhere in `all`.
pub(crate) fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}
