//! The store as a whole, on real files, with a clock that the tests move.

use super::{KEPT, NewSession, Store, StoreError};
use crate::clock::{Clock, Hands, Timestamp};
use crate::config::StoreConfig;
use crate::cookie::id::IdHash;
use crate::keys::{Keys, file};
use crate::secret::Secret;
use crate::store::database::{Change, Database};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
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

#[tokio::test]
async fn a_session_is_there_also_after_a_restart() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    drop(store);
    let store = bench.open();
    let held = store.get(id(1)).await.expect("read").expect("a session");
    assert_eq!(held.refresh_token, Some(token("first")));
    assert_eq!(held.scopes, "one two");
    assert_eq!(held.authorized_on, bench.clock.today());
    assert_eq!(held.last_used_on, None);
    assert!(!held.restricted && !held.expired);
    assert!(store.get(id(2)).await.expect("read").is_none());
}

#[tokio::test]
async fn files_are_private_and_wider_ones_are_refused() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    for name in ["db", "db-wal", "db-shm", "db.lock"] {
        let path = bench.folder.path().join(name);
        let mode = fs::metadata(path).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(store);
    fs::set_permissions(&bench.config.path, fs::Permissions::from_mode(0o640)).expect("set");
    let error = Store::open(&bench.config, bench.keys.clone(), bench.clock.clone());
    let error = error.expect_err("refused").to_string();
    assert!(error.contains("mode 0640"), "{error}");
}

#[tokio::test]
async fn a_closed_store_leaves_one_file_and_refuses_work() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    store.close().await;
    assert!(!bench.folder.path().join("db-wal").exists());
    let next = bench.open();
    assert!(next.get(id(1)).await.expect("read").is_some());
    // The thread ends after its last answer.
    let stopped = async || matches!(store.get(id(1)).await, Err(StoreError::Stopped));
    eventually(stopped).await;
}

#[tokio::test]
async fn a_second_serve_is_refused_and_a_command_is_not() {
    let bench = bench();
    let _store = bench.open();
    let second = Store::open(&bench.config, bench.keys.clone(), bench.clock.clone());
    let error = second.expect_err("refused").to_string();
    assert!(error.contains("another `serve`"), "{error}");
    assert!(Database::open(&bench.config).is_ok());
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let bench = bench();
    fs::write(&bench.config.path, "my shopping list, which is long enough").expect("written");
    fs::set_permissions(&bench.config.path, fs::Permissions::from_mode(0o600)).expect("set");
    let error = Store::open(&bench.config, bench.keys.clone(), bench.clock.clone());
    let error = error.expect_err("refused").to_string();
    assert!(error.contains("not a database"), "{error}");
    let left = fs::read_to_string(&bench.config.path).expect("content");
    assert!(left.starts_with("my shopping list"));
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let bench = bench();
    drop(bench.open());
    let connection = rusqlite::Connection::open(&bench.config.path).expect("opened");
    connection
        .pragma_update(None, "user_version", 99)
        .expect("set");
    let error = Database::open(&bench.config)
        .expect_err("refused")
        .to_string();
    assert!(error.contains("newer"), "{error}");
}

#[tokio::test]
async fn a_database_of_the_first_version_is_taken_over_with_its_sessions() {
    let bench = bench();
    let store = bench.open();
    for number in [1, 2] {
        let added = store.insert(session(number, "token")).await;
        added.expect("inserted");
    }
    store.touch(id(1)).await.expect("noted");
    store.close().await;
    let connection = rusqlite::Connection::open(&bench.config.path).expect("opened");
    connection
        .execute_batch("DROP INDEX unconfirmed; PRAGMA user_version = 1;")
        .expect("as the first version was");
    drop(connection);
    let database = Database::open(&bench.config).expect("taken over");
    assert_eq!(database.unconfirmed().expect("read"), [id(2)]);
    assert_eq!(database.list().expect("read").len(), 2);
}

#[tokio::test]
async fn an_attempt_is_claimed_once_also_after_a_restart() {
    let bench = bench();
    let store = bench.open();
    assert!(store.claim(id(1)).await.expect("claimed"));
    assert!(!store.claim(id(1)).await.expect("claimed"));
    store.insert(session(1, "first")).await.expect("inserted");
    drop(store);
    assert!(!bench.open().claim(id(1)).await.expect("claimed"));
}

#[tokio::test]
async fn a_new_session_replaces_the_old_one_and_inherits_its_restriction() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    store.set_restricted(id(1), true).await.expect("set");
    let next = NewSession {
        replaces: vec![id(1)],
        ..session(2, "second")
    };
    store.insert(next).await.expect("inserted");
    assert!(store.get(id(1)).await.expect("read").is_none());
    let held = store.get(id(2)).await.expect("read").expect("a session");
    assert!(held.restricted);
}

#[tokio::test]
async fn a_replacement_that_fails_keeps_the_old_session() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    store.insert(session(2, "second")).await.expect("inserted");
    let clash = NewSession {
        replaces: vec![id(1)],
        ..session(2, "third")
    };
    assert!(store.insert(clash).await.is_err());
    assert!(store.get(id(1)).await.expect("read").is_some());
    let held = store.get(id(2)).await.expect("read").expect("a session");
    assert_eq!(held.refresh_token, Some(token("second")));
}

#[tokio::test]
async fn a_token_is_rotated_and_deleted_only_by_its_value() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    let rotate = |old, new| store.rotate(id(1), token(old), token(new));
    let delete = |held| store.delete_if(id(1), token(held));
    assert_eq!(
        rotate("first", "second").await.expect("an end"),
        Change::Made
    );
    assert_eq!(
        rotate("first", "third").await.expect("an end"),
        Change::Other
    );
    assert_eq!(delete("first").await.expect("an end"), Change::Other);
    let held = store.get(id(1)).await.expect("read").expect("a session");
    assert_eq!(held.refresh_token, Some(token("second")));
    assert_eq!(delete("second").await.expect("an end"), Change::Made);
    assert!(store.get(id(1)).await.expect("read").is_none());
    assert_eq!(
        rotate("second", "third").await.expect("an end"),
        Change::Gone
    );
    assert_eq!(delete("second").await.expect("an end"), Change::Gone);
}

#[tokio::test]
async fn a_row_that_was_sealed_with_a_key_yet_to_be_read_is_left_as_it_is() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    file::rotate(&bench.keys_path(), bench.clock.today()).expect("rotated");
    let command = Database::open(&bench.config).expect("opened");
    let read = file::load(&bench.keys_path()).expect("keys");
    assert_eq!(command.rekey(&read).expect("resealed"), (1, 0));
    let rotate = || store.rotate(id(1), token("first"), token("second"));
    assert_eq!(rotate().await.expect("an end"), Change::Locked);
    let deleted = store.delete_if(id(1), token("first")).await;
    assert_eq!(deleted.expect("an end"), Change::Locked);
    bench.keys.reload().expect("reloaded");
    assert_eq!(rotate().await.expect("an end"), Change::Made);
}

#[tokio::test]
async fn restriction_tells_whether_it_changed() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    assert_eq!(
        store.set_restricted(id(1), true).await.expect("set"),
        Some(true)
    );
    assert_eq!(
        store.set_restricted(id(1), true).await.expect("set"),
        Some(false)
    );
    assert_eq!(store.set_restricted(id(2), true).await.expect("set"), None);
    assert_eq!(store.usable(vec![id(1), id(2)]).await.expect("read"), []);
    assert_eq!(
        store.set_restricted(id(1), false).await.expect("set"),
        Some(true)
    );
    assert_eq!(
        store.usable(vec![id(1), id(2)]).await.expect("read"),
        [id(1)]
    );
    let counts = store.counts().await.expect("counted");
    assert_eq!((counts.sessions, counts.restricted), (1, 0));
}

#[tokio::test]
async fn nothing_of_an_erased_token_is_left_in_any_file() {
    let bench = bench();
    let store = bench.open();
    for number in 1..=50 {
        let text = format!("token {number}");
        store
            .insert(session(number, &text))
            .await
            .expect("inserted");
    }
    let connection = rusqlite::Connection::open(&bench.config.path).expect("opened");
    let sealed: Vec<u8> = connection
        .query_row(
            "SELECT refresh_token FROM sessions WHERE id_hash = ?1",
            [id(7).bytes()],
            |row| row.get(0),
        )
        .expect("read");
    drop(connection);
    assert!(bench.holds(&sealed), "the test would see it");
    assert!(!bench.holds(b"token 7"), "a token is never there unsealed");
    assert!(store.delete(id(7)).await.expect("deleted"));
    eventually(async || !bench.holds(&sealed) && !bench.holds(id(7).bytes())).await;
}

#[tokio::test]
async fn an_erasure_that_a_reader_holds_up_is_completed_when_it_ends() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(7, "first")).await.expect("inserted");
    let reader = rusqlite::Connection::open(&bench.config.path).expect("opened");
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM sessions;")
        .expect("begun");
    assert!(store.delete(id(7)).await.expect("deleted"));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(bench.holds(id(7).bytes()), "the reader stands in the way");
    reader.execute_batch("COMMIT").expect("ended");
    eventually(async || !bench.holds(id(7).bytes())).await;
}

#[tokio::test]
async fn a_stolen_database_opens_with_its_own_keys_alone() {
    let (bench, thief) = (bench(), bench());
    let store = bench.open();
    store
        .insert(session(1, "precious"))
        .await
        .expect("inserted");
    assert!(!bench.holds(b"precious"));
    drop(store);
    let stolen = Database::open(&bench.config).expect("opened");
    let ring = thief.keys.current();
    let held = stolen
        .get(&ring, &id(1), bench.clock.today())
        .expect("read");
    assert_eq!(held.expect("a session").refresh_token, None);
}

#[tokio::test]
async fn a_token_opens_in_its_own_row_and_for_its_own_provider_alone() {
    let mut bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    store.insert(session(2, "second")).await.expect("inserted");
    let connection = rusqlite::Connection::open(&bench.config.path).expect("opened");
    let swap = "UPDATE sessions SET refresh_token = (SELECT refresh_token FROM sessions \
                WHERE id_hash = ?1) WHERE id_hash = ?2";
    let swapped = connection.execute(swap, [id(1).bytes(), id(2).bytes()]);
    assert_eq!(swapped.expect("swapped"), 1);
    let token_of = async |store: &Store, number| {
        let held = store.get(id(number)).await.expect("read");
        held.expect("a session").refresh_token
    };
    assert_eq!(token_of(&store, 1).await, Some(token("first")));
    assert_eq!(token_of(&store, 2).await, None);
    store.close().await;
    bench.config.provider = "another".to_owned();
    assert_eq!(token_of(&bench.open(), 1).await, None);
}

#[tokio::test]
async fn rotated_keys_open_old_tokens_and_rekey_frees_the_old_key() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    let old = bench.keys.current().first().id().to_string();
    file::rotate(&bench.keys_path(), bench.clock.today()).expect("rotated");
    bench.keys.reload().expect("reloaded");
    let database = Database::open(&bench.config).expect("opened");
    let ring = bench.keys.current();
    assert_eq!(database.rekey(&ring).expect("resealed"), (1, 0));
    assert_eq!(database.rekey(&ring).expect("resealed"), (0, 0));
    let text = fs::read_to_string(bench.keys_path()).expect("keys");
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with(&old))
        .collect();
    fs::write(bench.keys_path(), kept.join("\n")).expect("written");
    bench.keys.reload().expect("reloaded");
    let held = store.get(id(1)).await.expect("read").expect("a session");
    assert_eq!(held.refresh_token, Some(token("first")));
}

#[tokio::test]
async fn commands_are_noticed() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    let mut changes = store.outside_changes();
    changes.mark_unchanged();
    let command = Database::open(&bench.config).expect("opened");
    command.set_restricted(&id(1), true).expect("set");
    let told = tokio::time::timeout(Duration::from_secs(5), changes.changed()).await;
    told.expect("in time").expect("a change");
    assert_eq!(store.usable(vec![id(1)]).await.expect("read"), []);
}

#[tokio::test]
async fn commands_are_noticed_also_while_the_connection_is_broken() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    store.probe().await.expect("writable");
    let mut changes = store.outside_changes();
    // As an I/O error does.
    let (begun, is_broken) = std::sync::mpsc::channel();
    let (done, is_done) = std::sync::mpsc::channel();
    let breaking = store.call(move |worker| {
        let broken = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
        worker.fail(&rusqlite::Error::SqliteFailure(broken, None).into());
        begun.send(()).expect("told");
        is_done.recv().expect("told");
        Ok(())
    });
    let config = bench.config.clone();
    let command = tokio::task::spawn_blocking(move || {
        is_broken.recv().expect("told");
        let command = Database::open(&config).expect("opened");
        assert!(command.delete(&id(1)).expect("deleted"));
        done.send(()).expect("told");
    });
    changes.mark_unchanged();
    let (broken, command) = tokio::join!(breaking, command);
    broken.expect("broken");
    command.expect("done");
    let told = tokio::time::timeout(Duration::from_secs(5), changes.changed()).await;
    told.expect("in time").expect("a change");
}

#[tokio::test]
async fn whether_it_can_be_written_is_found_out_without_changing_its_version() {
    let bench = bench();
    let store = bench.open();
    // A newer program's command has migrated it.
    let newer = rusqlite::Connection::open(&bench.config.path).expect("opened");
    newer.pragma_update(None, "user_version", 99).expect("set");
    store.probe().await.expect("writable");
    let version = newer.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0));
    assert_eq!(version.expect("read"), 99);
}

#[tokio::test]
async fn a_session_that_is_never_taken_up_goes_after_an_hour() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    store.insert(session(2, "second")).await.expect("inserted");
    store.touch(id(2)).await.expect("touched");
    bench.hands.advance(Duration::from_secs(3700));
    eventually(async || store.get(id(1)).await.expect("read").is_none()).await;
    assert!(store.get(id(2)).await.expect("read").is_some());
}

#[tokio::test]
async fn many_that_are_never_taken_up_go_in_few_steps() {
    const MANY: u32 = 2500;
    let bench = bench();
    drop(Database::open(&bench.config).expect("made"));
    let connection = rusqlite::Connection::open(&bench.config.path).expect("opened");
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                INSERT INTO sessions SELECT randomblob(32), x'00', 'one', ?2, NULL, 0 FROM n";
    let today = bench.clock.today().number();
    let added = connection.execute(many, (MANY, today)).expect("added");
    assert_eq!(added, MANY as usize);
    drop(connection);
    let store = bench.open();
    let before = *store.outside_changes().borrow();
    bench.hands.advance(Duration::from_secs(3700));
    eventually(async || store.counts().await.expect("counted").sessions == 0).await;
    let steps = *store.outside_changes().borrow() - before;
    assert!(steps <= 5, "others had to wait for {steps} erasures");
}

#[tokio::test]
async fn old_and_idle_sessions_go_and_restricted_ones_may_be_idle() {
    let bench = bench();
    let store = bench.open();
    for number in 1..=3 {
        store
            .insert(session(number, "token"))
            .await
            .expect("inserted");
        store.touch(id(number)).await.expect("touched");
    }
    store.set_restricted(id(2), true).await.expect("set");
    bench.hands.advance(91 * DAY);
    store.touch(id(3)).await.expect("touched");
    eventually(async || store.get(id(1)).await.expect("read").is_none()).await;
    assert!(store.get(id(2)).await.expect("read").is_some());
    assert!(store.get(id(3)).await.expect("read").is_some());
    store.touch(id(3)).await.expect("touched");
    bench.hands.advance(90 * DAY);
    eventually(async || store.counts().await.expect("counted").sessions == 0).await;
}

#[tokio::test]
async fn a_jump_that_is_undone_destroys_nothing() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    store.touch(id(1)).await.expect("touched");
    let look = || tokio::time::sleep(Duration::from_millis(700));
    // The first purge after the start is over, and the next one is about to come.
    bench.hands.advance(Duration::from_secs(3700));
    look().await;
    bench.hands.advance(Duration::from_secs(23 * 3600));
    look().await;
    for year in [365, -365] {
        bench.hands.jump(year * 86_400);
        look().await;
        bench.hands.advance(Duration::from_secs(2 * 3600));
        look().await;
        let held = store.get(id(1)).await.expect("read").expect("a session");
        assert_eq!(held.expired, year > 0);
        bench.hands.jump(-year * 86_400);
        look().await;
    }
    let held = store.get(id(1)).await.expect("read").expect("a session");
    assert!(!held.expired);
}

#[tokio::test]
async fn a_day_of_use_never_goes_back() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    let today = bench.clock.today();
    let used = async || {
        store.touch(id(1)).await.expect("touched");
        let held = store.get(id(1)).await.expect("read").expect("a session");
        held.last_used_on.expect("a day")
    };
    bench.hands.jump(-95 * 86_400);
    assert_eq!(used().await, today, "no day before its login");
    bench.hands.jump(96 * 86_400);
    assert_eq!(used().await, today.plus(1));
    bench.hands.jump(-95 * 86_400);
    assert_eq!(used().await, today.plus(1));
}

#[tokio::test]
async fn a_date_that_jumped_while_nothing_ran_destroys_nothing_for_a_day() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    store.touch(id(1)).await.expect("touched");
    store.close().await;
    bench.hands.jump(365 * 86_400);
    let store = bench.open();
    let look = || tokio::time::sleep(Duration::from_millis(700));
    look().await;
    bench.hands.advance(Duration::from_secs(2 * 3600));
    look().await;
    assert!(store.get(id(1)).await.expect("read").is_some());
    bench.hands.advance(DAY);
    eventually(async || store.get(id(1)).await.expect("read").is_none()).await;
}

#[tokio::test]
async fn a_date_that_jumped_before_a_login_and_a_start_destroys_nothing_for_a_day() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    store.touch(id(1)).await.expect("touched");
    store.close().await;
    bench.hands.jump(365 * 86_400);
    let store = bench.open();
    store.insert(session(2, "second")).await.expect("inserted");
    store.touch(id(2)).await.expect("touched");
    store.close().await;
    let store = bench.open();
    let look = || tokio::time::sleep(Duration::from_millis(700));
    look().await;
    bench.hands.advance(Duration::from_secs(2 * 3600));
    look().await;
    assert!(store.get(id(1)).await.expect("read").is_some());
    bench.hands.advance(DAY);
    eventually(async || store.get(id(1)).await.expect("read").is_none()).await;
    assert!(store.get(id(2)).await.expect("read").is_some());
}

#[tokio::test]
async fn row_25_a_panic_costs_its_piece_of_work_alone() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    let lost = store.call(|_| -> Result<(), StoreError> { panic!("on purpose") });
    assert!(lost.await.is_err());
    assert!(store.get(id(1)).await.expect("read").is_some());
}

#[tokio::test]
async fn row_19_damage_is_told_until_it_is_gone() {
    let bench = bench();
    let store = bench.open();
    for number in 1..=200 {
        store
            .insert(session(number, "token"))
            .await
            .expect("inserted");
    }
    store.close().await;
    let whole = fs::read(&bench.config.path).expect("content");
    let mut damaged = whole.clone();
    damaged[4096..].fill(0x5a);
    fs::write(&bench.config.path, damaged).expect("written");
    let store = bench.open();
    assert!(store.get(id(1)).await.is_err());
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(store.probe().await.is_err(), "what is damaged is not ready");
    }
    fs::write(&bench.config.path, whole).expect("written");
    eventually(async || store.probe().await.is_ok()).await;
    assert_eq!(store.counts().await.expect("counted").sessions, 200);
}

#[tokio::test]
async fn a_locked_database_is_an_error_and_then_works_again() {
    let bench = bench();
    let store = bench.open();
    let other = rusqlite::Connection::open(&bench.config.path).expect("opened");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    assert!(matches!(
        store.insert(session(1, "first")).await,
        Err(StoreError::Sqlite(_))
    ));
    assert!(store.probe().await.is_err());
    other.execute_batch("ROLLBACK").expect("unlocked");
    store.probe().await.expect("writable");
    store.insert(session(1, "first")).await.expect("inserted");
}

#[tokio::test]
async fn more_work_than_the_queue_holds_is_refused_and_the_rest_fails_at_once() {
    let bench = bench();
    let store = bench.open();
    // Once the thread has seen to the log, the next it does is to wait for the lock.
    store.probe().await.expect("writable");
    let other = rusqlite::Connection::open(&bench.config.path).expect("opened");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let waiting: Vec<_> = (0..super::QUEUE + 100)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.delete(id(1)).await })
        })
        .collect();
    let mut busy = 0;
    let count = async {
        for task in waiting {
            match task.await.expect("no panic") {
                Err(StoreError::Busy) => busy += 1,
                result => assert!(matches!(result, Err(StoreError::Sqlite(_)))),
            }
        }
    };
    // Each with a patience of its own, one after another, would take a quarter of an hour.
    let guard = tokio::time::timeout(Duration::from_secs(60), count);
    guard.await.expect("nobody waits in line");
    assert!((90..=100).contains(&busy), "{busy} were refused");
    other.execute_batch("ROLLBACK").expect("unlocked");
    store.delete(id(1)).await.expect("it works again");
}

#[tokio::test]
async fn row_24_restrictions_that_wait_leave_room_for_other_work() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    let (release, released) = std::sync::mpsc::channel::<()>();
    let holding = store.call(move |_| {
        released.recv().expect("told");
        Ok(())
    });
    let toggles = (0..2 * super::QUEUE).map(|number| store.set_restricted(id(1), number % 2 == 0));
    let toggles = futures_util::future::join_all(toggles);
    let others = async {
        let held = store.get(id(1));
        let work = async { release.send(()).expect("told") };
        tokio::join!(held, work).0
    };
    let (held, toggles, others) = tokio::join!(holding, toggles, others);
    held.expect("held");
    assert!(others.expect("an answer").is_some());
    let refused = toggles
        .iter()
        .filter(|end| matches!(end, Err(StoreError::Busy)));
    assert_eq!(refused.count(), 2 * super::QUEUE - super::RESTRICTIONS);
    let last = store.set_restricted(id(1), true).await;
    assert!(last.expect("room again").is_some());
}

#[test]
fn every_column_is_in_the_inventory() {
    let bench = bench();
    drop(bench.open());
    let connection = rusqlite::Connection::open(&bench.config.path).expect("opened");
    let names = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).expect("prepared");
        let rows = statement.query_map([], |row| row.get(0)).expect("read");
        rows.map(|name| name.expect("a name")).collect()
    };
    assert_eq!(
        names("SELECT name FROM sqlite_schema WHERE type = 'table'"),
        ["sessions"]
    );
    let columns = names("SELECT name FROM pragma_table_info('sessions')");
    let kept: Vec<&str> = KEPT.iter().map(|kept| kept.field).collect();
    assert_eq!(columns, kept);
}
