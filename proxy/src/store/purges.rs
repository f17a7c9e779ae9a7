//! When sessions past their time are erased: daily, and only by a date that can be trusted.

use std::time::Duration;

use crate::clock::{Clock, Day, Timestamp};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
/// How far the date may drift from the monotonic time before it counts as a jump, in seconds.
const STEADY: i64 = 300;
/// How many days without a visitor are nothing unusual.
const USUAL_ABSENCE: u32 = 2;

/// Decides when a purge may trust the date. After a start it has to have run true for an hour,
/// after a jump for a day, so that a jump which is undone in time destroys nothing.
#[derive(Debug)]
pub(super) struct PurgeClock {
    /// When the date was looked at last, by both clocks.
    seen: (Duration, Timestamp),
    /// When the next purge is due, by the monotonic clock.
    due: Duration,
}

impl PurgeClock {
    pub(super) fn new(clock: &Clock) -> Self {
        let now = clock.monotonic();
        Self {
            seen: (now, clock.now()),
            due: now + HOUR,
        }
    }

    /// Waits for a day where nobody has been here since long before today, as the date tells it:
    /// it may have jumped while nothing ran.
    pub(super) fn doubt(&mut self, last: Day, clock: &Clock) {
        if clock.today() > last.plus(USUAL_ABSENCE) {
            self.due = clock.monotonic() + DAY;
        }
    }

    pub(super) fn is_due(&mut self, clock: &Clock) -> bool {
        let (now, date) = (clock.monotonic(), clock.now());
        let passed = now.saturating_sub(self.seen.0).as_secs();
        let drift = date
            .since(self.seen.1)
            .saturating_sub(i64::try_from(passed).unwrap_or(i64::MAX));
        self.seen = (now, date);
        if drift.abs() > STEADY {
            tracing::warn!(
                seconds = drift,
                "the date has jumped; purges wait for a day"
            );
            self.due = now + DAY;
        }
        now >= self.due
    }

    pub(super) fn done(&mut self, clock: &Clock) {
        self.due = clock.monotonic() + DAY;
    }
}
