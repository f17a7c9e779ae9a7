//! The generator's benchmark. Every program builds the same posts in turn, each from nothing,
//! several rounds; the medians count. Then spotifinfo alone: how it grows, what an edit takes
//! under `serve`, and a site of ten pages.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::corpus::{self, Post};
use crate::dialect::Dialect;
use crate::editing;
use crate::machine;
use crate::measure::{self, Cost, median};
use crate::peers::{self, Peer};

const SEED: u64 = 20_230_430;

/// How often each kind of edit is made.
const EDITS: usize = 11;

/// How many threads must come to the same.
const JOBS: [&str; 3] = ["1", "2", "5"];

/// What to measure.
#[derive(Args)]
pub(crate) struct Flags {
    /// How many posts
    #[arg(long, default_value_t = 10_000)]
    posts: usize,
    /// How many rounds; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Measure only the programs whose names are given
    #[arg(long)]
    only: Vec<String>,
    /// Measure only what is named: highlighted, plain, growth, edits, small, same
    #[arg(long)]
    part: Vec<String>,
    /// Where the sites are written; a memory disk keeps the disk out of the figures
    #[arg(long, default_value = "/dev/shm/spotifinfo-bench")]
    folder: PathBuf,
}

/// Which corpus to write.
#[derive(Args)]
pub(crate) struct CorpusFlags {
    /// spotifinfo, hugo or cobalt
    dialect: String,
    /// How many posts
    posts: usize,
    /// A folder that is not there yet
    folder: PathBuf,
}

/// Writes the corpus and stops.
///
/// # Errors
/// What the disk says; an unknown dialect.
pub(crate) fn write_corpus(flags: &CorpusFlags) -> io::Result<()> {
    let dialect = match flags.dialect.as_str() {
        "spotifinfo" => Dialect::Spotifinfo,
        "hugo" => Dialect::Hugo,
        "cobalt" => Dialect::Cobalt,
        other => return Err(io::Error::other(format!("no dialect is called `{other}`"))),
    };
    dialect.write(&flags.folder, &corpus::posts(flags.posts, SEED), true)
}

/// Measures and prints.
///
/// # Errors
/// Where a program cannot be had, or does not build the site.
pub(crate) fn run(flags: &Flags) -> io::Result<()> {
    let wanted = |part: &str| flags.part.is_empty() || flags.part.iter().any(|one| one == part);
    println!("{}\n", machine::line());
    if wanted("highlighted") {
        compare(flags, true)?;
    }
    if wanted("plain") {
        compare(flags, false)?;
    }
    let ours = peers::some(Path::new("target/bench"), &["spotifinfo".to_owned()])?;
    for ours in &ours {
        if wanted("growth") {
            growth(flags, ours)?;
        }
        if wanted("edits") {
            edits(flags, ours)?;
        }
        if wanted("small") {
            small(flags, ours)?;
        }
        if wanted("same") {
            same(flags, ours)?;
        }
    }
    Ok(())
}

/// Compares all that build so many posts; then, where that left one out, all of them with as many
/// posts as it builds.
fn compare(flags: &Flags, highlighting: bool) -> io::Result<()> {
    let peers = peers::some(Path::new("target/bench"), &flags.only)?;
    let able = |peer: &&Peer| peer.most >= flags.posts;
    let first: Vec<&Peer> = peers.iter().filter(able).collect();
    compare_with(flags.posts, &first, flags, highlighting)?;
    let fewer = peers.iter().map(|peer| peer.most).min();
    match fewer.filter(|fewer| *fewer < flags.posts) {
        Some(fewer) => compare_with(
            fewer,
            &peers.iter().collect::<Vec<_>>(),
            flags,
            highlighting,
        ),
        None => Ok(()),
    }
}

fn compare_with(
    posts: usize,
    peers: &[&Peer],
    flags: &Flags,
    highlighting: bool,
) -> io::Result<()> {
    let corpus = corpus::posts(posts, SEED);
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); peers.len()];
    for _ in 0..flags.rounds {
        for (peer, costs) in peers.iter().zip(&mut costs) {
            costs.push(build_once(peer, &flags.folder, &corpus, highlighting)?);
        }
    }
    let medians: Vec<Cost> = costs.iter().map(|costs| median(costs)).collect();
    print_comparison(peers, &medians, posts, flags.rounds, highlighting);
    Ok(())
}

fn build_once(peer: &Peer, folder: &Path, corpus: &[Post], highlighting: bool) -> io::Result<Cost> {
    clear(folder)?;
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
    clear(folder)?;
    Ok(cost)
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
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

fn print_comparison(
    peers: &[&Peer],
    medians: &[Cost],
    posts: usize,
    rounds: usize,
    highlighting: bool,
) {
    let fastest = peers
        .iter()
        .zip(medians)
        .filter(|(peer, _)| peer.dialect != Dialect::Spotifinfo)
        .map(|(_, cost)| cost.wall)
        .fold(f64::INFINITY, f64::min);
    let code = if highlighting { "highlighted" } else { "plain" };
    println!("## {posts} posts, code {code}, median of {rounds}\n");
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
    println!();
}

/// A tenth of the posts, all of them, ten times as many.
fn growth(flags: &Flags, ours: &Peer) -> io::Result<()> {
    println!("## Growth\n");
    println!("| posts | wall | times the row above | peak memory |");
    println!("|---|---|---|---|");
    let mut before: Option<f64> = None;
    for posts in [flags.posts / 10, flags.posts, flags.posts * 10] {
        let cost = build_once(ours, &flags.folder, &corpus::posts(posts, SEED), true)?;
        let times = before.map_or_else(String::new, |before| format!("{:.1}", cost.wall / before));
        let Cost { wall, memory, .. } = cost;
        println!("| {posts} | {wall:.2} s | {times} | {memory:.0} MiB |");
        before = Some(wall);
    }
    println!();
    Ok(())
}

/// Not a measurement, but what all of them rely on: whatever the number of threads, the same
/// bytes come out.
fn same(flags: &Flags, ours: &Peer) -> io::Result<()> {
    clear(&flags.folder)?;
    let corpus = corpus::posts(flags.posts, SEED);
    ours.dialect.write(&flags.folder, &corpus, true)?;
    let program = std::path::absolute(&ours.program)?;
    measure::run(&program, &["build", "--verify"], &flags.folder)?;
    let output = flags.folder.join(ours.dialect.output());
    let mut first: Option<Tree> = None;
    for jobs in JOBS {
        clear(&output)?;
        measure::run(&program, &["build", "--jobs", jobs], &flags.folder)?;
        let found = hashes(&output)?;
        if first.as_ref().is_some_and(|first| *first != found) {
            let told = format!("--jobs {jobs} does not come out as --jobs {}", JOBS[0]);
            return Err(io::Error::other(told));
        }
        first = Some(found);
    }
    clear(&flags.folder)?;
    let files = first.map_or(0, |first| first.len());
    println!(
        "{} posts, code highlighted: {files} files, the same bytes with `--verify` and with \
         `--jobs` {}.\n",
        flags.posts,
        JOBS.join(", ")
    );
    Ok(())
}

/// A hash of each file below a folder, by its path.
type Tree = BTreeMap<PathBuf, u64>;

fn hashes(folder: &Path) -> io::Result<Tree> {
    let mut found = Tree::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let mut hasher = DefaultHasher::new();
                fs::read(&path)?.hash(&mut hasher);
                found.insert(path, hasher.finish());
            }
        }
    }
    Ok(found)
}

fn edits(flags: &Flags, ours: &Peer) -> io::Result<()> {
    clear(&flags.folder)?;
    let corpus = corpus::posts(flags.posts, SEED);
    let (latencies, memory) = editing::measure(&ours.program, &flags.folder, &corpus, EDITS)?;
    clear(&flags.folder)?;
    println!(
        "## One edit among {} posts under `serve`, median of {EDITS}\n",
        flags.posts
    );
    println!("| edit | change seen → reload sent | file written → browser told |");
    println!("|---|---|---|");
    for (edit, latency) in latencies {
        let name = match edit {
            editing::Edit::Body => "a sentence",
            editing::Edit::Title => "a title",
            editing::Edit::Addition => "a new post",
        };
        println!(
            "| {name} | {:.0} ms | {:.0} ms |",
            latency.server, latency.browser
        );
    }
    println!("\nPeak memory of the server: {memory:.0} MiB.\n");
    Ok(())
}

/// This repository's own site, about ten pages, each time from nothing.
fn small(flags: &Flags, ours: &Peer) -> io::Result<()> {
    let mut costs = Vec::new();
    for _ in 0..EDITS {
        clear(&flags.folder)?;
        fs::create_dir_all(&flags.folder)?;
        let root = std::path::absolute(".")?;
        let root = root.to_string_lossy();
        let out = flags.folder.join("dist");
        let arguments = ["build", "--root", &root, "--out", &out.to_string_lossy()];
        costs.push(measure::run(&ours.program, &arguments, &flags.folder)?);
    }
    clear(&flags.folder)?;
    let cost = median(&costs);
    println!(
        "This repository's site, whole process, median of {EDITS}: {:.0} ms, {:.0} MiB.",
        cost.wall * 1000.0,
        cost.memory
    );
    Ok(())
}
