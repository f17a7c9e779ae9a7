//! The access log: a line for each request in the Combined Log Format
//! (httpd.apache.org/docs/2.4/logs.html#combined), followed by the seconds that the request took.
//! It has no query, no cookie, no token and nothing that identifies a session.
//!
//! If the thread that writes cannot keep up, lines are dropped and counted.

pub mod fields;
mod rotating;

use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::header::{HeaderMap, HeaderName, REFERER, USER_AGENT};

use crate::access_log::rotating::Rotating;
use crate::clock::{Clock, Timestamp};
use crate::config::AccessLog as Target;
use crate::lines::{Lines, Pace, write_all};
use crate::metrics::{self, Metrics};

/// The queue has room for all lines that may come while they are collected.
const PACE: Pace = Pace {
    queue: 8192,
    gather: Duration::from_millis(20),
};
/// How much of the request line and of each header is logged, in bytes as they are written.
const LONGEST: usize = 512;
/// Enough capacity for most lines, on either side of the status.
const USUAL: usize = 256;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Takes lines to be written.
#[derive(Debug)]
pub struct AccessLog {
    thread: Option<Thread>,
    metrics: Arc<Metrics>,
}

/// The thread that writes, seen from outside.
#[derive(Debug)]
struct Thread {
    lines: Lines,
    /// Whether the file is to be reopened.
    reopen: Arc<AtomicBool>,
}

/// The line of a request, begun before the request is answered.
#[derive(Debug)]
pub struct Entry {
    /// The line up to the status.
    head: String,
    /// What follows the number of bytes.
    tail: String,
}

impl Entry {
    /// The request's part of the line.
    #[must_use]
    pub fn new(
        client: IpAddr,
        at: Timestamp,
        method: &str,
        path: &str,
        headers: &HeaderMap,
    ) -> Self {
        let (year, month, day) = at.day().civil();
        let (hour, minute, second) = at.time_of_day();
        let month = MONTHS[usize::from(month.clamp(1, 12)) - 1];
        let mut head = String::with_capacity(USUAL);
        // Writing to a string cannot fail.
        let _ = write!(
            head,
            "{client} - - [{day:02}/{month}/{year}:{hour:02}:{minute:02}:{second:02} +0000] \""
        );
        escape(method.as_bytes(), &mut head);
        head.push(' ');
        escape(path.as_bytes(), &mut head);
        head.push_str(" HTTP/1.1\" ");
        let mut tail = String::with_capacity(USUAL);
        tail.push_str(" \"");
        escape(header(headers, &REFERER), &mut tail);
        tail.push_str("\" \"");
        escape(header(headers, &USER_AGENT), &mut tail);
        tail.push_str("\" ");
        Self { head, tail }
    }

    fn line(self, status: u16, bytes: u64, took: Duration) -> String {
        let mut line = self.head;
        // Writing to a string cannot fail.
        let _ = writeln!(
            line,
            "{status} {bytes}{}{}.{:06}",
            self.tail,
            took.as_secs(),
            took.subsec_micros(),
        );
        line
    }
}

impl AccessLog {
    /// Starts the thread that writes to `target`.
    ///
    /// # Errors
    ///
    /// Where the file cannot be opened.
    pub fn start(
        target: &Target,
        keep: u32,
        clock: &Clock,
        metrics: Arc<Metrics>,
    ) -> io::Result<Self> {
        let file = match target {
            Target::Off => {
                let thread = None;
                return Ok(Self { thread, metrics });
            }
            Target::Stdout => None,
            Target::File(path) => Some(Rotating::open(path, keep, clock.clone())?),
        };
        let reopen = Arc::new(AtomicBool::new(false));
        let mut writer = Writer {
            file,
            reopen: Arc::clone(&reopen),
        };
        let counted = Arc::clone(&metrics);
        let lines = Lines::start("access log", PACE, move |lines| {
            let lost = writer.write(lines);
            counted.lost_log_lines.fetch_add(lost, Ordering::Relaxed);
        })?;
        let thread = Some(Thread { lines, reopen });
        Ok(Self { thread, metrics })
    }

    /// Logs an answered request.
    pub fn log(&self, entry: Entry, status: u16, bytes: u64, took: Duration) {
        let Some(thread) = &self.thread else {
            return;
        };
        if !thread.lines.send(entry.line(status, bytes, took)) {
            metrics::count(&self.metrics.lost_log_lines);
        }
    }

    /// Reopens the file, which may have been moved. The thread does it soon; nobody waits.
    pub fn reopen(&self) {
        if let Some(thread) = &self.thread {
            thread.reopen.store(true, Ordering::Release);
            thread.lines.wake();
        }
    }
}

/// The state of the thread that writes.
struct Writer {
    /// `None` for standard output.
    file: Option<Rotating>,
    reopen: Arc<AtomicBool>,
}

impl Writer {
    /// Returns how many lines were lost.
    fn write(&mut self, lines: &str) -> u64 {
        let Some(file) = &mut self.file else {
            return write_all(&mut io::stdout(), lines).map_or_else(|(lost, _)| lost, |()| 0);
        };
        if self.reopen.swap(false, Ordering::Acquire) {
            file.reopen();
        }
        file.turn();
        file.write(lines)
    }
}

/// A header's value; of `Referer` without query and fragment.
fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a [u8] {
    let value = headers
        .get(name)
        .map_or(&b"-"[..], |value| value.as_bytes());
    if *name != REFERER {
        return value;
    }
    let mut parts = value.split(|byte| matches!(byte, b'?' | b'#'));
    parts.next().unwrap_or(value)
}

/// Writes bytes that could end a field or a line, or are not ASCII, as `\xHH`. Cuts what is too
/// long.
fn escape(bytes: &[u8], out: &mut String) {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if bytes.len() <= LONGEST
        && bytes.iter().all(is_plain)
        && let Ok(plain) = str::from_utf8(bytes)
    {
        return out.push_str(plain);
    }
    let full = out.len() + LONGEST;
    for byte in bytes {
        match byte {
            _ if out.len() >= full => return,
            b'"' | b'\\' => {
                let _ = write!(out, "\\{}", char::from(*byte));
            }
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessLog, Entry, LONGEST, Target};
    use crate::clock::{Clock, Timestamp};
    use crate::metrics::Metrics;
    use hyper::HeaderMap;
    use hyper::header::{HeaderValue, REFERER, USER_AGENT};
    use std::fs;
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn a_line_has_no_query_and_no_control_character() {
        let mut headers = HeaderMap::new();
        headers.insert(
            REFERER,
            HeaderValue::from_static("https://a.example/top/?range=x#y"),
        );
        let browser = HeaderValue::from_bytes(b"Mozilla \"5\"\t\xff").expect("a value");
        headers.insert(USER_AGENT, browser);
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let at = Timestamp::from_seconds(1_795_495_921);
        let entry = Entry::new(client, at, "GET", "/api/session", &headers);
        assert_eq!(
            entry.line(200, 19, Duration::from_micros(1500)),
            "127.0.0.1 - - [24/Nov/2026:04:52:01 +0000] \"GET /api/session HTTP/1.1\" 200 19 \
             \"https://a.example/top/\" \"Mozilla \\\"5\\\"\\x09\\xff\" 0.001500\n"
        );
    }

    #[test]
    fn a_line_is_cut_however_long_the_request() {
        let long = [0xff; 4096];
        let mut headers = HeaderMap::new();
        for name in [REFERER, USER_AGENT] {
            headers.insert(name, HeaderValue::from_bytes(&long).expect("a value"));
        }
        let path = "\"".repeat(15_000);
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let at = Timestamp::from_seconds(1_795_495_921);
        let entry = Entry::new(client, at, "GET", &path, &headers);
        let line = entry.line(414, 0, Duration::ZERO);
        assert!(line.len() < 4 * LONGEST, "{} bytes", line.len());
        assert!(line.ends_with("\" 0.000000\n"), "{line}");
    }

    #[test]
    fn no_line_is_lost_around_midnight_nor_when_the_date_goes_back() {
        const DAY: i64 = 86_400;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.log");
        // Later than the date of a file that is made now, and shortly before midnight.
        let midnight = (Clock::system().today().number() + 3) * DAY;
        let (clock, hands) = Clock::manual(Timestamp::from_seconds(midnight - 10));
        let target = Target::File(path);
        let entry = |at: i64| {
            let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
            let at = Timestamp::from_seconds(at);
            Entry::new(client, at, "GET", "/", &HeaderMap::new())
        };
        // Over midnight, back before it, over it again, a year ahead, and back.
        for jump in [0, 20, -15, 15, 365 * DAY, -365 * DAY] {
            hands.jump(jump);
            // Its end writes everything, so that each of them opens what the last one left.
            let log = AccessLog::start(&target, 400, &clock, Arc::new(Metrics::default()));
            let log = log.expect("a log");
            for began in [midnight + 1, midnight - 3] {
                log.log(entry(began), 200, 0, Duration::ZERO);
            }
        }
        let files = fs::read_dir(folder.path()).expect("listed");
        let lines = |path| fs::read_to_string(path).expect("text").lines().count();
        let lines: usize = files.map(|file| lines(file.expect("a file").path())).sum();
        assert_eq!(lines, 12);
    }

    #[test]
    fn a_request_that_crosses_midnight_leaves_the_day_before_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.log");
        let midnight = (Clock::system().today().number() + 1) * 86_400;
        let (clock, hands) = Clock::manual(Timestamp::from_seconds(midnight - 60));
        let target = Target::File(path.clone());
        let log = AccessLog::start(&target, 30, &clock, Arc::new(Metrics::default()));
        let log = log.expect("a log");
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let at = |second: i64| {
            let at = Timestamp::from_seconds(midnight + second);
            let entry = Entry::new(client, at, "GET", "/", &HeaderMap::new());
            log.log(entry, 200, 0, Duration::ZERO);
        };
        (1..=50).for_each(|second| at(-second));
        hands.advance(Duration::from_secs(61));
        at(1);
        // It began before midnight and took its time.
        at(-1);
        at(2);
        drop(log);
        let files = fs::read_dir(folder.path()).expect("listed");
        let lines = |path| fs::read_to_string(path).expect("text").lines().count();
        let lines: usize = files.map(|file| lines(file.expect("a file").path())).sum();
        assert_eq!(lines, 53);
    }
}
