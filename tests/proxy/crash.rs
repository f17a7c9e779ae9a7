//! The process is killed at random moments under load, with a provider that rotates: the store
//! opens again, every session that was answered for works, and no rotated token is lost but
//! those whose answer never arrived.
//!
//! A short form; `SOAK=1` kills a thousand times.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::harness::process::{Bench, NoAnswer, send, try_send};
use crate::harness::wire::Ask;

const VISITORS: usize = 6;

/// A visitor who has been answered that they are logged in.
#[derive(Debug, Clone)]
struct Visitor {
    cookies: String,
    /// Whether a request for a token was cut off by a kill: what the provider has rotated
    /// meanwhile nobody can know.
    cut_off: bool,
}

/// A visitor who has just arrived, unless the process was killed meanwhile.
async fn arrive(bench: &Bench, address: SocketAddr) -> Option<Visitor> {
    let cookies = bench.log_in(address).await?;
    Some(Visitor {
        cookies,
        cut_off: false,
    })
}

fn ask(visitor: &Visitor) -> Ask {
    Ask::script("POST", "/api/token").cookies(&visitor.cookies)
}

/// Asks for tokens until the process is killed.
async fn keep_asking(address: SocketAddr, mut visitor: Visitor) -> Visitor {
    let ask = ask(&visitor);
    loop {
        match try_send(address, &ask).await {
            Ok(answer) if answer.starts_with("HTTP/1.1 200") => {}
            Ok(answer) => panic!("under load: {answer}"),
            Err(why) => {
                visitor.cut_off = why == NoAnswer::CutOff;
                return visitor;
            }
        }
        tokio::time::sleep(Duration::from_millis(7)).await;
    }
}

/// Those who are still logged in after a restart, and how many may rightly not be.
async fn still_here(address: SocketAddr, visitors: Vec<Visitor>) -> (Vec<Visitor>, usize) {
    let (mut here, mut lost) = (Vec::new(), 0);
    for mut visitor in visitors {
        let answer = send(address, &ask(&visitor)).await;
        let answer = answer.expect("an answer after the restart");
        if answer.starts_with("HTTP/1.1 200") {
            visitor.cut_off = false;
            here.push(visitor);
        } else {
            assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
            assert!(visitor.cut_off, "an answered session is lost: {answer}");
            lost += 1;
        }
    }
    (here, lost)
}

/// A random moment.
fn moment() -> Duration {
    let bytes: [u8; 2] = proxy::keys::random().unwrap();
    Duration::from_millis(u64::from(u16::from_be_bytes(bytes)) % 700)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_20_whatever_was_answered_is_kept_at_any_kill() {
    let is_long = std::env::var_os("SOAK").is_some();
    let kills = if is_long { 1000 } else { 12 };
    let bench = Bench::new().await;
    // Short lives, so that the load is made of refreshes.
    bench.spotify.turn(|knobs| {
        knobs.rotate = true;
        knobs.token_lifetime = 1;
    });
    let mut visitors: Vec<Visitor> = Vec::new();
    let mut all_lost = 0;
    for _ in 0..kills {
        let running = bench.start();
        let address = running.address;
        let (mut here, lost) = still_here(address, visitors).await;
        all_lost += lost;
        here.truncate(VISITORS);
        while here.len() < VISITORS {
            here.push(arrive(&bench, address).await.expect("a login"));
        }
        let load: Vec<_> = here
            .into_iter()
            .map(|visitor| tokio::spawn(keep_asking(address, visitor)))
            .collect();
        let kill = async {
            tokio::time::sleep(moment()).await;
            drop(running);
        };
        let ((), newcomer) = tokio::join!(kill, arrive(&bench, address));
        visitors = Vec::new();
        for task in load {
            visitors.push(task.await.unwrap());
        }
        visitors.extend(newcomer);
    }
    assert!(!visitors.is_empty());
    check_integrity(&bench.file("sessions.db"));
    println!("{kills} kills; {all_lost} tokens rotated upstream and never received");
}

fn check_integrity(database: &Path) {
    let connection = rusqlite::Connection::open(database).unwrap();
    let told: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(told, "ok");
}
