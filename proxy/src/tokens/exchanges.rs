//! The budget of code exchanges. It is apart from that of refreshes: strangers can make us send
//! worthless codes, and what the provider thinks of those must not reach visitors who are logged
//! in.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::tokens::cooling;

/// One exchange in this time, in the long run.
const COST: Duration = Duration::from_millis(200);
/// How much time's worth may come at once: fifty exchanges.
const BURST: Duration = Duration::from_secs(10);

/// What is left of the budget. Times are monotonic.
#[derive(Debug, Default)]
pub struct Exchanges(Mutex<Spent>);

#[derive(Debug, Default)]
struct Spent {
    paid_at: Duration,
    until: Duration,
}

impl Exchanges {
    /// Whether a code may be sent now; if so, it counts.
    #[must_use]
    pub fn admit(&self, now: Duration) -> bool {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let paid_at = spent.paid_at.max(now);
        if now < spent.until || paid_at - now > BURST - COST {
            return false;
        }
        spent.paid_at = paid_at + COST;
        true
    }

    /// The provider asked to wait.
    pub fn rate_limited(&self, now: Duration, wish: Option<Duration>) {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spent.until = spent.until.max(now + cooling::wait(wish));
    }
}

#[cfg(test)]
mod tests {
    use super::Exchanges;
    use std::time::Duration;

    #[test]
    fn the_budget_is_fifty_and_then_five_a_second() {
        let exchanges = Exchanges::default();
        let now = Duration::from_secs(100);
        assert_eq!((0..60).filter(|_| exchanges.admit(now)).count(), 50);
        let later = now + Duration::from_secs(1);
        assert_eq!((0..60).filter(|_| exchanges.admit(later)).count(), 5);
    }

    #[test]
    fn a_wish_to_wait_is_respected() {
        let exchanges = Exchanges::default();
        exchanges.rate_limited(Duration::ZERO, Some(Duration::from_secs(3)));
        assert!(!exchanges.admit(Duration::from_secs(2)));
        assert!(exchanges.admit(Duration::from_secs(3)));
    }
}
