//! Which login attempts have had their one use. A memory of bounded size and time; what a success
//! leaves for good is its row.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use crate::cookie::id::IdHash;

const HOUR: Duration = Duration::from_secs(3600);
/// How many login attempts are remembered; a stranger's flood can only push out old ones.
const MOST_CLAIMS: usize = 100_000;

/// The login attempts that have had their one use.
#[derive(Debug, Default)]
pub(super) struct Claims {
    order: VecDeque<(IdHash, Duration)>,
    taken: BTreeSet<IdHash>,
}

impl Claims {
    /// Whether `id` was still to be had. An attempt is good for minutes, so an hour's memory is
    /// enough.
    pub(super) fn take(&mut self, id: IdHash, now: Duration) -> bool {
        while let Some((old, at)) = self.order.front().copied()
            && (now.saturating_sub(at) > HOUR || self.order.len() >= MOST_CLAIMS)
        {
            self.taken.remove(&old);
            self.order.pop_front();
        }
        let fresh = self.taken.insert(id);
        if fresh {
            self.order.push_back((id, now));
        }
        fresh
    }
}
