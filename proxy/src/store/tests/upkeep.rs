//! Which sessions are purged, and by which date.

use super::{DAY, bench, eventually, id, session};
use crate::store::Store;
use crate::store::database::Database;
use std::time::Duration;

/// A session whose visitor has come back with it.
async fn log_in(store: &Store, number: u8) {
    let session = session(number, "token");
    store.insert(session).await.expect("inserted");
    store.touch(id(number)).await.expect("touched");
}

/// Gives the store's thread the time to look at the clock.
async fn look() {
    tokio::time::sleep(Duration::from_millis(700)).await;
}

#[tokio::test]
async fn a_session_that_is_never_taken_up_goes_after_an_hour() {
    let bench = bench();
    let store = bench.open();
    store.insert(session(1, "first")).await.expect("inserted");
    log_in(&store, 2).await;
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
        log_in(&store, number).await;
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
    log_in(&store, 1).await;
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
async fn a_date_that_jumped_while_nothing_ran_destroys_nothing_for_a_day() {
    let bench = bench();
    let store = bench.open();
    log_in(&store, 1).await;
    store.close().await;
    bench.hands.jump(365 * 86_400);
    let store = bench.open();
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
    log_in(&store, 1).await;
    store.close().await;
    bench.hands.jump(365 * 86_400);
    let store = bench.open();
    log_in(&store, 2).await;
    store.close().await;
    let store = bench.open();
    look().await;
    bench.hands.advance(Duration::from_secs(2 * 3600));
    look().await;
    assert!(store.get(id(1)).await.expect("read").is_some());
    bench.hands.advance(DAY);
    eventually(async || store.get(id(1)).await.expect("read").is_none()).await;
    assert!(store.get(id(2)).await.expect("read").is_some());
}
