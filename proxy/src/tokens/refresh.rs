//! One refresh, from the row to the row.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::cookie::id::IdHash;
use crate::metrics::{Metrics, Refresh};
use crate::provider::{Failure, Grant, Provider};
use crate::secret::Secret;
use crate::store::{Session, Store, StoreError};
use crate::tokens::TokenError;
use crate::tokens::cooling::{Cooling, backoff, wait};
use crate::tokens::memory::{Brought, Flight, Landing, Memory, Uncommitted};

/// What a refresh works with.
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
    /// Refreshes the session's token and tells everybody who waits for it.
    pub(super) async fn run(&self, id: IdHash, flight: Flight) {
        let changes = self.store.outside_changes();
        let before = *changes.borrow();
        let landing = match self.settle(id, flight.uncommitted.clone()).await {
            Ok(()) => self.refresh(id, flight.without_provider.clone()).await,
            Err(landing) => landing,
        };
        self.memory
            .land(&id, flight, landing, self.clock.monotonic());
        // Whoever follows such changes could not see this token before it landed.
        if *changes.borrow() != before {
            self.memory.uncache(&id);
        }
    }

    /// Writes down what an earlier refresh could not.
    async fn settle(&self, id: IdHash, left: Option<Uncommitted>) -> Result<(), Landing> {
        let Some(Uncommitted { old, new }) = left else {
            return Ok(());
        };
        match self.store.rotate(id, old.clone(), new.clone()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.refused_by_store(&error, Some(Uncommitted { old, new }))),
        }
    }

    async fn refresh(
        &self,
        id: IdHash,
        without_provider: Option<Result<Brought, TokenError>>,
    ) -> Landing {
        // Noting the day takes the write lock, so that a database that could not take a rotated
        // token is found out before the provider hands one out.
        if let Err(error) = self.store.touch(id).await {
            return self.refused_by_store(&error, None);
        }
        let old = match self.usable(id).await {
            Ok(session) => match session.refresh_token {
                Some(token) => token,
                None => return Landing::failed(TokenError::Unusable),
            },
            Err(landing) => return landing,
        };
        if let Some(result) = without_provider {
            return Landing::of(result);
        }
        let admitted = self.cooling().admit(self.clock.monotonic());
        if let Err(wait) = admitted {
            return Landing::failed(TokenError::Unavailable(wait));
        }
        let result = self.provider.refresh(&old).await;
        self.note(id, &result);
        match result {
            Ok(grant) => self.granted(id, old, grant).await,
            Err(failure) => self.failed(id, old, failure).await,
        }
    }

    async fn usable(&self, id: IdHash) -> Result<Session, Landing> {
        match self.store.get(id).await {
            Err(error) => Err(self.refused_by_store(&error, None)),
            Ok(None) => Err(Landing::failed(TokenError::Gone)),
            Ok(Some(session)) if session.expired => Err(Landing::failed(TokenError::Unusable)),
            Ok(Some(session)) if session.restricted => Err(Landing::failed(TokenError::Restricted)),
            Ok(Some(session)) => Ok(session),
        }
    }

    async fn granted(&self, id: IdHash, old: Secret, grant: Grant) -> Landing {
        if let Err(landing) = self.commit(id, old, grant.refresh_token).await {
            return landing;
        }
        // The row may have been erased or restricted meanwhile, by a command too.
        match self.usable(id).await {
            Ok(_) => Landing::of(Ok(Brought::Token(grant.access_token, grant.expires_in))),
            Err(landing) => landing,
        }
    }

    async fn failed(&self, id: IdHash, old: Secret, failure: Failure) -> Landing {
        match failure {
            Failure::InvalidGrant => self.void(id, old).await,
            Failure::RateLimited(wish) => Landing::failed(TokenError::Unavailable(wait(wish))),
            Failure::Unavailable(_) => Landing {
                backs_off: true,
                ..Landing::failed(TokenError::Unavailable(backoff(1)))
            },
            Failure::Broken { refresh_token, .. } => {
                match self.commit(id, old, refresh_token).await {
                    Ok(()) => Landing {
                        backs_off: true,
                        ..Landing::failed(TokenError::Broken)
                    },
                    Err(landing) => landing,
                }
            }
        }
    }

    /// The provider says that the token is void: the row goes, if it still holds that token.
    async fn void(&self, id: IdHash, old: Secret) -> Landing {
        match self.store.delete_if(id, old).await {
            Ok(true) => Landing::failed(TokenError::Gone),
            Ok(false) => Landing::failed(TokenError::Unavailable(backoff(1))),
            Err(error) => self.refused_by_store(&error, None),
        }
    }

    /// Writes a rotated token down.
    async fn commit(&self, id: IdHash, old: Secret, new: Option<Secret>) -> Result<(), Landing> {
        let Some(new) = new.filter(|new| *new != old) else {
            return Ok(());
        };
        match self.store.rotate(id, old.clone(), new.clone()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Landing::failed(TokenError::Gone)),
            Err(error) => Err(self.refused_by_store(&error, Some(Uncommitted { old, new }))),
        }
    }

    fn refused_by_store(&self, error: &StoreError, left: Option<Uncommitted>) -> Landing {
        self.metrics.refresh(Refresh::Store);
        if left.is_some() {
            tracing::error!(%error, "a rotated refresh token waits to be written down");
        }
        Landing {
            uncommitted: left,
            ..Landing::failed(TokenError::Store)
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
        self.cooling.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Landing {
    fn of(result: Result<Brought, TokenError>) -> Self {
        Self {
            result,
            uncommitted: None,
            backs_off: false,
        }
    }

    fn failed(error: TokenError) -> Self {
        Self::of(Err(error))
    }
}
