//! What is remembered of one session: as little as can be, since there is one of each. What few
//! have at a time stands apart.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Day;
use crate::secret::Secret;
use crate::tokens::cooling::backoff;
use crate::tokens::{Access, TokenError};

/// Where those who wait for a refresh hear how it ended.
pub(super) type Results = watch::Receiver<Option<Result<Access, TokenError>>>;

/// A token is handed out while it lives longer than this, or than half of its life.
const MARGIN: Duration = Duration::from_secs(120);

#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) token: Option<Cached>,
    /// The row has been changed: it is looked at before the token is handed out again.
    pub(super) is_doubted: bool,
    pub(super) seen_on: Option<Day>,
    work: Option<Box<Work>>,
}

#[derive(Debug)]
pub(super) struct Cached {
    token: Arc<Secret>,
    good_until: Millis,
    dead_at: Millis,
}

/// What a refresh under way, or one that failed, leaves to remember.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) flight: Option<Flying>,
    /// A rotated token that the disk has refused so far.
    pub(super) uncommitted: Option<Uncommitted>,
    pub(super) failures: u32,
    wait_until: Duration,
}

#[derive(Debug)]
pub(super) struct Flying {
    pub(super) results: Results,
    pub(super) overruled: Option<Overruled>,
}

/// What was quicker than a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overruled {
    /// The session's end.
    Gone,
    /// Its restriction.
    Restricted,
}

/// A refresh token that replaces another.
#[derive(Debug, Clone)]
pub(in crate::tokens) struct Uncommitted {
    pub(in crate::tokens) old: Secret,
    pub(in crate::tokens) new: Secret,
}

/// A monotonic time, in half of the room of a [`Duration`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Millis(u64);

impl Entry {
    /// The token, where the row need not be looked at first.
    pub(super) fn access(&self, now: Duration) -> Option<Access> {
        if self.is_doubted || self.flight().is_some() {
            return None;
        }
        self.good_token(now)
    }

    pub(super) fn good_token(&self, now: Duration) -> Option<Access> {
        let cached = self.token.as_ref()?;
        let now = Millis::from(now);
        (now < cached.good_until).then(|| Access {
            token: Arc::clone(&cached.token),
            expires_in: Duration::from_millis(cached.dead_at.0.saturating_sub(now.0)),
        })
    }

    pub(super) fn remember(&mut self, token: Secret, life: Duration, now: Duration) -> Access {
        let token = Arc::new(token);
        let dead_at = now + life;
        self.token = Some(Cached {
            token: Arc::clone(&token),
            good_until: (dead_at - MARGIN.min(life / 2)).into(),
            dead_at: dead_at.into(),
        });
        Access {
            token,
            expires_in: life,
        }
    }

    pub(super) fn work(&self) -> Option<&Work> {
        self.work.as_deref()
    }

    pub(super) fn work_mut(&mut self) -> Option<&mut Work> {
        self.work.as_deref_mut()
    }

    /// Room for work, where there is none yet.
    pub(super) fn begin(&mut self) -> &mut Work {
        self.work.get_or_insert_default()
    }

    pub(super) fn flight(&self) -> Option<&Flying> {
        self.work()?.flight.as_ref()
    }

    /// How long the session has to wait before its next refresh.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        let until = self.work().map(|work| work.wait_until);
        until.unwrap_or_default().saturating_sub(now)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.work().is_some_and(Work::is_busy)
    }

    /// Whether forgetting it loses nothing.
    pub(super) fn is_idle(&self, now: Duration) -> bool {
        self.good_token(now).is_none() && !self.is_busy() && self.wait(now).is_zero()
    }

    /// Gives back the room of work that is done and left nothing.
    pub(super) fn tidy(&mut self, now: Duration) {
        let has_failed = self.work().is_some_and(|work| work.failures > 0);
        if !has_failed && !self.is_busy() && self.wait(now).is_zero() {
            self.work = None;
        }
    }
}

impl Work {
    pub(super) fn back_off(&mut self, now: Duration) {
        self.failures = self.failures.saturating_add(1);
        self.wait_until = now + backoff(self.failures);
    }

    fn is_busy(&self) -> bool {
        self.flight.is_some() || self.uncommitted.is_some()
    }
}

impl From<Duration> for Millis {
    fn from(time: Duration) -> Self {
        Self(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }
}
