//! Dates in front matter and file names.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};

use crate::path::SourcePath;

/// A day or a moment. Without a time zone it is in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageDate {
    text: String,
    moment: Timestamp,
    /// Date and time as they were written, in whatever zone.
    local: DateTime,
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
            local,
        })
    }

    /// The date at the start of a file name such as `2024-01-31-title`, and the rest of the name.
    #[must_use]
    pub fn from_file_name(stem: &str) -> Option<(Self, &str)> {
        let (date, rest) = (stem.get(..10)?, stem.get(10..)?);
        let rest = rest.strip_prefix(['-', '_'])?;
        Some((Self::parse(date)?, rest)).filter(|_| !rest.is_empty())
    }

    /// The date at the start of the name of a page's file, or of its folder if the page is an
    /// `index.md`.
    pub(super) fn of_file(path: &SourcePath) -> Option<Self> {
        let name = match path.file_name() {
            "index.md" => path.parent().rsplit('/').next()?,
            name => name.trim_end_matches(".md"),
        };
        Self::from_file_name(name).map(|(date, _)| date)
    }

    /// The day, in the zone it was written in.
    #[must_use]
    pub fn day(&self) -> Date {
        self.local.date()
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
        // The written time is taken for UTC, so that formatting does not convert it.
        let written = Offset::UTC.to_timestamp(self.local);
        let written = written.map_err(|error| error.to_string())?;
        let written = written.to_zoned_datetime(TimeZone::UTC);
        jiff::fmt::strtime::format(format, &written).map_err(|error| error.to_string())
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
    fn a_file_name_may_start_with_a_date() {
        let (date, rest) = PageDate::from_file_name("2024-01-31-a-title").unwrap();
        assert_eq!((date.to_string().as_str(), rest), ("2024-01-31", "a-title"));
        for name in ["2024-01-31", "2024-01-31-", "a-2024-01-31", "é024-01-31-x"] {
            assert_eq!(PageDate::from_file_name(name), None, "{name}");
        }
    }
}
