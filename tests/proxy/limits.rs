//! What is too long, too slow, too many or framed in two ways, and whom an address is believed of.

use std::fs;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{sleep, timeout};

use crate::harness::wire::{Answer, Ask};
use crate::harness::{HOST, ORIGIN, Proxy};

/// A request for a token up to the end of its headers, `more` included.
fn token_head(cookies: &str, more: &str) -> String {
    format!(
        "POST /api/token HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {ORIGIN}\r\n\
         Sec-Fetch-Site: same-origin\r\nCookie: {cookies}\r\n{more}\r\n"
    )
}

/// Sends bytes and reads what comes until the other side closes.
async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> String {
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer));
    let _ = read.await.expect("it is closed within twenty seconds");
    String::from_utf8_lossy(&answer).into_owned()
}

fn responses(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}

async fn is_well(proxy: &Proxy) {
    let answer = proxy.browser().session().await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_12_heads_that_are_too_long_are_refused() {
    let proxy = Proxy::start().await;
    let fits = "a".repeat(15 * 1024);
    let ask = Ask::script("GET", "/api/session").header("X-Long", &fits);
    assert_eq!(proxy.send(ask).await.status, 200);
    let long = "a".repeat(17 * 1024);
    let ask = Ask::script("GET", "/api/session").header("X-Long", &long);
    assert_eq!(proxy.send(ask).await.status, 431);
    let mut many = Ask::script("GET", "/api/session");
    for number in 0..65 {
        many = many.header(&format!("X-{number}"), "a");
    }
    assert_eq!(proxy.send(many).await.status, 431);
    let target = format!("/api/session?{}", "a".repeat(4096));
    let answer = proxy.send(Ask::script("GET", &target)).await;
    assert!([414, 431].contains(&answer.status), "{answer:?}");
    is_well(&proxy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_12_bodies_that_are_too_long_are_refused_chunked_or_not() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let padded = |length: usize| format!("{{\"x\":\"{}\"}}", "a".repeat(length - 8));
    let ask = |body: &str| {
        Ask::script("POST", "/api/token")
            .cookies(&cookies)
            .json(body)
    };
    assert_eq!(proxy.send(ask(&padded(8192))).await.status, 200);
    assert_eq!(proxy.send(ask(&padded(8193))).await.status, 413);

    let json =
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";
    let chunk = format!("800\r\n{}\r\n", "a".repeat(0x800));
    let mut bytes = token_head(&cookies, json);
    for _ in 0..5 {
        bytes.push_str(&chunk);
    }
    bytes.push_str("0\r\n\r\n");
    let answer = proxy.send_raw(bytes.as_bytes()).await;
    assert_eq!(answer.status, 413, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_12_bodies_of_another_shape_are_refused() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    for (kind, body, status) in [
        ("text/plain", "a=b", 415),
        ("multipart/form-data; boundary=x", "--x--", 415),
        ("application/json", "{", 400),
        ("application/json", "[]", 400),
        ("application/json", "{\"a\":\"\u{fffd}", 400),
        ("application/x-www-form-urlencoded", "a=1&a=2", 400),
        ("application/json; charset=utf-8", "{}", 200),
        ("application/x-www-form-urlencoded", "a=b", 200),
    ] {
        let ask = Ask::script("POST", "/api/token").cookies(&cookies);
        let answer = proxy
            .send(ask.header("Content-Type", kind).body(body))
            .await;
        assert_eq!(answer.status, status, "{kind} {body}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_13_who_is_slow_is_let_go_and_others_are_served() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let slow_head = async {
        let stream = TcpStream::connect(proxy.address()).await.unwrap();
        talk(stream, b"GET /api/session HTTP/1.1\r\nHost: x").await
    };
    let slow_body = async {
        let stream = TcpStream::connect(proxy.address()).await.unwrap();
        let head = token_head(
            &cookies,
            "Content-Type: application/json\r\nContent-Length: 100\r\n",
        );
        talk(stream, format!("{head}{{\"a\"").as_bytes()).await
    };
    let silent = async {
        let stream = TcpStream::connect(proxy.address()).await.unwrap();
        talk(stream, b"").await
    };
    let started = Instant::now();
    let (head, body, nothing, ()) = tokio::join!(slow_head, slow_body, silent, is_well(&proxy));
    assert!(
        started.elapsed() < Duration::from_secs(13),
        "{:?}",
        started.elapsed()
    );
    assert!(
        head.is_empty() || head.starts_with("HTTP/1.1 408"),
        "{head}"
    );
    assert!(body.starts_with("HTTP/1.1 408"), "{body}");
    assert!(
        nothing.is_empty() || nothing.starts_with("HTTP/1.1 408"),
        "{nothing}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_13_at_the_cap_new_connections_get_503_and_health_stays_green() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("admin");
    let listen = format!("unix:{}", socket.display());
    let proxy = Proxy::with(&[("max-connections", "2"), ("admin-listen", &listen)]).await;
    let connect = || TcpStream::connect(proxy.address());
    let held = (connect().await.unwrap(), connect().await.unwrap());
    sleep(Duration::from_millis(100)).await;
    let answer = talk(connect().await.unwrap(), b"").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    for path in ["/healthz", "/readyz"] {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let admin = UnixStream::connect(&socket).await.unwrap();
        let answer = talk(admin, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    drop(held);
    sleep(Duration::from_millis(100)).await;
    is_well(&proxy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_what_is_framed_in_two_ways_is_refused() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let post = |more: &str| token_head(&cookies, more);
    for (name, head) in [
        (
            "conflicting lengths",
            post("Content-Length: 0\r\nContent-Length: 5\r\n"),
        ),
        ("a list of lengths", post("Content-Length: 0, 5\r\n")),
        ("a length with a sign", post("Content-Length: +5\r\n")),
        ("a length that is none", post("Content-Length: 0x5\r\n")),
        ("gzip", post("Transfer-Encoding: gzip\r\n")),
        (
            "chunked, then gzip",
            post("Transfer-Encoding: chunked, gzip\r\n"),
        ),
        (
            "chunked in HTTP/1.0",
            post("Transfer-Encoding: chunked\r\n").replace("HTTP/1.1", "HTTP/1.0"),
        ),
    ] {
        let follow = format!("{head}0\r\n\r\nGET /api/session HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
        let stream = TcpStream::connect(proxy.address()).await.unwrap();
        let text = talk(stream, follow.as_bytes()).await;
        assert_eq!(text.matches("HTTP/1.").count(), 1, "{name}: {text}");
        assert_eq!(text.get(8..12), Some(" 400"), "{name}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_length_and_chunks_together_are_chunks_and_the_end_of_the_connection() {
    // RFC 9112 section 6.3: the transfer coding overrides the length.
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let head = token_head(
        &cookies,
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
    );
    let smuggled = format!("GET /api/session HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    let stream = TcpStream::connect(proxy.address()).await.unwrap();
    let text = talk(stream, format!("{head}0\r\n\r\n{smuggled}").as_bytes()).await;
    assert_eq!(responses(&text), 1, "{text}");
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}

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
        let answer = proxy.send(toggle(number % 2 == 0)).await;
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
