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
use crate::config::{AccessLog as Target, AdminListen, Config};
use crate::cookie::Cookies;
use crate::fault::FileFault;
use crate::guard::Guard;
use crate::guard::exchanges::Exchanges;
use crate::handlers::App;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::provider::Provider;
use crate::server::Shared;
use crate::setup::{Setup, StartError};
use crate::store::Store;
use crate::tasks::Tasks;
use crate::tokens::Tokens;

/// How long the shutdown waits for the database to take what it has refused before.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How often addresses are forgotten whose requests no longer count.
const MINUTE: Duration = Duration::from_secs(60);

/// A proxy that has opened its database, its log and its private listener, and does not serve yet.
#[derive(Debug)]
pub struct Ready {
    config: Config,
    keys: Keys,
    shared: Arc<Shared>,
    admin: Option<Admin>,
    hangups: Signal,
}

impl Ready {
    /// Opens what `setup` names. All times and dates come from `clock`.
    ///
    /// # Errors
    ///
    /// The first thing that cannot be opened.
    pub async fn open(setup: Setup, clock: Clock) -> Result<Self, StartError> {
        // First, because until then SIGHUP would end the process, and the rest may take a while.
        let hangups = signal(SignalKind::hangup()).map_err(StartError::Signals)?;
        let Setup { config, ring, .. } = setup;
        let keys = Keys::new(config.keys_file.clone(), ring);
        let shared = shared(&config, keys.clone(), &clock)?;
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

/// Opens what `setup` names and serves on `listener` until `shutdown`, with the machine's clock.
///
/// # Errors
///
/// The first thing that cannot be opened; then no request was answered.
pub async fn run(
    listener: TcpListener,
    setup: Setup,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let ready = Ready::open(setup, Clock::system()).await?;
    ready.serve(listener, shutdown).await;
    Ok(())
}

async fn open_admin(listen: &AdminListen) -> Result<Admin, StartError> {
    let admin = Admin::bind(listen).await;
    admin.map_err(|error| StartError::Admin {
        listen: listen.clone(),
        error,
    })
}

fn shared(config: &Config, keys: Keys, clock: &Clock) -> Result<Shared, StartError> {
    let metrics = Arc::new(Metrics::default());
    let store = Store::open(&config.store, keys.clone(), clock.clone())?;
    let provider = Provider::new(config.provider.clone(), config.redirect_uri())?;
    let provider = Arc::new(provider);
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
        site_origin: config.site_origin.clone(),
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
        captcha: captcha.transpose()?,
        tasks,
        metrics,
        clock: clock.clone(),
    };
    Ok(Shared {
        app: Arc::new(app),
        log: log.map_err(|error| no_log(&config.access_log, error))?,
    })
}

fn no_log(target: &Target, error: io::Error) -> StartError {
    let fault = match target {
        Target::File(path) => FileFault::of(path, error),
        Target::Stdout | Target::Off => FileFault::Other(error),
    };
    StartError::AccessLog {
        target: target.clone(),
        fault,
    }
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
