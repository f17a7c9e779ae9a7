//! The operational log: what `tracing` tells, on standard error, about faults and not about
//! visitors. Where nobody reads it, lines are lost and counted, and requests go on.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;
use crate::lines::{Lines, Pace, write_all};

/// Lines are few and each may be the last: they do not gather.
const PACE: Pace = Pace {
    queue: 1024,
    gather: Duration::ZERO,
};

/// Keeps the log going; its end waits a while for the last line.
#[derive(Debug)]
pub struct OperationalLog {
    _lines: Arc<Lines>,
}

impl OperationalLog {
    /// Starts it for the whole process, in which it can be started once. `RUST_LOG` sets how much
    /// is told.
    ///
    /// # Errors
    ///
    /// Where there is no thread to be had.
    pub fn start(format: LogFormat) -> io::Result<Self> {
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        let lines = Lines::start("log", PACE, move |lines| {
            // Where it cannot be written, there is nobody who could be told.
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

/// Takes a line from `tracing`, which writes each as a whole.
#[derive(Debug, Clone)]
struct Sink {
    /// Gone at the end of the process.
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
