//! One builder for every test: a running proxy, its database and the provider behind it.

pub(crate) mod browser;
pub(crate) mod process;
pub(crate) mod wire;

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fake_spotify::{FakeSpotify, Settings};
use proxy::clock::Clock;
use proxy::config::flags;
use proxy::keys::file;
use proxy::setup::{Setup, StartErrors};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::harness::browser::Browser;
use crate::harness::wire::{Answer, Ask};

/// Where browsers see the proxy.
pub(crate) const ORIGIN: &str = "https://music.example.com";
/// The same as a `Host` header.
pub(crate) const HOST: &str = "music.example.com";

/// A row of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id_hash: Vec<u8>,
    pub(crate) refresh_token: Vec<u8>,
    pub(crate) scopes: String,
    pub(crate) restricted: bool,
}

/// A running proxy with all that belongs to it.
pub(crate) struct Proxy {
    pub(crate) spotify: FakeSpotify,
    address: SocketAddr,
    folder: TempDir,
    extra: Vec<(&'static str, String)>,
    running: Option<Running>,
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// With the settings that most tests need.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these flags, without their dashes, besides.
    pub(crate) async fn with(extra: &[(&'static str, &str)]) -> Self {
        let settings = Settings {
            redirect_uris: vec![format!("{ORIGIN}/api/callback")],
            ..Settings::default()
        };
        let folder = TempDir::new().unwrap();
        write_private(&folder.path().join("secret"), &settings.client_secret);
        file::generate(&folder.path().join("keys"), Clock::system().today()).unwrap();
        let spotify = FakeSpotify::start(settings).await.unwrap();
        let extra = extra.iter().map(|(name, text)| (*name, (*text).to_owned()));
        let mut proxy = Self {
            spotify,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            folder,
            extra: extra.collect(),
            running: None,
        };
        proxy.run().await;
        proxy
    }

    /// Ends it as a service manager does, and waits until it has ended.
    pub(crate) async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop.send(()).unwrap();
            running.task.await.unwrap();
        }
    }

    /// Ends it and starts another one over the same files.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.run().await;
    }

    /// A visitor's browser without any cookies.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// A visitor who has logged in.
    pub(crate) async fn visitor(&self) -> Browser<'_> {
        let mut browser = self.browser();
        browser.log_in().await;
        browser
    }

    /// Sends a request over a connection of its own.
    pub(crate) async fn send(&self, ask: Ask) -> Answer {
        wire::send(self.address, &ask.bytes()).await
    }

    /// Sends bytes over a connection of their own and reads until the other side closes.
    pub(crate) async fn send_raw(&self, bytes: &[u8]) -> Answer {
        wire::send(self.address, bytes).await
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A file beside the database.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The rows of the database, read beside the running proxy.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let database = self.file("sessions.db");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        let mut statement = connection
            .prepare("SELECT id_hash, refresh_token, scopes, restricted FROM sessions")
            .unwrap();
        let rows = statement.query_map([], |row| {
            Ok(Row {
                id_hash: row.get(0)?,
                refresh_token: row.get(1)?,
                scopes: row.get(2)?,
                restricted: row.get(3)?,
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// Every byte of the database's files.
    pub(crate) fn database_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for name in ["sessions.db", "sessions.db-wal"] {
            bytes.extend(fs::read(self.file(name)).unwrap_or_default());
        }
        bytes
    }

    /// Starts it over the files there are and waits for it to end or, for a moment, to go on.
    ///
    /// # Errors
    ///
    /// Why it did not start.
    pub(crate) async fn try_run(&mut self) -> Result<(), String> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let never = std::future::pending::<()>();
        let setup = self.setup().map_err(|errors| errors.to_string())?;
        let running = proxy::run(listener, setup, never);
        match tokio::time::timeout(Duration::from_secs(2), running).await {
            Ok(ended) => ended.map_err(|error| error.to_string()),
            Err(_) => Ok(()),
        }
    }

    async fn run(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let setup = self.setup().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let shutdown = async {
                // A sender that was dropped ends it as well.
                let _ = stopped.await;
            };
            proxy::run(listener, setup, shutdown).await.unwrap();
        });
        self.running = Some(Running { stop, task });
    }

    fn setup(&self) -> Result<Setup, StartErrors> {
        let path = |name: &str| self.file(name).display().to_string();
        let mut given = vec![
            ("listen", "127.0.0.1:0".to_owned()),
            ("public-origin", ORIGIN.to_owned()),
            ("authorize-url", self.spotify.authorize_url()),
            ("token-url", self.spotify.token_url()),
            ("client-id", Settings::default().client_id),
            ("client-secret-file", path("secret")),
            ("db", path("sessions.db")),
            ("keys-file", path("keys")),
            ("rate-limit", "10000".to_owned()),
            ("access-log", path("access.log")),
            ("drain", "1s".to_owned()),
        ];
        given.extend(self.extra.iter().cloned());
        Setup::look(&flags::Settings::gather(given, []))
    }
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}
