//! Keys: rotated without logging anybody out, retired for good, and what a thief can do with them.

use std::fs;
use std::time::Duration;

use fake_spotify::{Endpoint, Fault};
use proxy::clock::Clock;
use proxy::cookie::Cookies;
use proxy::cookie::id::SessionId;
use proxy::keys::Keys;

use crate::harness::Proxy;
use crate::harness::process::{Bench, Running, header, send};
use crate::harness::wire::Ask;
use crate::login::contains;

fn token(cookies: &str) -> Ask {
    Ask::script("POST", "/api/token").cookies(cookies)
}

/// Waits until the program has taken up what the file of keys says now.
async fn reload(running: &Running, times: usize) {
    running.signal("HUP");
    for _ in 0..100 {
        if running.told().matches("keys are read anew").count() >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not reloaded: {}", running.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_rotated_rekeyed_and_retired_and_who_came_meanwhile_stays() {
    let bench = Bench::new().await;
    let running = bench.start();
    let address = running.address;
    let (active, away) = (
        bench.log_in(address).await.unwrap(),
        bench.log_in(address).await.unwrap(),
    );
    assert!(bench.run(&["keys", "rotate"]).status.success());
    reload(&running, 1).await;
    let answer = send(address, &token(&active)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let renewed = header(&answer, "set-cookie").expect("the cookie anew");
    let renewed = renewed.split(';').next().unwrap().to_owned();

    let output = bench.run(&["sessions", "rekey"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("Encrypted 2 tokens"), "{told}");
    let keys = fs::read_to_string(bench.file("keys")).unwrap();
    let old = keys.lines().last().unwrap();
    fs::write(bench.file("keys"), keys.replace(old, "")).unwrap();
    reload(&running, 2).await;
    drop(running);

    // The memory is empty: the token has to be opened with the new key.
    let running = bench.start();
    let refreshed = bench.spotify.count(Endpoint::Refresh);
    let answer = send(running.address, &token(&renewed)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(bench.spotify.count(Endpoint::Refresh), refreshed + 1);
    for cookies in [&active, &away] {
        let answer = send(running.address, &token(cookies)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_rotated_while_its_row_is_under_a_key_yet_to_be_read_waits_for_it() {
    let bench = Bench::new().await;
    bench.spotify.turn(|knobs| knobs.rotate = true);
    let running = bench.start();
    let cookies = bench.log_in(running.address).await.unwrap();
    drop(running);
    let running = bench.start();
    let address = running.address;
    let delay = Fault::delay(Endpoint::Refresh, Duration::from_secs(3));
    bench.spotify.inject(delay.times(1));
    let ask = token(&cookies);
    let (during, ()) = tokio::join!(send(address, &ask), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(bench.run(&["keys", "rotate"]).status.success());
        let told = String::from_utf8(bench.run(&["sessions", "rekey"]).stdout).unwrap();
        assert!(
            told.contains("Encrypted 1 tokens") && told.contains("SIGHUP"),
            "{told}"
        );
    });
    let during = during.unwrap();
    assert!(during.starts_with("HTTP/1.1 401"), "{during}");
    assert_eq!(
        header(&during, "set-cookie"),
        None,
        "the key is about to be read"
    );
    reload(&running, 1).await;
    let answer = send(address, &ask).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(running);
    let running = bench.start();
    let answer = send(running.address, &ask).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200"),
        "after a restart: {answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_retired_without_rekeying_costs_a_login_and_no_row() {
    let mut proxy = Proxy::start().await;
    let cookies = proxy.visitor().await.for_api();
    let today = Clock::system().today();
    proxy::keys::file::rotate(&proxy.file("keys"), today).unwrap();
    proxy.restart().await;
    let answer = proxy
        .send(Ask::script("GET", "/api/session").cookies(&cookies))
        .await;
    let renewed = answer.set_cookie("state").expect("the cookie anew");
    let renewed = renewed.split(';').next().unwrap().to_owned();
    let keys = fs::read_to_string(proxy.file("keys")).unwrap();
    let old = keys.lines().last().unwrap();
    fs::write(proxy.file("keys"), keys.replace(old, "")).unwrap();
    proxy.restart().await;
    let answer = proxy.send(token(&renewed)).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(!answer.clears("state"), "the key may come back");
    assert_eq!(proxy.rows().len(), 1);
    fs::write(proxy.file("keys"), keys).unwrap();
    proxy.restart().await;
    assert_eq!(proxy.send(token(&renewed)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stolen_key_file_holds_no_token_and_opens_no_session() {
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    visitor.session().await;
    let file = fs::read(proxy.file("keys")).unwrap();
    for secret in proxy.spotify.refresh_tokens() {
        assert!(!contains(&file, secret.as_bytes()));
    }
    // With the keys a thief can sign any id, and knows none: not from the database's hashes either.
    let keys = Keys::load(&proxy.file("keys")).unwrap();
    let thief = Cookies::new("state", 180, keys, Clock::system());
    let hash: [u8; 32] = proxy.rows()[0].id_hash.clone().try_into().unwrap();
    for id in [hash, [0; 32], proxy::keys::random().unwrap()] {
        let forged = thief.set_session(&SessionId::from_bytes(id));
        let forged = forged.to_str().unwrap().split(';').next().unwrap();
        let answer = proxy.send(token(forged)).await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }
}
