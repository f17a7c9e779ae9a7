//! Runs a command several times and says what it took.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Seconds by the clock on the wall.
    pub(crate) wall: f64,
    /// Seconds of processor time, user and system, all threads.
    pub(crate) cpu: f64,
    /// The most memory held at once, in MiB.
    pub(crate) memory: f64,
}

/// Runs `program` in `folder` under GNU time.
///
/// # Errors
/// Where GNU time is missing or the command fails; its stderr is in the message.
pub(crate) fn run(program: &Path, arguments: &[&str], folder: &Path) -> io::Result<Cost> {
    let report = folder.join(".cost");
    // GNU time counts whole hundredths of a second only.
    let started = Instant::now();
    let done = Command::new("/usr/bin/time")
        .args(["-f", "%U %S %M", "-o"])
        .arg(&report)
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("GNU time (apt-get install time): {error}"),
            )
        })?;
    let wall = started.elapsed().as_secs_f64();
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(io::Error::other(format!("{}: {said}", program.display())));
    }
    let text = std::fs::read_to_string(&report)?;
    std::fs::remove_file(&report)?;
    let numbers: Vec<f64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    match numbers[..] {
        [user, system, kib] => Ok(Cost {
            wall,
            cpu: user + system,
            memory: kib / 1024.0,
        }),
        _ => Err(io::Error::other(format!("GNU time said `{text}`"))),
    }
}

/// The middle of `costs`, each number by itself; zeros where there are none.
#[must_use]
pub(crate) fn median(costs: &[Cost]) -> Cost {
    let middle = |number: fn(&Cost) -> f64| {
        let mut sorted: Vec<f64> = costs.iter().map(number).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    };
    Cost {
        wall: middle(|cost| cost.wall),
        cpu: middle(|cost| cost.cpu),
        memory: middle(|cost| cost.memory),
    }
}
