//! Servers as processes: on a core of their own, ended when they are dropped.

use std::fs;
use std::io::{self, Read as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::run;

const SERVER_CORE: &str = "0";
const LOAD_CORE: &str = "1";
/// How long a server may take until it can be reached.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server; it is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

/// Moves this process, and whatever it starts without a word about cores, off the servers' core.
///
/// # Errors
/// Where `taskset` is missing or there is one core only.
pub(crate) fn stay_on_the_second_core() -> io::Result<()> {
    let own = std::process::id().to_string();
    run(Command::new("taskset")
        .args(["--all-tasks", "--cpu-list", "--pid", LOAD_CORE, &own])
        .stdout(Stdio::null()))
}

/// `program` on the servers' core.
pub(crate) fn on_server_core(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", SERVER_CORE]).arg(program);
    command
}

/// A port that is free now.
///
/// # Errors
/// Where there is none.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

impl Server {
    /// Starts `command` and waits until somebody listens on `port`; what it says goes to `log`.
    ///
    /// # Errors
    /// Where it does not come up; with what it said.
    pub(crate) fn start(command: &mut Command, port: u16, log: &Path) -> io::Result<Self> {
        let said = fs::File::create(log)?;
        command
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said);
        let child = command
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("{command:?}: {error}")))?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut server = Self { child, address };
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = server.child.try_wait()?.is_some();
            if ended || started.elapsed() > PATIENCE {
                let said = fs::read_to_string(log)?;
                return Err(io::Error::other(format!(
                    "{command:?} does not listen: {said}"
                )));
            }
            thread::sleep(Duration::from_micros(200));
        }
        Ok(server)
    }

    /// The memory it holds, in MiB.
    ///
    /// # Errors
    /// Where it has ended.
    pub(crate) fn memory(&self) -> io::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|text| text.trim().strip_suffix(" kB"));
        let kib: Option<f64> = kib.and_then(|text| text.parse().ok());
        kib.map(|kib| kib / 1024.0)
            .ok_or_else(|| io::Error::other("/proc tells no VmRSS"))
    }
}

impl Drop for Server {
    /// Asks it to end, and insists after a while; there is nobody to tell where even that fails.
    fn drop(&mut self) {
        let process = self.child.id().to_string();
        drop(Command::new("kill").args(["-s", "TERM", &process]).status());
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(10));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The share of the time for which the servers' core was busy while `work` was done.
///
/// # Errors
/// Where `work` fails or the kernel does not tell.
pub(crate) fn busy<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<(T, f64)> {
    let before = core_times()?;
    let done = work()?;
    let after = core_times()?;
    let (all, idle) = (after.0 - before.0, after.1 - before.1);
    Ok((done, 1.0 - idle / all.max(1.0)))
}

/// All and idle ticks of the servers' core (proc(5), /proc/stat).
fn core_times() -> io::Result<(f64, f64)> {
    let mut text = String::new();
    fs::File::open("/proc/stat")?.read_to_string(&mut text)?;
    let name = format!("cpu{SERVER_CORE} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&name));
    let ticks: Vec<f64> = line
        .unwrap_or_default()
        .split(' ')
        .filter_map(|tick| tick.parse().ok())
        .collect();
    match ticks[..] {
        [_, _, _, idle, waiting, ..] => Ok((ticks.iter().take(8).sum(), idle + waiting)),
        _ => Err(io::Error::other("/proc/stat has no such core")),
    }
}
