//! The privacy policy's factual promises, each quoted and proven on the running system.
//!
//! That the built page holds the policy word for word is proven where pages are built; here each
//! quotation is found in the text that the page is built from.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use fake_spotify::{Decision, Endpoint};
use rusqlite::Connection;

use crate::harness::wire::Ask;
use crate::harness::{ORIGIN, Proxy};
use crate::login::contains;

const POLICY: &str = include_str!("../../content/privacy.md");
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) Telltale/7.0";

/// Holds the test to the policy's own words.
fn promised(quotation: &str) {
    assert!(
        POLICY.contains(quotation),
        "the policy does not say: {quotation}"
    );
}

/// Every byte of every file that the proxy has written, logs included.
fn everything_written(proxy: &Proxy) -> Vec<u8> {
    let mut bytes = proxy.database_bytes();
    for name in ["access.log", "sessions.db.audit", "sessions.db-shm"] {
        bytes.extend(fs::read(proxy.file(name)).unwrap_or_default());
    }
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn eventually(mut what: impl FnMut() -> bool) -> bool {
    for _ in 0..100 {
        if what() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_but_token_and_state_is_stored_and_the_named_exceptions() {
    promised("we will store few information about your Spotify account, including");
    promised("Refresh token from Spotify");
    promised("State is a unique ID");
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    visitor.token().await;
    let connection = Connection::open(proxy.file("sessions.db")).unwrap();
    let mut statement = connection
        .prepare("SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    let stored: BTreeSet<String> = rows.map(Result::unwrap).collect();
    let promised = ["sessions.refresh_token", "sessions.id_hash"];
    let exceptions = [
        "sessions.scopes",
        "sessions.authorized_on",
        "sessions.last_used_on",
        "sessions.restricted",
    ];
    let expected = promised
        .iter()
        .chain(&exceptions)
        .map(|name| (*name).to_owned());
    assert_eq!(stored, expected.collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dates_that_are_stored_are_days() {
    promised("These are not linked to any information that is personally identifiable.");
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    visitor.session().await;
    let connection = Connection::open(proxy.file("sessions.db")).unwrap();
    let (authorized, used): (i64, i64) = connection
        .query_row(
            "SELECT authorized_on, last_used_on FROM sessions",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    // A count of days since 1970 has five digits until 2243; one of seconds has ten.
    for day in [authorized, used] {
        assert!((20_000..100_000).contains(&day), "{day} is no day");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_visitor_has_a_state_of_their_own_and_gets_their_own_token() {
    promised("State is a unique ID, which allows us to serve you the correct account credential.");
    let proxy = Proxy::start().await;
    let (mut one, mut two) = (proxy.visitor().await, proxy.visitor().await);
    assert_ne!(one.cookie("state"), two.cookie("state"));
    let token = |answer: crate::harness::wire::Answer| answer.json()["access_token"].to_string();
    let (first, second) = (token(one.token().await), token(two.token().await));
    assert_ne!(first, second);
    assert_eq!(token(one.token().await), first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_refresh_token_is_used_for_access_tokens_and_nothing_else() {
    promised("This is necessary to grant you a new temporary token from Spotify");
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    visitor.token().await;
    visitor.session().await;
    visitor.restrict(true).await;
    visitor.log_out().await;
    assert_eq!(proxy.spotify.count(Endpoint::Code), 1);
    assert!(proxy.spotify.count(Endpoint::Refresh) <= 1);
    for endpoint in [
        Endpoint::Me,
        Endpoint::Player,
        Endpoint::Recent,
        Endpoint::TopTracks,
        Endpoint::TopArtists,
        Endpoint::Cover,
    ] {
        assert_eq!(proxy.spotify.count(endpoint), 0, "{endpoint:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cookie_is_called_state_and_blocking_it_stops_the_service_with_a_word() {
    promised("we use a cookie called 'state' that makes it possible for you to use our service");
    promised("Blocking these cookies will prevent our service from working properly");
    let proxy = Proxy::start().await;
    assert!(proxy.visitor().await.cookie("state").is_some());

    let mut starting = proxy.browser();
    let authorize = starting.start_login("/").await;
    let callback = starting.decide(&authorize, Decision::Approve);
    let mut blocking = proxy.browser();
    let answer = blocking.come_back(&callback).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(answer.location(), format!("{ORIGIN}/?login=failed"));
    let answer = blocking.token().await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (401, "login_required")
    );
    let told = answer.json()["error_description"].to_string();
    assert!(told.len() > 12, "a message, not only a code: {told}");
    assert_eq!(
        proxy.rows().len(),
        1,
        "nothing was stored for the other one"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_files_hold_what_the_policy_lists_and_no_link_to_an_account() {
    promised("internet protocol (IP) addresses, browser type");
    promised("date and time stamp, referring/exit pages");
    promised("These are not linked to any information that is personally identifiable.");
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    let callback = visitor.log_in().await;
    let access = visitor.token().await.json()["access_token"].clone();
    let reference = visitor.session().await.json()["reference"].clone();
    let ask = Ask::script("GET", "/api/session?download=telltale")
        .header("User-Agent", BROWSER)
        .header("Referer", &format!("{ORIGIN}/data/?secret=telltale"))
        .cookies(&visitor.for_api());
    assert_eq!(proxy.send(ask).await.status, 200);
    let read = || fs::read_to_string(proxy.file("access.log")).unwrap_or_default();
    assert!(eventually(|| read().contains(BROWSER)).await, "{}", read());

    let log = read();
    let line = log.lines().find(|line| line.contains(BROWSER)).unwrap();
    assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
    assert!(
        line.contains("\"GET /api/session HTTP/1.1\" 200 "),
        "{line}"
    );
    assert!(line.contains(&format!("\"{ORIGIN}/data/\"")), "{line}");
    let id = visitor.cookie("state").unwrap().split('.').nth(2).unwrap();
    let query = callback.split_once('?').unwrap().1;
    let parameters = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut links: Vec<&str> = parameters.map(|(_, value)| value).collect();
    links.extend(["telltale", id]);
    links.extend([&access, &reference].map(|value| value.as_str().unwrap()));
    for token in proxy.spotify.refresh_tokens() {
        assert!(!log.contains(&token), "a refresh token is in the log");
    }
    for link in links {
        assert!(link.len() > 7 && !log.contains(link), "{link} is in: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_and_no_id_is_written_anywhere_in_the_clear() {
    promised("we will store few information about your Spotify account, including");
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    let access = visitor.token().await.json()["access_token"].clone();
    let written = everything_written(&proxy);
    assert!(
        contains(&written, b"user-top-read"),
        "the test sees what is written"
    );
    let id = visitor.cookie("state").unwrap().split('.').nth(2).unwrap();
    let tokens = proxy.spotify.refresh_tokens();
    assert_eq!(tokens.len(), 1);
    for secret in [access.as_str().unwrap(), id, &tokens[0]] {
        assert!(!contains(&written, secret.as_bytes()), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_right_to_access_shows_all_that_is_held() {
    promised("You have the right to request copies of your personal data.");
    promised("disclose the categories and specific pieces of personal data");
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    let held = visitor.session().await.json();
    let row = proxy.rows().remove(0);
    let scopes: Vec<&str> = row.scopes.split(' ').collect();
    assert_eq!(held["scopes"], serde_json::json!(scopes));
    assert_eq!(held["restricted"], row.restricted);
    for date in ["authorized_on", "last_used_on", "expires_on"] {
        let text = held[date].as_str().unwrap();
        assert_eq!(text.len(), "2026-11-24".len(), "{date}: {text}");
    }
    let reference = held["reference"].as_str().unwrap().replace('-', "");
    let hash = hex(&row.id_hash);
    assert!(hash.starts_with(&reference), "{reference} names {hash}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_right_to_portability_makes_it_a_file() {
    promised("The right to data portability");
    let proxy = Proxy::start().await;
    let mut visitor = proxy.visitor().await;
    let shown = visitor.session().await.json();
    let ask = Ask::script("GET", "/api/session?download").cookies(&visitor.for_api());
    let file = proxy.send(ask).await;
    let disposition = file.header("Content-Disposition").unwrap();
    assert!(disposition.starts_with("attachment"), "{disposition}");
    assert_eq!(file.json(), shown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_right_to_erasure_leaves_no_byte() {
    promised("You have the right to request that we erase your personal data");
    promised("Request that a business delete any personal data about the consumer");
    let proxy = Proxy::start().await;
    let (mut leaving, mut staying) = (proxy.visitor().await, proxy.visitor().await);
    leaving.token().await;
    staying.token().await;
    let quoted = leaving.session().await.json()["reference"].clone();
    let quoted = quoted.as_str().unwrap();
    let reference = quoted.replace('-', "");
    let mut rows = proxy.rows();
    rows.retain(|row| hex(&row.id_hash).starts_with(&reference));
    let row = rows.pop().expect("the row of who leaves");
    let (hash, sealed) = (row.id_hash, row.refresh_token);
    assert!(
        contains(&proxy.database_bytes(), &sealed),
        "the test sees it"
    );
    let before = leaving.for_api();
    let answer = leaving.log_out().await;
    assert_eq!(answer.status, 204, "{answer:?}");
    assert!(answer.clears("state"));
    let gone = eventually(|| {
        let bytes = everything_written(&proxy);
        let traces = [&sealed[..], &hash, quoted.as_bytes(), reference.as_bytes()];
        !traces.iter().any(|trace| contains(&bytes, trace))
    });
    assert!(gone.await, "bytes of the erased row are left");
    let ask = Ask::script("POST", "/api/token").cookies(&before);
    assert_eq!(proxy.send(ask).await.status, 401, "the memory forgot too");
    assert_eq!(staying.token().await.status, 200, "nobody else is touched");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rights_to_restrict_and_to_object_stop_the_use_of_the_token() {
    promised("The right to restrict processing");
    promised("The right to object to processing");
    let mut proxy = Proxy::start().await;
    let cookies = {
        let mut visitor = proxy.visitor().await;
        assert_eq!(visitor.restrict(true).await.status, 200);
        visitor.for_api()
    };
    // Also after a restart: the restriction is stored, and so is the token.
    proxy.restart().await;
    let used = proxy.spotify.count(Endpoint::Refresh);
    let token = || Ask::script("POST", "/api/token").cookies(&cookies);
    let answer = proxy.send(token()).await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (403, "session_restricted")
    );
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), used);
    assert_eq!(proxy.rows().len(), 1);
    let lift = Ask::script("PATCH", "/api/session").cookies(&cookies);
    let answer = proxy.send(lift.json("{\"restricted\":false}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(proxy.send(token()).await.status, 200);
    assert_eq!(proxy.spotify.count(Endpoint::Refresh), used + 1);
}
