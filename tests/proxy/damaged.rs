//! Row 25: damaged requests are refused, and never a failure of ours.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::{HOST, ORIGIN, Proxy};

/// A fixed sequence (xorshift), so that a failure can be repeated.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    /// Changes, removes or adds up to five bytes.
    fn damage(&mut self, whole: &[u8]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(3) {
                0 => bytes[at] = self.byte(),
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, self.byte()),
            }
        }
        bytes
    }
}

/// Sends bytes and reads until the other side closes, which half a request has to be cut off for.
async fn exchange(proxy: &Proxy, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let a_while = Duration::from_millis(60);
    if timeout(a_while, stream.read_to_end(&mut answer))
        .await
        .is_err()
    {
        let _ = stream.shutdown().await;
        let rest = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer));
        let _ = rest.await.expect("it is closed within twenty seconds");
    }
    String::from_utf8_lossy(&answer).into_owned()
}

async fn survives(seed: u64, whole: &str) {
    let proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let whole = whole.replace("COOKIES", &cookies);
    let good = exchange(&proxy, whole.as_bytes()).await;
    assert!(good.starts_with("HTTP/1.1 "), "{good}");
    let mut sequence = Sequence(seed);
    for _ in 0..200 {
        let bytes = sequence.damage(whole.as_bytes());
        let answer = exchange(&proxy, &bytes).await;
        let sent = String::from_utf8_lossy(&bytes);
        assert!(!answer.starts_with("HTTP/1.1 5"), "{answer}: {sent:?}");
    }
    let answer = proxy.browser().session().await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_25_damaged_requests_for_tokens() {
    let body = "{\"recaptcha_token\":\"abc\"}";
    let request = format!(
        "POST /api/token HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {ORIGIN}\r\n\
         Sec-Fetch-Site: same-origin\r\nCookie: COOKIES\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    survives(0x9e37_79b9_7f4a_7c15, &request).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_25_damaged_restrictions() {
    let body = "{\"restricted\":true}";
    let request = format!(
        "PATCH /api/session HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {ORIGIN}\r\n\
         Cookie: COOKIES\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    survives(0x2545_f491_4f6c_dd1d, &request).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_25_damaged_callbacks_and_logins() {
    for (seed, target) in [
        (
            0x0123_4567_89ab_cdef,
            "/api/callback?code=abc%20d&state=e%2Ff&iss=https%3A%2F%2Fx",
        ),
        (
            0xfedc_ba98_7654_3210,
            "/api/login?return_to=%2Ftop%2Ftracks%2F%3Frange%3Dshort",
        ),
    ] {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: {HOST}\r\nSec-Fetch-Site: none\r\n\
             Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\
             Cookie: COOKIES; login-0=v1.0badcafe.AAAA\r\nConnection: close\r\n\r\n"
        );
        survives(seed, &request).await;
    }
}
