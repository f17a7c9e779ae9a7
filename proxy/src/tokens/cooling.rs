//! When not to ask the provider: after it has told us to wait, and while it fails for everyone.
//!
//! A failure of one session does not delay the others. Only when the provider rate-limits a
//! refresh, or fails for several sessions in a row, do all sessions wait; then one refresh at a
//! time probes whether it works again.

use std::time::Duration;

use crate::cookie::id::IdHash;

/// How many different sessions have to fail, without a success between, before all sessions wait.
const SEVERAL: usize = 3;
/// How long to wait when the provider does not say.
const USUAL_WAIT: Duration = Duration::from_secs(5);
/// The longest time that the provider can make us wait.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// The longest time that failures make us wait.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);
/// After this time a probe without a result counts as lost. Every request ends sooner.
const PROBE: Duration = Duration::from_secs(30);
/// When to come back while another refresh is probing.
const SOON: Duration = Duration::from_secs(1);

/// How long to wait after this many failures in a row: 1, 2, 4 … 60 seconds.
#[must_use]
pub fn backoff(failures: u32) -> Duration {
    let seconds = 1_u64 << failures.saturating_sub(1).min(6);
    Duration::from_secs(seconds).min(LONGEST_BACKOFF)
}

/// How long to wait when the provider has asked for `wish`.
#[must_use]
pub fn wait(wish: Option<Duration>) -> Duration {
    wish.unwrap_or(USUAL_WAIT).clamp(SOON, LONGEST_WAIT)
}

/// What the last refreshes have shown about the provider. Times are monotonic.
#[derive(Debug, Default)]
pub struct Cooling {
    until: Duration,
    failing: Vec<IdHash>,
    rounds: u32,
    probe_since: Option<Duration>,
}

impl Cooling {
    /// Whether a refresh may be sent now.
    ///
    /// # Errors
    ///
    /// How long to wait.
    pub fn admit(&mut self, now: Duration) -> Result<(), Duration> {
        if now < self.until {
            return Err(self.until - now);
        }
        if self.rounds == 0 {
            return Ok(());
        }
        if self.probe_since.is_some_and(|since| now < since + PROBE) {
            return Err(SOON);
        }
        self.probe_since = Some(now);
        Ok(())
    }

    /// The provider has answered as it should.
    pub fn works(&mut self) {
        self.failing.clear();
        self.rounds = 0;
        self.probe_since = None;
    }

    /// The provider asked to wait.
    pub fn rate_limited(&mut self, now: Duration, wish: Option<Duration>) {
        self.probe_since = None;
        self.until = self.until.max(now + wait(wish));
    }

    /// The provider failed this session.
    pub fn failed(&mut self, now: Duration, id: IdHash) {
        self.probe_since = None;
        if self.failing.len() < SEVERAL && !self.failing.contains(&id) {
            self.failing.push(id);
        }
        if self.failing.len() == SEVERAL && now >= self.until {
            self.rounds += 1;
            self.until = now + backoff(self.rounds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cooling, backoff, wait};
    use crate::cookie::id::IdHash;
    use std::time::Duration;

    const START: Duration = Duration::from_secs(1000);

    fn session(number: u8) -> IdHash {
        IdHash::from_bytes([number; 32])
    }

    fn after(seconds: u64) -> Duration {
        START + Duration::from_secs(seconds)
    }

    #[test]
    fn waits_grow_up_to_a_minute() {
        let seconds: Vec<u64> = (0..9).map(|failures| backoff(failures).as_secs()).collect();
        assert_eq!(seconds, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_wish_to_wait_is_capped() {
        assert_eq!(wait(None).as_secs(), 5);
        assert_eq!(wait(Some(Duration::ZERO)).as_secs(), 1);
        assert_eq!(wait(Some(Duration::MAX)).as_secs(), 300);
    }

    #[test]
    fn one_sessions_failures_stop_nobody_else() {
        let mut cooling = Cooling::default();
        for _ in 0..100 {
            cooling.failed(START, session(1));
        }
        cooling.failed(START, session(2));
        assert!(cooling.admit(START).is_ok());
    }

    #[test]
    fn failures_of_several_stop_everybody_but_one_probe_at_a_time() {
        let mut cooling = Cooling::default();
        for number in 0..3 {
            cooling.failed(START, session(number));
        }
        assert_eq!(cooling.admit(START), Err(Duration::from_secs(1)));
        assert!(cooling.admit(after(1)).is_ok());
        assert!(cooling.admit(after(1)).is_err());
        cooling.failed(after(2), session(9));
        assert_eq!(cooling.admit(after(2)), Err(Duration::from_secs(2)));
        assert!(cooling.admit(after(4)).is_ok());
        cooling.works();
        assert!(cooling.admit(after(4)).is_ok());
        assert!(cooling.admit(after(4)).is_ok());
    }

    #[test]
    fn a_lost_probe_does_not_stop_everybody_for_ever() {
        let mut cooling = Cooling::default();
        for number in 0..3 {
            cooling.failed(START, session(number));
        }
        assert!(cooling.admit(after(1)).is_ok());
        assert!(cooling.admit(after(30)).is_err());
        assert!(cooling.admit(after(31)).is_ok());
    }

    #[test]
    fn a_success_between_failures_starts_the_count_again() {
        let mut cooling = Cooling::default();
        for number in 0..10 {
            cooling.failed(START, session(number));
            cooling.works();
        }
        assert!(cooling.admit(START).is_ok());
    }

    #[test]
    fn a_rate_limit_stops_everybody_for_as_long_as_it_says() {
        let mut cooling = Cooling::default();
        cooling.rate_limited(START, Some(Duration::from_secs(7)));
        cooling.rate_limited(START, Some(Duration::from_secs(2)));
        assert_eq!(cooling.admit(START), Err(Duration::from_secs(7)));
        assert!(cooling.admit(after(7)).is_ok());
    }
}
