//! What a visitor can see, restrict, take along and erase.

use crate::harness::Proxy;
use crate::harness::wire::Ask;
use rusqlite::Connection;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_logged_in_is_told_just_that() {
    let proxy = Proxy::start().await;
    let answer = proxy.browser().session().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text(), "{\"logged_in\":false}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_logged_in_sees_all_that_is_held_and_no_token() {
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    visitor.token().await;
    let answer = visitor.session().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let held = answer.json();
    let names: Vec<&String> = held.as_object().unwrap().keys().collect();
    let mut expected = [
        "authorized_on",
        "expires_on",
        "last_used_on",
        "logged_in",
        "provider",
        "reference",
        "restricted",
        "scopes",
    ];
    expected.sort_unstable();
    let mut names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(
        (&held["logged_in"], &held["restricted"]),
        (&true.into(), &false.into())
    );
    assert_eq!(held["provider"], "spotify");
    assert_eq!(held["authorized_on"], held["last_used_on"]);
    let scopes = held["scopes"].as_array().unwrap();
    assert!(scopes.contains(&"user-top-read".into()), "{held}");
    let text = answer.text();
    let id = visitor.cookie("state").unwrap().split('.').nth(2).unwrap();
    assert!(!text.contains(id));
    for token in proxy.spotify.refresh_tokens() {
        assert!(!text.contains(&token));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_can_be_downloaded() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let ask = Ask::navigation("/api/session?download", "same-origin").cookies(&cookies);
    let answer = proxy.send(ask).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let disposition = answer.header("Content-Disposition").unwrap();
    assert!(
        disposition.starts_with("attachment; filename="),
        "{disposition}"
    );
    assert_eq!(answer.json()["logged_in"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_is_get_without_the_body() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let get = proxy
        .send(Ask::script("GET", "/api/session").cookies(&cookies))
        .await;
    let head = proxy
        .send(Ask::script("HEAD", "/api/session").cookies(&cookies))
        .await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("Content-Length"), get.header("Content-Length"));
    assert_eq!(head.header("Content-Type"), get.header("Content-Type"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restricted_session_is_shown_and_its_token_is_not_used() {
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    assert_eq!(visitor.token().await.status, 200);
    let asked = proxy.spotify.count(fake_spotify::Endpoint::Refresh);
    assert_eq!(visitor.restrict(true).await.status, 200);
    assert!(proxy.rows()[0].restricted);
    let answer = visitor.token().await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (403, "session_restricted")
    );
    assert_eq!(visitor.session().await.json()["restricted"], true);
    assert_eq!(proxy.spotify.count(fake_spotify::Endpoint::Refresh), asked);
    assert_eq!(visitor.restrict(false).await.status, 200);
    assert_eq!(visitor.token().await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_restricts_first_of_all_has_taken_the_session_up() {
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    let taken_up = || -> bool {
        let watcher = Connection::open(proxy.file("sessions.db")).unwrap();
        let sql = "SELECT last_used_on IS NOT NULL FROM sessions";
        watcher.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert!(!taken_up());
    assert_eq!(visitor.restrict(true).await.status, 200);
    assert!(taken_up(), "or it would be erased within the hour");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restriction_survives_a_new_login() {
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    visitor.session().await;
    visitor.restrict(true).await;
    visitor.log_in().await;
    let rows = proxy.rows();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].restricted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restriction_that_changes_nothing_writes_nothing() {
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    visitor.session().await;
    assert_eq!(visitor.restrict(true).await.status, 200);
    let watcher = Connection::open(proxy.file("sessions.db")).unwrap();
    let version = || -> i64 {
        let read = |row: &rusqlite::Row<'_>| row.get(0);
        watcher.query_row("PRAGMA data_version", [], read).unwrap()
    };
    let before = version();
    assert_eq!(visitor.restrict(true).await.status, 200);
    assert_eq!(version(), before);
    assert_eq!(visitor.restrict(false).await.status, 200);
    assert_ne!(version(), before, "the watcher sees writes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_out_erases_row_memory_and_cookie() {
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    assert_eq!(visitor.token().await.status, 200);
    let sealed = proxy.rows()[0].refresh_token.clone();
    let before = visitor.for_api();
    let answer = visitor.log_out().await;
    assert_eq!((answer.status, answer.body.len()), (204, 0), "{answer:?}");
    assert!(answer.clears("state"));
    assert_eq!(proxy.rows(), []);
    let bytes = proxy.database_bytes();
    assert!(
        !crate::login::contains(&bytes, &sealed),
        "sealed bytes are left on the disk"
    );
    let again = proxy
        .send(Ask::script("POST", "/api/token").cookies(&before))
        .await;
    assert_eq!(
        (again.status, again.error().as_str()),
        (401, "login_required")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_out_twice_is_no_mistake() {
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    let cookies = visitor.for_api();
    assert_eq!(visitor.log_out().await.status, 204);
    let again = proxy
        .send(Ask::script("DELETE", "/api/session").cookies(&cookies))
        .await;
    assert_eq!(again.status, 204, "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restriction_has_one_shape() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    for body in [
        "",
        "{}",
        "[]",
        "{\"restricted\":1}",
        "{\"restricted\":\"yes\"}",
        "restricted",
    ] {
        let ask = Ask::script("PATCH", "/api/session")
            .cookies(&cookies)
            .json(body);
        let answer = proxy.send(ask).await;
        assert_eq!(answer.status, 400, "{body:?}: {answer:?}");
    }
    assert!(!proxy.rows()[0].restricted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_carries_the_headers_that_shut_it_in() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    for ask in [
        Ask::navigation("/api/login", "same-origin"),
        Ask::navigation("/api/callback", "cross-site"),
        Ask::script("POST", "/api/token"),
        Ask::script("POST", "/api/token").cookies(&cookies),
        Ask::script("GET", "/api/session").cookies(&cookies),
        Ask::script("PUT", "/api/session"),
        Ask::new("GET", "/api/nothing"),
        Ask::new("GET", "/"),
        Ask::script("POST", "/api/token").replace("Origin", "https://evil.example"),
        Ask::new("GET", "/api/session").replace("Host", "evil.example"),
    ] {
        let answer = proxy.send(ask.clone()).await;
        for (name, value) in [
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            (
                "Content-Security-Policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
        ] {
            assert_eq!(answer.header(name), Some(value), "{ask:?}: {answer:?}");
        }
        assert_eq!(answer.header("Server"), None);
        if answer.status >= 400 {
            let body = answer.json();
            assert!(body["error"].is_string(), "{answer:?}");
            assert!(body["error_description"].is_string(), "{answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_method_is_told_the_right_ones() {
    let proxy = Proxy::start().await;
    for (target, method, allowed) in [
        ("/api/login", "POST", &["GET"][..]),
        ("/api/callback", "POST", &["GET"]),
        ("/api/token", "GET", &["POST"]),
        ("/api/session", "PUT", &["DELETE", "GET", "HEAD", "PATCH"]),
    ] {
        let answer = proxy.send(Ask::script(method, target)).await;
        assert_eq!(answer.status, 405, "{target}: {answer:?}");
        let allow = answer.header("Allow").unwrap();
        let mut named: Vec<&str> = allow.split(", ").filter(|one| *one != "OPTIONS").collect();
        named.sort_unstable();
        assert_eq!(named, allowed, "{target}");
    }
}
