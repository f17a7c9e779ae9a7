//! Session cookies that are not ours, or not alone.

use std::fs;

use crate::harness::Proxy;
use crate::harness::wire::Ask;

fn token() -> Ask {
    Ask::script("POST", "/api/token")
}

/// A cookie with its signature's first character changed.
fn forge(cookie: &str) -> String {
    let (front, tag) = cookie.rsplit_once('.').unwrap();
    let first = if tag.starts_with('A') { 'B' } else { 'A' };
    format!("{front}.{first}{}", &tag[1..])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_1_every_cookie_that_is_not_ours_gets_the_same_401() {
    let proxy = Proxy::start().await;
    let visitor = proxy.visitor().await;
    let good = visitor.cookie("state").unwrap().to_owned();
    let other = Proxy::start().await;
    let foreign = other.visitor().await.cookie("state").unwrap().to_owned();
    let mut browser = proxy.browser();
    browser.start_login("/").await;
    let login = browser.cookie("login-0").unwrap().to_owned();
    let huge = "a".repeat(4096);
    let parts: Vec<&str> = good.split('.').collect();
    let later = format!(
        "{}.{}.{}.1{}.{}",
        parts[0], parts[1], parts[2], parts[3], parts[4]
    );
    let mut answers = Vec::new();
    for (name, cookie, cleared) in [
        ("absent", None, false),
        ("empty", Some(""), true),
        ("truncated", Some(&good[..good.len() - 5]), true),
        ("forged", Some(&forge(&good)), true),
        ("another date", Some(&later), true),
        ("another key", Some(&foreign), true),
        ("oversized", Some(&huge), true),
        ("of another purpose", Some(&login), true),
        (
            "of another version",
            Some(&good.replacen("v1", "v2", 1)),
            true,
        ),
    ] {
        let ask = match cookie {
            Some(cookie) => token().cookies(&format!("state={cookie}")),
            None => token(),
        };
        let answer = proxy.send(ask).await;
        assert_eq!(answer.status, 401, "{name}: {answer:?}");
        assert_eq!(answer.clears("state"), cleared, "{name}: {answer:?}");
        answers.push(answer.text());
    }
    assert!(
        answers.iter().all(|text| *text == answers[0]),
        "{answers:?}"
    );
    assert_eq!(proxy.rows().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_1_a_retired_key_and_an_unknown_row_get_401_too() {
    let mut proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    fs::remove_file(proxy.file("keys")).unwrap();
    let today = proxy::clock::Clock::system().today();
    proxy::keys::file::generate(&proxy.file("keys"), today).unwrap();
    proxy.restart().await;
    let retired = proxy.send(token().cookies(&cookies)).await;
    assert_eq!(
        (retired.status, retired.error().as_str()),
        (401, "login_required")
    );

    let mut visitor = proxy.visitor().await;
    let cookies = visitor.for_api();
    visitor.log_out().await;
    let unknown = proxy.send(token().cookies(&cookies)).await;
    assert_eq!((unknown.status, unknown.text()), (401, retired.text()));
    assert!(retired.clears("state") && unknown.clears("state"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_1_bad_signatures_never_reach_the_database() {
    let mut proxy = Proxy::start().await;
    let good = proxy.visitor().await.cookie("state").unwrap().to_owned();
    // A restart empties the memory, so that a good cookie has to be looked up.
    proxy.restart().await;
    let outside = rusqlite::Connection::open(proxy.file("sessions.db")).unwrap();
    let change = |sql: &str| outside.execute_batch(sql).unwrap();
    let with = |cookie: &str| token().cookies(&format!("state={cookie}"));
    change("ALTER TABLE sessions RENAME TO away");
    let (reaches, refused) = (
        proxy.send(with(&good)).await,
        proxy.send(with(&forge(&good))).await,
    );
    change("ALTER TABLE away RENAME TO sessions");
    assert_eq!(reaches.status, 503, "{reaches:?}");
    assert_eq!(refused.status, 401, "{refused:?}");
    assert_eq!(proxy.send(with(&good)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_1_a_cookie_under_an_old_key_works_and_is_issued_anew() {
    let mut proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let today = proxy::clock::Clock::system().today();
    proxy::keys::file::rotate(&proxy.file("keys"), today).unwrap();
    proxy.restart().await;
    let answer = proxy.send(token().cookies(&cookies)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let fresh = answer.set_cookie("state").expect("the cookie anew");
    let fresh = fresh.split("; ").next().unwrap();
    assert_ne!(fresh, cookies);
    let answer = proxy.send(token().cookies(fresh)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.set_cookie("state").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_2_two_session_cookies_are_none() {
    let proxy = Proxy::start().await;
    let good = proxy.visitor().await.for_api();
    for ask in [
        token().cookies(&format!("{good}; {good}")),
        token().cookies(&format!("state=x; {good}")),
        token().cookies(&format!("{good}; state=x")),
        token().cookies(&good).cookies(&good),
        token().cookies("state=x").cookies(&good),
    ] {
        let answer = proxy.send(ask.clone()).await;
        assert_eq!(answer.status, 401, "{ask:?}: {answer:?}");
    }
    assert_eq!(proxy.send(token().cookies(&good)).await.status, 200);
}
