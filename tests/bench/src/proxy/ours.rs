//! The auth proxy under measurement: its files, with sessions in its database, and its process.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ::proxy::clock::Clock;
use ::proxy::config::Config;
use ::proxy::config::flags::Settings;
use ::proxy::cookie::Cookies;
use ::proxy::cookie::id::SessionId;
use ::proxy::keys::{Keys, file, random};
use ::proxy::secret::Secret;
use ::proxy::store::{NewSession, Store};

use crate::command::deployed;
use crate::proxy::load::Request;
use crate::proxy::process::{Server, free_port, on_server_core};
use crate::proxy::provider::{Provider, REFRESH_TOKEN, token};

/// Where browsers would see the proxy.
pub(crate) const ORIGIN: &str = "https://www.example.com";

/// The proxy's files, and the cookies of those who are logged in.
#[derive(Debug)]
pub(crate) struct Home {
    program: PathBuf,
    folder: PathBuf,
    settings: Vec<(&'static str, String)>,
    cookies: Vec<String>,
}

fn program() -> io::Result<PathBuf> {
    deployed("proxy", "spotifinfo-proxy")
}

/// The size of the program, which the release profile strips, in MiB.
///
/// # Errors
/// Where it cannot be built.
pub(crate) fn size() -> io::Result<f64> {
    Ok(fs::metadata(program()?)?.len() as f64 / f64::from(1 << 20))
}

/// The times from the start of the process to its first answer.
///
/// # Errors
/// Where it does not start.
pub(crate) fn start_times(home: &Home, rounds: usize) -> io::Result<Vec<Duration>> {
    let once = |_| {
        let port = free_port()?;
        let started = Instant::now();
        let server = home.start_on(port)?;
        Request::new("GET", "/api/session", "").once(server.address)?;
        Ok(started.elapsed())
    };
    (0..rounds).map(once).collect()
}

impl Home {
    /// Makes keys, a secret and a database with so many sessions in `folder`.
    ///
    /// # Errors
    /// Where the disk or the database fails.
    pub(crate) fn make(folder: &Path, provider: &Provider, sessions: usize) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = |name: &str| folder.join(name).display().to_string();
        fs::write(path("secret"), "a client secret")?;
        fs::set_permissions(path("secret"), fs::Permissions::from_mode(0o600))?;
        file::generate(&folder.join("keys"), Clock::system().today()).map_err(io::Error::other)?;
        let settings = vec![
            ("public-origin", ORIGIN.to_owned()),
            ("authorize-url", provider.authorize_url()),
            ("token-url", provider.token_url()),
            ("client-id", "client".to_owned()),
            ("client-secret-file", path("secret")),
            ("db", path("sessions.db")),
            ("keys-file", path("keys")),
            ("rate-limit", "1000000".to_owned()),
            ("max-connections", "20000".to_owned()),
            ("access-log", path("access.log")),
            ("threads", "1".to_owned()),
        ];
        let cookies = fill(&settings, sessions)?;
        Ok(Self {
            program: program()?,
            folder: folder.to_owned(),
            settings,
            cookies,
        })
    }

    /// Starts the proxy.
    ///
    /// # Errors
    /// Where it does not start.
    pub(crate) fn start(&self) -> io::Result<Server> {
        self.start_on(free_port()?)
    }

    /// What a session's page asks for: `POST /api/token`.
    pub(crate) fn token_request(&self, session: usize) -> Request {
        Request::new("POST", "/api/token", &self.cookies[session])
    }

    fn start_on(&self, port: u16) -> io::Result<Server> {
        let mut command = on_server_core(&self.program);
        command.arg("--listen").arg(format!("127.0.0.1:{port}"));
        for (name, value) in &self.settings {
            command.arg(format!("--{name}")).arg(value);
        }
        Server::start(&mut command, port, &self.folder.join("said"))
    }
}

/// Puts sessions into the database, as logins would. Gives their cookies.
fn fill(settings: &[(&'static str, String)], sessions: usize) -> io::Result<Vec<String>> {
    let given = Settings::gather(settings.iter().cloned(), []);
    let config = Config::from_settings(&given).map_err(io::Error::other)?;
    let (clock, keys) = (Clock::system(), Keys::load(&config.keys_file));
    let keys = keys.map_err(io::Error::other)?;
    let cookies = Cookies::new(
        &config.cookie_name,
        config.store.session_ttl,
        keys.clone(),
        clock.clone(),
    );
    let store = Store::open(&config.store, keys, clock).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut made = Vec::with_capacity(sessions);
        for _ in 0..sessions {
            let id = SessionId::from_bytes(random().map_err(io::Error::other)?);
            let session = NewSession {
                id: id.hash(),
                refresh_token: Secret::new(token(REFRESH_TOKEN)),
                scopes: config.provider.scopes.join(" "),
                replaces: Vec::new(),
            };
            store.insert(session).await.map_err(io::Error::other)?;
            // Its cookie has come back.
            store.touch(id.hash()).await.map_err(io::Error::other)?;
            let set = cookies.set_session(&id);
            let pair = set.to_str().map_err(io::Error::other)?.split(';').next();
            made.push(pair.unwrap_or_default().to_owned());
        }
        store.close().await;
        Ok(made)
    })
}
