//! What the figures were measured on, as far as it concerns a reader: no names, no paths.

use std::fs;
use std::process::Command;

/// One line: the day, the processor, its cores, the memory.
#[must_use]
pub(crate) fn line() -> String {
    let today = Command::new("date").args(["-u", "+%F"]).output();
    let today = today.map_or_else(
        |_| String::new(),
        |said| String::from_utf8_lossy(&said.stdout).trim().to_owned(),
    );
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "processor".to_owned());
    let kib = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    let memory = kib.map_or_else(String::new, |kib| format!(", {} GiB", kib / 1024 / 1024));
    format!("{today}, {processor}, {cores} cores{memory}, on a memory disk")
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
