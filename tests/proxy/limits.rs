//! What a client may take: bytes, fields, time, connections, requests a second; and how requests
//! are framed.

use std::fs;
use std::time::{Duration, Instant};

use fake_spotify::Endpoint;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::harness::wire::Ask;
use crate::harness::{HOST, ORIGIN, Proxy};

fn head(method: &str, target: &str) -> String {
    format!(
        "{method} {target} HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {ORIGIN}\r\nSec-Fetch-Site: same-origin\r\n"
    )
}

/// Reads until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes).await);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_12_heads_and_targets_have_limits() {
    let proxy = Proxy::start().await;
    let fields = |count: usize| {
        (0..count).fold(Ask::new("GET", "/api/session"), |ask, number| {
            ask.header(&format!("X-{number}"), "y")
        })
    };
    for (name, ask, allowed) in [
        ("60 fields", fields(58), vec![200]),
        ("over 64 fields", fields(64), vec![431]),
        (
            "12 KiB of fields",
            fields(1).header("X", &"y".repeat(12 * 1024)),
            vec![200],
        ),
        (
            "over 16 KiB of fields",
            fields(1).header("X", &"y".repeat(16 * 1024)),
            vec![431],
        ),
        (
            "over 4 KiB of target",
            Ask::new("GET", &format!("/api/session?{}", "x".repeat(4096))),
            vec![414, 431],
        ),
        (
            "4 KiB of target",
            Ask::new("GET", &format!("/api/session?{}", "x".repeat(4000))),
            vec![200],
        ),
    ] {
        let answer = proxy.send(ask).await;
        assert!(allowed.contains(&answer.status), "{name}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_12_bodies_have_a_limit_a_type_and_a_shape() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let ask = |body: &str, kind: &str| {
        let ask = Ask::script("POST", "/api/token").cookies(&cookies);
        let answer = ask.header("Content-Type", kind).body(body);
        proxy.send(answer)
    };
    let long = format!("{{\"recaptcha_token\":\"{}\"}}", "x".repeat(8 * 1024));
    let json = "application/json";
    assert_eq!(ask(&long, json).await.status, 413);
    assert_eq!(ask("{", json).await.status, 400);
    assert_eq!(ask("[]", json).await.status, 400);
    assert_eq!(ask("x", "text/plain").await.status, 415);
    assert_eq!(
        ask("{}", "application/json; charset=utf-8").await.status,
        200
    );
    let form = "application/x-www-form-urlencoded";
    assert_eq!(ask("recaptcha_token=x", form).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_12_a_chunked_body_has_the_same_limit() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let head = format!(
        "{}Cookie: {cookies}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        head("POST", "/api/token")
    );
    let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
    for (chunks, status) in [(7, 200), (9, 413)] {
        let body = format!("{}2\r\n{{}}\r\n0\r\n\r\n", chunk.repeat(chunks));
        let answer = proxy.send_raw(format!("{head}{body}").as_bytes()).await;
        assert_eq!(answer.status, status, "{chunks} KiB: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_13_a_slow_head_is_cut_off_in_ten_seconds() {
    let proxy = Proxy::start().await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let started = Instant::now();
    let dripping = async {
        for byte in head("GET", "/api/session").bytes().cycle() {
            if stream.write_all(&[byte]).await.is_err() {
                break;
            }
            let closed = timeout(Duration::from_millis(200), stream.readable()).await;
            if closed.is_ok() {
                break;
            }
        }
    };
    timeout(Duration::from_secs(14), dripping).await.unwrap();
    assert!(
        started.elapsed() > Duration::from_secs(8),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_13_a_slow_body_is_408_in_ten_seconds() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let head = format!(
        "{}Cookie: {cookies}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        head("POST", "/api/token")
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = timeout(Duration::from_secs(14), rest(&mut stream)).await;
    let answer = answer.expect("an end within ten seconds");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_13_a_full_house_says_so_while_health_stays_green() {
    let admin = free_port();
    let proxy = Proxy::with(&[
        ("max-connections", "4"),
        ("admin-listen", &format!("127.0.0.1:{admin}")),
    ])
    .await;
    let mut guests = Vec::new();
    for _ in 0..4 {
        guests.push(TcpStream::connect(proxy.address()).await.unwrap());
    }
    sleep(Duration::from_millis(200)).await;
    let answer = proxy.send(Ask::new("GET", "/api/session")).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("Retry-After").is_some(), "{answer:?}");

    let mut health = TcpStream::connect(("127.0.0.1", admin)).await.unwrap();
    let ask =
        format!("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{admin}\r\nConnection: close\r\n\r\n");
    health.write_all(ask.as_bytes()).await.unwrap();
    let healthy = rest(&mut health).await;
    assert!(healthy.starts_with("HTTP/1.1 200 "), "{healthy}");

    drop(guests);
    sleep(Duration::from_millis(200)).await;
    let answer = proxy.send(Ask::new("GET", "/api/session")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_a_request_that_is_framed_in_two_ways_is_not_trusted() {
    let proxy = Proxy::start().await;
    let head = head("POST", "/api/token");
    let old = head.replace("HTTP/1.1", "HTTP/1.0");
    for (name, request) in [
        (
            "two lengths",
            format!("{head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"),
        ),
        (
            "a length that is none",
            format!("{head}Content-Length: +2\r\n\r\n{{}}"),
        ),
        (
            "another coding",
            format!("{head}Transfer-Encoding: gzip\r\n\r\n{{}}"),
        ),
        (
            "a coding after chunked",
            format!("{head}Transfer-Encoding: chunked, gzip\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"),
        ),
        (
            "a coding on 1.0",
            format!("{old}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"),
        ),
    ] {
        let answer = proxy.send_raw(request.as_bytes()).await;
        assert_eq!(answer.status, 400, "{name}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_where_both_framings_are_given_chunks_count_and_the_connection_ends() {
    let proxy = Proxy::start().await;
    for both in [
        "Content-Length: 50\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 50",
    ] {
        let smuggled = "GET /api/session HTTP/1.1\r\nHost: x\r\n\r\n";
        let request = format!(
            "{}{both}\r\nContent-Type: application/json\r\n\r\n0\r\n\r\n{smuggled}",
            head("POST", "/api/token")
        );
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = timeout(Duration::from_secs(5), rest(&mut stream)).await;
        let answer = answer.expect("the connection ends");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_22_a_stranger_does_not_choose_its_address() {
    for (trusted, logged) in [(None, "127.0.0.1"), (Some("127.0.0.1"), "203.0.113.7")] {
        let extra: Vec<(&'static str, &str)> = trusted
            .iter()
            .map(|network| ("trusted-proxies", *network))
            .collect();
        let mut proxy = Proxy::with(&extra).await;
        let ask = Ask::new("GET", "/api/session")
            .header("CF-Connecting-IP", "203.0.113.7")
            .header("X-Forwarded-For", "203.0.113.8");
        assert_eq!(proxy.send(ask).await.status, 200);
        proxy.stop().await;
        sleep(Duration::from_millis(200)).await;
        let log = fs::read_to_string(proxy.file("access.log")).unwrap();
        let line = log.lines().last().unwrap();
        assert!(line.starts_with(&format!("{logged} - - [")), "{line}");
    }
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
async fn row_24_new_addresses_are_served_while_one_is_not() {
    let proxy = Proxy::with(&[("rate-limit", "1"), ("trusted-proxies", "127.0.0.1")]).await;
    let from = |address: &str| {
        let ask = Ask::new("GET", "/api/session").header("CF-Connecting-IP", address);
        proxy.send(ask)
    };
    let mut noisy = 0;
    for number in 0..40 {
        noisy = from("203.0.113.1").await.status;
        let other = format!("198.51.100.{number}");
        assert_eq!(from(&other).await.status, 200, "{other}");
    }
    assert_eq!(noisy, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_waits_for_a_refresh_whose_client_has_gone() {
    let mut proxy = Proxy::with(&[("drain", "5s")]).await;
    proxy.spotify.turn(|knobs| knobs.rotate = true);
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    let delay = fake_spotify::Fault::delay(Endpoint::Refresh, Duration::from_millis(600));
    proxy.spotify.inject(delay.times(1));
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
    let callback = browser.decide(&authorize, fake_spotify::Decision::Approve);
    let delay = fake_spotify::Fault::delay(Endpoint::Code, Duration::from_millis(400));
    proxy.spotify.inject(delay.times(1));
    let left = timeout(Duration::from_millis(150), browser.come_back(&callback)).await;
    assert!(left.is_err(), "the browser left before the answer");
    sleep(Duration::from_millis(700)).await;
    assert_eq!(proxy.rows().len(), 1);
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
