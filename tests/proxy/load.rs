//! Many at once: a flood of connections, of addresses, of bytes from the provider; and an end or a
//! reload in the middle of it. Memory stays bounded, and nobody who was let in is dropped.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fake_spotify::{Effect, Endpoint, Fault};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::harness::HOST;
use crate::harness::process::{Bench, Running, admin, held, send};
use crate::harness::wire::Ask;

/// What a flood may cost, in KiB.
const BOUND: u64 = 24 * 1024;

fn session() -> Ask {
    Ask::script("GET", "/api/session")
}

/// The most memory that the process has had, in KiB.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.unwrap().parse().unwrap()
}

/// Requests over one connection, each from another address, read to the last answer.
async fn ask_from(proxy: SocketAddr, addresses: std::ops::Range<u32>) -> usize {
    let (mut answers, mut asks) = TcpStream::connect(proxy).await.unwrap().into_split();
    let sending = tokio::spawn(async move {
        let last = addresses.end - 1;
        for number in addresses {
            let [a, b, c, d] = (0x0a00_0000 + number).to_be_bytes();
            let end = if number == last {
                "Connection: close\r\n"
            } else {
                ""
            };
            let ask = format!(
                "GET /api/session HTTP/1.1\r\nHost: {HOST}\r\n\
                 CF-Connecting-IP: {a}.{b}.{c}.{d}\r\n{end}\r\n"
            );
            asks.write_all(ask.as_bytes()).await.unwrap();
        }
        // Dropped, it would end the connection before the last answer.
        asks
    });
    let (mut bytes, mut good) = (vec![0; 64 * 1024], 0);
    let mut rest = Vec::new();
    loop {
        let length = answers.read(&mut bytes).await.unwrap();
        if length == 0 {
            break;
        }
        rest.extend_from_slice(&bytes[..length]);
        let word = b"HTTP/1.1 200";
        let keep = rest.len().min(word.len() - 1);
        good += rest.windows(word.len()).filter(|part| part == word).count();
        rest.drain(..rest.len() - keep);
    }
    drop(sending.await.unwrap());
    good
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_24_a_million_addresses_cost_bounded_memory_and_others_are_served() {
    let is_long = std::env::var_os("SOAK").is_some();
    // More than are remembered, also in the short form.
    let addresses: u32 = if is_long { 1_000_000 } else { 80_000 };
    let bench = Bench::new().await;
    let mut command = bench.command();
    command.args(["--trusted-proxies", "127.0.0.1", "--rate-limit", "1"]);
    let running = Running::start(&mut command);
    let cookies = bench.log_in(running.address).await.unwrap();
    let (before, _) = held(running.id());
    let mut floods = JoinSet::new();
    for part in 0..8 {
        let share = addresses / 8;
        floods.spawn(ask_from(running.address, part * share..(part + 1) * share));
    }
    let good: usize = floods.join_all().await.into_iter().sum();
    assert_eq!(good, addresses as usize, "each address has its own share");
    let (after, _) = held(running.id());
    println!("{addresses} addresses: from {before} KiB to {after} KiB");
    assert!(after < before + BOUND, "from {before} KiB to {after} KiB");
    let token = Ask::script("POST", "/api/token").cookies(&cookies);
    let answer = send(running.address, &token).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_a_huge_answer_costs_bounded_memory() {
    let bench = Bench::new().await;
    let running = bench.start();
    let cookies = bench.log_in(running.address).await.unwrap();
    drop(running);
    let running = bench.start();
    bench
        .spotify
        .inject(Fault::new(Endpoint::Refresh, Effect::Huge).times(1));
    let before = peak(running.id());
    let token = Ask::script("POST", "/api/token").cookies(&cookies);
    let answer = send(running.address, &token).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    let after = peak(running.id());
    assert!(after < before + BOUND, "from {before} KiB to {after} KiB");
}

/// Starts it where only so many files may be open.
fn start_with_files(bench: &Bench, limit: u32, socket: &Path) -> Running {
    let inner = bench.command();
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -n {limit}; exec \"$0\"")])
        .arg(inner.get_program())
        .env_clear()
        .envs(
            inner
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env(
            "SPOTIFINFO_ADMIN_LISTEN",
            format!("unix:{}", socket.display()),
        )
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped());
    Running::start(&mut command)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_13_a_flood_of_connections_leaves_files_for_everything_else() {
    let bench = Bench::new().await;
    let socket = bench.file("admin");
    let running = start_with_files(&bench, 320, &socket);
    let cookies = bench.log_in(running.address).await.unwrap();
    let mut flood = Vec::new();
    for _ in 0..600 {
        flood.push(TcpStream::connect(running.address).await.unwrap());
    }
    // Until those who are turned away have had their time to go.
    sleep(Duration::from_millis(1500)).await;
    let refused = send(running.address, &session()).await;
    let refused = refused.expect("an answer, not silence");
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    for target in ["/healthz", "/readyz"] {
        let answer = admin(&socket, target).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{target}: {answer}");
    }
    let told = running.told();
    assert!(told.contains("--max-connections"), "{told}");
    assert!(!told.contains("could not be accepted"), "{told}");
    drop(flood);
    sleep(Duration::from_millis(200)).await;
    let token = Ask::script("POST", "/api/token").cookies(&cookies);
    let answer = send(running.address, &token).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// One request over a connection of its own: `None` where nobody listens any more.
async fn ask_once(address: SocketAddr, bytes: &[u8]) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let mut answer = Vec::new();
    let _ = stream.write_all(bytes).await;
    let _ = stream.read_to_end(&mut answer).await;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_drops_nobody_who_was_let_in() {
    let bench = Bench::new().await;
    for _ in 0..5 {
        let mut running = bench.start();
        let address = running.address;
        let mut clients = JoinSet::new();
        for number in 0..6 {
            clients.spawn(async move {
                let (bytes, mut answered) = (session().bytes(), 0);
                while let Some(answer) = ask_once(address, &bytes).await {
                    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
                    answered += 1;
                    sleep(Duration::from_millis(number)).await;
                }
                answered
            });
        }
        sleep(Duration::from_millis(150)).await;
        running.signal("TERM");
        let answered: Vec<usize> = clients.join_all().await;
        assert!(answered.iter().all(|number| *number > 0), "{answered:?}");
        assert!(running.wait().success());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_does_not_wait_longer_than_it_may() {
    let bench = Bench::new().await;
    let running = bench.start();
    let cookies = bench.log_in(running.address).await.unwrap();
    drop(running);
    let mut running = Running::start(bench.command().args(["--drain", "1s"]));
    bench
        .spotify
        .inject(Fault::new(Endpoint::Refresh, Effect::Hang));
    let address = running.address;
    let token = Ask::script("POST", "/api/token").cookies(&cookies);
    let waiting = tokio::spawn(async move { send(address, &token).await });
    sleep(Duration::from_millis(200)).await;
    running.signal("TERM");
    let status = running.wait();
    assert!(status.success(), "{status:?}: {}", running.told());
    let told = running.told();
    assert!(told.contains("did not finish in time"), "{told}");
    // Who is waited for gets an answer when the provider has not given one for ten seconds.
    let answer = waiting.await.unwrap();
    assert!(answer.is_none(), "it waited until the end: {answer:?}");
}
