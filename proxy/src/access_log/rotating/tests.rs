//! A log in a folder of its own, through days that the test lets pass.

use super::Rotating;
use crate::clock::{Clock, Day, Hands};
use std::fs::{self, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::symlink;
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
fn lines_behind_a_link_are_rotated_and_deleted_where_they_are() {
    let bench = bench();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let real = elsewhere.path().join("real.log");
    // The link is there before its file.
    symlink(&real, bench.path("")).expect("linked");
    let mut log = bench.open();
    log.write("first\n");
    bench.pass(&mut log, 1);
    log.write("second\n");
    let archived = elsewhere.path().join(format!("real.log.{}", bench.today));
    assert_eq!(fs::read_to_string(&archived).expect("read"), "first\n");
    assert_eq!(fs::read_to_string(&real).expect("read"), "second\n");
    assert_eq!(bench.names(), ["access.log"]);
    bench.pass(&mut log, 29);
    assert!(!archived.exists());
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
