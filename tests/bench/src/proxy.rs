//! The auth proxy beside nginx, Apache with mod_auth_openidc and Node with express-openid-connect.
//!
//! All run in turn on loopback. Each server has one core to itself and the load comes from the
//! other, so that a figure is what a core gives, however many threads share it. The request is the
//! same for all, but for the cookie; what is answered has the same length.

mod answer;
mod load;
mod memory;
mod ours;
mod paced;
mod process;
mod provider;
mod refresh;
mod report;
mod rivals;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::machine;
use crate::proxy::load::Load;
use crate::proxy::ours::Home;
use crate::proxy::provider::Provider;
use crate::proxy::report::Report;
use crate::proxy::rivals::Rival;

/// How many sessions are live where memory is measured.
const SESSIONS: usize = 100_000;
/// How many connections are open where memory is measured.
const CONNECTIONS: usize = 10_000;

/// What to measure, and for how long.
#[derive(Args)]
pub(crate) struct Flags {
    /// How long each is asked, in seconds
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many rounds; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Where databases, logs and configurations are written; a memory disk keeps the disk out
    #[arg(long, default_value = "/dev/shm/spotifinfo-bench-proxy")]
    folder: PathBuf,
}

/// Measures everything and prints it as markdown.
///
/// # Errors
/// Where something cannot be installed, started or reached.
pub(crate) fn run(flags: &Flags) -> io::Result<()> {
    let folder = flags.folder.as_path();
    let machine = machine::line();
    rivals::install()?;
    process::stay_on_the_second_core()?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let provider = Provider::start()?;
    eprintln!("{SESSIONS} sessions …");
    let home = Home::make(&folder.join("ours"), &provider, SESSIONS)?;
    eprintln!("throughput …");
    let throughput = throughput(&home, flags)?;
    eprintln!("starts, refreshes, memory …");
    let report = Report {
        size: ours::size()?,
        start: ours::start_times(&home, 21)?,
        refresh: refresh::measure(&home, &provider)?,
        memory: memory::measure(&home, SESSIONS, CONNECTIONS)?,
        throughput,
    };
    fs::remove_dir_all(folder)?;
    println!("{machine}\n");
    report.print();
    Ok(())
}

/// The peak of each in turn, several rounds, and how late the answers are at half of it.
fn throughput(home: &Home, flags: &Flags) -> io::Result<Vec<(Rival, Load)>> {
    let folder = flags.folder.as_path();
    let time = Duration::from_secs(flags.seconds);
    let mut measured: Vec<(Rival, Vec<Load>)> = Vec::new();
    for _ in 0..flags.rounds {
        for rival in Rival::ALL {
            let running = rival.start(folder, home)?;
            let load = load::peak(&running, time, folder)?;
            let load = load::at_half(&running, time, load)?;
            match measured.iter_mut().find(|(known, _)| *known == rival) {
                Some((_, loads)) => loads.push(load),
                None => measured.push((rival, vec![load])),
            }
        }
    }
    let medians = measured.into_iter();
    Ok(medians
        .map(|(rival, loads)| (rival, Load::median(&loads)))
        .collect())
}
