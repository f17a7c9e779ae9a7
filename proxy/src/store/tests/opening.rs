//! Whose database is opened, and how private it is.

use super::{bench, eventually, id, session};
use crate::store::database::Database;
use crate::store::{Store, StoreError};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

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
