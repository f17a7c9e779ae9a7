//! What happens to rows, and who is told.

use super::{bench, id, session, token};
use crate::store::database::{Change, Database};
use crate::store::{KEPT, NewSession};
use std::time::Duration;

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
