//! A file that is renamed at midnight UTC, to `access.log.2026-11-24`, and deleted after a number
//! of days. No line is lost by a jump of the date: after a jump the file is renamed, and nothing is
//! deleted for a day. A link is followed once, at the start: renaming and deleting it would leave
//! its file, and so the lines, for ever.

use std::fs::{self, DirEntry, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::clock::steady::Steady;
use crate::clock::{Clock, Day, Timestamp};
use crate::file::{beside, folder_of, private_options};
use crate::lines::{count, write_all};

/// The file of today's lines.
pub(super) struct Rotating {
    path: PathBuf,
    file: Option<File>,
    /// Whether the file's last line was cut off, as by a full disk.
    is_torn: bool,
    day: Day,
    keep: u32,
    clock: Clock,
    steady: Steady,
    /// The day on which old files were deleted last.
    cleared: Option<Day>,
}

impl Rotating {
    /// Opens it. If it holds lines of another day, it is renamed after that day first.
    pub(super) fn open(path: &Path, keep: u32, clock: Clock) -> io::Result<Self> {
        let file = append(path)?;
        let path = real(path)?;
        let day = last_written(&file)?;
        let mut steady = Steady::new(&clock);
        steady.doubt(day, &clock);
        let mut rotating = Self {
            is_torn: is_torn(&path),
            path,
            file: Some(file),
            day,
            keep,
            clock,
            steady,
            cleared: None,
        };
        rotating.turn();
        Ok(rotating)
    }

    /// Appends lines. Returns how many of them were lost.
    pub(super) fn write(&mut self, lines: &str) -> u64 {
        if self.file.is_none() {
            self.reopen();
        }
        let Some(file) = &mut self.file else {
            return count(lines.as_bytes());
        };
        let ended = if mem::take(&mut self.is_torn) {
            file.write_all(b"\n")
                .map_err(|error| (count(lines.as_bytes()), error))
        } else {
            Ok(())
        };
        let Err((lost, error)) = ended.and_then(|()| write_all(file, lines)) else {
            return 0;
        };
        tracing::error!(path = %self.path.display(), %error, "the access log cannot be written");
        self.is_torn = is_torn(&self.path);
        lost
    }

    /// Reopens the file, which may have been moved.
    pub(super) fn reopen(&mut self) {
        match append(&self.path) {
            Ok(file) => {
                self.file = Some(file);
                self.is_torn = is_torn(&self.path);
            }
            Err(error) => {
                tracing::error!(path = %self.path.display(), %error, "the access log cannot be opened")
            }
        }
    }

    /// Looks at the date: renames the file if its lines are of another day, and deletes files that
    /// are too old. If the date has jumped, it may have been wrong before or be wrong now, so the
    /// file is named after the later of the two days. A pipe or a device is left alone.
    pub(super) fn turn(&mut self) {
        let has_jumped = self.steady.look(&self.clock).is_some();
        let today = self.clock.today();
        if self.day != today && !is_other_than_file(&self.path) {
            let latest = self.day.max(today);
            self.rotate(if has_jumped { latest } else { self.day });
            self.day = today;
        }
        if self.steady.is_due() && self.cleared != Some(today) {
            self.cleared = Some(today);
            self.clear(today);
        }
    }

    fn rotate(&mut self, day: Day) {
        if let Err(error) = archive(&self.path, &self.archived(day)) {
            tracing::error!(path = %self.path.display(), %error, "the access log cannot be rotated");
        }
        self.reopen();
    }

    fn archived(&self, day: Day) -> PathBuf {
        beside(&self.path, &format!(".{day}"))
    }

    /// Deletes the days whose first line is as old as a line may get. Files of days in the future,
    /// which a jump has left, are added to today's, or they would be kept for too long.
    fn clear(&self, today: Day) {
        let too_old = Day::from_number(today.number() - i64::from(self.keep));
        for (archived, day) in self.archives() {
            if day <= too_old
                && let Err(error) = fs::remove_file(&archived)
            {
                tracing::error!(path = %archived.display(), %error, "an old access log cannot be deleted");
            }
            if day > today
                && let Err(error) = archive(&archived, &self.archived(today))
            {
                tracing::error!(path = %archived.display(), %error, "the access log cannot be rotated");
            }
        }
    }

    /// The files of other days.
    fn archives(&self) -> Vec<(PathBuf, Day)> {
        let Some(name) = self.path.file_name() else {
            return Vec::new();
        };
        let prefix = format!("{}.", name.to_string_lossy());
        let entries = fs::read_dir(folder_of(&self.path))
            .into_iter()
            .flatten()
            .flatten();
        let archive = |entry: DirEntry| {
            let name = entry.file_name();
            let date = name.to_str()?.strip_prefix(&prefix)?;
            Some((entry.path(), Day::parse(date)?))
        };
        entries.filter_map(archive).collect()
    }
}

/// Renames the file at `path`, or appends its lines to the day's file if there is one already, as
/// after a date that went back and forth.
fn archive(path: &Path, archived: &Path) -> io::Result<()> {
    if !archived.try_exists()? {
        return fs::rename(path, archived);
    }
    let mut lines = File::open(path)?;
    io::copy(&mut lines, &mut append(archived)?)?;
    fs::remove_file(path)
}

fn append(path: &Path) -> io::Result<File> {
    private_options().create(true).append(true).open(path)
}

/// The path without links. A pipe may have none, such as the one behind `/dev/stdout`.
fn real(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(_) if is_other_than_file(path) => Ok(path.to_owned()),
        real => real,
    }
}

/// Whether `path` is not a regular file but, say, a pipe or `/dev/null`.
fn is_other_than_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file())
}

/// Whether the last line of a file does not end with a newline.
fn is_torn(path: &Path) -> bool {
    let last = || {
        if is_other_than_file(path) {
            return None;
        }
        let mut file = File::open(path).ok()?;
        file.seek(SeekFrom::End(-1)).ok()?;
        let mut byte = [0];
        file.read_exact(&mut byte).ok()?;
        Some(byte[0])
    };
    last().is_some_and(|byte| byte != b'\n')
}

/// The day of the last line; for an empty file, the day on which it was made.
fn last_written(file: &File) -> io::Result<Day> {
    let modified = file.metadata()?.modified()?;
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Ok(Timestamp::from_seconds(seconds).day())
}

#[cfg(test)]
mod tests;
