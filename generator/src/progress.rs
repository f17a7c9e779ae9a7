//! Shows on a terminal that a command is still running, if it takes longer than a second.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Shows the time since it was created, until it is dropped. If stderr is not a terminal, it shows
/// nothing.
pub(crate) struct Progress {
    over: Option<Sender<()>>,
    shown: Option<JoinHandle<()>>,
}

impl Progress {
    pub(crate) fn of(what: &'static str) -> Self {
        if !io::stderr().is_terminal() {
            return Self {
                over: None,
                shown: None,
            };
        }
        let (over, ended) = mpsc::channel();
        let started = Instant::now();
        let shown = thread::spawn(move || {
            let mut wrote = false;
            let second = Duration::from_secs(1);
            while ended.recv_timeout(second) == Err(RecvTimeoutError::Timeout) {
                // A closed terminal is no reason to fail.
                let _ = write!(io::stderr(), "\r{what}: {} s", started.elapsed().as_secs());
                wrote = true;
            }
            if wrote {
                erase();
            }
        });
        Self {
            over: Some(over),
            shown: Some(shown),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.over = None;
        if let Some(shown) = self.shown.take() {
            let _ = shown.join();
        }
    }
}

/// Removes what is shown, if stderr is a terminal.
pub(crate) fn erase() {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}
