//! What is remembered of each session, in a table of bounded size. Every lock is held for a few
//! instructions and never across an `.await`.

mod entry;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Day;
use crate::cookie::id::IdHash;
use crate::lock::lock;
use crate::secret::Secret;
use crate::tokens::cooling::backoff;
pub(super) use crate::tokens::memory::entry::Uncommitted;
use crate::tokens::memory::entry::{Entry, Meanwhile, Results, Work};
use crate::tokens::{Access, Remembered, TokenError};

type Publisher = watch::Sender<Option<Result<Access, TokenError>>>;

const SHARDS: usize = 16;
/// How many sessions a shard remembers; 262,144 in all.
const SESSIONS_A_SHARD: usize = 16_384;

/// All that is remembered.
#[derive(Debug, Default)]
pub(super) struct Memory {
    shards: [Mutex<HashMap<IdHash, Entry>>; SHARDS],
}

/// What to do for somebody who asks for a token.
pub(super) enum Ask {
    /// Here it is.
    Remembered(Access),
    /// Tell them to come back after this time: a refresh has failed a moment ago.
    Wait(Duration),
    /// Wait for the refresh that is under way.
    Join(Results),
    /// Start this refresh and wait for it.
    Start(Pending, Results),
}

/// A refresh to be run and then given to [`Memory::finish`]. Where it is dropped instead, those
/// who wait for it learn that there will be no result.
pub(super) struct Pending {
    publisher: Publisher,
    /// What an earlier refresh could not write to the database.
    pub(super) uncommitted: Option<Uncommitted>,
    pub(super) plan: Plan,
}

/// What to do once the row has been read and allows the use of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Ask the provider for an access token.
    AskProvider,
    /// Use the access token in memory: only the row was in question.
    Reuse,
    /// Refuse for this long: the provider has failed this session a moment ago.
    Wait(Duration),
}

/// The access token that a refresh ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Obtained {
    /// A new one, and how long it lives.
    New(Secret, Duration),
    /// The one in memory.
    Reused,
}

/// How a refresh ended.
pub(super) struct Outcome {
    pub(super) result: Result<Obtained, TokenError>,
    /// What could not be written to the database.
    pub(super) uncommitted: Option<Uncommitted>,
    /// Whether the session has to wait before its next refresh.
    pub(super) backs_off: bool,
}

impl Memory {
    /// The session's token. Says "first today" to one request a day and session, so that of many at
    /// once only that one writes to the database; where it fails to, [`Memory::unsee`] takes it back.
    pub(super) fn recall(&self, id: &IdHash, now: Duration, today: Day) -> Option<Remembered> {
        let mut shard = self.shard(id);
        let entry = shard.get_mut(id)?;
        let access = entry.access(now)?;
        let is_first_today = entry.seen_on.replace(today) != Some(today);
        Some(Remembered {
            access,
            is_first_today,
        })
    }

    /// Makes the session's next request the first of its day again.
    pub(super) fn unsee(&self, id: &IdHash) {
        if let Some(entry) = self.shard(id).get_mut(id) {
            entry.seen_on = None;
        }
    }

    pub(super) fn ask(&self, id: IdHash, now: Duration) -> Ask {
        let mut shard = self.shard(&id);
        if shard.len() >= SESSIONS_A_SHARD && !shard.contains_key(&id) {
            make_room(&mut shard, now);
        }
        let entry = shard.entry(id).or_default();
        if let Some(access) = entry.access(now) {
            return Ask::Remembered(access);
        }
        if let Some(refresh) = entry.refresh() {
            return Ask::Join(refresh.results.clone());
        }
        let wait = entry.wait(now);
        if !wait.is_zero() && !entry.must_check_row {
            return Ask::Wait(wait);
        }
        let plan = if entry.good_token(now).is_some() {
            Plan::Reuse
        } else if wait.is_zero() {
            Plan::AskProvider
        } else {
            Plan::Wait(wait)
        };
        let (publisher, results) = watch::channel(None);
        // This refresh reads the row; whoever changes it from now on sets this again.
        entry.must_check_row = false;
        let work = entry.begin();
        work.begin_refresh(results.clone());
        let pending = Pending {
            publisher,
            uncommitted: work.uncommitted.clone(),
            plan,
        };
        Ask::Start(pending, results)
    }

    /// Ends a refresh: remembers its token and gives everybody who waits its result. A session that
    /// was erased meanwhile gets no token; one that was restricted keeps it and hands it to nobody.
    pub(super) fn finish(&self, id: &IdHash, pending: Pending, outcome: Outcome, now: Duration) {
        let mut shard = self.shard(id);
        let entry = shard.entry(*id).or_default();
        let work = entry.begin();
        let meanwhile = work.end_refresh();
        work.uncommitted = outcome.uncommitted;
        let result = match (meanwhile, outcome.result) {
            (Some(Meanwhile::Erased), _) => Err(TokenError::Gone),
            (Some(Meanwhile::Restricted), Ok(obtained)) => {
                entry.take(obtained, now).and(Err(TokenError::Restricted))
            }
            (None, Ok(obtained)) => entry.take(obtained, now),
            (_, Err(error)) => Err(error),
        };
        match result {
            Ok(_) => {}
            Err(TokenError::Gone) => entry.token = None,
            Err(TokenError::Restricted) => entry.must_check_row = true,
            Err(_) => entry.must_check_row |= entry.good_token(now).is_some(),
        }
        if outcome.backs_off {
            entry.begin().back_off(now);
        } else if pending.plan == Plan::AskProvider {
            entry.begin().failures = 0;
        }
        entry.tidy(now);
        if entry.is_idle(now) {
            shard.remove(id);
        }
        drop(shard);
        pending.publisher.send_replace(Some(result));
    }

    pub(super) fn insert(&self, id: IdHash, token: Secret, life: Duration, now: Duration) {
        let mut shard = self.shard(&id);
        if shard.len() >= SESSIONS_A_SHARD {
            make_room(&mut shard, now);
        }
        shard.entry(id).or_default().remember(token, life, now);
    }

    pub(super) fn forget(&self, id: &IdHash) {
        let mut shard = self.shard(id);
        let Some(entry) = shard.get_mut(id) else {
            return;
        };
        entry.token = None;
        let Some(work) = entry.work_mut() else {
            return drop(shard.remove(id));
        };
        work.uncommitted = None;
        match work.refresh_mut() {
            Some(refresh) => refresh.meanwhile = Some(Meanwhile::Erased),
            None => drop(shard.remove(id)),
        }
    }

    /// Notes that the session was restricted, or that its restriction was lifted.
    ///
    /// The token stays in memory: otherwise a visitor who toggles the restriction would make us ask
    /// the provider each time. It is not handed out until the row has been read, because of two
    /// changes at once only the row knows which came last.
    pub(super) fn restrict(&self, id: &IdHash, restricted: bool) {
        let mut shard = self.shard(id);
        let Some(entry) = shard.get_mut(id) else {
            return;
        };
        entry.must_check_row = true;
        let refresh = entry.work_mut().and_then(Work::refresh_mut);
        if let Some(refresh) = refresh
            && refresh.meanwhile != Some(Meanwhile::Erased)
        {
            refresh.meanwhile = restricted.then_some(Meanwhile::Restricted);
        }
    }

    /// Forgets the access token alone.
    pub(super) fn uncache(&self, id: &IdHash) {
        if let Some(entry) = self.shard(id).get_mut(id) {
            entry.token = None;
        }
    }

    /// The sessions whose access token is remembered.
    pub(super) fn known(&self) -> Vec<IdHash> {
        self.ids(|entry| entry.token.is_some())
    }

    /// The sessions with a refresh token that the database has not taken yet.
    pub(super) fn uncommitted(&self) -> Vec<IdHash> {
        self.ids(|entry| entry.work().is_some_and(|work| work.uncommitted.is_some()))
    }

    /// Forgets what is no longer of use.
    pub(super) fn sweep(&self, now: Duration) {
        for shard in &self.shards {
            lock(shard).retain(|_, entry| !entry.is_idle(now));
        }
    }

    fn ids(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<IdHash> {
        let of_shard = |shard: &Mutex<HashMap<IdHash, Entry>>| -> Vec<IdHash> {
            let shard = lock(shard);
            let found = shard.iter().filter(|(_, entry)| wanted(entry));
            found.map(|(id, _)| *id).collect()
        };
        self.shards.iter().flat_map(of_shard).collect()
    }

    fn shard(&self, id: &IdHash) -> MutexGuard<'_, HashMap<IdHash, Entry>> {
        lock(&self.shards[usize::from(id.bytes()[0]) % SHARDS])
    }
}

impl Entry {
    fn take(&mut self, obtained: Obtained, now: Duration) -> Result<Access, TokenError> {
        match obtained {
            Obtained::New(token, life) => Ok(self.remember(token, life, now)),
            // It may have been forgotten or have become too old since the refresh began.
            Obtained::Reused => self
                .good_token(now)
                .ok_or(TokenError::Unavailable(backoff(1))),
        }
    }
}

fn make_room(shard: &mut HashMap<IdHash, Entry>, now: Duration) {
    let idle = shard.iter().find(|(_, entry)| entry.is_idle(now));
    // Nobody can choose the order of hashes: the first that can go is as good as any.
    let idle = idle.or_else(|| shard.iter().find(|(_, entry)| !entry.is_busy()));
    if let Some(id) = idle.map(|(id, _)| *id) {
        shard.remove(&id);
    }
}

#[cfg(test)]
mod tests;
