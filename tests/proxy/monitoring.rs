//! The private listener: who may ask it, and what it says; its metrics hold to the letter of
//! Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats).

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use fake_spotify::{Decision, Endpoint, Fault};
use tokio::time::{sleep, timeout};

use crate::harness::ORIGIN;
use crate::harness::process::{Bench, Running, admin, header, send};
use crate::harness::wire::Ask;

/// A metric's kind and its samples: labels as written, value.
type Family = (String, Vec<(String, String, f64)>);

/// Reads the text format and accepts nothing that is not in it: every sample belongs to the family
/// announced before it, names and labels have their alphabet, nothing is there twice.
fn parse(text: &str) -> BTreeMap<String, Family> {
    assert!(text.ends_with('\n'), "the last line has to end");
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        assert!(!line.is_empty() && line.trim() == line, "{line:?}");
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a kind");
            assert!(is_name(name), "{line}");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            let twice = families.insert(name.to_owned(), (kind.to_owned(), Vec::new()));
            assert!(twice.is_none(), "{name} is announced twice");
            name.clone_into(&mut current);
            continue;
        }
        assert!(!line.starts_with('#'), "{line}");
        let (kind, samples) = families
            .get_mut(&current)
            .expect("a family before its samples");
        let (name, labels, value) = sample(line);
        assert_eq!(family_of(&name, kind), current, "{line}");
        let again = samples.iter().any(|(n, l, _)| (n, l) == (&name, &labels));
        assert!(!again, "{line} is there twice");
        samples.push((name, labels, value));
    }
    families
}

/// The family that a sample's name belongs to.
fn family_of(name: &str, kind: &str) -> String {
    let endings = ["_bucket", "_sum", "_count"];
    let stem = endings.iter().find_map(|ending| name.strip_suffix(ending));
    match stem {
        Some(stem) if kind == "histogram" => stem.to_owned(),
        _ => name.to_owned(),
    }
}

fn sample(line: &str) -> (String, String, f64) {
    let (front, value) = line.rsplit_once(' ').expect("a value");
    let value: f64 = value.parse().expect("a number");
    let Some((name, labels)) = front.split_once('{') else {
        assert!(is_name(front), "{line}");
        return (front.to_owned(), String::new(), value);
    };
    assert!(is_name(name), "{line}");
    let labels = labels.strip_suffix('}').expect("a closing brace");
    for label in labels.split(',') {
        let (key, text) = label.split_once('=').expect("a label");
        let text = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        let text = text.expect("quotation marks");
        assert!(is_name(key) && !key.contains(':'), "{line}");
        assert!(!text.contains(['"', '\\', '\n']), "{line}");
    }
    (name.to_owned(), labels.to_owned(), value)
}

fn is_name(name: &str) -> bool {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':');
    first
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// Buckets that only grow, up to `+Inf`, which is the count.
fn check_histogram(samples: &[(String, String, f64)]) {
    let mut last = (f64::NEG_INFINITY, 0.0);
    let mut infinite = None;
    for (name, labels, value) in samples {
        let Some(bound) = labels.strip_prefix("le=\"") else {
            assert!(!name.ends_with("_bucket"), "{name}");
            continue;
        };
        let bound: f64 = bound.trim_end_matches('"').parse().expect("a bound");
        assert!(bound > last.0 && *value >= last.1, "{name} {labels}");
        last = (bound, *value);
        if bound.is_infinite() {
            infinite = Some(*value);
        }
    }
    let count = samples.iter().find(|(name, _, _)| name.ends_with("_count"));
    assert_eq!(infinite, count.map(|(_, _, value)| *value));
    assert!(samples.iter().any(|(name, _, _)| name.ends_with("_sum")));
}

fn value(families: &BTreeMap<String, Family>, family: &str, labels: &str) -> f64 {
    let (_, samples) = &families[family];
    let found = samples.iter().find(|(_, known, _)| known == labels);
    found.unwrap_or_else(|| panic!("{family}{{{labels}}}")).2
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_hold_to_the_format_and_count_what_happened() {
    let bench = Bench::new().await;
    let socket = bench.file("admin");
    let listen = format!("unix:{}", socket.display());
    let mut running = Running::start(bench.command().args(["--admin-listen", &listen]));
    let cookies = bench.log_in(running.address).await.unwrap();
    drop(running);
    running = Running::start(bench.command().args(["--admin-listen", &listen]));
    let token = Ask::script("POST", "/api/token").cookies(&cookies);
    bench
        .spotify
        .inject(Fault::status(Endpoint::Refresh, 500).times(1));
    for ask in [
        token.clone(),
        Ask::script("PATCH", "/api/session")
            .cookies(&cookies)
            .json("{\"restricted\":true}"),
        token,
        Ask::new("GET", "/\"};evil{x=\""),
        Ask::new("GET", "/api/nowhere"),
    ] {
        send(running.address, &ask).await.unwrap();
    }
    let answer = admin(&socket, "/metrics").await;
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    let families = parse(text);
    for (name, (kind, samples)) in &families {
        assert!(!samples.is_empty(), "{name} has no samples");
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
        if kind == "histogram" {
            check_histogram(samples);
        }
    }
    for (family, labels, expected) in [
        ("spotifinfo_sessions", "", 1.0),
        ("spotifinfo_sessions_restricted", "", 1.0),
        ("spotifinfo_refreshes_total", "result=\"unavailable\"", 1.0),
        (
            "spotifinfo_requests_total",
            "route=\"token\",status=\"5xx\"",
            1.0,
        ),
        (
            "spotifinfo_requests_total",
            "route=\"token\",status=\"4xx\"",
            1.0,
        ),
        (
            "spotifinfo_requests_total",
            "route=\"session\",status=\"2xx\"",
            1.0,
        ),
    ] {
        assert_eq!(
            value(&families, family, labels),
            expected,
            "{family} {labels}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_before_the_answer_is_in_the_log_and_counted() {
    let bench = Bench::new().await;
    let socket = bench.file("admin");
    let listen = format!("unix:{}", socket.display());
    let running = Running::start(bench.command().args(["--admin-listen", &listen]));
    let slow = Fault::delay(Endpoint::Code, Duration::from_secs(1));
    bench.spotify.inject(slow);
    for _ in 0..5 {
        let login = Ask::navigation("/api/login", "none");
        let answer = send(running.address, &login).await.unwrap();
        let authorize = header(&answer, "location").unwrap();
        let login = header(&answer, "set-cookie").unwrap();
        let callback = bench.spotify.visit(authorize, Decision::Approve).unwrap();
        let target = callback.strip_prefix(ORIGIN).unwrap();
        let back = Ask::navigation(target, "cross-site").cookies(login.split(';').next().unwrap());
        let left = timeout(Duration::from_millis(100), send(running.address, &back)).await;
        assert!(left.is_err(), "the browser left before the answer");
    }
    let left = "\"GET /api/callback HTTP/1.1\" 499 0 ";
    let log = || fs::read_to_string(bench.file("access.log")).unwrap_or_default();
    for _ in 0..100 {
        if log().matches(left).count() >= 5 {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(log().matches(left).count(), 5, "{}", log());
    let answer = admin(&socket, "/metrics").await;
    let families = parse(answer.split_once("\r\n\r\n").unwrap().1);
    let labels = "route=\"callback\",status=\"4xx\"";
    assert_eq!(value(&families, "spotifinfo_requests_total", labels), 5.0);
}

async fn ask(address: SocketAddr, ask: Ask) -> String {
    send(address, &ask).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_names_the_private_listener_is_answered() {
    let bench = Bench::new().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let listen = address.to_string();
    let running = Running::start(bench.command().args(["--admin-listen", &listen]));
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    let port = address.port();
    let get = |target: &str, host: &str| Ask::new("GET", target).replace("Host", host);
    for (host, status) in [
        (listen.as_str(), "200"),
        (format!("localhost:{port}").as_str(), "200"),
        ("localhost", "421"),
        ("evil.example", "421"),
        (format!("evil.example:{port}").as_str(), "421"),
        ("music.example.com", "421"),
    ] {
        for target in ["/healthz", "/readyz", "/metrics"] {
            let answer = ask(address, get(target, host)).await;
            assert_eq!(&answer[9..12], status, "{host} {target}: {answer}");
        }
    }
    let without = ask(address, Ask::new("GET", "/healthz").without("Host")).await;
    assert_eq!(&without[9..12], "421", "{without}");
    let post = ask(
        address,
        Ask::new("POST", "/healthz").replace("Host", &listen),
    )
    .await;
    assert_eq!(&post[9..12], "405", "{post}");
    // What is private is not on the public listener.
    for target in ["/healthz", "/readyz", "/metrics"] {
        let answer = ask(running.address, Ask::new("GET", target)).await;
        assert_eq!(&answer[9..12], "404", "{target}: {answer}");
    }
}
