//! Which keys open which tokens.

use super::{bench, id, session, token};
use crate::keys::file;
use crate::store::Store;
use crate::store::database::{Change, Database};
use std::fs;

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
