//! A file that gets another name at midnight UTC, `access.log.2026-11-24`, and is deleted after so
//! many days. No line is lost to that, whatever the date does.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::clock::{Day, Timestamp};

/// The file of today's lines.
pub(super) struct Rotating {
    path: PathBuf,
    file: Option<File>,
    day: Day,
    keep: u32,
}

impl Rotating {
    /// Opens it; what it holds of another day gets that day's name.
    pub(super) fn open(path: &Path, keep: u32, today: Day) -> io::Result<Self> {
        let file = append(path)?;
        let mut rotating = Self {
            path: path.to_owned(),
            day: last_written(&file)?,
            file: Some(file),
            keep,
        };
        rotating.turn_to(today);
        rotating.delete_old(today);
        Ok(rotating)
    }

    /// Appends lines; where that fails, they are lost.
    pub(super) fn write(&mut self, lines: &str) {
        if self.file.is_none() {
            self.reopen();
        }
        if let Some(file) = &mut self.file
            && let Err(error) = file.write_all(lines.as_bytes())
        {
            tracing::error!(path = %self.path.display(), %error, "the access log cannot be written");
        }
    }

    /// Opens the file again, which somebody may have moved.
    pub(super) fn reopen(&mut self) {
        match append(&self.path) {
            Ok(file) => self.file = Some(file),
            Err(error) => {
                tracing::error!(path = %self.path.display(), %error, "the access log cannot be opened")
            }
        }
    }

    /// From now on it is `today`: what was written before gets the name of its day.
    pub(super) fn turn_to(&mut self, today: Day) {
        if self.day == today {
            return;
        }
        if let Err(error) = archive(&self.path, &self.archived(self.day)) {
            tracing::error!(path = %self.path.display(), %error, "the access log cannot be rotated");
        }
        self.day = today;
        self.reopen();
        self.delete_old(today);
    }

    fn archived(&self, day: Day) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{day}"));
        name.into()
    }

    /// Deletes the days whose first line is as old as a line may get. Dates as they are written
    /// sort as they follow each other.
    fn delete_old(&self, today: Day) {
        let too_old = Day::from_number(today.number() - i64::from(self.keep)).to_string();
        let (Some(folder), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return;
        };
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let prefix = format!("{}.", name.to_string_lossy());
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let date = name.strip_prefix(&prefix).filter(|date| is_date(date));
            if date.is_some_and(|date| date <= too_old.as_str())
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::error!(path = %entry.path().display(), %error, "an old access log cannot be deleted");
            }
        }
    }
}

/// Moves the lines at `path` behind those that the day's archive may hold already: where the date
/// went back and forth, a day is archived twice.
fn archive(path: &Path, archived: &Path) -> io::Result<()> {
    if !archived.try_exists()? {
        return fs::rename(path, archived);
    }
    let mut lines = File::open(path)?;
    io::copy(&mut lines, &mut append(archived)?)?;
    fs::remove_file(path)
}

fn is_date(text: &str) -> bool {
    let shape = |(at, byte): (usize, u8)| {
        if at == 4 || at == 7 {
            byte == b'-'
        } else {
            byte.is_ascii_digit()
        }
    };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}

/// The day of the last line; an empty file is as good as today's.
fn last_written(file: &File) -> io::Result<Day> {
    let modified = file.metadata()?.modified()?;
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Ok(Timestamp::from_seconds(seconds).day())
}

#[cfg(test)]
mod tests {
    use super::Rotating;
    use crate::clock::Clock;
    use std::fs;

    #[test]
    fn a_file_of_another_day_is_rotated_at_the_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.log");
        fs::write(&path, "yesterday's\n").expect("written");
        let written = Clock::system().today();
        drop(Rotating::open(&path, 30, written.plus(1)).expect("opened"));
        assert_eq!(fs::read_to_string(&path).expect("read"), "");
        let archived = folder.path().join(format!("access.log.{written}"));
        assert_eq!(fs::read_to_string(archived).expect("read"), "yesterday's\n");
    }

    #[test]
    fn a_file_is_rotated_daily_and_deleted_in_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.log");
        let today = Clock::system().today();
        for name in [
            "access.log.1999-01-01",
            "access.log.bak",
            "other.1999-01-01",
        ] {
            fs::write(folder.path().join(name), "old").expect("written");
        }
        let mut log = Rotating::open(&path, 30, today).expect("opened");
        log.write("first\n");
        log.turn_to(today.plus(1));
        log.write("second\n");
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .expect("listed")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        let archived = format!("access.log.{today}");
        assert_eq!(
            names,
            [
                "access.log",
                &archived,
                "access.log.bak",
                "other.1999-01-01"
            ]
        );
        assert_eq!(fs::read_to_string(&path).expect("read"), "second\n");
    }
    #[test]
    fn no_line_outlives_its_days() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.log");
        let today = Clock::system().today();
        let mut log = Rotating::open(&path, 30, today).expect("opened");
        log.write("a line\n");
        let archived = folder.path().join(format!("access.log.{today}"));
        log.turn_to(today.plus(29));
        assert!(archived.exists());
        // A line of this day's first second would be thirty days old.
        log.turn_to(today.plus(30));
        assert!(!archived.exists());
    }

    #[test]
    fn a_day_that_is_archived_twice_keeps_both_parts() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.log");
        let today = Clock::system().today();
        let mut log = Rotating::open(&path, 30, today).expect("opened");
        for (day, line) in [(0, "one\n"), (1, "two\n"), (0, "three\n"), (1, "four\n")] {
            log.turn_to(today.plus(day));
            log.write(line);
        }
        log.turn_to(today.plus(2));
        for (day, lines) in [(0, "one\nthree\n"), (1, "two\nfour\n")] {
            let archived = format!("access.log.{}", today.plus(day));
            let archived = fs::read_to_string(folder.path().join(archived));
            assert_eq!(archived.expect("read"), lines);
        }
    }
}
