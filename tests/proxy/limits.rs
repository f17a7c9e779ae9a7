//! What is too long, too slow, too many or framed in two ways.

use std::pin::pin;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::time::{sleep, timeout};

use crate::harness::wire::Ask;
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
    let slow = async { tokio::join!(slow_head, slow_body, silent) };
    let mut slow = pin!(slow);
    let others = async {
        for _ in 0..20 {
            is_well(&proxy).await;
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        ended = &mut slow => panic!("nobody is served before they end: {ended:?}"),
        () = others => {}
    }
    let (head, body, nothing) = slow.await;
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

/// Sends one request after another and reads nothing, until nothing more goes out.
async fn ask_and_never_read(proxy: &Proxy) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(proxy.address()).await.unwrap();
    let many = format!("GET /api/session HTTP/1.1\r\nHost: {HOST}\r\n\r\n").repeat(100);
    let a_while = Duration::from_secs(1);
    while let Ok(Ok(())) = timeout(a_while, stream.write_all(many.as_bytes())).await {}
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_13_who_asks_and_never_reads_does_not_keep_the_place() {
    let proxy = Proxy::with(&[("max-connections", "1"), ("rate-limit", "1000000")]).await;
    let _held = ask_and_never_read(&proxy).await;
    let ask = || Ask::script("GET", "/api/session");
    assert_eq!(proxy.send(ask()).await.status, 503, "the place is taken");
    for _ in 0..40 {
        sleep(Duration::from_millis(500)).await;
        if proxy.send(ask()).await.status == 200 {
            return;
        }
    }
    panic!("the place is not free after twenty seconds");
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
            "gzip, then chunked",
            post("Transfer-Encoding: gzip, chunked\r\n"),
        ),
        (
            "gzip, then chunked, in two lines",
            post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
        ),
        (
            "chunked twice",
            post("Transfer-Encoding: chunked, chunked\r\n"),
        ),
        ("almost chunked", post("Transfer-Encoding: xchunked\r\n")),
        ("identity", post("Transfer-Encoding: identity\r\n")),
        (
            "a blank before the colon",
            post("Transfer-Encoding : chunked\r\n"),
        ),
        ("a folded line", post("Transfer-Encoding:\r\n chunked\r\n")),
        (
            "a length and gzip",
            post("Content-Length: 5\r\nTransfer-Encoding: gzip\r\n"),
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
async fn row_14_chunks_that_are_none_end_the_connection() {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let json = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    let head = token_head(&cookies, json);
    let smuggled = format!("GET /api/session HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    let extension = format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "a".repeat(20_000));
    for (name, chunks) in [
        ("no size", "\r\n{}\r\n0\r\n\r\n"),
        ("a size that is none", "zz\r\n{}\r\n0\r\n\r\n"),
        ("a size with a sign", "+2\r\n{}\r\n0\r\n\r\n"),
        ("a size in 0x", "0x2\r\n{}\r\n0\r\n\r\n"),
        (
            "a size past 64 bits",
            "10000000000000002\r\n{}\r\n0\r\n\r\n",
        ),
        ("more than its size", "2\r\n{}}\r\n0\r\n\r\n"),
        ("an endless extension", &extension),
    ] {
        let stream = TcpStream::connect(proxy.address()).await.unwrap();
        let text = talk(stream, format!("{head}{chunks}{smuggled}").as_bytes()).await;
        assert_eq!(responses(&text), 1, "{name}: {text}");
        assert!(text.starts_with("HTTP/1.1 4"), "{name}: {text}");
    }
    is_well(&proxy).await;
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
