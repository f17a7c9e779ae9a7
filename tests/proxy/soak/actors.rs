//! Everybody who is there at once: visitors, strangers, slow clients, a provider that fails and an
//! operator.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fake_spotify::{Effect, Endpoint, Fault};
use rusqlite::Connection;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::harness::HOST;
use crate::harness::process::{Bench, Running, admin, send};
use crate::harness::wire::Ask;

/// What happened, by kind.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) granted: AtomicU64,
    pub(super) unavailable: AtomicU64,
    pub(super) logins: AtomicU64,
    pub(super) logouts: AtomicU64,
    pub(super) restrictions: AtomicU64,
    pub(super) junk: AtomicU64,
    pub(super) slow: AtomicU64,
    pub(super) faults: AtomicU64,
    pub(super) lost: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// What every actor works with.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) bench: Arc<Bench>,
    pub(super) address: SocketAddr,
    pub(super) counts: Arc<Counts>,
    pub(super) end: Instant,
}

fn random(below: u64) -> u64 {
    u64::from_le_bytes(proxy::keys::random().unwrap()) % below
}

async fn pause(most: u64) {
    sleep(Duration::from_millis(random(most))).await;
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or("")
}

fn token(cookies: &str) -> Ask {
    Ask::script("POST", "/api/token").cookies(cookies)
}

async fn wait_for(file: &Path) {
    for _ in 0..600 {
        if file.exists() {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("{} does not come within a minute", file.display());
}

impl Stage {
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    async fn ask(&self, ask: Ask) -> String {
        let answer = send(self.address, &ask).await;
        answer.expect("an answer while nobody ends the process")
    }

    /// A login, tried again where a fault is in its way.
    pub(super) async fn log_in(&self) -> String {
        for _ in 0..600 {
            if let Some(cookies) = self.bench.try_log_in(self.address).await {
                count(&self.counts.logins);
                return cookies;
            }
            sleep(Duration::from_millis(200)).await;
        }
        panic!("no login within two minutes");
    }

    /// A token for somebody who is logged in; whether it came.
    pub(super) async fn token(&self, cookies: &str) -> bool {
        let answer = self.ask(token(cookies)).await;
        match status(&answer) {
            "200" => count(&self.counts.granted),
            "503" | "502" => count(&self.counts.unavailable),
            "401" => {
                count(&self.counts.lost);
                eprintln!("lost: {answer}");
            }
            _ => panic!("for a token: {answer}"),
        }
        status(&answer) == "200"
    }

    pub(super) async fn stay(self, cookies: String) {
        while !self.is_over() {
            self.token(&cookies).await;
            pause(200).await;
        }
    }

    pub(super) async fn come_and_go(self) {
        while !self.is_over() {
            let cookies = self.log_in().await;
            self.token(&cookies).await;
            let shown = Ask::script("GET", "/api/session").cookies(&cookies);
            let shown = self.ask(shown).await;
            assert!(["200", "503"].contains(&status(&shown)), "{shown}");
            pause(300).await;
            self.leave(&cookies).await;
        }
    }

    /// Logs out, and sees that it holds.
    async fn leave(&self, cookies: &str) {
        for _ in 0..100 {
            let erase = Ask::script("DELETE", "/api/session").cookies(cookies);
            let answer = self.ask(erase).await;
            if status(&answer) == "204" {
                count(&self.counts.logouts);
                let answer = self.ask(token(cookies)).await;
                assert!(["401", "503"].contains(&status(&answer)), "{answer}");
                return;
            }
            assert_eq!(status(&answer), "503", "{answer}");
            sleep(Duration::from_millis(200)).await;
        }
        panic!("no logout within twenty seconds");
    }

    pub(super) async fn restrict(self) {
        while !self.is_over() {
            let cookies = self.log_in().await;
            for _ in 0..5 {
                if self.patch(&cookies, true).await {
                    let answer = self.ask(token(&cookies)).await;
                    assert!(["403", "503"].contains(&status(&answer)), "{answer}");
                }
                if self.patch(&cookies, false).await {
                    self.token(&cookies).await;
                }
                pause(400).await;
            }
            self.leave(&cookies).await;
        }
    }

    async fn patch(&self, cookies: &str, restricted: bool) -> bool {
        let ask = Ask::script("PATCH", "/api/session").cookies(cookies);
        let answer = self
            .ask(ask.json(&format!("{{\"restricted\":{restricted}}}")))
            .await;
        assert!(["200", "503"].contains(&status(&answer)), "{answer}");
        count(&self.counts.restrictions);
        status(&answer) == "200"
    }

    /// What strangers send.
    pub(super) async fn pester(self) {
        while !self.is_over() {
            let number = random(u64::MAX);
            let callback = format!("/api/callback?code=junk{number}&state=junk{number}");
            let ask = match number % 5 {
                0 => Ask::navigation(&callback, "cross-site"),
                1 => Ask::navigation(&callback, "cross-site").cookies("login-0=v1.0badcafe.AAAA"),
                2 => token(&format!("state=v1.0badcafe.{number}.1.{number}")),
                3 => Ask::new("GET", &format!("/wp-login.php?{number}")),
                _ => Ask::new("POST", "/api/token").header("Origin", "https://evil.example"),
            };
            let answer = self.ask(ask).await;
            assert!(!status(&answer).starts_with('5'), "{answer}");
            count(&self.counts.junk);
            pause(100).await;
        }
    }

    /// Real attempts with codes that the provider never gave.
    pub(super) async fn redeem_junk(self) {
        while !self.is_over() {
            let ask = Ask::navigation("/api/login", "same-origin");
            let answer = self.ask(ask).await;
            let state = answer
                .split_once("state=")
                .and_then(|(_, rest)| rest.split('&').next());
            let login = answer
                .lines()
                .find_map(|line| line.split_once("login-0="))
                .and_then(|(_, rest)| rest.split(';').next());
            let (state, login) = (state.expect("a state"), login.expect("a cookie"));
            let target = format!("/api/callback?code=junk&state={state}");
            // From elsewhere, or the visitors' own address would have no exchanges left.
            let [_, b, c, d] = u32::try_from(random(1 << 24)).unwrap().to_be_bytes();
            let ask = Ask::navigation(&target, "cross-site")
                .cookies(&format!("login-0={login}"))
                .header("CF-Connecting-IP", &format!("10.{b}.{c}.{d}"));
            let answer = self.ask(ask).await;
            assert!(["303", "503"].contains(&status(&answer)), "{answer}");
            count(&self.counts.junk);
            pause(2000).await;
        }
    }

    /// Clients that send half of something, or never read, and hold on for a while.
    pub(super) async fn dawdle(self) {
        let whole = format!("GET /api/session HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
        while !self.is_over() {
            let bytes = match random(4) {
                0 => String::new(),
                1 => whole[..whole.len() / 2].to_owned(),
                2 => format!("{}Content-Length: 99\r\n\r\n{{", &whole[..whole.len() - 2]),
                _ => whole.repeat(2000),
            };
            let Ok(mut stream) = TcpStream::connect(self.address).await else {
                continue;
            };
            let patience = Duration::from_millis(random(12_000));
            let _ = timeout(patience, stream.write_all(bytes.as_bytes())).await;
            if random(2) == 0 {
                let mut some = [0; 512];
                let _ = timeout(patience, stream.read(&mut some)).await;
            }
            sleep(patience).await;
            count(&self.counts.slow);
        }
    }

    /// A provider that fails in every way that does not use a refresh token up unheard.
    pub(super) async fn fail_upstream(self) {
        while !self.is_over() {
            pause(1500).await;
            let effect = match random(10) {
                0 => Fault::status(Endpoint::Refresh, 500).effect,
                1 => Fault::too_many(Endpoint::Refresh, "1").effect,
                2 => Effect::Malformed,
                3 => Effect::Huge,
                4 => Effect::Close,
                5 => Effect::Redirect {
                    to: "http://127.0.0.1:1/".to_owned(),
                },
                6 => Effect::NoToken,
                7 => Effect::ExpiresIn {
                    value: serde_json::json!("soon"),
                },
                8 => Effect::Drip { interval: 4 },
                _ => Effect::Hang,
            };
            let endpoint = if random(4) == 0 {
                Endpoint::Code
            } else {
                Endpoint::Refresh
            };
            let delay = Duration::from_millis(random(400));
            let fault = Fault::new(endpoint, effect).times(1).after(delay);
            self.bench.spotify.inject(fault);
            count(&self.counts.faults);
        }
        self.bench.spotify.clear_faults();
    }

    /// An operator: commands, locks, rotated logs, signals, monitoring.
    pub(super) async fn operate(self, running: Arc<Running>, socket: PathBuf) {
        let mut rotations = 0;
        while !self.is_over() {
            let bench = Arc::clone(&self.bench);
            match random(6) {
                0 => assert!(bench.run(&["sessions", "list"]).status.success()),
                1 => {
                    fs::rename(bench.file("access.log"), bench.file("old.log")).unwrap();
                    running.signal("HUP");
                    wait_for(&bench.file("access.log")).await;
                }
                2 if rotations < 25 => {
                    rotations += 1;
                    assert!(bench.run(&["keys", "rotate"]).status.success());
                    running.signal("HUP");
                }
                3 => {
                    let lock = Connection::open(bench.file("sessions.db")).unwrap();
                    lock.busy_timeout(Duration::from_secs(5)).unwrap();
                    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
                    sleep(Duration::from_millis(700)).await;
                    lock.execute_batch("ROLLBACK").unwrap();
                }
                _ => {
                    let answer = admin(&socket, "/metrics").await;
                    assert_eq!(status(&answer), "200", "{answer}");
                }
            }
            // Rotations have to last for the whole hour.
            pause(20_000).await;
        }
    }
}
