//! The store as a whole, on real files, with a clock that the tests move.

mod erasure;
mod failure;
mod opening;
mod rows;
mod sealing;
mod upkeep;

use super::{NewSession, Store};
use crate::clock::{Clock, Hands, Timestamp};
use crate::config::StoreConfig;
use crate::cookie::id::IdHash;
use crate::keys::{Keys, file};
use crate::secret::Secret;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

const DAY: Duration = Duration::from_secs(86_400);

struct Bench {
    folder: TempDir,
    config: StoreConfig,
    keys: Keys,
    clock: Clock,
    hands: Hands,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    let (clock, hands) = Clock::manual(Timestamp::from_seconds(1_795_000_000));
    file::generate(&path, clock.today()).expect("generated");
    Bench {
        config: StoreConfig {
            path: folder.path().join("db"),
            provider: "spotify".to_owned(),
            session_ttl: 180,
            idle_ttl: 90,
        },
        keys: Keys::load(&path).expect("keys"),
        folder,
        clock,
        hands,
    }
}

impl Bench {
    fn open(&self) -> Store {
        Store::open(&self.config, self.keys.clone(), self.clock.clone()).expect("a store")
    }

    fn keys_path(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// Whether `bytes` are anywhere in the database or the files beside it.
    fn holds(&self, bytes: &[u8]) -> bool {
        let files = fs::read_dir(self.folder.path()).expect("a folder");
        files.map(|file| file.expect("a file").path()).any(|path| {
            let content = fs::read(path).expect("content");
            content.windows(bytes.len()).any(|window| window == bytes)
        })
    }
}

fn id(number: u8) -> IdHash {
    IdHash::from_bytes([number; 32])
}

fn token(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn session(number: u8, refresh_token: &str) -> NewSession {
    NewSession {
        id: id(number),
        refresh_token: token(refresh_token),
        scopes: "one two".to_owned(),
        replaces: Vec::new(),
    }
}

/// Waits for what the thread does by itself.
async fn eventually(mut what: impl AsyncFnMut() -> bool) {
    for _ in 0..100 {
        if what().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not happen within five seconds");
}
