//! Decides when the date can be trusted enough to delete what is too old. The date may jump; if the
//! jump is undone in time, nothing has been deleted.

use std::time::Duration;

use crate::clock::{Clock, Day, Timestamp};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
/// How far the date may drift from the monotonic time before it counts as a jump, in seconds.
const STEADY: i64 = 300;
/// How many days may pass without a visitor before the date looks wrong.
const USUAL_ABSENCE: u32 = 2;

/// Watches the date. It is trusted an hour after the start, or a day after the last jump.
#[derive(Debug)]
pub struct Steady {
    /// The monotonic time and the date of the last look.
    seen: (Duration, Timestamp),
    /// From which monotonic time on the date is trusted.
    due: Duration,
}

impl Steady {
    /// Begins to watch.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let now = clock.monotonic();
        Self {
            seen: (now, clock.now()),
            due: now + HOUR,
        }
    }

    /// Waits for a day if the date is long after the `last` day of use: it may have jumped while
    /// this program did not run.
    pub fn doubt(&mut self, last: Day, clock: &Clock) {
        if clock.today() > last.plus(USUAL_ABSENCE) {
            self.postpone(clock);
        }
    }

    /// Looks at the date. Returns by how many seconds it has jumped since the last look, if it has.
    pub fn look(&mut self, clock: &Clock) -> Option<i64> {
        let (now, date) = (clock.monotonic(), clock.now());
        let passed = now.saturating_sub(self.seen.0).as_secs();
        let drift = date
            .since(self.seen.1)
            .saturating_sub(i64::try_from(passed).unwrap_or(i64::MAX));
        self.seen = (now, date);
        let has_jumped = drift.abs() > STEADY;
        if has_jumped {
            self.postpone(clock);
        }
        has_jumped.then_some(drift)
    }

    /// Whether the date could be trusted at the last look.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.seen.0 >= self.due
    }

    /// Waits for a day.
    pub fn postpone(&mut self, clock: &Clock) {
        self.due = clock.monotonic() + DAY;
    }
}
