//! Callbacks that nobody asked for, that come twice, or that say two things.

use fake_spotify::{Decision, Endpoint};

use crate::harness::browser::path_and_query;
use crate::harness::wire::Ask;
use crate::harness::{ORIGIN, Proxy};

fn token() -> Ask {
    Ask::script("POST", "/api/token")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_3_a_callback_works_once_also_across_a_restart() {
    let mut proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let before = browser.across();
    let callback = browser.decide(&authorize, Decision::Approve);
    assert_eq!(browser.come_back(&callback).await.status, 303);
    let replay = || {
        let target = path_and_query(&callback);
        Ask::navigation(target, "cross-site").cookies(&before)
    };
    assert_eq!(proxy.send(replay()).await.status, 400);
    proxy.restart().await;
    assert_eq!(proxy.send(replay()).await.status, 400);
    assert_eq!(proxy.spotify.count(Endpoint::Code), 1);
    assert_eq!(proxy.rows().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_3_callbacks_that_contradict_themselves_redeem_nothing() {
    let proxy = Proxy::start().await;
    for change in [
        |q: &str| q.replacen("state=", "state=x", 1),
        |q: &str| format!("{q}&state=x"),
        |q: &str| format!("{q}&code=x"),
        |q: &str| format!("{q}&{}", q.split_once('?').unwrap().1),
        |q: &str| format!("{q}&error=access_denied"),
        |q: &str| q.split_once("&state=").unwrap().0.to_owned(),
        |q: &str| format!("/api/callback?state={}", q.split_once("state=").unwrap().1),
    ] {
        let mut browser = proxy.browser();
        let authorize = browser.start_login("/").await;
        let callback = browser.decide(&authorize, Decision::Approve);
        let changed = change(path_and_query(&callback));
        let answer = browser.come_back(&changed).await;
        assert_eq!(answer.status, 400, "{changed}: {answer:?}");
        assert_eq!(proxy.spotify.count(Endpoint::Code), 0, "{changed}");
    }
    assert_eq!(proxy.rows(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_3_an_attempt_whose_exchange_failed_is_spent() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let before = browser.across();
    let callback = browser.decide(&authorize, Decision::Approve);
    let fault = fake_spotify::Fault::status(Endpoint::Code, 500);
    proxy.spotify.inject(fault.times(1));
    let failed = browser.come_back(&callback).await;
    assert_eq!(
        failed.location(),
        format!("{ORIGIN}/?login=failed"),
        "{failed:?}"
    );
    let asked = proxy.spotify.count(Endpoint::Code);
    let target = path_and_query(&callback);
    let replay = Ask::navigation(target, "cross-site").cookies(&before);
    assert_eq!(proxy.send(replay).await.status, 400);
    assert_eq!(proxy.spotify.count(Endpoint::Code), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_3_an_attempt_that_was_denied_is_spent() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let before = browser.across();
    let denied = browser.decide(&authorize, Decision::Refuse);
    let answer = browser.come_back(&denied).await;
    assert_eq!(answer.location(), format!("{ORIGIN}/?login=denied"));
    let approved = browser.decide(&authorize, Decision::Approve);
    let again = Ask::navigation(path_and_query(&approved), "cross-site").cookies(&before);
    assert_eq!(proxy.send(again).await.status, 400);
    assert_eq!(proxy.spotify.count(Endpoint::Code), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_3_an_erased_sessions_callback_stays_spent_across_a_restart() {
    let mut proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let before = browser.across();
    let callback = browser.decide(&authorize, Decision::Approve);
    assert_eq!(browser.come_back(&callback).await.status, 303);
    assert_eq!(browser.log_out().await.status, 204);
    let replay = Ask::navigation(path_and_query(&callback), "cross-site").cookies(&before);
    assert_eq!(proxy.send(replay.clone()).await.status, 400);
    proxy.restart().await;
    let answer = proxy.send(replay.clone()).await;
    assert_eq!(answer.location(), format!("{ORIGIN}/?login=expired"));
    assert!(answer.clears("login-0"), "{answer:?}");
    assert_eq!(proxy.send(replay).await.status, 400);
    assert_eq!(proxy.spotify.count(Endpoint::Code), 1);
    assert_eq!(proxy.rows(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_4_a_login_that_another_started_is_never_finished() {
    let proxy = Proxy::start().await;
    let mut attacker = proxy.browser();
    let authorize = attacker.start_login("/").await;
    let link = attacker.decide(&authorize, Decision::Approve);

    let mut stranger = proxy.browser();
    let answer = stranger.come_back(&link).await;
    assert_eq!(answer.location(), format!("{ORIGIN}/?login=failed"));

    let mut busy = proxy.browser();
    busy.start_login("/").await;
    let answer = busy.come_back(&link).await;
    assert_eq!(answer.status, 400, "{answer:?}");

    let mut logged_in = proxy.visitor().await;
    let session = logged_in.cookie("state").unwrap().to_owned();
    let redeemed = proxy.spotify.count(Endpoint::Code);
    logged_in.come_back(&link).await;
    assert_eq!(logged_in.cookie("state"), Some(session.as_str()));
    assert_eq!(proxy.spotify.count(Endpoint::Code), redeemed);
    assert_eq!(proxy.rows().len(), 1);
    assert!(stranger.cookie("state").is_none());
    assert!(busy.cookie("state").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_4_a_sibling_domains_cookies_change_nothing_under_the_hosts_own_prefix() {
    let proxy = Proxy::with(&[("cookie-name", "__Host-state")]).await;
    let mut attacker = proxy.browser();
    let authorize = attacker.start_login("/").await;
    let link = attacker.decide(&authorize, Decision::Approve);
    let attempt = attacker.cookie("__Host-login-0").unwrap().to_owned();
    // A sibling can plant any name but those with the prefix.
    let planted = format!("login-0={attempt}; state=v1.x");
    let come = |cookies: String| {
        let ask = Ask::navigation(path_and_query(&link), "cross-site");
        proxy.send(ask.cookies(&cookies))
    };
    let answer = come(planted.clone()).await;
    assert_eq!(answer.location(), format!("{ORIGIN}/?login=failed"));
    assert!(answer.set_cookie("__Host-state").is_none(), "{answer:?}");
    assert_eq!(proxy.spotify.count(Endpoint::Code), 0);

    let visitor = proxy.visitor().await;
    let own = visitor.for_api();
    for cookies in [format!("{own}; {planted}"), format!("{planted}; {own}")] {
        let answer = proxy.send(token().cookies(&cookies)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let ask = Ask::script("GET", "/api/session").cookies(&cookies);
        assert_eq!(proxy.send(ask).await.json()["logged_in"], true);
    }
    assert_eq!(proxy.rows().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_5_a_login_while_logged_in_makes_a_fresh_id_and_deletes_the_old_row() {
    for strict_cookie_arrives in [false, true] {
        let proxy = Proxy::start().await;
        let mut visitor = proxy.visitor().await;
        visitor.session().await;
        let (before, old) = (visitor.for_api(), proxy.rows());
        let authorize = visitor.start_login("/").await;
        let callback = visitor.decide(&authorize, Decision::Approve);
        let target = path_and_query(&callback);
        let (site, cookies) = if strict_cookie_arrives {
            ("same-origin", visitor.for_api())
        } else {
            ("cross-site", visitor.across())
        };
        let answer = proxy
            .send(Ask::navigation(target, site).cookies(&cookies))
            .await;
        assert_eq!(answer.location(), format!("{ORIGIN}/"), "{answer:?}");
        let fresh = answer
            .set_cookie("state")
            .unwrap()
            .split("; ")
            .next()
            .unwrap();
        let rows = proxy.rows();
        assert_eq!(rows.len(), 1, "strict: {strict_cookie_arrives}");
        assert_ne!(rows[0].id_hash, old[0].id_hash);
        assert_eq!(proxy.send(token().cookies(&before)).await.status, 401);
        assert_eq!(proxy.send(token().cookies(fresh)).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_5_of_two_logins_begun_while_logged_out_one_session_remains() {
    for strict_cookie_arrives in [false, true] {
        let proxy = Proxy::start().await;
        let mut visitor = proxy.browser();
        let first = visitor.start_login("/").await;
        let second = visitor.start_login("/").await;
        let first = visitor.decide(&first, Decision::Approve);
        let second = visitor.decide(&second, Decision::Approve);
        let attempts = visitor.across();
        visitor.come_back(&first).await;
        visitor.session().await;
        let before = visitor.for_api();
        assert_eq!(proxy.send(token().cookies(&before)).await.status, 200);
        let (site, cookies) = if strict_cookie_arrives {
            let state = visitor.cookie("state").unwrap();
            // The attempt as it was begun: that it knows of the session is not needed here.
            ("same-origin", format!("{attempts}; state={state}"))
        } else {
            ("cross-site", visitor.across())
        };
        let ask = Ask::navigation(path_and_query(&second), site).cookies(&cookies);
        let answer = proxy.send(ask).await;
        assert_eq!(answer.location(), format!("{ORIGIN}/"), "{answer:?}");
        let rows = proxy.rows().len();
        assert_eq!(rows, 1, "strict: {strict_cookie_arrives}");
        assert_eq!(proxy.send(token().cookies(&before)).await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_6_a_prefetched_callback_is_not_used() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let callback = browser.decide(&authorize, Decision::Approve);
    let target = path_and_query(&callback);
    let ask = Ask::navigation(target, "cross-site")
        .header("Sec-Purpose", "prefetch")
        .cookies(&browser.across());
    assert_eq!(proxy.send(ask).await.status, 503);
    assert_eq!(proxy.spotify.count(Endpoint::Code), 0);
    assert_eq!(
        browser.come_back(&callback).await.location(),
        format!("{ORIGIN}/")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_7_another_issuer_is_refused() {
    let proxy = Proxy::with(&[("issuer", "https://accounts.example.com")]).await;
    for (issuer, status) in [
        (Some("https://evil.example"), 400),
        (None, 400),
        (Some("https://accounts.example.com"), 303),
    ] {
        proxy
            .spotify
            .turn(|knobs| knobs.issuer = issuer.map(str::to_owned));
        let mut browser = proxy.browser();
        let authorize = browser.start_login("/").await;
        let callback = browser.decide(&authorize, Decision::Approve);
        let before = proxy.spotify.count(Endpoint::Code);
        let answer = browser.come_back(&callback).await;
        assert_eq!(answer.status, status, "{issuer:?}: {answer:?}");
        let redeemed = proxy.spotify.count(Endpoint::Code) - before;
        assert_eq!(redeemed, u64::from(status == 303), "{issuer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_18_fewer_scopes_than_required_are_no_login() {
    let proxy = Proxy::start().await;
    let granted = "user-read-playback-state user-read-recently-played user-read-private";
    proxy
        .spotify
        .turn(|knobs| knobs.granted_scopes = Some(granted.to_owned()));
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let callback = browser.decide(&authorize, Decision::Approve);
    let answer = browser.come_back(&callback).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(
        answer.location().starts_with(&format!("{ORIGIN}/?login=")),
        "{answer:?}"
    );
    assert!(answer.set_cookie("state").is_none());
    assert_eq!(proxy.rows(), []);
}
