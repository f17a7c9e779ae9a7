//! A file that is renamed at midnight UTC, to `access.log.2026-11-24`, and deleted after a number
//! of days. No line is lost by a jump of the date: after a jump the file is renamed, and nothing is
//! deleted for a day.

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
        let day = last_written(&file)?;
        let mut steady = Steady::new(&clock);
        steady.doubt(day, &clock);
        let mut rotating = Self {
            path: path.to_owned(),
            file: Some(file),
            is_torn: is_torn(path),
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
mod tests {
    use super::Rotating;
    use crate::clock::{Clock, Day, Hands};
    use std::fs::{self, OpenOptions};
    use std::io::Read as _;
    use std::path::PathBuf;
    use std::process::Command;
    use std::time::Duration;
    use tempfile::TempDir;

    const DAY: Duration = Duration::from_secs(86_400);
    const YEAR: i64 = 365 * 86_400;

    /// A folder for a log, and a clock that the test moves. It begins with the real date, since
    /// that is what new files have.
    struct Bench {
        folder: TempDir,
        clock: Clock,
        hands: Hands,
        today: Day,
    }

    fn bench() -> Bench {
        let (clock, hands) = Clock::manual(Clock::system().now());
        Bench {
            folder: tempfile::tempdir().expect("a folder"),
            today: clock.today(),
            clock,
            hands,
        }
    }

    impl Bench {
        fn path(&self, end: &str) -> PathBuf {
            self.folder.path().join(format!("access.log{end}"))
        }

        fn open(&self) -> Rotating {
            Rotating::open(&self.path(""), 30, self.clock.clone()).expect("opened")
        }

        /// The path of the day `days` after the first.
        fn archived(&self, days: u32) -> PathBuf {
            self.path(&format!(".{}", self.today.plus(days)))
        }

        fn lines(&self, days: u32) -> String {
            fs::read_to_string(self.archived(days)).unwrap_or_default()
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(self.folder.path()).expect("listed");
            let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
            let mut names: Vec<String> = entries.map(|e| name(e.expect("an entry"))).collect();
            names.sort();
            names
        }

        /// Every line there is.
        fn text(&self) -> String {
            let read = |name: String| fs::read_to_string(self.folder.path().join(name));
            let texts = self.names().into_iter().map(read);
            texts.map(|text| text.expect("text")).collect()
        }

        /// Lets days pass one by one, with a look at each.
        fn pass(&self, log: &mut Rotating, days: u32) {
            for _ in 0..days {
                self.hands.advance(DAY);
                log.turn();
            }
        }
    }

    #[test]
    fn a_file_of_another_day_is_rotated_at_the_start() {
        let bench = bench();
        fs::write(bench.path(""), "yesterday's\n").expect("written");
        bench.hands.advance(DAY);
        drop(bench.open());
        assert_eq!(fs::read_to_string(bench.path("")).expect("read"), "");
        assert_eq!(bench.lines(0), "yesterday's\n");
    }

    #[test]
    fn a_file_is_rotated_daily_and_deleted_in_time() {
        let bench = bench();
        for name in [
            "access.log.1999-01-01",
            "access.log.1999-02-31",
            "access.log.bak",
            "other.1999-01-01",
        ] {
            fs::write(bench.folder.path().join(name), "old").expect("written");
        }
        let mut log = bench.open();
        log.write("first\n");
        bench.pass(&mut log, 1);
        log.write("second\n");
        let archived = format!("access.log.{}", bench.today);
        assert_eq!(
            bench.names(),
            [
                "access.log",
                "access.log.1999-02-31",
                &archived,
                "access.log.bak",
                "other.1999-01-01"
            ]
        );
        let now = fs::read_to_string(bench.path("")).expect("read");
        assert_eq!(now, "second\n");
    }

    #[test]
    fn no_line_outlives_its_days() {
        let bench = bench();
        let mut log = bench.open();
        log.write("a line\n");
        bench.pass(&mut log, 29);
        assert!(bench.archived(0).exists());
        // A line of this day's first second would be thirty days old.
        bench.pass(&mut log, 1);
        assert!(!bench.archived(0).exists());
    }

    #[test]
    fn a_day_that_is_archived_twice_keeps_both_parts() {
        let bench = bench();
        let mut log = bench.open();
        // What the machine's clock corrects is no jump, and may still be a midnight.
        let midnight = bench.today.plus(1).number() * 86_400;
        bench
            .hands
            .jump(midnight - 60 - bench.clock.now().seconds());
        log.turn();
        for (seconds, line) in [
            (0, "one\n"),
            (120, "two\n"),
            (-120, "three\n"),
            (120, "four\n"),
        ] {
            bench.hands.jump(seconds);
            log.turn();
            log.write(line);
        }
        bench.pass(&mut log, 1);
        assert_eq!(bench.lines(0), "one\nthree\n");
        assert_eq!(bench.lines(1), "two\nfour\n");
    }

    #[test]
    fn what_is_no_file_is_left_where_it_is() {
        let bench = bench();
        let path = bench.path("");
        let made = Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("a pipe").success());
        let both_ends = OpenOptions::new().read(true).write(true).open(&path);
        let mut reader = both_ends.expect("opened");
        let mut log = bench.open();
        bench.pass(&mut log, 40);
        log.write("a line\n");
        assert_eq!(bench.names(), ["access.log"]);
        let mut line = [0; 7];
        reader.read_exact(&mut line).expect("read");
        assert_eq!(&line, b"a line\n");
    }

    #[test]
    fn a_line_that_was_cut_off_keeps_to_itself() {
        let bench = bench();
        fs::write(bench.path(""), "a line\na torn li").expect("written");
        let mut log = bench.open();
        log.write("another\n");
        log.reopen();
        log.write("one more\n");
        let text = fs::read_to_string(bench.path("")).expect("read");
        assert_eq!(text, "a line\na torn li\nanother\none more\n");
    }

    #[test]
    fn row_21_a_jump_that_is_undone_deletes_no_lines() {
        for jump in [YEAR, -YEAR] {
            let bench = bench();
            let mut log = bench.open();
            bench.pass(&mut log, 1);
            for (jump, line) in [(0, "before\n"), (jump, "meanwhile\n"), (-jump, "after\n")] {
                bench.hands.jump(jump);
                log.turn();
                log.write(line);
                bench.hands.advance(DAY / 24);
                log.turn();
            }
            let text = bench.text();
            for line in ["before", "meanwhile", "after"] {
                assert!(text.contains(line), "{jump}: {line} is gone: {text}");
            }
        }
    }

    #[test]
    fn row_21_lines_of_a_wrong_date_stay_as_long_as_others() {
        for jump in [YEAR, -YEAR] {
            let bench = bench();
            let mut log = bench.open();
            for (jump, line) in [(jump, "meanwhile\n"), (-jump, "after\n")] {
                bench.hands.jump(jump);
                log.turn();
                log.write(line);
            }
            bench.pass(&mut log, 29);
            assert!(bench.text().contains("meanwhile"), "{:?}", bench.names());
            // And for the day until the date was trusted.
            bench.pass(&mut log, 2);
            assert!(!bench.text().contains("meanwhile"), "{:?}", bench.names());
        }
    }

    #[test]
    fn row_21_a_date_that_jumped_while_nothing_ran_deletes_nothing_for_a_day() {
        let bench = bench();
        let mut log = bench.open();
        log.write("before\n");
        drop(log);
        bench.hands.jump(YEAR);
        let mut log = bench.open();
        bench.hands.advance(DAY / 12);
        log.turn();
        assert_eq!(bench.lines(0), "before\n");
        bench.pass(&mut log, 1);
        assert!(!bench.archived(0).exists(), "{:?}", bench.names());
    }
}
