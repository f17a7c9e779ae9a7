//! What happens when the database, or work on it, fails.

use super::{bench, eventually, id, session};
use crate::store::database::Database;
use crate::store::{QUEUE, RESTRICTIONS, StoreError};
use std::fs;
use std::time::Duration;

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
    let waiting: Vec<_> = (0..QUEUE + 100)
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
    let toggles = (0..2 * QUEUE).map(|number| store.set_restricted(id(1), number % 2 == 0));
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
    assert_eq!(refused.count(), 2 * QUEUE - RESTRICTIONS);
    let last = store.set_restricted(id(1), true).await;
    assert!(last.expect("room again").is_some());
}
