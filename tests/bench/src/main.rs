//! Benchmarks, side by side with peers: `cargo run --release -p bench -- generator`.
//!
//! Every program builds the same posts in turn, each from nothing, several rounds; the medians
//! and the ratios to the fastest peer are printed as a markdown table.

mod corpus;
mod dialect;
mod measure;
mod peers;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::dialect::Dialect;
use crate::measure::{Cost, median};
use crate::peers::Peer;

/// Benchmarks of the generator and the proxy, side by side with their peers
#[derive(Parser)]
enum Arguments {
    /// Build the same blog with spotifinfo, Hugo and Cobalt
    Generator {
        /// How many posts
        #[arg(long, default_value_t = 10_000)]
        posts: usize,
        /// How many rounds; the median counts
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Leave code blocks plain
        #[arg(long)]
        plain_code: bool,
        /// Measure only the programs whose names are given
        #[arg(long)]
        only: Vec<String>,
        /// Where the sites are written; a memory disk keeps the disk out of the figures
        #[arg(long, default_value = "/dev/shm/spotifinfo-bench")]
        folder: PathBuf,
    },
    /// Write the blog for one program and stop
    Corpus {
        /// spotifinfo, hugo or cobalt
        dialect: String,
        /// How many posts
        posts: usize,
        /// A folder that is not there yet
        folder: PathBuf,
    },
}

const SEED: u64 = 20_230_430;

fn main() -> ExitCode {
    let done = match Arguments::parse() {
        Arguments::Generator {
            posts,
            rounds,
            plain_code,
            only,
            folder,
        } => compare(&folder, posts, rounds, !plain_code, &only),
        Arguments::Corpus {
            dialect,
            posts,
            folder,
        } => write_corpus(&dialect, posts, &folder),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_corpus(dialect: &str, posts: usize, folder: &Path) -> io::Result<()> {
    let dialect = match dialect {
        "spotifinfo" => Dialect::Spotifinfo,
        "hugo" => Dialect::Hugo,
        "cobalt" => Dialect::Cobalt,
        other => return Err(io::Error::other(format!("no dialect is called `{other}`"))),
    };
    dialect.write(folder, &corpus::posts(posts, SEED), true)
}

fn compare(
    folder: &Path,
    posts: usize,
    rounds: usize,
    highlighting: bool,
    only: &[String],
) -> io::Result<()> {
    let mut peers = peers::all(Path::new("target/bench"))?;
    peers.retain(|peer| only.is_empty() || only.iter().any(|name| name == peer.name));
    let corpus = corpus::posts(posts, SEED);
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); peers.len()];
    for _ in 0..rounds {
        for (peer, costs) in peers.iter().zip(&mut costs) {
            costs.push(build_once(peer, folder, &corpus, highlighting)?);
        }
    }
    let medians: Vec<Cost> = costs.iter().map(|costs| median(costs)).collect();
    print_table(&peers, &medians, posts, rounds, highlighting);
    Ok(())
}

fn build_once(
    peer: &Peer,
    folder: &Path,
    corpus: &[corpus::Post],
    highlighting: bool,
) -> io::Result<Cost> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    peer.dialect.write(folder, corpus, highlighting)?;
    let program = std::path::absolute(&peer.program)?;
    let cost = measure::run(&program, peer.arguments, folder)?;
    let built = count_pages(&folder.join(peer.dialect.output()))?;
    if built < corpus.len() {
        return Err(io::Error::other(format!(
            "{} built only {built} pages",
            peer.name
        )));
    }
    fs::remove_dir_all(folder)?;
    Ok(cost)
}

fn count_pages(folder: &Path) -> io::Result<usize> {
    let mut pages = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            pages += count_pages(&entry.path())?;
        } else if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "html")
        {
            pages += 1;
        }
    }
    Ok(pages)
}

fn print_table(peers: &[Peer], medians: &[Cost], posts: usize, rounds: usize, highlighting: bool) {
    let fastest = peers
        .iter()
        .zip(medians)
        .filter(|(peer, _)| peer.dialect != Dialect::Spotifinfo)
        .map(|(_, cost)| cost.wall)
        .fold(f64::INFINITY, f64::min);
    let code = if highlighting { "highlighted" } else { "plain" };
    println!("\n{posts} posts, code {code}, median of {rounds}\n");
    println!("| program | wall | ratio to the fastest peer | CPU | peak memory |");
    println!("|---|---|---|---|---|");
    for (peer, cost) in peers.iter().zip(medians) {
        println!(
            "| {} | {:.2} s | {:.2} | {:.2} s | {:.0} MiB |",
            peer.name,
            cost.wall,
            cost.wall / fastest,
            cost.cpu,
            cost.memory
        );
    }
}
