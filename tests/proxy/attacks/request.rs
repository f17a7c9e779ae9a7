//! Requests that come from elsewhere or lead elsewhere.

use std::fs;

use fake_spotify::{Decision, Endpoint};

use crate::harness::wire::Ask;
use crate::harness::{HOST, ORIGIN, Proxy};

fn token() -> Ask {
    Ask::script("POST", "/api/token")
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
    for site in ["cross-site", "same-site"] {
        let link = proxy.send(ask(site, "navigate", "document")).await;
        let home = format!("{ORIGIN}/");
        assert_eq!(
            (link.status, link.location()),
            (303, home.as_str()),
            "{site}"
        );
        assert!(link.headers("Set-Cookie").is_empty(), "{site}");
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
        (
            "a foreign one in the target",
            Ask::new("GET", "http://evil.example/api/session"),
            421,
        ),
        (
            "a foreign one with ours in the target",
            Ask::new("GET", &format!("http://{HOST}/api/session")).replace("Host", "evil.example"),
            421,
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
        for origin in ["https://evil.example", "null", ORIGIN, site] {
            let ask = Ask::new("OPTIONS", "/api/token")
                .header("Origin", origin)
                .header("Access-Control-Request-Method", "POST");
            let answer = proxy.send(ask).await;
            let allowed = answer.header("Access-Control-Allow-Origin");
            let expected = (sibling && origin == site).then_some(site);
            assert_eq!(allowed, expected, "{origin}: {answer:?}");
            assert_eq!(answer.status, 204, "{answer:?}");
            let shared = answer.names("Access-Control-");
            assert_eq!(
                shared.is_empty(),
                expected.is_none(),
                "{origin}: {shared:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_6_and_10_only_the_exact_sibling_may_start_a_login_and_change_anything() {
    let site = "https://www.example.com";
    let proxy = Proxy::with(&[("site-origin", site)]).await;
    let mut visitor = proxy.browser();
    let authorize = visitor.start_login("/").await;
    let callback = visitor.decide(&authorize, Decision::Approve);
    let answer = visitor.come_back(&callback).await;
    assert_eq!(answer.location(), format!("{site}/"), "{answer:?}");
    let cookies = visitor.for_api();
    let login = proxy.send(Ask::navigation("/api/login", "same-site")).await;
    assert!(login.set_cookie("login-0").is_some(), "{login:?}");
    for (name, fetch_site, origin, status) in [
        ("the site", Some("same-site"), Some(site), 200),
        ("the site in an old browser", None, Some(site), 200),
        (
            "another sibling",
            Some("same-site"),
            Some("https://evil.example.com"),
            403,
        ),
        ("a sibling that hides", Some("same-site"), None, 403),
        (
            "the proxy's own origin",
            Some("same-site"),
            Some(ORIGIN),
            403,
        ),
        ("another site", Some("cross-site"), Some(site), 403),
    ] {
        let mut ask = Ask::new("POST", "/api/token").cookies(&cookies);
        if let Some(fetch_site) = fetch_site {
            ask = ask.header("Sec-Fetch-Site", fetch_site);
        }
        if let Some(origin) = origin {
            ask = ask.header("Origin", origin);
        }
        let answer = proxy.send(ask).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        let allowed = answer.header("Access-Control-Allow-Origin");
        assert_eq!(
            allowed.is_some(),
            origin == Some(site),
            "{name}: {answer:?}"
        );
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
