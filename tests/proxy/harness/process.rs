//! The program itself, in a process of its own: killed, signalled, listened to.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use fake_spotify::{Decision, FakeSpotify, Settings};
use proxy::clock::Clock;
use proxy::keys::file;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::harness::ORIGIN;
use crate::harness::wire::Ask;

/// The stand-in for Spotify and the files that a process stands on.
pub(crate) struct Bench {
    pub(crate) spotify: FakeSpotify,
    pub(crate) folder: TempDir,
}

/// A running process; it is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    told: Arc<Mutex<String>>,
    /// Its standard error, where nobody reads on.
    unread: Option<BufReader<ChildStderr>>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let settings = Settings {
            redirect_uris: vec![format!("{ORIGIN}/api/callback")],
            ..Settings::default()
        };
        let folder = TempDir::new().unwrap();
        let secret = folder.path().join("secret");
        fs::write(&secret, &settings.client_secret).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        file::generate(&folder.path().join("keys"), Clock::system().today()).unwrap();
        let spotify = FakeSpotify::start(settings).await.unwrap();
        Self { spotify, folder }
    }

    /// A file beside the database.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with all that it needs, not yet started.
    pub(crate) fn command(&self) -> Command {
        let path = |name: &str| self.file(name).display().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_spotifinfo-proxy"));
        command
            .env_clear()
            .env("SPOTIFINFO_LISTEN", "127.0.0.1:0")
            .env("SPOTIFINFO_PUBLIC_ORIGIN", ORIGIN)
            .env("SPOTIFINFO_AUTHORIZE_URL", self.spotify.authorize_url())
            .env("SPOTIFINFO_TOKEN_URL", self.spotify.token_url())
            .env("SPOTIFINFO_CLIENT_ID", Settings::default().client_id)
            .env("SPOTIFINFO_CLIENT_SECRET_FILE", path("secret"))
            .env("SPOTIFINFO_DB", path("sessions.db"))
            .env("SPOTIFINFO_KEYS_FILE", path("keys"))
            .env("SPOTIFINFO_RATE_LIMIT", "100000")
            .env("SPOTIFINFO_ACCESS_LOG", path("access.log"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Starts it and waits until it listens.
    pub(crate) fn start(&self) -> Running {
        Running::start(&mut self.command())
    }

    /// Runs it until it ends by itself.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        outcome(self.command().args(arguments))
    }

    /// The whole way in: the session's cookie, or `None` where the process was killed on it.
    pub(crate) async fn log_in(&self, address: SocketAddr) -> Option<String> {
        let answer = self.way_in(address).await?;
        let cookie = session_cookie(&answer);
        Some(cookie.unwrap_or_else(|| panic!("no session in {answer}")))
    }

    /// The whole way in: the session's cookie, or `None` where something stood in the way.
    pub(crate) async fn try_log_in(&self, address: SocketAddr) -> Option<String> {
        session_cookie(&self.way_in(address).await?)
    }

    /// The answer to the callback.
    async fn way_in(&self, address: SocketAddr) -> Option<String> {
        let ask = Ask::navigation("/api/login?return_to=/", "same-origin");
        let answer = send(address, &ask).await?;
        let authorize = header(&answer, "location")?.to_owned();
        let login = header(&answer, "set-cookie")?.split(';').next()?.to_owned();
        let callback = self.spotify.visit(&authorize, Decision::Approve).unwrap();
        let target = callback.strip_prefix(ORIGIN)?;
        let ask = Ask::navigation(target, "cross-site").cookies(&login);
        send(address, &ask).await
    }
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut running = Self::start_unread(command);
        let listening = Arc::clone(&running.told);
        let errors = running.unread.take();
        thread::spawn(move || {
            let lines = errors.into_iter().flat_map(BufReader::lines);
            for line in lines.map_while(Result::ok) {
                let mut told = listening.lock().unwrap();
                told.push_str(&line);
                told.push('\n');
            }
        });
        running
    }

    /// Starts it and reads what it says until it listens, and nothing after that.
    pub(crate) fn start_unread(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let told = Arc::new(Mutex::new(String::new()));
        let address = loop {
            let mut line = String::new();
            let ended = errors.read_line(&mut line).unwrap() == 0;
            told.lock().unwrap().push_str(&line);
            assert!(!ended, "it ended: {}", told.lock().unwrap());
            if let Some(address) = line.trim().strip_prefix("Listening on http://") {
                break address.parse().unwrap();
            }
        };
        Self {
            child,
            address,
            told,
            unread: Some(errors),
        }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on standard error.
    pub(crate) fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    /// Sends it a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until it has ended. A minute is far more than any end takes: it only keeps a test
    /// from waiting for ever.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        for _ in 0..6000 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end: {}", self.told());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGKILL, and without a zombie; it may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Runs a command until it ends by itself. Half a minute is far more than any needs; one that still
/// runs then serves instead of ending, and fails the test with what it has said.
pub(crate) fn outcome(command: &mut Command) -> Output {
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let process = child.id().to_string();
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    if let Ok(output) = ended.recv_timeout(Duration::from_secs(30)) {
        return output.unwrap();
    }
    // It may end at this very moment; either way there is an output now.
    let _ = Command::new("kill").args(["-s", "KILL", &process]).status();
    let output = ended.recv().unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    panic!("it does not end: {command:?}\n{stdout}{stderr}");
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Nobody listened, so that nothing was heard of the request.
    Refused,
    /// The connection broke before the whole answer was there.
    CutOff,
}

/// `None` where nobody listens, or where the connection broke before the whole answer was there.
pub(crate) async fn send(address: SocketAddr, ask: &Ask) -> Option<String> {
    try_send(address, ask).await.ok()
}

/// The answer, or why there is none.
pub(crate) async fn try_send(address: SocketAddr, ask: &Ask) -> Result<String, NoAnswer> {
    let exchange = async {
        let mut stream = TcpStream::connect(address)
            .await
            .map_err(|_| NoAnswer::Refused)?;
        let mut bytes = Vec::new();
        let whole = async {
            stream.write_all(&ask.bytes()).await.ok()?;
            stream.read_to_end(&mut bytes).await.ok()?;
            let text = String::from_utf8(bytes).ok()?;
            text.contains("\r\n\r\n").then_some(text)
        };
        whole.await.ok_or(NoAnswer::CutOff)
    };
    timeout(Duration::from_secs(20), exchange)
        .await
        .expect("an answer or an end within twenty seconds")
}

/// Asks the private listener.
pub(crate) async fn admin(socket: &Path, target: &str) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let ask = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn session_cookie(answer: &str) -> Option<String> {
    answer.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        (name.eq_ignore_ascii_case("set-cookie") && value.starts_with("state=v1"))
            .then(|| value.split(';').next().unwrap_or(value).to_owned())
    })
}

/// Resident memory of a process in KiB, and its open files.
pub(crate) fn held(process: u32) -> (u64, usize) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let memory = line
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap();
    let files = fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
    (memory.parse().unwrap(), files)
}

/// A header of an answer.
pub(crate) fn header<'a>(answer: &'a str, wanted: &str) -> Option<&'a str> {
    answer.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case(wanted).then_some(value)
    })
}
