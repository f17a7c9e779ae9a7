//! A tiny auth proxy for a static site: OAuth login, token refresh and signed-cookie state.
//!
//! A request goes one way: [`server`] accepts it within limits, [`handlers`] checks it with
//! [`route`] and [`guard`] and answers it with [`cookie`], [`store`], [`tokens`] and [`provider`].
//! A refusal is an [`error`], which [`handlers`] turns into a response. The proxy serves no pages
//! and never sees what visitors listen to.

pub mod access_log;
pub mod admin;
pub mod captcha;
pub mod clock;
pub mod commands;
pub mod config;
pub mod cookie;
pub mod ending;
pub mod error;
pub mod fault;
mod file;
pub mod guard;
pub mod handlers;
pub mod inventory;
pub mod kept;
pub mod keys;
pub mod lines;
mod lock;
pub mod metrics;
pub mod operational_log;
pub mod provider;
pub mod route;
pub mod secret;
pub mod server;
pub mod setup;
pub mod store;
pub mod tasks;
pub mod tokens;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{timeout, timeout_at};

use crate::access_log::AccessLog;
use crate::admin::Admin;
use crate::captcha::Captcha;
use crate::clock::Clock;
use crate::config::{AccessLog as AccessLogTarget, AdminListen, Config};
use crate::cookie::Cookies;
use crate::ending::Ending;
use crate::fault::FileFault;
use crate::guard::Guard;
use crate::guard::exchanges::Exchanges;
use crate::handlers::App;
use crate::keys::Keys;
use crate::keys::file::KeyError;
use crate::metrics::Metrics;
use crate::provider::{ClientError, Provider};
use crate::server::Shared;
use crate::store::Store;
use crate::store::opening::OpenError;
use crate::tasks::Tasks;
use crate::tokens::Tokens;

/// How long the shutdown waits for the database to take what it has refused before.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How often addresses are forgotten whose requests no longer count.
const MINUTE: Duration = Duration::from_secs(60);

/// Why it cannot run.
#[derive(Debug)]
pub enum RunError {
    /// The keys cannot be read.
    Keys(KeyError),
    /// The database cannot be opened.
    Store(OpenError),
    /// Outgoing connections cannot be made.
    Client(ClientError),
    /// The access log cannot be opened.
    AccessLog {
        /// Where it should be.
        target: AccessLogTarget,
        /// Why not.
        fault: FileFault,
    },
    /// The private listener cannot be opened.
    Admin {
        /// Where it should be.
        listen: AdminListen,
        /// Why not.
        error: io::Error,
    },
    /// Signals cannot be waited for.
    Signals(io::Error),
}

/// A proxy that has opened its keys, its database, its log and its private listener, and does not
/// serve yet.
#[derive(Debug)]
pub struct Ready {
    config: Config,
    keys: Keys,
    shared: Arc<Shared>,
    admin: Option<Admin>,
    hangups: Signal,
}

impl Ready {
    /// Opens everything that it needs.
    ///
    /// # Errors
    ///
    /// The first thing that cannot be opened.
    pub async fn open(config: Config) -> Result<Self, RunError> {
        // First, because until then SIGHUP would end the process, and the rest may take a while.
        let hangups = signal(SignalKind::hangup()).map_err(RunError::Signals)?;
        let keys = Keys::load(&config.keys_file).map_err(RunError::Keys)?;
        let shared = shared(&config, keys.clone(), &Clock::system())?;
        let admin = match &config.admin_listen {
            Some(listen) => Some(open_admin(listen).await?),
            None => None,
        };
        Ok(Self {
            config,
            keys,
            shared: Arc::new(shared),
            admin,
            hangups,
        })
    }

    /// Serves on `listener` until `shutdown`, then lets requests under way finish.
    ///
    /// SIGHUP reloads the keys and reopens the access log.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let Self {
            config,
            keys,
            shared,
            admin,
            mut hangups,
        } = self;
        let mut beside = JoinSet::new();
        if let Some(admin) = admin {
            beside.spawn(admin.serve(Arc::clone(&shared)));
        }
        let tokens = shared.app.tokens.clone();
        beside.spawn(async move { tokens.tend().await });
        let guarding = Arc::clone(&shared);
        beside.spawn(async move { forget_paid(&guarding.app).await });
        let reloaded = Arc::clone(&shared);
        beside.spawn(async move {
            while hangups.recv().await.is_some() {
                reload(&keys, &reloaded);
            }
        });
        let most = config.max_connections;
        let deadline =
            server::serve(listener, Arc::clone(&shared), most, config.drain, shutdown).await;
        if timeout_at(deadline, shared.app.tasks.finish())
            .await
            .is_err()
        {
            tracing::error!("some refreshes did not finish in time");
        }
        drop(timeout(LAST_WORDS, shared.app.tokens.commit()).await);
        beside.shutdown().await;
        drop(timeout(LAST_WORDS, shared.app.store.close()).await);
    }
}

/// Opens everything that is needed and serves on `listener` until `shutdown`.
///
/// # Errors
///
/// The first thing that cannot be opened; then no request was answered.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), RunError> {
    Ready::open(config).await?.serve(listener, shutdown).await;
    Ok(())
}

async fn open_admin(listen: &AdminListen) -> Result<Admin, RunError> {
    let admin = Admin::bind(listen).await;
    admin.map_err(|error| RunError::Admin {
        listen: listen.clone(),
        error,
    })
}

fn shared(config: &Config, keys: Keys, clock: &Clock) -> Result<Shared, RunError> {
    let metrics = Arc::new(Metrics::default());
    let store = Store::open(&config.store, keys.clone(), clock.clone()).map_err(RunError::Store)?;
    let provider = Provider::new(config.provider.clone(), config.redirect_uri());
    let provider = Arc::new(provider.map_err(RunError::Client)?);
    let captcha = config
        .recaptcha
        .clone()
        .map(|config| Captcha::new(config, clock.clone()));
    let tasks = Tasks::default();
    let tokens = Tokens::new(
        Arc::clone(&provider),
        store.clone(),
        clock.clone(),
        Arc::clone(&metrics),
        tasks.clone(),
    );
    let log = AccessLog::start(
        &config.access_log,
        config.access_log_keep,
        clock,
        Arc::clone(&metrics),
    );
    let app = App {
        site_origin: config.site_origin.as_str().to_owned(),
        guard: Guard::new(config),
        cookies: Cookies::new(
            &config.cookie_name,
            config.store.session_ttl,
            keys,
            clock.clone(),
        ),
        store,
        tokens,
        provider,
        exchanges: Exchanges::new(config.rate_limit),
        captcha: captcha.transpose().map_err(RunError::Client)?,
        tasks,
        metrics,
        clock: clock.clone(),
    };
    Ok(Shared {
        app: Arc::new(app),
        log: log.map_err(|error| RunError::access_log(&config.access_log, error))?,
    })
}

/// Forgets, every minute, the addresses whose requests no longer count.
async fn forget_paid(app: &App) {
    loop {
        tokio::time::sleep(MINUTE).await;
        let now = app.clock.monotonic();
        app.guard.rates.forget_paid(now);
        app.exchanges.forget_paid(now);
    }
}

fn reload(keys: &Keys, shared: &Shared) {
    match keys.reload() {
        Ok(()) => tracing::info!("keys are read anew"),
        Err(error) => tracing::error!(%error, "the keys stay as they were"),
    }
    shared.log.reopen();
}

impl RunError {
    /// How the program ends because of it.
    #[must_use]
    pub fn ending(&self) -> Ending {
        match self {
            Self::Client(_) | Self::Signals(_) => Ending::Failed,
            Self::Keys(_) | Self::Store(_) | Self::AccessLog { .. } | Self::Admin { .. } => {
                Ending::Unavailable
            }
        }
    }

    fn access_log(target: &AccessLogTarget, error: io::Error) -> Self {
        let fault = match target {
            AccessLogTarget::File(path) => FileFault::of(path, error),
            AccessLogTarget::Stdout | AccessLogTarget::Off => FileFault::Other(error),
        };
        Self::AccessLog {
            target: target.clone(),
            fault,
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Client(error) => error.fmt(f),
            Self::AccessLog { target, fault } => match target {
                AccessLogTarget::File(path) => {
                    write!(
                        f,
                        "access log {}: {fault}; or give `-` or `off`",
                        path.display()
                    )
                }
                AccessLogTarget::Stdout | AccessLogTarget::Off => write!(f, "access log: {fault}"),
            },
            Self::Admin { listen, error } => {
                write!(
                    f,
                    "--admin-listen {listen}: {error}; choose another address or path"
                )
            }
            Self::Signals(error) => write!(f, "cannot wait for signals: {error}"),
        }
    }
}

impl std::error::Error for RunError {}
