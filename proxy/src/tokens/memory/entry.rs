//! What is remembered of one session. There may be hundreds of thousands of entries, so each is as
//! small as it can be: what only a few sessions have at a time is boxed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Day;
use crate::secret::Secret;
use crate::tokens::cooling::backoff;
use crate::tokens::{Access, TokenError};

/// Where those who wait for a refresh get its result.
pub(super) type Results = watch::Receiver<Option<Result<Access, TokenError>>>;

/// A token is handed out while more than this is left of its life, or more than half of a short
/// one.
const MARGIN: Duration = Duration::from_secs(120);

#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) token: Option<Cached>,
    /// The row has changed: it is read again before the token is handed out.
    pub(super) must_check_row: bool,
    /// The day of the last request that the row was told of.
    pub(super) seen_on: Option<Day>,
    work: Option<Box<Work>>,
}

#[derive(Debug)]
pub(super) struct Cached {
    token: Arc<Secret>,
    good_until: Millis,
    expires_at: Millis,
}

/// What there is to remember of a refresh that is under way or has failed.
#[derive(Debug, Default)]
pub(super) struct Work {
    refresh: Option<UnderWay>,
    /// A rotated refresh token that the database has not taken yet.
    pub(super) uncommitted: Option<Uncommitted>,
    pub(super) failures: u32,
    wait_until: Duration,
}

/// A refresh under way, as seen by those who wait for it.
#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) results: Results,
    pub(super) meanwhile: Option<Meanwhile>,
}

/// What has happened to the session since its refresh began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meanwhile {
    Erased,
    Restricted,
}

/// A refresh token that replaces another.
#[derive(Debug, Clone)]
pub(in crate::tokens) struct Uncommitted {
    pub(in crate::tokens) old: Secret,
    pub(in crate::tokens) new: Secret,
}

/// A monotonic time, in half of the bytes of a [`Duration`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Millis(u64);

impl Entry {
    /// The token, unless the row has to be read first.
    pub(super) fn access(&self, now: Duration) -> Option<Access> {
        if self.must_check_row || self.refresh().is_some() {
            return None;
        }
        self.good_token(now)
    }

    pub(super) fn good_token(&self, now: Duration) -> Option<Access> {
        let cached = self.token.as_ref()?;
        let now = Millis::from(now);
        (now < cached.good_until).then(|| Access {
            token: Arc::clone(&cached.token),
            expires_in: Duration::from_millis(cached.expires_at.0.saturating_sub(now.0)),
        })
    }

    pub(super) fn remember(&mut self, token: Secret, life: Duration, now: Duration) -> Access {
        let token = Arc::new(token);
        let expires_at = now + life;
        self.token = Some(Cached {
            token: Arc::clone(&token),
            good_until: (expires_at - MARGIN.min(life / 2)).into(),
            expires_at: expires_at.into(),
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

    /// The record of a refresh; an empty one where there was none.
    pub(super) fn begin(&mut self) -> &mut Work {
        self.work.get_or_insert_default()
    }

    pub(super) fn refresh(&self) -> Option<&UnderWay> {
        self.work()?.refresh()
    }

    /// How long the session has to wait before its next refresh.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        let until = self.work().map(|work| work.wait_until);
        until.unwrap_or_default().saturating_sub(now)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.work().is_some_and(Work::is_busy)
    }

    /// Whether nothing is lost when it is forgotten.
    pub(super) fn is_idle(&self, now: Duration) -> bool {
        self.good_token(now).is_none() && !self.is_busy() && self.wait(now).is_zero()
    }

    /// Drops the record of a refresh that has ended and left nothing to remember.
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

    pub(super) fn begin_refresh(&mut self, results: Results) {
        self.refresh = Some(UnderWay {
            results,
            meanwhile: None,
        });
    }

    pub(super) fn end_refresh(&mut self) -> Option<Meanwhile> {
        self.refresh.take()?.meanwhile
    }

    pub(super) fn refresh_mut(&mut self) -> Option<&mut UnderWay> {
        self.refresh.as_mut().filter(|refresh| refresh.goes_on())
    }

    fn refresh(&self) -> Option<&UnderWay> {
        self.refresh.as_ref().filter(|refresh| refresh.goes_on())
    }

    fn is_busy(&self) -> bool {
        self.refresh().is_some() || self.uncommitted.is_some()
    }
}

impl UnderWay {
    /// False where its task found no place or has panicked: nobody will end it.
    fn goes_on(&self) -> bool {
        self.results.has_changed().is_ok()
    }
}

impl From<Duration> for Millis {
    fn from(time: Duration) -> Self {
        Self(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }
}
