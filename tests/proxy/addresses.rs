//! Whom a request counts for: the address that is believed, the session, the network; and what they
//! cost.

use std::fs;
use std::time::Duration;

use tokio::time::sleep;

use crate::harness::Proxy;
use crate::harness::wire::{Answer, Ask};

/// The first word of the log's last line, once there are as many lines as there should be.
async fn logged_client(proxy: &Proxy, lines: usize) -> String {
    for _ in 0..100 {
        let log = fs::read_to_string(proxy.file("access.log")).unwrap_or_default();
        if log.lines().count() >= lines {
            let last = log.lines().last().and_then(|line| line.split(' ').next());
            return last.unwrap().to_owned();
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("the log has fewer than {lines} lines");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_22_a_stranger_cannot_name_another_client() {
    let forged = |name: &str, value: &str| Ask::script("GET", "/api/session").header(name, value);
    let proxy = Proxy::start().await;
    for (number, name) in [
        "CF-Connecting-IP",
        "X-Forwarded-For",
        "X-Real-IP",
        "Forwarded",
    ]
    .into_iter()
    .enumerate()
    {
        proxy.send(forged(name, "203.0.113.7")).await;
        assert_eq!(
            logged_client(&proxy, number + 1).await,
            "127.0.0.1",
            "{name}"
        );
    }
    let proxy = Proxy::with(&[("trusted-proxies", "127.0.0.0/8")]).await;
    for (number, (name, value, client)) in [
        ("CF-Connecting-IP", "203.0.113.7", "203.0.113.7"),
        ("CF-Connecting-IP", "2001:db8::1", "2001:db8::1"),
        ("CF-Connecting-IP", "rubbish", "127.0.0.1"),
        ("X-Forwarded-For", "203.0.113.7", "127.0.0.1"),
    ]
    .into_iter()
    .enumerate()
    {
        proxy.send(forged(name, value)).await;
        assert_eq!(
            logged_client(&proxy, number + 1).await,
            client,
            "{name}: {value}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_24_who_comes_too_often_waits_and_others_do_not() {
    let proxy = Proxy::with(&[("rate-limit", "1"), ("trusted-proxies", "127.0.0.1")]).await;
    let cookies = proxy.visitor().await.for_api();
    let from = |address: &str, ask: Ask| ask.header("CF-Connecting-IP", address);
    let toggle = |on: bool| {
        let ask = Ask::script("PATCH", "/api/session").cookies(&cookies);
        ask.json(&format!("{{\"restricted\":{on}}}"))
    };
    let mut limited = None;
    for number in 0..40 {
        // No address comes twice, since each is limited too.
        let address = format!("203.0.113.{}", 100 + number);
        let answer = proxy.send(from(&address, toggle(number % 2 == 0))).await;
        if answer.status == 429 {
            limited = Some((number, answer));
            break;
        }
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let (number, answer): (usize, Answer) = limited.expect("a limit");
    assert!((18..=24).contains(&number), "after {number}");
    assert_eq!(answer.error(), "rate_limited");
    let wait: u64 = answer.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    // The session is limited wherever it comes from, and nobody else is.
    assert_eq!(
        proxy.send(from("203.0.113.9", toggle(true))).await.status,
        429
    );
    let stranger = Ask::script("GET", "/api/session");
    assert_eq!(proxy.send(from("203.0.113.9", stranger)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_24_an_ipv6_network_counts_as_one_client() {
    let proxy = Proxy::with(&[("rate-limit", "1"), ("trusted-proxies", "127.0.0.1")]).await;
    let ask = |address: &str| {
        let ask = Ask::script("GET", "/api/session");
        proxy.send(ask.header("CF-Connecting-IP", address))
    };
    let mut limited = 0;
    for host in 0..30 {
        limited += usize::from(ask(&format!("2001:db8::{host:x}")).await.status == 429);
    }
    assert!(limited >= 8, "only {limited} of 30 were refused");
    assert_eq!(ask("2001:db8:0:1::1").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_22_forged_addresses_do_not_escape_the_rate_limit() {
    let proxy = Proxy::with(&[("rate-limit", "1")]).await;
    let mut statuses = Vec::new();
    for number in 0..40 {
        let ask = Ask::new("GET", "/api/session")
            .header("CF-Connecting-IP", &format!("203.0.113.{number}"));
        statuses.push(proxy.send(ask).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_24_a_toggled_restriction_is_rate_limited_and_others_are_served() {
    let proxy = Proxy::with(&[("rate-limit", "1")]).await;
    let noisy = proxy.visitor().await.for_api();
    let other = proxy.visitor().await.for_api();
    let mut last = None;
    for number in 0..40 {
        let body = format!("{{\"restricted\":{}}}", number % 2 == 0);
        let ask = Ask::script("PATCH", "/api/session").cookies(&noisy);
        last = Some(proxy.send(ask.json(&body)).await);
    }
    let last = last.unwrap();
    assert_eq!(
        (last.status, last.error().as_str()),
        (429, "rate_limited"),
        "{last:?}"
    );
    let wait: u64 = last.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    let answer = proxy
        .send(Ask::script("POST", "/api/token").cookies(&other))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_24_what_many_sessions_of_one_address_change_counts_for_the_address() {
    let proxy = Proxy::with(&[("rate-limit", "1"), ("trusted-proxies", "127.0.0.1")]).await;
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(proxy.visitor().await.for_api());
    }
    let ask = |method: &str, target: &str, cookies: &str, address: &str| {
        let ask = Ask::script(method, target).cookies(cookies);
        ask.header("CF-Connecting-IP", address)
    };
    let toggle = |number: usize, address: &str| {
        let cookies = &sessions[number % 3];
        let body = format!("{{\"restricted\":{}}}", (number / 3).is_multiple_of(2));
        proxy.send(ask("PATCH", "/api/session", cookies, address).json(&body))
    };
    let mut refused = 0;
    // Fourteen of each would be within what a session may ask at once.
    for number in 0..42 {
        refused += usize::from(toggle(number, "203.0.113.9").await.status == 429);
    }
    assert!(refused >= 18, "only {refused} of 42 were refused");
    // Others change what they want, and these may have what costs no write.
    assert_eq!(toggle(3, "203.0.113.10").await.status, 200);
    let held = ask("GET", "/api/session", &sessions[3], "203.0.113.9");
    assert_eq!(proxy.send(held).await.status, 200);
    let token = ask("POST", "/api/token", &sessions[3], "203.0.113.9");
    assert_eq!(proxy.send(token).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_24_cookies_of_erased_sessions_count_for_their_address() {
    let proxy = Proxy::with(&[("rate-limit", "1"), ("trusted-proxies", "127.0.0.1")]).await;
    let mut cookies = Vec::new();
    for _ in 0..4 {
        let mut visitor = proxy.visitor().await;
        cookies.push(visitor.for_api());
        assert_eq!(visitor.log_out().await.status, 204);
    }
    for (method, target) in [
        ("POST", "/api/token"),
        ("GET", "/api/session"),
        ("DELETE", "/api/session"),
    ] {
        let mut refused = 0;
        // Fifteen with each cookie would be within what a session may ask at once.
        for number in 0..60 {
            let ask = Ask::script(method, target).cookies(&cookies[number % cookies.len()]);
            let address = format!("203.0.113.{}", method.len());
            let answer = proxy.send(ask.header("CF-Connecting-IP", &address)).await;
            refused += usize::from(answer.status == 429);
        }
        assert!(refused > 20, "only {refused} of 60 {method} were refused");
    }
}
