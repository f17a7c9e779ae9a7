//! Lines that a thread of its own writes. Where it cannot keep up, because a disk is slow or nobody
//! reads, lines are lost, and whoever sent them is told so. Nobody waits for that thread: requests
//! go on, and so does the end of the process.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// About how many bytes are written at once.
const BATCH: usize = 64 * 1024;
/// How long it is until there is a look at what is to be done besides lines.
const ROUND: Duration = Duration::from_secs(600);
/// How long the end of the process waits for the last lines.
const LAST_LINES: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(2);

/// Takes lines, and never waits.
#[derive(Debug)]
pub struct Lines {
    /// Gone when there will be no more.
    messages: Option<SyncSender<Message>>,
    /// It ends when the last line is written.
    thread: JoinHandle<()>,
}

/// How lines are taken.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How many may wait to be written.
    pub queue: usize,
    /// How long they gather after others were written: waking a thread for each costs more than
    /// the line does.
    pub gather: Duration,
}

#[derive(Debug)]
enum Message {
    Line(String),
    /// There is something to do besides lines.
    Wake,
}

impl Lines {
    /// Starts the thread, which calls `write` with one line or several, or with none where it is
    /// woken and at times when nothing comes.
    ///
    /// # Errors
    ///
    /// Where there is no thread to be had.
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

    /// Has a line written, which brings its end along; tells whether it will be.
    #[must_use]
    pub fn send(&self, line: String) -> bool {
        let messages = self.messages.as_ref();
        messages.is_some_and(|messages| messages.try_send(Message::Line(line)).is_ok())
    }

    /// Has `write` called soon.
    pub fn wake(&self) {
        if let Some(messages) = &self.messages {
            // Where the queue is full, it will be called anyway.
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
