//! The commands on real files, with a clock that the tests move.

use super::{Command, run};
use crate::clock::{Clock, Hands, Timestamp};
use crate::commands::sessions::SessionsCommand;
use crate::config::StoreConfig;
use crate::config::flags::Settings;
use crate::cookie::id::IdHash;
use crate::keys::Keys;
use crate::secret::Secret;
use crate::store::{NewSession, Store};
use std::fs;
use std::time::Duration;
use tempfile::TempDir;

struct Bench {
    folder: TempDir,
    clock: Clock,
    hands: Hands,
}

fn bench() -> Bench {
    let (clock, hands) = Clock::manual(Timestamp::from_seconds(1_795_490_923));
    let folder = TempDir::new().expect("a folder");
    let bench = Bench {
        folder,
        clock,
        hands,
    };
    bench.run(&Command::KeysGenerate).expect("keys");
    bench
}

impl Bench {
    fn settings(&self) -> Settings {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let flags = [("db", path("db")), ("keys-file", path("keys"))];
        Settings::gather(flags, [])
    }

    fn run(&self, command: &Command) -> Result<String, String> {
        let mut output = Vec::new();
        match run(command, &self.settings(), &self.clock, &mut output) {
            Ok(()) => Ok(String::from_utf8(output).expect("text")),
            Err(error) => Err(error.to_string()),
        }
    }

    fn sessions(&self, command: SessionsCommand) -> Result<String, String> {
        self.run(&Command::Sessions(command))
    }

    fn serve(&self) -> Store {
        let config = StoreConfig::from_settings(&self.settings()).expect("settings");
        let keys = Keys::load(&self.folder.path().join("keys")).expect("keys");
        Store::open(&config, keys, self.clock.clone()).expect("a store")
    }

    fn audit(&self) -> String {
        fs::read_to_string(self.folder.path().join("db.audit")).unwrap_or_default()
    }
}

async fn log_in(store: &Store, number: u8) -> String {
    let id = IdHash::from_bytes([number; 32]);
    let session = NewSession {
        id,
        refresh_token: Secret::new("precious".to_owned()),
        scopes: "one two".to_owned(),
        replaces: Vec::new(),
    };
    store.insert(session).await.expect("inserted");
    id.reference().to_string()
}

#[test]
fn keys_are_made_rotated_and_listed() {
    let bench = bench();
    assert!(
        bench
            .run(&Command::KeysGenerate)
            .expect_err("no")
            .contains("exists already")
    );
    bench.hands.advance(Duration::from_secs(86_400));
    bench.run(&Command::KeysRotate).expect("rotated");
    let listed = bench.run(&Command::KeysList).expect("listed");
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].ends_with("2026-11-25  signs"), "{listed}");
    assert!(lines[1].ends_with("2026-11-24  verifies"), "{listed}");
    let file = fs::read_to_string(bench.folder.path().join("keys")).expect("keys");
    let secret = file
        .lines()
        .last()
        .and_then(|line| line.split(' ').next_back());
    assert!(!listed.contains(secret.expect("a key")));
}

#[tokio::test]
async fn a_visitor_gets_what_is_held_and_never_the_token() {
    let bench = bench();
    let store = bench.serve();
    let reference = log_in(&store, 7).await;
    assert_eq!(reference, "0707-0707-0707-0707");
    let listed = bench.sessions(SessionsCommand::List).expect("listed");
    assert!(listed.starts_with(&reference), "{listed}");
    let shown = bench
        .sessions(SessionsCommand::Show(reference.clone()))
        .expect("shown");
    let exported = bench
        .sessions(SessionsCommand::Export(reference))
        .expect("exported");
    let json: serde_json::Value = serde_json::from_str(&exported).expect("JSON");
    assert_eq!(json["authorized_on"], "2026-11-24");
    assert_eq!(json["scopes"], serde_json::json!(["one", "two"]));
    for text in [listed, shown, exported] {
        assert!(!text.contains("precious"), "{text}");
    }
    assert_eq!(bench.audit(), "", "looking changes nothing");
}

#[tokio::test]
async fn what_changes_a_session_leaves_an_audit_line() {
    let bench = bench();
    let store = bench.serve();
    let id = IdHash::from_bytes([7; 32]);
    let reference = log_in(&store, 7).await;
    let held = async || store.get(id).await.expect("read");
    bench
        .sessions(SessionsCommand::Restrict(reference.clone()))
        .expect("restricted");
    assert!(held().await.expect("a session").restricted);
    bench
        .sessions(SessionsCommand::Unrestrict(reference.clone()))
        .expect("lifted");
    assert!(!held().await.expect("a session").restricted);
    bench
        .sessions(SessionsCommand::Erase(reference.clone()))
        .expect("erased");
    assert!(held().await.is_none());
    let error = bench
        .sessions(SessionsCommand::Erase(reference))
        .expect_err("gone");
    assert!(error.contains("sessions list"), "{error}");
    let audit = bench.audit();
    let actions: Vec<&str> = audit
        .lines()
        .filter_map(|line| line.split(' ').nth(3))
        .collect();
    assert_eq!(actions, ["restrict", "unrestrict", "erase"], "{audit}");
    assert!(audit.starts_with("2026-11-24T03:28:43Z uid="), "{audit}");
}

#[tokio::test]
async fn a_purge_by_hand_does_not_wait() {
    let bench = bench();
    let store = bench.serve();
    log_in(&store, 7).await;
    bench.hands.jump(91 * 86_400);
    let told = bench.sessions(SessionsCommand::Purge).expect("purged");
    assert!(told.contains("Erased 1 "), "{told}");
}

#[test]
fn a_mistyped_database_is_told_and_not_made() {
    let bench = bench();
    let error = bench.sessions(SessionsCommand::List).expect_err("none");
    assert!(error.contains("does not exist"), "{error}");
    assert!(!bench.folder.path().join("db").exists());
}

#[test]
fn check_names_the_redirect_uri_and_what_is_missing() {
    let bench = bench();
    let error = bench.run(&Command::Check).expect_err("incomplete");
    for place in ["--public-origin", "--client-id", "--client-secret-file"] {
        assert!(error.contains(place), "{error}");
    }
}
