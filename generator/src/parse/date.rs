//! Dates in front matter and file names.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};

use crate::path::SourcePath;

/// A day, or a moment. One without a zone is taken as UTC.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageDate {
    text: String,
    moment: Timestamp,
    /// How far the zone it was written in is from UTC.
    offset: Offset,
}

impl PageDate {
    /// Reads `2024-01-31`, `2024-01-31T10:00:00` or `2024-01-31T10:00:00+01:00`
    /// (RFC 3339; a space may stand for the `T`, and the seconds may be missing).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let pieces = Pieces::parse(text).ok()?;
        let local = pieces
            .date()
            .to_datetime(pieces.time().unwrap_or(Time::midnight()));
        let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
        Some(Self {
            text: text.to_owned(),
            moment: offset.to_timestamp(local).ok()?,
            offset,
        })
    }

    /// The date that a file name such as `2024-01-31-title` starts with, and what follows it; a
    /// time with its zone may stand behind the day, as in `2024-01-31T10:20:30Z-title`.
    #[must_use]
    pub fn from_file_name(stem: &str) -> Option<(Self, &str)> {
        let time = stem.get(10..).and_then(time_in_name).map_or(0, str::len);
        let (date, rest) = stem.split_at_checked(10 + time)?;
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let rest = rest.strip_prefix(['-', '_'])?;
        Some((Self::parse(date)?, rest)).filter(|_| !rest.is_empty())
    }

    /// The date that the name of a page's file starts with, or that of its folder where the
    /// page is an `index.md`.
    pub(super) fn of_file(path: &SourcePath) -> Option<Self> {
        let name = match path.markdown_stem()? {
            "index" => path.parent().rsplit('/').next()?,
            name => name,
        };
        Self::from_file_name(name).map(|(date, _)| date)
    }

    /// The day, in the zone it was written in.
    #[must_use]
    pub fn day(&self) -> Date {
        self.local().date()
    }

    /// The moment; for a day, midnight in UTC.
    #[must_use]
    pub fn moment(&self) -> Timestamp {
        self.moment
    }

    /// Formats the date as it was written, without converting it to another zone. `format` is
    /// strftime's.
    ///
    /// # Errors
    /// A message that says what is wrong with the format.
    pub fn format(&self, format: &str) -> Result<String, String> {
        let written = self.moment.to_zoned_datetime(TimeZone::fixed(self.offset));
        jiff::fmt::strtime::format(format, &written).map_err(|error| error.to_string())
    }

    /// What a clock in the zone it was written in would show.
    fn local(&self) -> DateTime {
        self.offset.to_datetime(self.moment)
    }

    /// The moment by RFC 3339, in UTC.
    #[must_use]
    pub fn to_rfc3339(&self) -> String {
        self.moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

impl fmt::Display for PageDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The time and zone that `behind`, what stands behind a day in a file's name, starts with.
fn time_in_name(behind: &str) -> Option<&str> {
    let time = behind.strip_prefix('T')?;
    let zone = 1 + time.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.'))?;
    let length = match behind.as_bytes()[zone] {
        b'Z' => 1,
        b'+' | b'-' => "+00:00".len(),
        _ => return None,
    };
    behind.get(..zone + length)
}

#[cfg(test)]
mod tests {
    use super::PageDate;

    #[test]
    fn dates_in_every_form() {
        for (text, utc) in [
            ("2024-01-31", "2024-01-31T00:00:00Z"),
            ("2024-01-31T10:00:00", "2024-01-31T10:00:00Z"),
            ("2024-01-31 10:00:00", "2024-01-31T10:00:00Z"),
            ("2024-01-31T10:30Z", "2024-01-31T10:30:00Z"),
            ("2024-01-31T00:30:00+01:00", "2024-01-30T23:30:00Z"),
        ] {
            let date = PageDate::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(date.to_rfc3339(), utc);
            assert_eq!(date.day().to_string(), "2024-01-31");
        }
        for text in ["", "31.1.2024", "2024-13-01", "2024-01-32", "yesterday"] {
            assert_eq!(PageDate::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_is_shown_as_it_was_written() {
        for (text, shown) in [
            ("2024-01-31", "31 00:00:00"),
            ("2024-01-31T10:30Z", "31 10:30:00"),
            ("2024-01-31 10:30", "31 10:30:00"),
            ("2024-01-31T00:30+01:00", "31 00:30:00"),
            ("2024-01-31T00:30:15.5-08:00", "31 00:30:15"),
        ] {
            let date = PageDate::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(date.format("%d %H:%M:%S").as_deref(), Ok(shown), "{text}");
        }
    }

    #[test]
    fn a_date_keeps_its_zone() {
        for (text, shown) in [
            ("2024-06-12T08:30:00+02:00", "08:30 +02:00 +0200 1718173800"),
            ("2024-06-12T08:30:00-05:30", "08:30 -05:30 -0530 1718200800"),
            ("2024-06-12T08:30:00Z", "08:30 +00:00 +0000 1718181000"),
            ("2024-06-12", "00:00 +00:00 +0000 1718150400"),
        ] {
            let date = PageDate::parse(text).unwrap();
            let found = date.format("%H:%M %:z %z %s");
            assert_eq!(found.as_deref(), Ok(shown), "{text}");
        }
    }

    #[test]
    fn a_file_name_may_start_with_a_date() {
        let (date, rest) = PageDate::from_file_name("2024-01-31-a-title").unwrap();
        assert_eq!((date.to_string().as_str(), rest), ("2024-01-31", "a-title"));
        for (time, utc) in [
            ("2018-10-10T10:20:30Z", "2018-10-10T10:20:30Z"),
            ("2018-10-10T10:20:30.5+02:00", "2018-10-10T08:20:30Z"),
        ] {
            let name = format!("{time}-full");
            let (date, rest) = PageDate::from_file_name(&name).unwrap();
            assert_eq!((date.to_rfc3339().as_str(), rest), (utc, "full"));
        }
        for name in [
            "2024-01-31",
            "2024-01-31-",
            "a-2024-01-31",
            "é024-01-31-x",
            "2024-01-31T10:20:30-x",
            "2024-01-31T10:20:30Z",
            "2024-01-31Title-x",
        ] {
            assert_eq!(PageDate::from_file_name(name), None, "{name}");
        }
    }
}
