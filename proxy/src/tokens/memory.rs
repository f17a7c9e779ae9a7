//! What is remembered of each session, in a table of bounded size. Every lock is held for a few
//! instructions and never while something is waited for.

mod entry;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Day;
use crate::cookie::id::IdHash;
use crate::secret::Secret;
use crate::tokens::cooling::backoff;
pub(super) use crate::tokens::memory::entry::Uncommitted;
use crate::tokens::memory::entry::{Entry, Flying, Overruled, Results};
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
    /// The result where the row allows the use of its token and the provider is not to be asked.
    pub(super) without_provider: Option<Result<Brought, TokenError>>,
}

/// What a refresh brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Brought {
    /// An access token and its life.
    Token(Secret, Duration),
    /// Nothing new: what is remembered may be used.
    Leave,
}

/// How a refresh ended.
pub(super) struct Landing {
    /// What it brought, or why it brought nothing.
    pub(super) result: Result<Brought, TokenError>,
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
        if let Some(flight) = entry.flight()
            && flight.results.has_changed().is_ok()
        {
            return Ask::Join(flight.results.clone());
        }
        let wait = entry.wait(now);
        if !wait.is_zero() && !entry.is_doubted {
            return Ask::BackOff(wait);
        }
        let without_provider = if entry.good_token(now).is_some() {
            Some(Ok(Brought::Leave))
        } else {
            (!wait.is_zero()).then_some(Err(TokenError::Unavailable(wait)))
        };
        let (publisher, results) = watch::channel(None);
        // Whoever changes the row from now on doubts it again.
        entry.is_doubted = false;
        let work = entry.begin();
        work.flight = Some(Flying {
            results: results.clone(),
            overruled: None,
        });
        let flight = Flight {
            publisher,
            uncommitted: work.uncommitted.clone(),
            without_provider,
        };
        Ask::Start(flight, results)
    }

    /// Ends a refresh: remembers what it brought, unless the session's end was quicker, and tells
    /// everybody who waits; not the token where the session's restriction was.
    pub(super) fn land(&self, id: &IdHash, flight: Flight, landing: Landing, now: Duration) {
        let mut shard = self.shard(id);
        let entry = shard.entry(*id).or_default();
        let work = entry.begin();
        let overruled = work.flight.take().and_then(|flying| flying.overruled);
        work.uncommitted = landing.uncommitted;
        let result = match (overruled, landing.result) {
            (Some(Overruled::Gone), _) => Err(TokenError::Gone),
            (Some(Overruled::Restricted), Ok(brought)) => {
                entry.receive(brought, now).and(Err(TokenError::Restricted))
            }
            (None, Ok(brought)) => entry.receive(brought, now),
            (_, Err(error)) => Err(error),
        };
        match result {
            Ok(_) => {}
            Err(TokenError::Gone) => entry.token = None,
            Err(TokenError::Restricted) => entry.is_doubted = true,
            Err(_) => entry.is_doubted |= entry.good_token(now).is_some(),
        }
        if landing.backs_off {
            entry.begin().back_off(now);
        } else if flight.without_provider.is_none() {
            entry.begin().failures = 0;
        }
        entry.tidy(now);
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
        match &mut work.flight {
            Some(flight) => flight.overruled = Some(Overruled::Gone),
            None => drop(shard.remove(id)),
        }
    }

    /// Notes that the session was restricted, or that this was lifted. The token stays, or whoever
    /// changes their mind all the time would make us ask the provider as often; and it is not
    /// trusted, since of two changes at a time the row alone knows which was the last.
    pub(super) fn restrict(&self, id: &IdHash, restricted: bool) {
        let mut shard = self.shard(id);
        let Some(entry) = shard.get_mut(id) else {
            return;
        };
        entry.is_doubted = true;
        let flight = entry.work_mut().and_then(|work| work.flight.as_mut());
        if let Some(flight) = flight
            && flight.overruled != Some(Overruled::Gone)
        {
            flight.overruled = restricted.then_some(Overruled::Restricted);
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
        self.ids(|entry| entry.work().is_some_and(|work| work.uncommitted.is_some()))
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
    fn receive(&mut self, brought: Brought, now: Duration) -> Result<Access, TokenError> {
        match brought {
            Brought::Token(token, life) => Ok(self.remember(token, life, now)),
            // It may have been forgotten, or have become too old, meanwhile.
            Brought::Leave => self
                .good_token(now)
                .ok_or(TokenError::Unavailable(backoff(1))),
        }
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

#[cfg(test)]
mod tests {
    use super::{Ask, Brought, Flight, Landing, Memory};
    use crate::cookie::id::IdHash;
    use crate::secret::Secret;
    use crate::tokens::TokenError;
    use std::time::Duration;

    const NOW: Duration = Duration::from_secs(1000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn id() -> IdHash {
        IdHash::from_bytes([7; 32])
    }

    fn start(memory: &Memory) -> Flight {
        match memory.ask(id(), NOW) {
            Ask::Start(flight, _) => flight,
            _ => panic!("nobody has to be asked"),
        }
    }

    fn land(memory: &Memory, flight: Flight, result: Result<Brought, TokenError>) {
        let landing = Landing {
            backs_off: result == Err(TokenError::Broken),
            result,
            uncommitted: None,
        };
        memory.land(&id(), flight, landing, NOW);
    }

    #[test]
    fn a_toggled_restriction_does_not_shorten_the_wait_after_a_failure() {
        let memory = Memory::default();
        land(&memory, start(&memory), Err(TokenError::Broken));
        assert!(matches!(memory.ask(id(), NOW), Ask::BackOff(_)));
        for restricted in [true, false] {
            memory.restrict(&id(), restricted);
            let wait = Err(TokenError::Unavailable(Duration::from_secs(1)));
            // The row is looked at; the provider is not asked.
            let flight = start(&memory);
            assert_eq!(flight.without_provider, Some(wait.clone()));
            let ends = if restricted {
                Err(TokenError::Restricted)
            } else {
                wait
            };
            land(&memory, flight, ends);
        }
        assert!(matches!(memory.ask(id(), NOW), Ask::BackOff(_)));
    }

    #[test]
    fn a_restriction_during_a_refresh_withholds_its_token_until_the_row_was_looked_at() {
        let memory = Memory::default();
        let flight = start(&memory);
        memory.restrict(&id(), true);
        let results = match memory.ask(id(), NOW) {
            Ask::Join(results) => results,
            _ => panic!("a refresh is under way"),
        };
        let token = Secret::new("token".to_owned());
        land(&memory, flight, Ok(Brought::Token(token, HOUR)));
        let told = results.borrow().clone().expect("a result");
        assert_eq!(told.expect_err("refused"), TokenError::Restricted);
        memory.restrict(&id(), false);
        let flight = start(&memory);
        assert_eq!(flight.without_provider, Some(Ok(Brought::Leave)));
        land(&memory, flight, Ok(Brought::Leave));
        assert!(matches!(memory.ask(id(), NOW), Ask::Remembered(_)));
    }
}
