//! What a call of a template may cost: time and memory.
//!
//! The engine counts a template's steps, but not all that a step costs: of a value that doubles
//! with each round of a loop, one comparison never ends, and its text fills the memory. Nothing but
//! the end of the process ends such a step. So the calls that run are listed here, for the process
//! as a whole, and the program is told of one that costs too much.
//!
//! What a call costs, Linux tells in /proc (`man 5 proc`): the processor's time, so that a machine
//! with much to do gives up no more than others, and the memory of the process. Elsewhere, the time
//! on the clock counts, and memory has no limit.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::diag::Diagnostic;
use crate::path::SourcePath;

/// How many seconds a call may take on a site that does not say.
pub const SECONDS: usize = 5;

/// By how many bytes the process may grow during a call: so many for every site, and so many more
/// for each of its pages, since others are rendered meanwhile.
const BYTES: u64 = 512 * 1024 * 1024;
const BYTES_FOR_EACH_PAGE: u64 = 256 * 1024;

/// How often the costs are looked at.
const TICK: Duration = Duration::from_millis(20);

/// What a call may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// How long it may take, in seconds; 0 for as long as it likes.
    pub(crate) seconds: usize,
    /// By how many bytes the process may grow meanwhile.
    pub(crate) bytes: u64,
}

impl Budget {
    /// The budget on a site of so many pages.
    pub(crate) fn new(seconds: usize, pages: usize) -> Self {
        Self {
            seconds,
            bytes: BYTES + BYTES_FOR_EACH_PAGE * pages as u64,
        }
    }
}

/// A call of a template.
#[derive(Debug)]
pub(crate) struct Call {
    /// The template.
    pub(crate) template: String,
    /// The content file for which it is called, if it is for one.
    pub(crate) file: Option<SourcePath>,
    /// What it may cost.
    pub(crate) budget: Budget,
}

impl Call {
    /// Does the call, which `work` makes.
    pub(crate) fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let _listed = Listed::new(self);
        work()
    }

    /// The error about it, if it costs too much.
    fn excess(&self, cost: Cost) -> Option<Diagnostic> {
        let Self {
            template, budget, ..
        } = self;
        let limit = Duration::from_secs(budget.seconds as u64);
        let (amount, remedy) = if budget.seconds > 0 && cost.time > limit {
            let amount = format!("longer than {} s", budget.seconds);
            let remedy = ". If the template needs its time, raise `timeout` in the configuration";
            (amount, remedy)
        } else if cost.bytes > budget.bytes {
            let amount = format!("more than {} MiB of memory", budget.bytes / 1024 / 1024);
            (amount, "")
        } else {
            return None;
        };
        let message = format!("the template `{template}` takes {amount}");
        let hint = format!("does a value grow with each round of a loop?{remedy}");
        let diagnostic = Diagnostic::error(message).hint(hint);
        Some(match &self.file {
            Some(file) => diagnostic.in_file(file),
            None => diagnostic,
        })
    }
}

/// Calls `give_up` with the error about a call that costs too much, from a thread of its own, until
/// the process ends.
pub fn enforce(give_up: impl Fn(Diagnostic) + Send + 'static) {
    thread::spawn(move || {
        loop {
            thread::sleep(TICK);
            let excess = running().values_mut().find_map(Running::excess);
            if let Some(error) = excess {
                give_up(error);
            }
        }
    });
}

/// What was spent: by a thread, and by the process.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    time: Duration,
    bytes: u64,
}

struct Running {
    call: Call,
    /// The folder of the thread below /proc.
    task: Option<PathBuf>,
    /// What was spent when the call was first looked at.
    before: Option<Cost>,
    ticks: u32,
}

impl Running {
    fn excess(&mut self) -> Option<Diagnostic> {
        self.ticks += 1;
        let time = self.task.as_deref().and_then(processor_time);
        let spent = Cost {
            time: time.unwrap_or(TICK * self.ticks),
            bytes: memory().unwrap_or_default(),
        };
        let before = *self.before.get_or_insert(spent);
        self.call.excess(Cost {
            time: spent.time.saturating_sub(before.time),
            bytes: spent.bytes.saturating_sub(before.bytes),
        })
    }
}

/// The time that the thread has spent.
fn processor_time(task: &Path) -> Option<Duration> {
    let stat = fs::read_to_string(task.join("stat")).ok()?;
    // The name, in parentheses, may hold anything; utime and stime are the fields 14 and 15.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut hundredths = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (hundredths()? + hundredths()?)))
}

/// The memory of the process, in bytes.
fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let number = kibibytes.trim().strip_suffix(" kB")?;
    Some(number.parse::<u64>().ok()? * 1024)
}

static RUNNING: Mutex<BTreeMap<u64, Running>> = Mutex::new(BTreeMap::new());

fn running() -> MutexGuard<'static, BTreeMap<u64, Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    static TASK: LazyCell<Option<PathBuf>> = LazyCell::new(|| {
        let task = fs::read_link("/proc/thread-self").ok()?;
        Some(Path::new("/proc").join(task))
    });
}

/// A call in the list, by its number. It is listed until this is dropped.
struct Listed(u64);

impl Listed {
    fn new(call: Call) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let one = Running {
            call,
            task: TASK.with(|task| (**task).clone()),
            before: None,
            ticks: 0,
        };
        running().insert(number, one);
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
    use std::time::Duration;

    use super::{Budget, Call, Cost, TASK, memory, processor_time, running};

    const MIB: u64 = 1024 * 1024;

    fn call(template: &str, seconds: usize) -> Call {
        Call {
            template: template.to_owned(),
            file: None,
            budget: Budget::new(seconds, 4),
        }
    }

    #[test]
    fn a_call_is_told_once_it_has_spent_more_than_its_budget() {
        let told = |seconds, milliseconds, mebibytes: u64| {
            let cost = Cost {
                time: Duration::from_millis(milliseconds),
                bytes: mebibytes * MIB,
            };
            let error = call("a.html", seconds).excess(cost);
            error.map(|error| error.message)
        };
        let long = Some("the template `a.html` takes longer than 2 s".to_owned());
        let large = Some("the template `a.html` takes more than 513 MiB of memory".to_owned());
        assert_eq!(told(2, 2000, 513), None);
        assert_eq!(told(2, 2001, 0), long);
        assert_eq!(told(2, 0, 514), large);
        assert_eq!(told(0, 1_000_000, 513), None);
        assert_eq!(told(0, 0, 514), large);
        assert_eq!(told(usize::MAX, 1_000_000, 0), None);
    }

    #[test]
    fn a_call_is_listed_while_it_runs() {
        let listed = |name: &str| running().values().any(|one| one.call.template == name);
        call("listed.html", 1).run(|| assert!(listed("listed.html")));
        assert!(!listed("listed.html"));
        let panicked = std::panic::catch_unwind(|| call("panics.html", 1).run(|| panic!("no")));
        assert!(panicked.is_err() && !listed("panics.html"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_tells_what_is_spent() {
        assert!(memory().unwrap() > MIB);
        let task = TASK.with(|task| (**task).clone()).unwrap();
        let before = processor_time(&task).unwrap();
        while processor_time(&task).unwrap() == before {}
    }
}
