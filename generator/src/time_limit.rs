//! A time limit for templates.
//!
//! The engine counts a template's steps, but not all that a step costs: of a value that doubles
//! with each round of a loop, one comparison never ends. Nothing but the end of the process ends
//! such a step. So the calls that run are listed here, for the process as a whole, and the program
//! is told of one that takes too long.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::diag::Diagnostic;
use crate::path::SourcePath;

/// The limit of a site that does not set one, in seconds.
pub const DEFAULT: usize = 5;

/// Time is counted in these: while the process is stopped, or gets no processor, none goes by.
const TICK: Duration = Duration::from_millis(100);
const TICKS_A_SECOND: usize = 10;

/// A call of a template.
#[derive(Debug)]
pub(crate) struct Call {
    /// The template.
    pub(crate) template: String,
    /// The content file for which it is called, if it is for one.
    pub(crate) file: Option<SourcePath>,
    /// How long it may take, in seconds; 0 for as long as it likes.
    pub(crate) limit: usize,
}

impl Call {
    /// Does the call, which `work` makes.
    pub(crate) fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let _listed = (self.limit > 0).then(|| Listed::new(self));
        work()
    }

    fn overdue(&self) -> Diagnostic {
        let Self {
            template, limit, ..
        } = self;
        let message = format!("the template `{template}` takes longer than {limit} s");
        let diagnostic = Diagnostic::error(message).hint(
            "does a value grow with each round of a loop? If the template needs its time, \
             raise `timeout` in the configuration",
        );
        match &self.file {
            Some(file) => diagnostic.in_file(file),
            None => diagnostic,
        }
    }
}

/// Calls `give_up` with the error about each call that exceeds its limit, from a thread of its own,
/// until the process ends.
pub fn enforce(give_up: impl Fn(Diagnostic) + Send + 'static) {
    thread::spawn(move || {
        loop {
            thread::sleep(TICK);
            for error in tick(&mut running()) {
                give_up(error);
            }
        }
    });
}

/// Counts a tick for every call. Returns the errors about those whose time is over now.
fn tick(running: &mut BTreeMap<u64, Running>) -> Vec<Diagnostic> {
    let each = running.values_mut();
    each.filter_map(|Running { call, ticks }| {
        *ticks += 1;
        (*ticks == call.limit * TICKS_A_SECOND).then(|| call.overdue())
    })
    .collect()
}

struct Running {
    call: Call,
    ticks: usize,
}

static RUNNING: Mutex<BTreeMap<u64, Running>> = Mutex::new(BTreeMap::new());

fn running() -> MutexGuard<'static, BTreeMap<u64, Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A call in the list, by its number. It is listed until this is dropped.
struct Listed(u64);

impl Listed {
    fn new(call: Call) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        running().insert(number, Running { call, ticks: 0 });
        Self(number)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        running().remove(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Call, Running, TICKS_A_SECOND, running, tick};

    fn call(template: &str, limit: usize) -> Call {
        Call {
            template: template.to_owned(),
            file: None,
            limit,
        }
    }

    #[test]
    fn a_call_is_told_once_its_time_is_over_and_not_before() {
        let calls = [("short.html", 1), ("long.html", 2)].map(|(name, limit)| Running {
            call: call(name, limit),
            ticks: 0,
        });
        let mut running: BTreeMap<u64, Running> = (0..).zip(calls).collect();
        let mut told = Vec::new();
        for at in 1..=3 * TICKS_A_SECOND {
            let errors = tick(&mut running);
            told.extend(errors.into_iter().map(|error| (at, error.message)));
        }
        let message =
            |name, seconds| format!("the template `{name}` takes longer than {seconds} s");
        assert_eq!(
            told,
            [
                (TICKS_A_SECOND, message("short.html", 1)),
                (2 * TICKS_A_SECOND, message("long.html", 2)),
            ]
        );
    }

    #[test]
    fn a_call_is_listed_while_it_runs() {
        let listed = |name: &str| running().values().any(|one| one.call.template == name);
        call("listed.html", 1).run(|| assert!(listed("listed.html")));
        assert!(!listed("listed.html"));
        call("endless.html", 0).run(|| assert!(!listed("endless.html")));
        let panicked = std::panic::catch_unwind(|| call("panics.html", 1).run(|| panic!("no")));
        assert!(panicked.is_err() && !listed("panics.html"));
    }
}
