//! Mixed load with faults on: visitors come, ask, restrict and leave while strangers forge, clients
//! dawdle, the provider fails in turn and an operator works beside it all. No session is lost, no
//! file descriptor stays open, and memory stops growing.
//!
//! A short form; with `SOAK=1` it goes on for an hour, and `SOAK_SECONDS` sets another time.

mod actors;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::harness::process::{Bench, Running, held};
use crate::soak::actors::Stage;

/// Visitors who stay to the end.
const FAITHFUL: usize = 8;
/// What a process may hold more at the end than at its start: pages of memory that the allocator
/// keeps, in KiB, and file descriptors.
const MORE_MEMORY: u64 = 16 * 1024;
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
async fn watch(process: u32, stage: Stage, whole: Duration) -> Vec<u64> {
    let mut memory = Vec::new();
    while !stage.is_over() {
        sleep(whole / 60).await;
        let (kilobytes, files) = held(process);
        memory.push(kilobytes);
        println!("{kilobytes} KiB, {files} files, {:?}", stage.counts);
    }
    memory
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
    actors.spawn(stage.clone().operate(Arc::clone(running), socket));
    let memory = watch(running.id(), stage.clone(), whole).await;
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

/// After the first quarter, which warms up, nothing grows.
fn check_memory(memory: &[u64]) {
    let quarter = memory.len() / 4;
    let warm = memory[quarter..2 * quarter].iter().max().unwrap();
    let last = memory[3 * quarter..].iter().max().unwrap();
    println!("resident: {warm} KiB in the second quarter, {last} KiB in the last");
    assert!(*last < warm + MORE_MEMORY, "{memory:?}");
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
