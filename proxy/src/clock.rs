//! The time. Code that needs it is handed a [`Clock`], so that a test can let a year pass, or let the
//! date jump while no time passes.
//!
//! The date is for what outlives the process (rows and cookies). The monotonic time is for what does
//! not (cached tokens, waits); it is not affected when the date jumps. It goes on while the machine
//! sleeps, because the provider's tokens expire meanwhile.

pub mod steady;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

const SECONDS_A_DAY: i64 = 86_400;

/// Tells the time. Cheap to clone; all clones tell the same time.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System { started: Duration },
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    wall: AtomicI64,
    monotonic: AtomicU64,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System {
            started: since_boot(),
        })
    }

    /// A clock that stands still at `now` until its [`Hands`] are moved.
    #[must_use]
    pub fn manual(now: Timestamp) -> (Self, Hands) {
        let manual = Arc::new(Manual {
            wall: AtomicI64::new(now.0),
            monotonic: AtomicU64::new(0),
        });
        (Self(Source::Manual(Arc::clone(&manual))), Hands(manual))
    }

    /// The date and time of the machine, which may be wrong.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System { .. } => Timestamp(system_seconds()),
            Source::Manual(manual) => Timestamp(manual.wall.load(Ordering::Relaxed)),
        }
    }

    /// Today's date, in UTC.
    #[must_use]
    pub fn today(&self) -> Day {
        self.now().day()
    }

    /// The time since some fixed moment of this process; it never goes back.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { started } => since_boot().saturating_sub(*started),
            Source::Manual(manual) => {
                Duration::from_millis(manual.monotonic.load(Ordering::Relaxed))
            }
        }
    }
}

/// Moves a manual [`Clock`].
#[derive(Debug, Clone)]
pub struct Hands(Arc<Manual>);

impl Hands {
    /// Lets `time` pass.
    pub fn advance(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.0.monotonic.fetch_add(millis, Ordering::Relaxed);
        self.jump(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
    }

    /// Changes the date by `seconds`, either way, while no time passes.
    pub fn jump(&self, seconds: i64) {
        self.0.wall.fetch_add(seconds, Ordering::Relaxed);
    }
}

/// A moment, in seconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// Its date, in UTC.
    #[must_use]
    pub fn day(self) -> Day {
        Day(self.0.div_euclid(SECONDS_A_DAY))
    }

    /// Hour, minute and second of its day, in UTC.
    #[must_use]
    pub fn time_of_day(self) -> (u8, u8, u8) {
        let second = self.0.rem_euclid(SECONDS_A_DAY);
        let part = |number: i64| u8::try_from(number).unwrap_or(0);
        (
            part(second / 3600),
            part(second / 60 % 60),
            part(second % 60),
        )
    }

    /// Reads a moment in UTC as RFC 3339 writes it, `2026-11-24T04:52:00Z`, with or without
    /// fractions of a second, which are dropped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let mut parts = time.split(':').map(|part| {
            let is_pair = part.len() == 2 && is_number(part);
            is_pair.then(|| part.parse::<i64>().ok()).flatten()
        });
        let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
        // 60 is a leap second.
        let is_time = hour < 24 && minute < 60 && second <= 60 && parts.next().is_none();
        if !is_time || fraction.is_empty() || !is_number(fraction) {
            return None;
        }
        let day = Day::parse(day)?.number();
        Some(Self(
            day * SECONDS_A_DAY + hour * 3600 + minute * 60 + second,
        ))
    }

    /// How many seconds it is later than `earlier`; negative when it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// As RFC 3339 writes it: `2026-11-24T04:52:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = self.time_of_day();
        let day = self.day();
        write!(f, "{day}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// A date in UTC, printed as `2026-11-24`.
///
/// Rows carry days, never times: a time could be joined with a line of the access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// From days since 1970-01-01.
    #[must_use]
    pub fn from_number(days: i64) -> Self {
        Self(days)
    }

    /// Reads a date as it is printed, `2026-11-24`; `None` if there is no such date.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let part = |from, to| text.get(from..to)?.parse::<i64>().ok();
        let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
        // As in `civil`: years begin on 1 March.
        let year = year - i64::from(month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let read = Self(era * 146_097 + day_of_era - 719_468);
        (read.to_string() == text).then_some(read)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }

    /// The day `days` later.
    #[must_use]
    pub fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(i64::from(days)))
    }

    /// Year, month (1 to 12) and day of the month (1 to 31), in the Gregorian calendar.
    #[must_use]
    pub fn civil(self) -> (i64, u8, u8) {
        // Counted in eras of 400 years that begin on 1 March, so that a leap day comes last.
        let shifted = self.0.saturating_add(719_468);
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |number: i64| u8::try_from(number).unwrap_or(0);
        (year, small(month), small(day))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// `CLOCK_BOOTTIME`, where there is one (clock_gettime(2)): `Instant` stands still while the machine
/// sleeps.
fn since_boot() -> Duration {
    #[cfg(target_os = "linux")]
    let clock = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = ClockId::Monotonic;
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// A date before 1970, which only a wrong clock shows, counts as 1970.
fn system_seconds() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Clock, Day, Timestamp};
    use std::time::Duration;

    #[test]
    fn days_print_as_dates() {
        for (number, date) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_781, "2026-11-24"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Day::from_number(number).to_string(), date);
        }
    }

    #[test]
    fn dates_are_read_as_they_print_and_no_others() {
        for number in [-1, 0, 58, 59, 60, 11_016, 11_017, 20_781, 47_540, 47_541] {
            let day = Day::from_number(number);
            assert_eq!(Day::parse(&day.to_string()), Some(day));
        }
        for text in [
            "2026-13-45",
            "2026-02-29",
            "2026-04-31",
            "2026-00-01",
            "2026-01-00",
            "2026-1-1",
            "+026-01-01",
            "2026-11-24 ",
            "2026/11/24",
            "today",
            "",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_has_a_date_and_a_time() {
        let moment = Timestamp::from_seconds(1_795_490_923);
        assert_eq!(moment.day().to_string(), "2026-11-24");
        assert_eq!(moment.time_of_day(), (3, 28, 43));
        assert_eq!(Timestamp::from_seconds(-1).day().to_string(), "1969-12-31");
    }

    #[test]
    fn moments_are_read_as_they_print() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-24T03:28:43Z", 1_795_490_923),
        ] {
            let moment = Timestamp::from_seconds(seconds);
            assert_eq!(Timestamp::parse(text), Some(moment));
            assert_eq!(moment.to_string(), text);
        }
        assert_eq!(
            Timestamp::parse("2026-11-24T03:28:43.123Z"),
            Some(Timestamp::from_seconds(1_795_490_923))
        );
    }

    #[test]
    fn what_no_clock_shows_is_no_moment() {
        for text in [
            "",
            "yesterday",
            "2026-11-24T04:52:01",
            "2026-11-24 04:52:01Z",
            "2026-00-24T04:52:01Z",
            "2026-02-30T04:52:01Z",
            "2026-11-24T24:00:00Z",
            "2026-11-24T04:60:00Z",
            "2026-11-24T04:52Z",
            "2026-11-24T04:52:01:02Z",
            "2026-11-24T+4:52:01Z",
            "2026-11-24T04:52:01.Z",
            "2026-11-24T04:52:01.-1Z",
            "2026-11-24T04:52:01+01:00",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_jump_moves_the_date_and_not_the_monotonic_time() {
        let (clock, hands) = Clock::manual(Timestamp::from_seconds(1000));
        hands.jump(-500);
        assert_eq!(clock.now().seconds(), 500);
        assert_eq!(clock.monotonic(), Duration::ZERO);
        hands.advance(Duration::from_secs(7));
        assert_eq!(clock.now().seconds(), 507);
        assert_eq!(clock.monotonic(), Duration::from_secs(7));
    }
}
