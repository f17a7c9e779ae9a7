//! When a date can be trusted to delete by: what outlives the process ends by the wall clock, and
//! a wall clock may jump. A jump that is undone in time destroys nothing.

use std::time::Duration;

use crate::clock::{Clock, Day, Timestamp};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
/// How far the date may drift from the monotonic time before it counts as a jump, in seconds.
const STEADY: i64 = 300;
/// How many days without a visitor are nothing unusual.
const USUAL_ABSENCE: u32 = 2;

/// Watches the date. After a start it has to have run true for an hour, after a jump for a day.
#[derive(Debug)]
pub struct Steady {
    /// When the date was looked at last, by both clocks.
    seen: (Duration, Timestamp),
    /// When the date may be deleted by, by the monotonic clock.
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

    /// Waits for a day where nobody has been here since long before today, as the date tells it:
    /// it may have jumped while nothing ran.
    pub fn doubt(&mut self, last: Day, clock: &Clock) {
        if clock.today() > last.plus(USUAL_ABSENCE) {
            self.postpone(clock);
        }
    }

    /// Looks at the date; by how many seconds it has jumped since it was looked at last, if it
    /// has.
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

    /// Whether the date, when it was looked at last, could be trusted.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.seen.0 >= self.due
    }

    /// Waits for a day.
    pub fn postpone(&mut self, clock: &Clock) {
        self.due = clock.monotonic() + DAY;
    }
}
