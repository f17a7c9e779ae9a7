//! One refresh: reads the row, asks the provider, writes the row.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::clock::Clock;
use crate::cookie::id::IdHash;
use crate::lock::lock;
use crate::metrics::{Metrics, Refresh};
use crate::provider::{Failure, Grant, Provider};
use crate::secret::Secret;
use crate::store::database::Change;
use crate::store::{Session, Store, StoreError};
use crate::tokens::TokenError;
use crate::tokens::cooling::{Cooling, backoff, wait};
use crate::tokens::memory::{Memory, Obtained, Outcome, Pending, Plan, Uncommitted};

/// What a refresh needs.
#[derive(Debug)]
pub(super) struct Refresher {
    pub(super) memory: Arc<Memory>,
    pub(super) provider: Arc<Provider>,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) metrics: Arc<Metrics>,
    pub(super) cooling: Mutex<Cooling>,
}

impl Refresher {
    /// Refreshes the session's token and gives the result to everyone who waits for it.
    pub(super) async fn run(&self, id: IdHash, pending: Pending) {
        let changes = self.store.outside_changes();
        let before = *changes.borrow();
        let outcome = match self.settle(id, pending.uncommitted.clone()).await {
            Ok(()) => self.refresh(id, pending.plan).await,
            Err(outcome) => outcome,
        };
        self.memory
            .finish(&id, pending, outcome, self.clock.monotonic());
        // `Tokens::follow` could not check this token before it was in the memory.
        if *changes.borrow() != before {
            self.memory.uncache(&id);
        }
    }

    /// Writes to the database what an earlier refresh could not.
    async fn settle(&self, id: IdHash, left: Option<Uncommitted>) -> Result<(), Outcome> {
        let Some(Uncommitted { old, new }) = left else {
            return Ok(());
        };
        match self.store.rotate(id, old.clone(), new.clone()).await {
            Ok(Change::Made | Change::Gone | Change::Other) => Ok(()),
            Ok(Change::Locked) => Err(Outcome::locked(Uncommitted { old, new })),
            Err(error) => Err(self.refused_by_store(&error, Some(Uncommitted { old, new }))),
        }
    }

    async fn refresh(&self, id: IdHash, plan: Plan) -> Outcome {
        // Noting the day takes the write lock: a database that could not take a rotated token is
        // found out before the provider hands one out.
        if let Err(error) = self.store.touch(id).await {
            return self.refused_by_store(&error, None);
        }
        let old = match self.usable(id).await {
            Ok(session) => match session.refresh_token {
                Some(token) => token,
                None => return Outcome::failed(TokenError::Unusable),
            },
            Err(outcome) => return outcome,
        };
        match plan {
            Plan::AskProvider => {}
            Plan::Reuse => return Outcome::of(Ok(Obtained::Reused)),
            Plan::Wait(wait) => return Outcome::failed(TokenError::Unavailable(wait)),
        }
        let admitted = self.cooling().admit(self.clock.monotonic());
        if let Err(wait) = admitted {
            return Outcome::failed(TokenError::Unavailable(wait));
        }
        let result = self.provider.refresh(&old).await;
        self.note(id, &result);
        match result {
            Ok(grant) => self.granted(id, old, grant).await,
            Err(failure) => self.failed(id, old, failure).await,
        }
    }

    async fn usable(&self, id: IdHash) -> Result<Session, Outcome> {
        match self.store.get(id).await {
            Err(error) => Err(self.refused_by_store(&error, None)),
            Ok(None) => Err(Outcome::failed(TokenError::Gone)),
            Ok(Some(session)) if session.expired => Err(Outcome::failed(TokenError::Unusable)),
            Ok(Some(session)) if session.restricted => Err(Outcome::failed(TokenError::Restricted)),
            Ok(Some(session)) => Ok(session),
        }
    }

    async fn granted(&self, id: IdHash, old: Secret, grant: Grant) -> Outcome {
        if let Err(outcome) = self.commit(id, old, grant.refresh_token).await {
            return outcome;
        }
        // The row may have been erased or restricted since, also by an operator's command.
        match self.usable(id).await {
            Ok(_) => Outcome::of(Ok(Obtained::New(grant.access_token, grant.expires_in))),
            Err(outcome) => outcome,
        }
    }

    async fn failed(&self, id: IdHash, old: Secret, failure: Failure) -> Outcome {
        match failure {
            Failure::InvalidGrant => self.void(id, old).await,
            Failure::RateLimited(wish) => Outcome::failed(TokenError::Unavailable(wait(wish))),
            Failure::Unavailable(_) => Outcome {
                backs_off: true,
                ..Outcome::failed(TokenError::Unavailable(backoff(1)))
            },
            Failure::Broken { refresh_token, .. } => {
                match self.commit(id, old, refresh_token).await {
                    Ok(()) => Outcome {
                        backs_off: true,
                        ..Outcome::failed(TokenError::Broken)
                    },
                    Err(outcome) => outcome,
                }
            }
        }
    }

    /// The provider no longer accepts the token: deletes the row, if it still holds that token.
    async fn void(&self, id: IdHash, old: Secret) -> Outcome {
        match self.store.delete_if(id, old).await {
            Ok(Change::Made | Change::Gone) => Outcome::failed(TokenError::Gone),
            Ok(Change::Other) => Outcome::failed(TokenError::Unavailable(backoff(1))),
            Ok(Change::Locked) => Outcome::failed(TokenError::Unusable),
            Err(error) => self.refused_by_store(&error, None),
        }
    }

    /// Writes a rotated token to the database.
    async fn commit(&self, id: IdHash, old: Secret, new: Option<Secret>) -> Result<(), Outcome> {
        let Some(new) = new.filter(|new| *new != old) else {
            return Ok(());
        };
        match self.store.rotate(id, old.clone(), new.clone()).await {
            Ok(Change::Made) => Ok(()),
            Ok(Change::Gone) => Err(Outcome::failed(TokenError::Gone)),
            Ok(Change::Other) => Err(Outcome::failed(TokenError::Unavailable(backoff(1)))),
            Ok(Change::Locked) => {
                tracing::error!("a rotated refresh token waits for the keys to be reloaded");
                Err(Outcome::locked(Uncommitted { old, new }))
            }
            Err(error) => Err(self.refused_by_store(&error, Some(Uncommitted { old, new }))),
        }
    }

    fn refused_by_store(&self, error: &StoreError, left: Option<Uncommitted>) -> Outcome {
        self.metrics.refresh(Refresh::Store);
        if left.is_some() {
            tracing::error!(%error, "a rotated refresh token waits to be written down");
        }
        Outcome {
            uncommitted: left,
            ..Outcome::failed(TokenError::Store)
        }
    }

    /// Counts the provider's answer, and learns from it.
    fn note(&self, id: IdHash, result: &Result<Grant, Failure>) {
        let now = self.clock.monotonic();
        let end = match result {
            Ok(_) => Refresh::Granted,
            Err(Failure::InvalidGrant) => Refresh::InvalidGrant,
            Err(Failure::RateLimited(_)) => Refresh::RateLimited,
            Err(Failure::Unavailable(_)) => Refresh::Unavailable,
            Err(Failure::Broken { .. }) => Refresh::Broken,
        };
        self.metrics.refresh(end);
        if let Err(failure) = result {
            tracing::warn!(%failure, "a refresh failed");
        }
        let mut cooling = self.cooling();
        match result {
            Ok(_) | Err(Failure::InvalidGrant) => cooling.works(),
            Err(Failure::RateLimited(wish)) => cooling.rate_limited(now, *wish),
            Err(Failure::Unavailable(_) | Failure::Broken { .. }) => cooling.failed(now, id),
        }
    }

    fn cooling(&self) -> MutexGuard<'_, Cooling> {
        lock(&self.cooling)
    }
}

impl Outcome {
    fn of(result: Result<Obtained, TokenError>) -> Self {
        Self {
            result,
            uncommitted: None,
            backs_off: false,
        }
    }

    fn failed(error: TokenError) -> Self {
        Self::of(Err(error))
    }

    /// A command has sealed the row with a key that has yet to be read here.
    fn locked(left: Uncommitted) -> Self {
        Self {
            uncommitted: Some(left),
            ..Self::failed(TokenError::Unusable)
        }
    }
}
