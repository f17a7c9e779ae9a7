//! Access tokens in memory, and at most one refresh at a time per session.
//!
//! A refresh is a task of its own: everyone who asks meanwhile waits for its result, and it goes on
//! when they leave. A rotated refresh token is on the disk before anyone is answered; if the disk
//! refuses it, it is kept here and written later. A logout or a restriction overrides a refresh
//! that is under way. Times are monotonic, so that a jump of the date does not change a token's
//! life.

pub mod cooling;
mod memory;
mod refresh;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time;

use crate::clock::Clock;
use crate::cookie::id::IdHash;
use crate::kept::{Basis, Kept};
use crate::metrics::Metrics;
use crate::provider::{Grant, Provider};
use crate::secret::Secret;
use crate::store::{Store, StoreError};
use crate::tasks::Tasks;
use crate::tokens::cooling::Cooling;
use crate::tokens::memory::{Ask, Memory};
use crate::tokens::refresh::Refresher;

/// How often old tokens are forgotten and refused writes are tried again.
const ROUND: Duration = Duration::from_secs(5);

/// What is kept in memory about a session, and why it may be.
pub const KEPT: [Kept; 1] = [Kept {
    field: "access_token",
    purpose: "is handed to your pages again instead of asking the provider each time",
    form: "until shortly before it expires, an hour at most",
    basis: Basis::Policy(
        "This is necessary to grant you a new temporary token from Spotify, which is used for authentication to Spotify",
    ),
}];

/// An access token on its way to the visitor.
#[derive(Debug, Clone)]
pub struct Access {
    /// The token.
    pub token: Arc<Secret>,
    /// How long it still lives.
    pub expires_in: Duration,
}

/// Why there is no access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// There is no such session, or no longer.
    Gone,
    /// It has expired, or none of the keys opens its token. Both may be an operator's mistake (a
    /// wrong date, a missing key), so nothing is deleted.
    Unusable,
    /// Its visitor has restricted it.
    Restricted,
    /// The provider cannot answer; come back after this time.
    Unavailable(Duration),
    /// The provider's answer made no sense.
    Broken,
    /// The database cannot answer.
    Store,
}

/// A token from memory.
#[derive(Debug)]
pub struct Remembered {
    /// The token.
    pub access: Access,
    /// Whether this is the session's first request today, which the database has to note.
    pub is_first_today: bool,
}

/// All access tokens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tokens {
    memory: Arc<Memory>,
    refresher: Arc<Refresher>,
    store: Store,
    clock: Clock,
    tasks: Tasks,
}

impl Tokens {
    /// An empty memory. Refreshes run as `tasks`.
    #[must_use]
    pub fn new(
        provider: Arc<Provider>,
        store: Store,
        clock: Clock,
        metrics: Arc<Metrics>,
        tasks: Tasks,
    ) -> Self {
        let memory = Arc::new(Memory::default());
        let refresher = Refresher {
            memory: Arc::clone(&memory),
            provider,
            store: store.clone(),
            clock: clock.clone(),
            metrics,
            cooling: Mutex::new(Cooling::default()),
        };
        Self {
            memory,
            refresher: Arc::new(refresher),
            store,
            clock,
            tasks,
        }
    }

    /// The session's token, if it is in memory and good for a while. No I/O, no waiting.
    ///
    /// Only one request a day is told that it is the session's first. If it cannot note the day in
    /// the database, it has to call [`Tokens::unsee`].
    #[must_use]
    pub fn recall(&self, id: &IdHash) -> Option<Remembered> {
        self.memory
            .recall(id, self.clock.monotonic(), self.clock.today())
    }

    /// Takes back that the session was seen today: its next request is the first one again.
    pub fn unsee(&self, id: &IdHash) {
        self.memory.unsee(id);
    }

    /// The session's token, from memory or from a refresh.
    ///
    /// # Errors
    ///
    /// [`TokenError`]
    pub async fn get(&self, id: IdHash) -> Result<Access, TokenError> {
        match self.memory.ask(id, self.clock.monotonic()) {
            Ask::Remembered(access) => Ok(access),
            Ask::Wait(wait) => Err(TokenError::Unavailable(wait)),
            Ask::Join(results) => wait_for(results).await,
            Ask::Start(pending, results) => {
                let refresher = Arc::clone(&self.refresher);
                // If too many tasks run already, `pending` is dropped and those who wait are told
                // so.
                drop(
                    self.tasks
                        .spawn(async move { refresher.run(id, pending).await }),
                );
                wait_for(results).await
            }
        }
    }

    /// Remembers what a login has brought.
    pub fn insert(&self, id: IdHash, grant: &Grant) {
        let now = self.clock.monotonic();
        self.memory
            .insert(id, grant.access_token.clone(), grant.expires_in, now);
    }

    /// Erases the session, first in the database, then in memory; false if there was none. The
    /// result of a refresh under way is handed to nobody.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn erase(&self, id: IdHash) -> Result<bool, StoreError> {
        let tokens = self.clone();
        self.finished(async move {
            let erased = tokens.store.delete(id).await?;
            tokens.memory.forget(&id);
            Ok(erased)
        })
        .await
    }

    /// Restricts the session or lifts the restriction. Returns whether that changed anything, or
    /// `None` if there is no such session. Its token is not handed out again before its row has
    /// been read, and the result of a refresh under way is not handed out while the session is
    /// restricted.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn restrict(&self, id: IdHash, restricted: bool) -> Result<Option<bool>, StoreError> {
        let tokens = self.clone();
        self.finished(async move {
            let changed = tokens.store.set_restricted(id, restricted).await?;
            match changed {
                Some(_) => tokens.memory.restrict(&id, restricted),
                None => tokens.memory.forget(&id),
            }
            Ok(changed)
        })
        .await
    }

    /// Forgets the tokens of a session whose row is gone, and the result of a refresh under way.
    pub fn forget(&self, id: &IdHash) {
        self.memory.forget(id);
    }

    /// Runs until it is dropped: forgets tokens whose rows a command or a purge has changed,
    /// forgets old tokens, and tries again to write what the disk refused.
    pub async fn tend(&self) {
        let mut changes = self.store.outside_changes();
        let mut rounds = time::interval(ROUND);
        loop {
            tokio::select! {
                changed = changes.changed() => match changed {
                    Ok(()) => self.follow().await,
                    Err(_) => return,
                },
                _ = rounds.tick() => {
                    self.memory.sweep(self.clock.monotonic());
                    self.commit().await;
                }
            }
        }
    }

    /// Tries once more to write what the disk refused.
    pub async fn commit(&self) {
        for id in self.memory.uncommitted() {
            drop(self.get(id).await);
        }
    }

    /// Finishes `work` even if the client leaves. Otherwise the row could be changed and the memory
    /// not.
    async fn finished<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let task = self.tasks.spawn(work).ok_or(StoreError::Busy)?;
        task.await.unwrap_or(Err(StoreError::Stopped))
    }

    async fn follow(&self) {
        let mut known = self.memory.known();
        known.sort_unstable();
        for ids in known.chunks(1000) {
            let Ok(mut usable) = self.store.usable(ids.to_vec()).await else {
                // They cannot be checked, so they are forgotten.
                ids.iter().for_each(|id| self.memory.uncache(id));
                continue;
            };
            usable.sort_unstable();
            for id in ids.iter().filter(|id| usable.binary_search(id).is_err()) {
                // It is gone or restricted; the next refresh reads the row and finds out which.
                self.memory.uncache(id);
            }
        }
    }
}

async fn wait_for(
    mut results: watch::Receiver<Option<Result<Access, TokenError>>>,
) -> Result<Access, TokenError> {
    match results.wait_for(Option::is_some).await {
        Ok(result) => result.clone().unwrap_or(Err(TokenError::Broken)),
        // The task was never started, or it panicked; the next one may succeed.
        Err(_) => Err(TokenError::Unavailable(cooling::backoff(1))),
    }
}
