//! Writes lines on a thread of its own. If that thread cannot keep up, because the disk is slow or
//! nobody reads, lines are dropped, and the sender learns it. Neither requests nor the shutdown
//! wait for the thread for long.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// About how many bytes are written at once.
const BATCH: usize = 64 * 1024;
/// How often `write` is called when no lines come.
const ROUND: Duration = Duration::from_secs(600);
/// How long the shutdown waits for the last lines.
const LAST_LINES: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(2);

/// Takes lines without waiting.
#[derive(Debug)]
pub struct Lines {
    /// `None` when no more lines will come.
    messages: Option<SyncSender<Message>>,
    /// Ends when the last line has been written.
    thread: JoinHandle<()>,
}

/// How lines are taken.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How many may wait to be written.
    pub queue: usize,
    /// How long to collect lines before the next write, because waking the thread for each line
    /// costs more than the line itself.
    pub gather: Duration,
}

#[derive(Debug)]
enum Message {
    Line(String),
    /// Call `write` although there is no line.
    Wake,
}

impl Lines {
    /// Starts the thread. It calls `write` with one or more lines, and with none when it is woken
    /// or when nothing has come for a while.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(
        name: &str,
        pace: Pace,
        write: impl FnMut(&str) + Send + 'static,
    ) -> io::Result<Self> {
        let (messages, queue) = sync_channel(pace.queue);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(&queue, pace.gather, write))?;
        Ok(Self {
            messages: Some(messages),
            thread,
        })
    }

    /// Sends a line, with its newline, to be written. Returns whether the queue had room for it.
    #[must_use]
    pub fn send(&self, line: String) -> bool {
        let messages = self.messages.as_ref();
        messages.is_some_and(|messages| messages.try_send(Message::Line(line)).is_ok())
    }

    /// Makes the thread call `write` soon.
    pub fn wake(&self) {
        if let Some(messages) = &self.messages {
            // If the queue is full, it will be called anyway.
            drop(messages.try_send(Message::Wake));
        }
    }
}

impl Drop for Lines {
    /// Waits a while for the last line to be written: where lines go, nobody may read any more.
    fn drop(&mut self) {
        self.messages = None;
        let patience = Instant::now() + LAST_LINES;
        while !self.thread.is_finished() && Instant::now() < patience {
            thread::sleep(PAUSE);
        }
    }
}

fn run(queue: &Receiver<Message>, gather: Duration, mut write: impl FnMut(&str)) {
    loop {
        let mut next = match queue.recv_timeout(ROUND) {
            Ok(first) => Some(first),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let mut batch = String::new();
        while let Some(message) = next {
            if let Message::Line(line) = message {
                batch.push_str(&line);
            }
            next = if batch.len() < BATCH {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        write(&batch);
        if batch.len() < BATCH {
            thread::sleep(gather);
        }
    }
}

/// Writes lines.
///
/// # Errors
///
/// How many of them are lost, and why.
pub fn write_all(out: &mut impl Write, lines: &str) -> Result<(), (u64, io::Error)> {
    let mut rest = lines.as_bytes();
    while !rest.is_empty() {
        match out.write(rest) {
            Ok(0) => return Err((count(rest), io::ErrorKind::WriteZero.into())),
            Ok(length) => rest = &rest[length..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err((count(rest), error)),
        }
    }
    Ok(())
}

/// How many lines end in it.
#[must_use]
pub fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::{Lines, Pace, write_all};
    use std::io::{self, Write};
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    const PACE: Pace = Pace {
        queue: 4,
        gather: Duration::ZERO,
    };

    #[test]
    fn the_end_waits_for_the_last_line() {
        let written = Arc::new(Mutex::new(String::new()));
        let held = Arc::clone(&written);
        let write = move |lines: &str| held.lock().expect("no panic").push_str(lines);
        let lines = Lines::start("test", PACE, write).expect("a thread");
        for line in ["one\n", "two\n", "three\n"] {
            assert!(lines.send(line.to_owned()));
        }
        drop(lines);
        assert_eq!(*written.lock().expect("no panic"), "one\ntwo\nthree\n");
    }

    #[test]
    fn lines_that_nobody_takes_are_refused_and_nobody_waits() {
        let (begin, begun) = channel();
        let (go_on, wait) = channel::<()>();
        let write = move |_: &str| {
            begin.send(()).expect("heard");
            // Until the other end is dropped.
            let _ = wait.recv();
        };
        let lines = Lines::start("test", PACE, write).expect("a thread");
        assert!(lines.send("first\n".to_owned()));
        begun.recv().expect("it is being written");
        let taken = (0..100).filter(|_| lines.send("more\n".to_owned()));
        assert_eq!(taken.count(), PACE.queue);
        drop(go_on);
    }

    /// Takes five bytes, and no more.
    struct Small(Vec<u8>);

    impl Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = bytes.len().min(5 - self.0.len());
            self.0.extend(&bytes[..room]);
            Ok(room)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_is_cut_off_is_lost() {
        let mut small = Small(Vec::new());
        let (lost, _) = write_all(&mut small, "one\ntwo\nthree\n").expect_err("no room");
        assert_eq!((lost, &small.0[..]), (2, &b"one\nt"[..]));
    }
}
