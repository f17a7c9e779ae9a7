//! One line a request in the Combined Log Format (httpd.apache.org/docs/2.4/logs.html#combined)
//! with the seconds it took behind it; no query, no cookie, no token, nothing that names a session.
//!
//! A thread of its own writes; where it cannot keep up, lines are lost and counted, and requests
//! go on. A file is rotated at midnight UTC and kept for so many days.

pub mod fields;

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, UNIX_EPOCH};

use hyper::header::{HeaderMap, HeaderName, REFERER, USER_AGENT};

use crate::clock::{Clock, Day, Timestamp};
use crate::config::AccessLog as Target;
use crate::metrics::{self, Metrics};

/// How many lines may wait to be written.
const QUEUE: usize = 8192;
/// How often the date is looked at where nobody asks for anything.
const ROUND: Duration = Duration::from_secs(600);
/// How much of a header is logged, in bytes.
const LONGEST: usize = 512;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Takes lines.
#[derive(Debug)]
pub struct AccessLog {
    lines: Option<SyncSender<Message>>,
    writer: Option<JoinHandle<()>>,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
enum Message {
    Line(Day, String),
    /// It is this day, also where nobody asks for anything.
    Day(Day),
    Reopen,
}

/// What is logged of a request. What the client sent is taken before it is answered.
#[derive(Debug)]
pub struct Entry {
    client: IpAddr,
    at: Timestamp,
    request: String,
    referrer: String,
    browser: String,
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
        let mut request = String::with_capacity(method.len() + path.len() + 1);
        escape(method.as_bytes(), &mut request);
        request.push(' ');
        escape(path.as_bytes(), &mut request);
        Self {
            client,
            at,
            request,
            referrer: header(headers, &REFERER),
            browser: header(headers, &USER_AGENT),
        }
    }

    fn line(&self, status: u16, bytes: u64, took: Duration) -> String {
        let (year, month, day) = self.at.day().civil();
        let (hour, minute, second) = self.at.time_of_day();
        let month = MONTHS[usize::from(month.clamp(1, 12)) - 1];
        let mut line = String::with_capacity(160);
        // Writing to a string cannot fail.
        let _ = writeln!(
            line,
            "{} - - [{day:02}/{month}/{year}:{hour:02}:{minute:02}:{second:02} +0000] \"{} HTTP/1.1\" {status} {bytes} \"{}\" \"{}\" {}.{:06}",
            self.client,
            self.request,
            self.referrer,
            self.browser,
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
        let mut writer = match target {
            Target::Off => {
                return Ok(Self {
                    lines: None,
                    writer: None,
                    metrics,
                });
            }
            Target::Stdout => Writer::Stdout,
            Target::File(path) => Writer::File(Rotating::open(path, keep, clock.today())?),
        };
        let clock = clock.clone();
        let (lines, queue) = sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("access log".to_owned())
            .spawn(move || writer.run(&queue, &clock))?;
        Ok(Self {
            lines: Some(lines),
            writer: Some(thread),
            metrics,
        })
    }

    /// Logs an answered request.
    pub fn log(&self, entry: &Entry, status: u16, bytes: u64, took: Duration) {
        let Some(lines) = &self.lines else {
            return;
        };
        let line = entry.line(status, bytes, took);
        if lines.try_send(Message::Line(entry.at.day(), line)).is_err() {
            metrics::count(&self.metrics.lost_log_lines);
        }
    }

    /// Opens the file again, which somebody may have moved.
    pub fn reopen(&self) {
        if let Some(lines) = &self.lines {
            drop(lines.send(Message::Reopen));
        }
    }
}

impl Drop for AccessLog {
    /// Waits until the last line is written.
    fn drop(&mut self) {
        self.lines = None;
        if let Some(writer) = self.writer.take() {
            drop(writer.join());
        }
    }
}

enum Writer {
    Stdout,
    File(Rotating),
}

impl Writer {
    fn run(&mut self, queue: &Receiver<Message>, clock: &Clock) {
        let mut batch = String::new();
        loop {
            let mut next = match queue.recv_timeout(ROUND) {
                Ok(first) => Some(first),
                Err(RecvTimeoutError::Timeout) => Some(Message::Day(clock.today())),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            while let Some(message) = next {
                self.take(message, &mut batch);
                next = if batch.len() < 64 * 1024 {
                    queue.try_recv().ok()
                } else {
                    None
                };
            }
            self.flush(&mut batch);
        }
    }

    fn take(&mut self, message: Message, batch: &mut String) {
        match (message, self) {
            (Message::Line(day, line), writer) => {
                writer.turn_to(day, batch);
                batch.push_str(&line);
            }
            (Message::Day(day), writer) => writer.turn_to(day, batch),
            (Message::Reopen, Self::File(file)) => {
                file.write(batch);
                file.reopen();
            }
            (Message::Reopen, Self::Stdout) => {}
        }
    }

    fn turn_to(&mut self, day: Day, batch: &mut String) {
        if let Self::File(file) = self
            && file.day != day
        {
            file.write(batch);
            file.rotate(day);
        }
    }

    fn flush(&mut self, batch: &mut String) {
        match self {
            Self::File(file) => file.write(batch),
            Self::Stdout => {
                // Where nobody reads, nothing can be done.
                drop(io::stdout().write_all(batch.as_bytes()));
                batch.clear();
            }
        }
    }
}

/// A file that gets another name at midnight: `access.log.2026-11-24`.
struct Rotating {
    path: PathBuf,
    file: Option<File>,
    day: Day,
    keep: u32,
}

impl Rotating {
    fn open(path: &Path, keep: u32, today: Day) -> io::Result<Self> {
        let file = append(path)?;
        let mut rotating = Self {
            path: path.to_owned(),
            day: last_written(&file)?,
            file: Some(file),
            keep,
        };
        if rotating.day == today {
            rotating.delete_old(today);
        } else {
            rotating.rotate(today);
        }
        Ok(rotating)
    }

    fn write(&mut self, batch: &mut String) {
        if self.file.is_none() {
            self.reopen();
        }
        if let Some(file) = &mut self.file
            && let Err(error) = file.write_all(batch.as_bytes())
        {
            tracing::error!(%error, "the access log cannot be written");
        }
        batch.clear();
    }

    fn reopen(&mut self) {
        match append(&self.path) {
            Ok(file) => self.file = Some(file),
            Err(error) => tracing::error!(%error, "the access log cannot be opened"),
        }
    }

    fn rotate(&mut self, today: Day) {
        if let Err(error) = fs::rename(&self.path, self.archived(self.day)) {
            tracing::error!(%error, "the access log cannot be rotated");
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

    /// Deletes what is past its time. Dates as they are written sort as they follow each other.
    fn delete_old(&self, today: Day) {
        let oldest = Day::from_number(today.number() - i64::from(self.keep)).to_string();
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
            if date.is_some_and(|date| date < oldest.as_str())
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::error!(%error, "an old access log cannot be deleted");
            }
        }
    }
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

/// A header's value without a query or a fragment, which addresses in it may have.
fn header(headers: &HeaderMap, name: &HeaderName) -> String {
    let value = headers
        .get(name)
        .map_or(&b"-"[..], |value| value.as_bytes());
    let plain = if *name == REFERER {
        value
            .split(|byte| matches!(byte, b'?' | b'#'))
            .next()
            .unwrap_or(value)
    } else {
        value
    };
    let mut text = String::with_capacity(plain.len().min(LONGEST));
    escape(&plain[..plain.len().min(LONGEST)], &mut text);
    text
}

/// Whatever could end a field or a line, or is not ASCII, is written as `\xHH`.
fn escape(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        match byte {
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
    use super::{Entry, Rotating};
    use crate::clock::{Clock, Timestamp};
    use hyper::HeaderMap;
    use hyper::header::{HeaderValue, REFERER, USER_AGENT};
    use std::fs;
    use std::net::{IpAddr, Ipv4Addr};
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
        log.write(&mut "first\n".to_owned());
        log.rotate(today.plus(1));
        log.write(&mut "second\n".to_owned());
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
}
