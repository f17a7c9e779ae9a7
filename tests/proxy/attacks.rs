//! Attacks and the answers they must get, each named after its row in the specification's table.

use std::fs;

use fake_spotify::{Decision, Endpoint};

use crate::harness::wire::Ask;
use crate::harness::{HOST, ORIGIN, Proxy};

const CODE_COUNT: Endpoint = Endpoint::Code;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_3_a_callback_works_once_also_across_a_restart() {
    let mut proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let before = browser.across();
    let callback = browser.decide(&authorize, Decision::Approve);
    assert_eq!(browser.come_back(&callback).await.status, 303);
    let replay = || {
        let target = crate::harness::browser::path_and_query(&callback);
        Ask::navigation(target, "cross-site").cookies(&before)
    };
    assert_eq!(proxy.send(replay()).await.status, 400);
    proxy.restart().await;
    assert_eq!(proxy.send(replay()).await.status, 400);
    assert_eq!(proxy.spotify.count(CODE_COUNT), 1);
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
        let changed = change(crate::harness::browser::path_and_query(&callback));
        let answer = browser.come_back(&changed).await;
        assert_eq!(answer.status, 400, "{changed}: {answer:?}");
        assert_eq!(proxy.spotify.count(CODE_COUNT), 0, "{changed}");
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
    let asked = proxy.spotify.count(CODE_COUNT);
    let target = crate::harness::browser::path_and_query(&callback);
    let replay = Ask::navigation(target, "cross-site").cookies(&before);
    assert_eq!(proxy.send(replay).await.status, 400);
    assert_eq!(proxy.spotify.count(CODE_COUNT), asked);
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
    let redeemed = proxy.spotify.count(CODE_COUNT);
    logged_in.come_back(&link).await;
    assert_eq!(logged_in.cookie("state"), Some(session.as_str()));
    assert_eq!(proxy.spotify.count(CODE_COUNT), redeemed);
    assert_eq!(proxy.rows().len(), 1);
    assert!(stranger.cookie("state").is_none());
    assert!(busy.cookie("state").is_none());
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
        let target = crate::harness::browser::path_and_query(&callback);
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
async fn row_6_a_login_starts_by_a_visitor_following_the_sites_own_link() {
    let proxy = Proxy::start().await;
    let ask = |site: &str, mode: &str, dest: &str| {
        Ask::new("GET", "/api/login")
            .header("Sec-Fetch-Site", site)
            .header("Sec-Fetch-Mode", mode)
            .header("Sec-Fetch-Dest", dest)
    };
    let prefetch = ask("same-origin", "navigate", "document").header("Sec-Purpose", "prefetch");
    let prerender =
        ask("same-origin", "navigate", "document").header("Sec-Purpose", "prefetch;prerender");
    for (name, ask, status) in [
        (
            "the site's link",
            ask("same-origin", "navigate", "document"),
            303,
        ),
        ("typed", ask("none", "navigate", "document"), 303),
        ("an old browser", Ask::new("GET", "/api/login"), 303),
        ("an image", ask("cross-site", "no-cors", "image"), 403),
        ("our own image", ask("same-origin", "no-cors", "image"), 403),
        ("a frame", ask("cross-site", "navigate", "iframe"), 403),
        (
            "our own frame",
            ask("same-origin", "navigate", "iframe"),
            403,
        ),
        ("a script's fetch", ask("cross-site", "cors", "empty"), 403),
        ("our own fetch", ask("same-origin", "cors", "empty"), 403),
        ("a sibling", ask("same-site", "no-cors", "image"), 403),
        ("a prefetch", prefetch, 503),
        ("a prerender", prerender, 503),
    ] {
        let answer = proxy.send(ask).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        let started = answer.set_cookie("login-0").is_some();
        assert_eq!(started, status == 303, "{name}: {answer:?}");
    }
    let link = proxy.send(ask("cross-site", "navigate", "document")).await;
    assert_eq!(
        (link.status, link.location()),
        (303, format!("{ORIGIN}/").as_str())
    );
    assert!(link.headers("Set-Cookie").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_6_a_prefetched_callback_is_not_used() {
    let proxy = Proxy::start().await;
    let mut browser = proxy.browser();
    let authorize = browser.start_login("/").await;
    let callback = browser.decide(&authorize, Decision::Approve);
    let target = crate::harness::browser::path_and_query(&callback);
    let ask = Ask::navigation(target, "cross-site")
        .header("Sec-Purpose", "prefetch")
        .cookies(&browser.across());
    assert_eq!(proxy.send(ask).await.status, 503);
    assert_eq!(proxy.spotify.count(CODE_COUNT), 0);
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
        let before = proxy.spotify.count(CODE_COUNT);
        let answer = browser.come_back(&callback).await;
        assert_eq!(answer.status, status, "{issuer:?}: {answer:?}");
        let redeemed = proxy.spotify.count(CODE_COUNT) - before;
        assert_eq!(redeemed, u64::from(status == 303), "{issuer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_8_a_login_never_leads_off_the_site() {
    let proxy = Proxy::start().await;
    let long = format!("/{}", "a".repeat(600));
    for target in [
        "//evil.example",
        "/%5Cevil.example",
        "/%2f%2fevil.example",
        "/%252f%252fevil.example",
        "/%09/evil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%2F%09%2Fevil.example",
        "https:evil.example",
        "https%3A%2F%2Fevil.example",
        "/a/../..//evil.example",
        "/a/..%2F..%2F%2Fevil.example",
        "/api/login",
        "/api",
        "/a/../api/session",
        "/%61pi/x",
        "/.%2e/api/x",
        "/a%0D%0ASet-Cookie:x=y",
        "/a%00b",
        "/a%0ab",
        "%7F/",
        "evil.example",
        "javascript:alert(1)",
        "",
        &long,
    ] {
        let mut browser = proxy.browser();
        let authorize = browser.start_login(target).await;
        let callback = browser.decide(&authorize, Decision::Approve);
        let answer = browser.come_back(&callback).await;
        let location = answer.location();
        assert_eq!(location, format!("{ORIGIN}/"), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_8_no_line_break_reaches_the_log() {
    let mut proxy = Proxy::start().await;
    for target in [
        "/api/%0d%0aGET%20/forged",
        "/api/login?return_to=/%0Aforged",
        "/%00",
    ] {
        let ask = Ask::new("GET", target)
            .header("User-Agent", "curious \"quoted\" \\ \t \u{85}")
            .header("Referer", "https://music.example.com/a?secret=1");
        proxy.send(ask).await;
    }
    proxy.stop().await;
    let log = fs::read(proxy.file("access.log")).unwrap();
    let text = String::from_utf8(log).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{text:?}"
    );
    assert!(
        !text.contains("secret=1") && !text.contains("return_to"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_9_foreign_missing_and_double_hosts_are_refused() {
    let proxy = Proxy::with(&[("accept-host", "origin.example.net")]).await;
    let ask = |host: &str| Ask::new("GET", "/api/session").replace("Host", host);
    for (name, ask, status) in [
        ("ours", ask(HOST), 200),
        ("in capitals", ask("MUSIC.example.com"), 200),
        ("one more", ask("origin.example.net"), 200),
        ("foreign", ask("evil.example"), 421),
        ("a suffix", ask("music.example.com.evil.example"), 421),
        ("with a port", ask("music.example.com:8443"), 421),
        ("none", ask("x").without("Host"), 400),
        ("two", ask(HOST).header("Host", HOST), 400),
        (
            "ours and a foreign one",
            ask(HOST).header("Host", "evil.example"),
            400,
        ),
    ] {
        let answer = proxy.send(ask).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
    }
    let login = Ask::navigation("/api/login", "same-origin")
        .replace("Host", "origin.example.net")
        .header("X-Forwarded-Host", "evil.example");
    let answer = proxy.send(login).await;
    assert!(
        answer
            .location()
            .contains("music.example.com%2Fapi%2Fcallback"),
        "{answer:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_10_changes_come_from_the_site_itself() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    for method in ["POST", "PATCH", "DELETE"] {
        let target = if method == "POST" {
            "/api/token"
        } else {
            "/api/session"
        };
        let bare = || {
            let ask = Ask::new(method, target).cookies(&cookies);
            if method == "PATCH" {
                ask.json("{\"restricted\":true}")
            } else {
                ask
            }
        };
        for (name, ask) in [
            ("nothing said", bare()),
            ("cross-site", bare().header("Sec-Fetch-Site", "cross-site")),
            ("same-site", bare().header("Sec-Fetch-Site", "same-site")),
            ("none", bare().header("Sec-Fetch-Site", "none")),
            (
                "cross-site, forged",
                bare()
                    .header("Sec-Fetch-Site", "cross-site")
                    .header("Origin", ORIGIN),
            ),
            (
                "another origin",
                bare().header("Origin", "https://evil.example"),
            ),
            ("null", bare().header("Origin", "null")),
            (
                "a longer origin",
                bare().header("Origin", "https://music.example.com.evil.example"),
            ),
            (
                "plain http",
                bare().header("Origin", "http://music.example.com"),
            ),
        ] {
            let answer = proxy.send(ask).await;
            assert_eq!(answer.status, 403, "{method}, {name}: {answer:?}");
            assert_eq!(answer.error(), "forbidden");
        }
    }
    let rows = proxy.rows();
    assert_eq!((rows.len(), rows[0].restricted), (1, false));
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), 0);
    let old = Ask::new("POST", "/api/token")
        .header("Origin", ORIGIN)
        .cookies(&cookies);
    assert_eq!(proxy.send(old).await.status, 200, "an old browser");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_11_foreign_preflights_get_no_cors_headers() {
    let site = "https://www.example.com";
    for sibling in [false, true] {
        let flags = [("site-origin", site)];
        let proxy = Proxy::with(if sibling { &flags } else { &[] }).await;
        for origin in ["https://evil.example", "null", site] {
            let ask = Ask::new("OPTIONS", "/api/token")
                .header("Origin", origin)
                .header("Access-Control-Request-Method", "POST");
            let answer = proxy.send(ask).await;
            let allowed = answer.header("Access-Control-Allow-Origin");
            let expected = (sibling && origin == site).then_some(site);
            assert_eq!(allowed, expected, "{origin}: {answer:?}");
            if expected.is_none() {
                assert_eq!(answer.header("Access-Control-Allow-Credentials"), None);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_11_a_sibling_site_can_read_errors_and_retry_after() {
    let site = "https://www.example.com";
    let proxy = Proxy::with(&[("site-origin", site)]).await;
    let ask = Ask::new("POST", "/api/token")
        .header("Origin", site)
        .header("Sec-Fetch-Site", "same-site");
    let answer = proxy.send(ask).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(site));
    assert_eq!(
        answer.header("Access-Control-Allow-Credentials"),
        Some("true")
    );
    let exposed = answer.header("Access-Control-Expose-Headers").unwrap();
    assert!(exposed.eq_ignore_ascii_case("Retry-After"), "{exposed}");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_malformed_request_does_not_crash() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    for bytes in [
        &b""[..],
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /api/callback?code&state&&&=%zz%f HTTP/1.1\r\nHost: music.example.com\r\nConnection: close\r\n\r\n",
        b"GET /api/callback?code=\xff\xfe&state=\xff HTTP/1.1\r\nHost: music.example.com\r\nConnection: close\r\n\r\n",
        b"GET /api/session HTTP/1.1\r\nHost: music.example.com\r\nCookie: state=\xff\xfe; =; ;;state\r\nConnection: close\r\n\r\n",
        b"GET /api/session HTTP/1.1\r\nHost: music.example.com\r\nCookie: state=v1....\r\nConnection: close\r\n\r\n",
        b"POST /api/token HTTP/1.1\r\nHost: music.example.com\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: music.example.com\r\nConnection: close\r\n\r\n",
        b"CONNECT music.example.com:443 HTTP/1.1\r\nHost: music.example.com\r\nConnection: close\r\n\r\n",
    ] {
        // Some of these are unfinished, so that the proxy rightly waits for more.
        let moment = std::time::Duration::from_millis(500);
        if let Ok(answer) = tokio::time::timeout(moment, proxy.send_raw(bytes)).await {
            assert_ne!(answer.status, 500, "{answer:?}");
        }
        let answer = proxy.send(token().cookies(&cookies)).await;
        assert_eq!(answer.status, 200, "after {:?}", String::from_utf8_lossy(bytes));
    }
}
