//! Sessions in SQLite. One thread owns the connection; everyone else sends it work through a
//! bounded queue, so that a slow disk leads to "busy" and not to ever more memory.
//!
//! When a method returns without an error, its change is on the disk.

mod claims;
pub mod database;
pub mod opening;
mod sealed;
mod upkeep;
mod worker;

use std::fmt;
use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;

use tokio::sync::{Semaphore, oneshot, watch};

use crate::clock::{Clock, Day};
use crate::config::StoreConfig;
use crate::cookie::id::IdHash;
use crate::fault::FileFault;
use crate::kept::{Basis, Kept};
use crate::keys::{Keys, NoRandomness};
use crate::secret::Secret;
use crate::store::database::{Change, Database};
use crate::store::opening::{OpenError, OpenReason};
use crate::store::worker::{Job, Worker};

/// How many pieces of work may wait.
const QUEUE: usize = 1024;
/// How many changes of restrictions may wait: the one write that who is logged in can ask for
/// without end leaves room for everybody else's work.
const RESTRICTIONS: usize = 64;

/// Every column of the table of sessions, and why it may be kept.
pub const KEPT: [Kept; 6] = [
    Kept {
        field: "id_hash",
        purpose: "finds your session when your browser shows its cookie",
        form: "SHA-256 of the cookie's unique ID, which itself is not stored",
        basis: Basis::Policy(
            "State is a unique ID, which allows us to serve you the correct account credential.",
        ),
    },
    Kept {
        field: "refresh_token",
        purpose: "gets a short-lived access token when one of your pages needs it, and nothing else",
        form: "sealed with XChaCha20-Poly1305",
        basis: Basis::Policy(
            "This is necessary to grant you a new temporary token from Spotify, which is used for authentication to Spotify",
        ),
    },
    Kept {
        field: "scopes",
        purpose: "tells which permissions you granted",
        form: "as the provider names them",
        basis: Basis::Exception(
            "the refresh token comes with them, and you have a right to know what it allows",
        ),
    },
    Kept {
        field: "authorized_on",
        purpose: "ends the session when it is too old",
        form: "a date without a time, so that it cannot be matched with the log",
        basis: Basis::Exception("without it nothing could be deleted in time"),
    },
    Kept {
        field: "last_used_on",
        purpose: "ends the session when it has not been used for long",
        form: "a date without a time, so that it cannot be matched with the log",
        basis: Basis::Exception("without it nothing could be deleted in time"),
    },
    Kept {
        field: "restricted",
        purpose: "remembers that you asked us not to use your token",
        form: "yes or no",
        basis: Basis::Exception(
            "your right to restrict processing needs a place where the restriction is kept",
        ),
    },
];

/// What the thread remembers of logins, and forgets when it ends.
pub const REMEMBERED: [Kept; 1] = [Kept {
    field: "login_attempt",
    purpose: "makes each login attempt work once",
    form: "a hash of its random secret, for twenty minutes",
    basis: Basis::Exception("without it a login could be replayed"),
}];

/// A session to be added; its dates are today.
#[derive(Debug)]
pub struct NewSession {
    /// The hash of its id.
    pub id: IdHash,
    /// The provider's refresh token.
    pub refresh_token: Secret,
    /// The scopes that were granted, separated by spaces.
    pub scopes: String,
    /// The sessions that it takes the place of, restriction included.
    pub replaces: Vec<IdHash>,
}

/// What is stored about a session.
#[derive(Debug)]
pub struct Session {
    /// The provider's refresh token; `None` if none of the keys opens it.
    pub refresh_token: Option<Secret>,
    /// The scopes that were granted, separated by spaces.
    pub scopes: String,
    /// When the visitor logged in.
    pub authorized_on: Day,
    /// When it was used last; `None` until its cookie has come back once.
    pub last_used_on: Option<Day>,
    /// The last day of its life.
    pub expires_on: Day,
    /// Whether that day has passed. Today's date may be wrong, so the session is refused, not
    /// deleted.
    pub expired: bool,
    /// Whether its token must not be used.
    pub restricted: bool,
}

/// How many sessions there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub sessions: u64,
    /// Those that are restricted.
    pub restricted: u64,
}

/// Why the store could not answer. The row is unchanged, or the change was made.
#[derive(Debug)]
pub enum StoreError {
    /// Too much work is waiting.
    Busy,
    /// The thread has ended.
    Stopped,
    /// SQLite has failed.
    Sqlite(rusqlite::Error),
    /// The database could not be opened again after a failure.
    Open(OpenError),
    /// The database is damaged.
    Damaged,
    /// A token could not be sealed.
    Seal(NoRandomness),
}

/// Sends work to the thread that owns the database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    jobs: SyncSender<Job>,
    restrictions: Arc<Semaphore>,
    outside: watch::Receiver<u64>,
    /// Held until the store is closed, or until the last clone is dropped.
    lock: Arc<File>,
}

impl Store {
    /// Opens the database for `serve`, of which only one may use it, and starts the thread.
    ///
    /// # Errors
    ///
    /// If the database cannot be opened or another `serve` uses it.
    pub fn open(config: &StoreConfig, keys: Keys, clock: Clock) -> Result<Self, OpenError> {
        opening::foresee(&config.path)?;
        // The lock is named after the database's real path, so that links do not lead to a second
        // one.
        let config = StoreConfig {
            path: opening::settle(&config.path)?,
            ..config.clone()
        };
        let lock = opening::lock_beside(&config.path)?;
        let database = Database::open(&config)?;
        let (jobs, queue) = sync_channel(QUEUE);
        let (announce, outside) = watch::channel(0);
        let path = config.path.clone();
        let worker = Worker::new(config, database, keys, clock, announce);
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || worker.run(&queue))
            .map_err(|error| OpenError {
                path,
                reason: OpenReason::File(FileFault::Other(error)),
            })?;
        Ok(Self {
            jobs,
            restrictions: Arc::new(Semaphore::new(RESTRICTIONS)),
            outside,
            lock: Arc::new(lock),
        })
    }

    /// Claims a login attempt, which can be used once: true for the first claim, and only if no
    /// session has come of the attempt. The claim counts whatever comes of it.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn claim(&self, id: IdHash) -> Result<bool, StoreError> {
        self.call(move |worker| worker.claim(id)).await
    }

    /// Adds a session, in one transaction with the end of those it replaces.
    ///
    /// # Errors
    ///
    /// [`StoreError`], also if there is a session with this id.
    pub async fn insert(&self, session: NewSession) -> Result<(), StoreError> {
        self.call(move |worker| worker.insert(&session)).await
    }

    /// What is stored about a session, if there is one.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn get(&self, id: IdHash) -> Result<Option<Session>, StoreError> {
        self.call(move |worker| {
            let (ring, today) = (worker.ring(), worker.today());
            worker.database()?.get(&ring, &id, today)
        })
        .await
    }

    /// Notes that the session was used today. Writes at most once a day.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn touch(&self, id: IdHash) -> Result<(), StoreError> {
        self.call(move |worker| worker.touch(&id)).await
    }

    /// Replaces the refresh token `old` by `new`.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn rotate(&self, id: IdHash, old: Secret, new: Secret) -> Result<Change, StoreError> {
        self.call(move |worker| {
            let ring = worker.ring();
            worker.database()?.rotate(&ring, &id, &old, &new)
        })
        .await
    }

    /// Erases the session if it still holds `token`.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn delete_if(&self, id: IdHash, token: Secret) -> Result<Change, StoreError> {
        self.call(move |worker| worker.delete_if(&id, &token)).await
    }

    /// Erases the session; false if there was none.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn delete(&self, id: IdHash) -> Result<bool, StoreError> {
        self.call(move |worker| worker.delete(&id)).await
    }

    /// Restricts the session or lifts the restriction. Returns whether that changed anything, or
    /// `None` if there is no such session.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn set_restricted(
        &self,
        id: IdHash,
        restricted: bool,
    ) -> Result<Option<bool>, StoreError> {
        let place = Arc::clone(&self.restrictions).try_acquire_owned();
        let place = place.map_err(|_| StoreError::Busy)?;
        self.call(move |worker| {
            let changed = worker.database()?.set_restricted(&id, restricted);
            drop(place);
            changed
        })
        .await
    }

    /// Whether the database can be written now.
    ///
    /// # Errors
    ///
    /// [`StoreError`], which says why not.
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.call(Worker::probe).await
    }

    /// How many sessions there are.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.call(|worker| worker.database()?.counts()).await
    }

    /// Those of `ids` that exist and are not restricted.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn usable(&self, ids: Vec<IdHash>) -> Result<Vec<IdHash>, StoreError> {
        self.call(move |worker| worker.database()?.usable(ids))
            .await
    }

    /// Changes whenever an operator's command or the daily purge has changed rows. What is
    /// remembered of any row then has to be checked with [`Store::usable`].
    #[must_use]
    pub fn outside_changes(&self) -> watch::Receiver<u64> {
        self.outside.clone()
    }

    /// Closes the database and releases its lock. Later calls are refused.
    pub async fn close(&self) {
        let closed = self.call(|worker| {
            worker.close();
            Ok(())
        });
        if let Err(error) = closed.await {
            tracing::warn!(%error, "the database was not closed");
            return;
        }
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the database's lock was not released");
        }
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |worker| {
            let result = work(worker);
            if let Err(error) = &result {
                worker.fail(error);
            }
            // If the client has left, nobody takes the answer; the work is done nevertheless.
            drop(answer.send(result));
        });
        self.jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Stopped,
        })?;
        answered.await.unwrap_or(Err(StoreError::Stopped))
    }
}

impl std::error::Error for StoreError {}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too much work is waiting for the database"),
            Self::Stopped => f.write_str("the database thread has ended"),
            Self::Sqlite(error) => write!(f, "database: {error}"),
            Self::Open(error) => error.fmt(f),
            Self::Damaged => f.write_str("the database is damaged"),
            Self::Seal(error) => error.fmt(f),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<NoRandomness> for StoreError {
    fn from(error: NoRandomness) -> Self {
        Self::Seal(error)
    }
}

#[cfg(test)]
mod tests;
