//! reCAPTCHA v3: row 23 of the table, against a verifier that says what it is told to.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use fake_spotify::Endpoint;
use proxy::clock::Timestamp;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::harness::wire::{Answer, Ask};
use crate::harness::{HOST, Proxy};

/// Says the same to everybody, and remembers what it was asked.
pub(crate) struct Verifier {
    pub(crate) url: String,
    answer: Arc<Mutex<String>>,
    asked: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

impl Drop for Verifier {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Verifier {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/siteverify", listener.local_addr().unwrap());
        let answer = Arc::new(Mutex::new(String::new()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (told, heard) = (Arc::clone(&answer), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !is_whole(&request) {
                    let mut part = [0; 4096];
                    let length = stream.read(&mut part).await.unwrap();
                    request.extend(&part[..length]);
                }
                heard
                    .lock()
                    .unwrap()
                    .push(String::from_utf8(request).unwrap());
                let body = told.lock().unwrap().clone();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                     Content-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all((head + &body).as_bytes()).await;
            }
        });
        Self {
            url,
            answer,
            asked,
            task: task.abort_handle(),
        }
    }

    pub(crate) fn says(&self, answer: &str) {
        answer.clone_into(&mut self.answer.lock().unwrap());
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Whether headers and as much body as they announce have arrived.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.trim().parse().unwrap())
}

/// A moment some seconds ago, as the verifier writes it.
fn ago(seconds: i64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let moment = Timestamp::from_seconds(i64::try_from(now).unwrap() - seconds);
    let (hour, minute, second) = moment.time_of_day();
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", moment.day())
}

pub(crate) fn verification(score: &str, action: &str, hostname: &str, age: i64) -> String {
    let made = ago(age);
    format!(
        "{{\"success\":true,\"score\":{score},\"action\":\"{action}\",\
         \"hostname\":\"{hostname}\",\"challenge_ts\":\"{made}\"}}"
    )
}

/// A proxy that asks `url`, with a visitor who needs a refresh.
async fn start(url: &str, more: &[(&'static str, &str)]) -> (Proxy, String) {
    let folder = TempDir::new().unwrap();
    let secret = folder.path().join("captcha-secret");
    fs::write(&secret, "hush\n").unwrap();
    let secret = secret.display().to_string();
    let mut flags = vec![
        ("recaptcha-secret-file", secret.as_str()),
        ("recaptcha-verify-url", url),
    ];
    flags.extend(more);
    let mut proxy = Proxy::with(&flags).await;
    let cookies = proxy.visitor().await.for_api();
    proxy.restart().await;
    (proxy, cookies)
}

async fn token(proxy: &Proxy, cookies: &str) -> Answer {
    let ask = Ask::script("POST", "/api/token").cookies(cookies);
    proxy
        .send(ask.json("{\"recaptcha_token\":\"from-the-page\"}"))
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_23_only_a_fitting_verification_lets_a_refresh_happen() {
    let verifier = Verifier::start().await;
    let (proxy, cookies) = start(&verifier.url, &[]).await;
    let good = verification("0.9", "token", HOST, 5);
    for (name, answer) in [
        ("another action", verification("0.9", "login", HOST, 5)),
        (
            "another hostname",
            verification("0.9", "token", "example.org", 5),
        ),
        ("stale", verification("0.9", "token", HOST, 130)),
        ("from the future", verification("0.9", "token", HOST, -600)),
        ("a low score", verification("0.4", "token", HOST, 5)),
        ("no score", verification("null", "token", HOST, 5)),
        ("no success", good.replace("true", "false")),
        (
            "reused",
            "{\"success\":false,\"error-codes\":[\"timeout-or-duplicate\"]}".to_owned(),
        ),
        ("nothing", "{}".to_owned()),
    ] {
        verifier.says(&answer);
        let refused = token(&proxy, &cookies).await;
        assert_eq!(
            (refused.status, refused.error().as_str()),
            (403, "captcha_failed"),
            "{name}: {refused:?}"
        );
    }
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), 0);
    verifier.says(&good);
    let granted = token(&proxy, &cookies).await;
    assert_eq!(granted.status, 200, "{granted:?}");
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_needs_a_captcha_and_what_is_in_memory_does_not() {
    let verifier = Verifier::start().await;
    let (proxy, cookies) = start(&verifier.url, &[]).await;
    let without = || Ask::script("POST", "/api/token").cookies(&cookies);
    let refused = proxy.send(without()).await;
    assert_eq!(
        (refused.status, refused.error().as_str()),
        (403, "captcha_required")
    );
    assert_eq!(verifier.asked().len(), 0);
    verifier.says(&verification("0.9", "token", HOST, 5));
    assert_eq!(token(&proxy, &cookies).await.status, 200);
    assert_eq!(proxy.send(without()).await.status, 200, "from memory");
    let asked = verifier.asked();
    assert_eq!(asked.len(), 1);
    let (_, form) = asked[0].split_once("\r\n\r\n").unwrap();
    assert_eq!(form, "secret=hush&response=from-the-page", "and no address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verifier_that_is_down_is_503_unless_it_may_be_open() {
    // Nobody listens there.
    let nowhere = "http://127.0.0.1:9/siteverify";
    let (proxy, cookies) = start(nowhere, &[]).await;
    let answer = token(&proxy, &cookies).await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (503, "provider_unavailable")
    );
    assert!(answer.header("Retry-After").is_some());
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), 0);
    let (proxy, cookies) = start(nowhere, &[("recaptcha-fail-open", "true")]).await;
    assert_eq!(token(&proxy, &cookies).await.status, 200);
}
