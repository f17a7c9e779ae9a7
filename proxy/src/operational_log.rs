//! The operational log: what `tracing` reports about faults, on standard error. It says nothing
//! about visitors. If nobody reads it, lines are dropped and counted, and requests go on.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;
use crate::lines::{Lines, Pace, write_all};

/// There are few lines, and each may be the last one, so they are not collected.
const PACE: Pace = Pace {
    queue: 1024,
    gather: Duration::ZERO,
};

/// The running log. Dropping it waits a while for the last line.
#[derive(Debug)]
pub struct OperationalLog {
    _lines: Arc<Lines>,
}

impl OperationalLog {
    /// Starts it for the whole process, which can be done only once. `RUST_LOG` sets how much is
    /// logged.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(format: LogFormat) -> io::Result<Self> {
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        let lines = Lines::start("log", PACE, move |lines| {
            // If standard error cannot be written, there is no other place to say so.
            drop(write_all(&mut io::stderr(), lines));
            let lost = counted.swap(0, Ordering::Relaxed);
            if lost > 0 {
                tracing::warn!(lost, "lines of this log were lost, since nobody read it");
            }
        })?;
        let lines = Arc::new(lines);
        let sink = Sink {
            lines: Arc::downgrade(&lines),
            lost,
        };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(move || sink.clone())
            .with_ansi(false);
        match format {
            LogFormat::Text => log.init(),
            LogFormat::Json => log.json().init(),
        }
        Ok(Self { _lines: lines })
    }
}

/// Takes lines from `tracing`, which writes each one as a whole.
#[derive(Debug, Clone)]
struct Sink {
    /// `None` at the end of the process.
    lines: Weak<Lines>,
    lost: Arc<AtomicU64>,
}

impl Write for Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let Some(lines) = self.lines.upgrade() else {
            return io::stderr().write(line);
        };
        if !lines.send(String::from_utf8_lossy(line).into_owned()) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
