//! The process is killed at random moments under load, with a provider that rotates: the store
//! opens again, every session that was answered for works, and no rotated token is lost but
//! those whose answer never arrived.
//!
//! A short form; `SOAK=1` kills a thousand times.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fake_spotify::{Decision, FakeSpotify, Settings};
use proxy::clock::Clock;
use proxy::keys::file;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::wire::Ask;
use crate::harness::{HOST, ORIGIN};

const VISITORS: usize = 6;

/// A proxy in a process of its own, and what it stands on.
struct Bench {
    spotify: FakeSpotify,
    folder: TempDir,
}

/// A visitor who has been answered that they are logged in.
#[derive(Debug, Clone)]
struct Visitor {
    cookies: String,
    /// Whether a request for a token was cut off by a kill: what the provider has rotated
    /// meanwhile nobody can know.
    cut_off: bool,
}

struct Running {
    child: Child,
    address: SocketAddr,
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGKILL, and without a zombie; it may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Bench {
    async fn new() -> Self {
        let settings = Settings {
            redirect_uris: vec![format!("{ORIGIN}/api/callback")],
            ..Settings::default()
        };
        let folder = TempDir::new().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, &settings.client_secret).unwrap();
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
        file::generate(&folder.path().join("keys"), Clock::system().today()).unwrap();
        let spotify = FakeSpotify::start(settings).await.unwrap();
        // Short lives, so that the load is made of refreshes.
        spotify.turn(|knobs| {
            knobs.rotate = true;
            knobs.token_lifetime = 1;
        });
        Self { spotify, folder }
    }

    fn start(&self) -> Running {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let mut child = Command::new(env!("CARGO_BIN_EXE_spotifinfo-proxy"))
            .env_clear()
            .args(["--listen", "127.0.0.1:0", "--public-origin", ORIGIN])
            .args(["--authorize-url", &self.spotify.authorize_url()])
            .args(["--token-url", &self.spotify.token_url()])
            .args(["--client-id", &Settings::default().client_id])
            .args(["--client-secret-file", &path("secret")])
            .args(["--db", &path("sessions.db"), "--keys-file", &path("keys")])
            .args(["--rate-limit", "100000", "--access-log", "off"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let mut told = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(errors.read_line(&mut line).unwrap() > 0, "it ended: {told}");
            if let Some(address) = line.trim().strip_prefix("Listening on http://") {
                break address.parse().unwrap();
            }
            told.push_str(&line);
        };
        std::thread::spawn(move || errors.read_to_end(&mut Vec::new()));
        Running { child, address }
    }

    /// The whole way in; `None` where the process was killed on it.
    async fn log_in(&self, address: SocketAddr) -> Option<Visitor> {
        let ask = Ask::navigation("/api/login?return_to=/", "same-origin");
        let answer = send(address, &ask).await?;
        let authorize = header(&answer, "location")?.to_owned();
        let login = header(&answer, "set-cookie")?.split(';').next()?.to_owned();
        let callback = self.spotify.visit(&authorize, Decision::Approve).unwrap();
        let target = callback.strip_prefix(ORIGIN)?;
        let ask = Ask::navigation(target, "cross-site").cookies(&login);
        let answer = send(address, &ask).await?;
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        let cookie = answer.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            (name.eq_ignore_ascii_case("set-cookie") && value.starts_with("state=v1"))
                .then(|| value.split(';').next().unwrap_or(value).to_owned())
        });
        Some(Visitor {
            cookies: cookie.unwrap_or_else(|| panic!("no session in {answer}")),
            cut_off: false,
        })
    }
}

/// `None` where the connection broke before the whole answer was there.
async fn send(address: SocketAddr, ask: &Ask) -> Option<String> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(&ask.bytes()).await.ok()?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.ok()?;
        let text = String::from_utf8(bytes).ok()?;
        text.contains("\r\n\r\n").then_some(text)
    };
    timeout(Duration::from_secs(20), exchange)
        .await
        .expect(HOST)
}

fn header<'a>(answer: &'a str, wanted: &str) -> Option<&'a str> {
    answer.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case(wanted).then_some(value)
    })
}

/// Asks for tokens until the process is killed.
async fn keep_asking(address: SocketAddr, mut visitor: Visitor) -> Visitor {
    let ask = Ask::script("POST", "/api/token").cookies(&visitor.cookies);
    loop {
        match send(address, &ask).await {
            Some(answer) if answer.starts_with("HTTP/1.1 200") => {}
            Some(answer) => panic!("under load: {answer}"),
            None => {
                visitor.cut_off = true;
                return visitor;
            }
        }
        tokio::time::sleep(Duration::from_millis(7)).await;
    }
}

/// A random number of milliseconds, without a crate for it.
fn a_moment() -> Duration {
    let bytes: [u8; 2] = proxy::keys::random().unwrap();
    Duration::from_millis(u64::from(u16::from_be_bytes(bytes)) % 700)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_20_whatever_was_answered_is_kept_at_any_kill() {
    let kills = if std::env::var_os("SOAK").is_some() {
        1000
    } else {
        12
    };
    let bench = Bench::new().await;
    let mut visitors: Vec<Visitor> = Vec::new();
    let mut lost = 0;
    for _ in 0..kills {
        let running = bench.start();
        let address = running.address;
        let mut alive = Vec::new();
        for mut visitor in visitors {
            let ask = Ask::script("POST", "/api/token").cookies(&visitor.cookies);
            let answer = send(address, &ask)
                .await
                .expect("an answer after the restart");
            if answer.starts_with("HTTP/1.1 200") {
                visitor.cut_off = false;
                alive.push(visitor);
            } else {
                assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
                assert!(visitor.cut_off, "an answered session is lost: {answer}");
                lost += 1;
            }
        }
        while alive.len() < VISITORS {
            alive.push(bench.log_in(address).await.expect("a login"));
        }
        let load: Vec<_> = alive
            .into_iter()
            .map(|visitor| tokio::spawn(keep_asking(address, visitor)))
            .collect();
        let newcomer = bench.log_in(address);
        let (_, newcomer) = tokio::join!(
            async {
                tokio::time::sleep(a_moment()).await;
                drop(running);
            },
            newcomer
        );
        visitors = Vec::new();
        for task in load {
            visitors.push(task.await.unwrap());
        }
        visitors.extend(newcomer);
    }
    assert!(!visitors.is_empty());
    check_integrity(&bench.folder.path().join("sessions.db"));
    println!("{kills} kills; {lost} tokens rotated upstream and never received");
}

fn check_integrity(database: &Path) {
    let connection = rusqlite::Connection::open(database).unwrap();
    let told: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(told, "ok");
}
