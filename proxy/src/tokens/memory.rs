//! What is remembered of each session, in a table of bounded size. Every lock is held for a few
//! instructions and never while something is waited for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Day;
use crate::cookie::id::IdHash;
use crate::secret::Secret;
use crate::tokens::cooling::backoff;
use crate::tokens::{Access, Forget, Remembered, TokenError};

type Results = watch::Receiver<Option<Result<Access, TokenError>>>;
type Publisher = watch::Sender<Option<Result<Access, TokenError>>>;

const SHARDS: usize = 16;
/// How many sessions a shard remembers; 262,144 in all.
const SESSIONS_A_SHARD: usize = 16_384;
/// A token is handed out while it lives longer than this, or than half of its life.
const MARGIN: Duration = Duration::from_secs(120);

/// All that is remembered.
#[derive(Debug, Default)]
pub(super) struct Memory {
    shards: [Mutex<HashMap<IdHash, Entry>>; SHARDS],
}

#[derive(Debug, Default)]
struct Entry {
    token: Option<Cached>,
    seen_on: Option<Day>,
    flight: Option<Flying>,
    /// A rotated token that the disk has refused so far.
    uncommitted: Option<Uncommitted>,
    failures: u32,
    wait_until: Duration,
}

#[derive(Debug)]
struct Cached {
    token: Arc<Secret>,
    good_until: Duration,
    dead_at: Duration,
}

#[derive(Debug)]
struct Flying {
    results: Results,
    overruled: Option<Forget>,
}

/// A refresh token that replaces another.
#[derive(Debug, Clone)]
pub(super) struct Uncommitted {
    pub(super) old: Secret,
    pub(super) new: Secret,
}

/// What to do for somebody who asks for a token.
pub(super) enum Ask {
    Remembered(Access),
    BackOff(Duration),
    Join(Results),
    Start(Flight, Results),
}

/// A refresh under way; whoever waits is told when it lands or is dropped.
pub(super) struct Flight {
    publisher: Publisher,
    /// What an earlier one could not write down.
    pub(super) uncommitted: Option<Uncommitted>,
}

/// How a refresh ended.
pub(super) struct Landing {
    /// The access token and its life, or why there is none.
    pub(super) result: Result<(Secret, Duration), TokenError>,
    /// What could not be written down.
    pub(super) uncommitted: Option<Uncommitted>,
    /// Whether the session has to wait before its next refresh.
    pub(super) backs_off: bool,
}

impl Memory {
    pub(super) fn remembered(&self, id: &IdHash, now: Duration, today: Day) -> Option<Remembered> {
        let mut shard = self.shard(id);
        let entry = shard.get_mut(id)?;
        let access = entry.access(now)?;
        let is_first_today = entry.seen_on.replace(today) != Some(today);
        Some(Remembered {
            access,
            is_first_today,
        })
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
        if let Some(flight) = &entry.flight
            && flight.results.has_changed().is_ok()
        {
            return Ask::Join(flight.results.clone());
        }
        if now < entry.wait_until {
            return Ask::BackOff(entry.wait_until - now);
        }
        let (publisher, results) = watch::channel(None);
        entry.flight = Some(Flying {
            results: results.clone(),
            overruled: None,
        });
        let uncommitted = entry.uncommitted.clone();
        let flight = Flight {
            publisher,
            uncommitted,
        };
        Ask::Start(flight, results)
    }

    /// Ends a refresh: remembers what it brought, unless the session's end or its restriction was
    /// quicker, and tells everybody who waits.
    pub(super) fn land(&self, id: &IdHash, flight: Flight, landing: Landing, now: Duration) {
        let mut shard = self.shard(id);
        let entry = shard.entry(*id).or_default();
        let overruled = entry.flight.take().and_then(|flying| flying.overruled);
        entry.uncommitted = landing.uncommitted;
        let result = match (overruled, landing.result) {
            (Some(Forget::Gone), _) => Err(TokenError::Gone),
            (Some(Forget::Restricted), Ok(_)) => Err(TokenError::Restricted),
            (_, Ok((token, life))) => Ok(entry.remember(token, life, now)),
            (_, Err(error)) => Err(error),
        };
        entry.failures = if landing.backs_off {
            entry.failures.saturating_add(1)
        } else {
            0
        };
        if landing.backs_off {
            entry.wait_until = now + backoff(entry.failures);
        }
        if entry.is_idle(now) {
            shard.remove(id);
        }
        drop(shard);
        flight.publisher.send_replace(Some(result));
    }

    pub(super) fn insert(&self, id: IdHash, token: Secret, life: Duration, now: Duration) {
        let mut shard = self.shard(&id);
        if shard.len() >= SESSIONS_A_SHARD {
            make_room(&mut shard, now);
        }
        shard.entry(id).or_default().remember(token, life, now);
    }

    pub(super) fn forget(&self, id: &IdHash, why: Forget) {
        let mut shard = self.shard(id);
        let Some(entry) = shard.get_mut(id) else {
            return;
        };
        entry.token = None;
        if why == Forget::Gone {
            entry.uncommitted = None;
        }
        match &mut entry.flight {
            Some(flight) => flight.overruled = Some(why),
            None if entry.uncommitted.is_none() => drop(shard.remove(id)),
            None => {}
        }
    }

    pub(super) fn lift(&self, id: &IdHash) {
        let mut shard = self.shard(id);
        let flight = shard.get_mut(id).and_then(|entry| entry.flight.as_mut());
        if let Some(flight) = flight
            && flight.overruled == Some(Forget::Restricted)
        {
            flight.overruled = None;
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

    /// The sessions whose refresh token the disk has refused.
    pub(super) fn uncommitted(&self) -> Vec<IdHash> {
        self.ids(|entry| entry.uncommitted.is_some())
    }

    /// Forgets what is of no more use.
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
    fn access(&self, now: Duration) -> Option<Access> {
        let cached = self.token.as_ref()?;
        (now < cached.good_until).then(|| Access {
            token: Arc::clone(&cached.token),
            expires_in: cached.dead_at - now,
        })
    }

    fn remember(&mut self, token: Secret, life: Duration, now: Duration) -> Access {
        let token = Arc::new(token);
        let dead_at = now + life;
        self.token = Some(Cached {
            token: Arc::clone(&token),
            good_until: dead_at - MARGIN.min(life / 2),
            dead_at,
        });
        Access {
            token,
            expires_in: life,
        }
    }

    /// Whether forgetting it loses nothing.
    fn is_idle(&self, now: Duration) -> bool {
        let is_good = self
            .token
            .as_ref()
            .is_some_and(|token| now < token.good_until);
        !is_good && !self.is_busy() && now >= self.wait_until
    }

    fn is_busy(&self) -> bool {
        self.flight.is_some() || self.uncommitted.is_some()
    }
}

fn make_room(shard: &mut HashMap<IdHash, Entry>, now: Duration) {
    let idle = shard.iter().find(|(_, entry)| entry.is_idle(now));
    // Hashes are in no order that anybody can choose: the first is as good as any.
    let idle = idle.or_else(|| shard.iter().find(|(_, entry)| !entry.is_busy()));
    if let Some(id) = idle.map(|(id, _)| *id) {
        shard.remove(&id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
