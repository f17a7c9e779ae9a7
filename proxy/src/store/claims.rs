//! Remembers which login attempts have been used, each of which may be used once. This memory is
//! limited in size and time; a successful attempt also leaves a row in the database.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use crate::cookie::id::IdHash;

/// How long a claim is remembered: twice as long as an attempt is valid.
const LIFE: Duration = Duration::from_secs(1200);
/// How many login attempts are remembered. A flood by strangers makes us forget the oldest ones.
const MOST_CLAIMS: usize = 100_000;

/// The login attempts that have been used.
#[derive(Debug, Default)]
pub(super) struct Claims {
    order: VecDeque<(IdHash, Duration)>,
    taken: BTreeSet<IdHash>,
}

impl Claims {
    /// Marks `id` as used; false if it was used before.
    pub(super) fn take(&mut self, id: IdHash, now: Duration) -> bool {
        if self.order.len() >= MOST_CLAIMS {
            self.forget_oldest();
        }
        let fresh = self.taken.insert(id);
        if fresh {
            self.order.push_back((id, now));
        }
        fresh
    }

    pub(super) fn forget_old(&mut self, now: Duration) {
        let is_old = |(_, at): &(IdHash, Duration)| now.saturating_sub(*at) > LIFE;
        while self.order.front().is_some_and(is_old) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((oldest, _)) = self.order.pop_front() {
            self.taken.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Claims, LIFE, MOST_CLAIMS};
    use crate::cookie::id::IdHash;
    use std::time::Duration;

    fn id(number: usize) -> IdHash {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        IdHash::from_bytes(bytes)
    }

    #[test]
    fn a_login_attempt_is_forgotten_in_time_also_where_no_other_comes() {
        let mut claims = Claims::default();
        assert!(claims.take(id(1), Duration::ZERO));
        claims.forget_old(LIFE);
        assert!(!claims.take(id(1), LIFE));
        claims.forget_old(LIFE + Duration::from_secs(1));
        assert!(claims.taken.is_empty() && claims.order.is_empty());
    }

    #[test]
    fn a_flood_of_login_attempts_takes_bounded_memory() {
        let mut claims = Claims::default();
        for number in 0..MOST_CLAIMS + 10 {
            assert!(claims.take(id(number), Duration::ZERO));
        }
        assert_eq!(claims.taken.len(), MOST_CLAIMS);
        assert!(!claims.take(id(MOST_CLAIMS + 9), Duration::ZERO));
    }
}
