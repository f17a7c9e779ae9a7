//! Nothing of an erased session is left on the disk.

use super::{bench, eventually, id, session};
use std::time::Duration;

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
