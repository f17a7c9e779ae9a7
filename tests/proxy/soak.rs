//! Mixed load with faults on: visitors come, ask, restrict and leave while strangers forge, clients
//! dawdle, the provider fails in turn and an operator works beside it all. No session is lost, no
//! file descriptor stays open, and memory stops growing.
//!
//! A short form; with `SOAK=1` it goes on for an hour, and `SOAK_SECONDS` sets another time.

mod actors;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::harness::process::{Bench, Running, admin, held};
use crate::soak::actors::Stage;

/// Visitors who stay to the end.
const FAITHFUL: usize = 8;
/// How often the process is looked at.
const LOOKS: u32 = 120;
/// By how many KiB the memory of the last third may exceed that of the middle third, both by their
/// medians: what an allocator keeps back now and then is not what grows with every request.
const MORE_MEMORY: u64 = 2 * 1024;
/// How many more files may be open at the end than at the start.
const MORE_FILES: usize = 4;

fn duration() -> Duration {
    let given = std::env::var("SOAK_SECONDS").ok();
    let usual = if std::env::var_os("SOAK").is_some() {
        3600
    } else {
        15
    };
    Duration::from_secs(given.map_or(usual, |text| text.parse().unwrap()))
}

/// Looks at the process now and then, and says what it sees.
async fn watch(running: &Running, socket: &Path, stage: &Stage, whole: Duration) -> Vec<u64> {
    let mut memory = Vec::new();
    while !stage.is_over() {
        sleep(whole / LOOKS).await;
        let (kilobytes, files) = held(running.id());
        let metrics = admin(socket, "/metrics").await;
        let sessions = sessions(&metrics);
        memory.push(kilobytes);
        println!(
            "{:.0?} {kilobytes} KiB, {files} files, {sessions} sessions, {:?}",
            whole / LOOKS * u32::try_from(memory.len()).unwrap(),
            stage.counts
        );
    }
    memory
}

/// The number of rows, from the metrics; nobody knows it while the database is locked.
fn sessions(metrics: &str) -> &str {
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix("spotifinfo_sessions "));
    value.unwrap_or("?")
}

/// The load, for as long as the stage stands; gives what memory was seen.
async fn play(
    stage: &Stage,
    running: &Arc<Running>,
    socket: PathBuf,
    faithful: &[String],
    whole: Duration,
) -> Vec<u64> {
    let mut actors = JoinSet::new();
    for cookies in faithful {
        actors.spawn(stage.clone().stay(cookies.clone()));
    }
    actors.spawn(stage.clone().come_and_go());
    actors.spawn(stage.clone().come_and_go());
    actors.spawn(stage.clone().restrict());
    actors.spawn(stage.clone().pester());
    actors.spawn(stage.clone().redeem_junk());
    for _ in 0..6 {
        actors.spawn(stage.clone().dawdle());
    }
    actors.spawn(stage.clone().fail_upstream());
    actors.spawn(stage.clone().operate(Arc::clone(running), socket.clone()));
    let memory = watch(running, &socket, stage, whole).await;
    while let Some(ended) = actors.join_next().await {
        ended.unwrap();
    }
    memory
}

/// Waits until the session works again: what failed before may have to be waited for.
async fn still_works(stage: &Stage, cookies: &str) {
    for _ in 0..120 {
        if stage.token(cookies).await {
            return;
        }
        sleep(Duration::from_secs(1)).await;
    }
    panic!("a session does not come back within two minutes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mixed_load_with_faults_loses_no_session_no_memory_and_no_file() {
    let whole = duration();
    let bench = Arc::new(Bench::new().await);
    bench.spotify.turn(|knobs| {
        knobs.rotate = true;
        knobs.token_lifetime = 2;
    });
    let socket = bench.file("admin");
    let listen = format!("unix:{}", socket.display());
    let mut command = bench.command();
    command.env("SPOTIFINFO_TRUSTED_PROXIES", "127.0.0.1");
    let running = Running::start(command.env("SPOTIFINFO_ADMIN_LISTEN", listen));
    let running = Arc::new(running);
    let stage = Stage {
        address: running.address,
        bench,
        counts: Arc::default(),
        end: Instant::now() + whole,
    };
    let mut faithful = Vec::new();
    for _ in 0..FAITHFUL {
        faithful.push(stage.log_in().await);
    }
    let (_, files) = held(running.id());
    let memory = play(&stage, &running, socket, &faithful, whole).await;
    for cookies in &faithful {
        still_works(&stage, cookies).await;
    }
    assert_eq!(stage.counts.lost.load(Ordering::Relaxed), 0);
    assert_eq!(
        listed(&stage.bench),
        FAITHFUL,
        "who left is gone and who stayed is there: {}",
        running.told()
    );
    check_memory(&memory);
    check_files(&running, files).await;
    println!("{whole:?}: {:?}", stage.counts);
}

fn listed(bench: &Bench) -> usize {
    let output = bench.run(&["sessions", "list"]);
    String::from_utf8(output.stdout).unwrap().lines().count()
}

/// After the first third, which warms up, nothing grows.
fn check_memory(memory: &[u64]) {
    let third = memory.len() / 3;
    let [first, middle, last] = [0, third, 2 * third].map(|at| median(&memory[at..at + third]));
    println!("resident, medians of the thirds: {first}, {middle} and {last} KiB");
    assert!(last < middle + MORE_MEMORY, "{memory:?}");
}

fn median(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// Idle connections to the provider end after half a minute, slow clients after ten seconds.
async fn check_files(running: &Running, before: usize) {
    let mut now = usize::MAX;
    for _ in 0..60 {
        (_, now) = held(running.id());
        if now <= before + MORE_FILES {
            println!("open files: {before} at the start, {now} at the end");
            return;
        }
        sleep(Duration::from_secs(1)).await;
    }
    panic!("{now} files are open, and {before} were");
}
