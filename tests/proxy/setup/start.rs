//! What is told before it listens, when it listens, how it ends, and who knocks at the wrong door.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use crate::harness::process::{Bench, send};
use crate::harness::wire::Ask;
use crate::setup::{files, has, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_keeps_serve_from_starting_is_told_by_check_all_at_once() {
    let bench = Bench::new().await;
    let log = bench.file("no/access.log").display().to_string();
    let before = files(bench.folder.path());
    let arguments = [
        "--client-id",
        "",
        "--keys-file",
        "/nonexistent/keys",
        "--db",
        "/missing/s.db",
        "--access-log",
        &log,
    ];
    for command in ["serve", "check"] {
        let output = bench.run(&[&[command][..], &arguments].concat());
        let errors = told(&output);
        let lines: Vec<&str> = errors.lines().collect();
        assert_eq!(lines.len(), 4, "{errors}");
        has(lines[0], &["--client-id: is empty"]);
        has(lines[1], &["key file /nonexistent/keys: it does not exist"]);
        has(lines[2], &["database /missing/s.db: the folder /missing"]);
        has(
            lines[3],
            &["access log", "/no does not exist", "install -d", "`off`"],
        );
        assert_eq!(files(bench.folder.path()), before, "{command}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_set_up_passes_check_before_during_and_after_serve_and_changes_nothing() {
    let bench = Bench::new().await;
    let check = || {
        let output = bench.run(&["check"]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let before = files(bench.folder.path());
    check();
    assert_eq!(files(bench.folder.path()), before);
    let mut running = bench.start();
    bench.log_in(running.address).await.unwrap();
    check();
    running.signal("TERM");
    assert!(running.wait().success());
    let after = files(bench.folder.path());
    let told = check();
    assert_eq!(files(bench.folder.path()), after);
    assert!(!told.contains("--client-secret-file"), "{told}");
    let names: Vec<&str> = after.keys().map(String::as_str).collect();
    let left = [
        "access.log",
        "keys",
        "secret",
        "sessions.db",
        "sessions.db.lock",
    ];
    assert_eq!(names, left, "the handbook says what a clean stop leaves");
    assert!(after["sessions.db.lock"].is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_everybody_may_read_is_warned_of() {
    let bench = Bench::new().await;
    let secret = bench.file("secret");
    fs::set_permissions(&secret, Permissions::from_mode(0o644)).unwrap();
    let output = bench.run(&["check"]);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    has(
        &told,
        &["warning: --client-secret-file", "mode 0644", "chmod 0600"],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_that_it_listens_only_when_it_does() {
    let bench = Bench::new().await;
    let first = bench.start();
    let admin = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = admin.local_addr().unwrap().to_string();
    let other = bench.file("other.db").display().to_string();
    let port = first.address.to_string();
    for (arguments, parts) in [
        (&[][..], &["another `serve` is using it", "sessions.db"][..]),
        (&["--db", &other, "--listen", &port], &["--listen ", &port]),
        (
            &["--db", &other, "--admin-listen", &taken],
            &["--admin-listen ", &taken],
        ),
    ] {
        let output = bench.run(arguments);
        let errors = told(&output);
        has(&errors, parts);
        assert!(!errors.contains("Listening"), "{errors}");
        assert_eq!(output.status.code(), Some(3), "{errors}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_codes_are_those_of_the_help() {
    let bench = Bench::new().await;
    drop(bench.start());
    let help = String::from_utf8(bench.run(&["--help"]).stdout).unwrap();
    has(
        &help,
        &[
            "0 ended well",
            "1 failed",
            "2 wrong usage",
            "3 the database",
        ],
    );
    for (arguments, code) in [
        (&["check"][..], 0),
        (&["keys", "list"], 0),
        (&["sessions", "show", "ab12-cd34-ef56-0718"], 1),
        (&["sessions", "show", "nonsense"], 2),
        (&["serve", "--no-such-flag"], 2),
        (&["check", "--rate-limit", "0"], 2),
        (&["serve", "--rate-limit", "0", "--db", "/missing/s.db"], 2),
        (&["serve", "--db", "/missing/s.db"], 3),
        (&["check", "--keys-file", "/missing/keys"], 3),
        (&["keys", "list", "--keys-file", "/missing/keys"], 3),
        (&["sessions", "list", "--db", "/missing/s.db"], 3),
    ] {
        let output = bench.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {output:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_host_learns_nothing_and_the_operator_once_what_would_admit_it() {
    let bench = Bench::new().await;
    let mut running = bench.start();
    let foreign = |host: &str| Ask::script("GET", "/api/session").replace("Host", host);
    for _ in 0..3 {
        let answer = send(running.address, &foreign("127.0.0.1:4000"))
            .await
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
        assert!(!answer.contains("example.com"), "{answer}");
        assert!(!answer.contains("--"), "{answer}");
    }
    for number in 0..20 {
        let host = format!("scanner-{number}.example");
        send(running.address, &foreign(&host)).await.unwrap();
    }
    running.signal("TERM");
    assert!(running.wait().success());
    // What it has said may still be on its way through the pipe.
    for _ in 0..100 {
        if running.told().matches("named a host").count() >= 8 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = running.told();
    let lines: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("named a host"))
        .collect();
    assert_eq!(lines.len(), 8, "{told}");
    let once = lines.iter().filter(|line| line.contains("127.0.0.1:4000"));
    assert_eq!(once.count(), 1, "{told}");
    has(
        lines[0],
        &["127.0.0.1:4000", "--public-origin", "--accept-host"],
    );
}
