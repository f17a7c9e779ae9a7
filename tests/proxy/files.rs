//! What lies on the disk: by which names it is known, who may read it, what is left of a visitor.

use std::fs::{self, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::Duration;

use crate::harness::process::{Bench, Running, send};
use crate::harness::wire::Ask;
use crate::login::contains;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_serve_by_another_name_of_the_database_is_refused() {
    let bench = Bench::new().await;
    let _first = bench.start();
    let link = bench.file("link.db");
    symlink(bench.file("sessions.db"), &link).unwrap();
    let output = bench.run(&["--db", &link.display().to_string()]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{errors}");
    assert!(errors.contains("another `serve`"), "{errors}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_log_or_index_others_may_read_is_refused() {
    let bench = Bench::new().await;
    drop(bench.start());
    for name in ["sessions.db-wal", "sessions.db-shm"] {
        fs::write(bench.file(name), "").unwrap();
        fs::set_permissions(bench.file(name), Permissions::from_mode(0o666)).unwrap();
        for command in [&[][..], &["check"]] {
            let output = bench.run(command);
            let errors = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success(), "{command:?} {errors}");
            assert!(errors.contains(name), "{command:?} {errors}");
            assert!(errors.contains("mode 0666"), "{command:?} {errors}");
        }
        fs::remove_file(bench.file(name)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_by_the_operator_leaves_no_reference_in_any_file() {
    let bench = Bench::new().await;
    let running = bench.start();
    let cookies = bench.log_in(running.address).await.unwrap();
    let listed = String::from_utf8(bench.run(&["sessions", "list"]).stdout).unwrap();
    let reference = listed.split(' ').next().unwrap().to_owned();
    for action in ["export", "restrict", "erase"] {
        let output = bench.run(&["sessions", action, &reference]);
        assert!(output.status.success(), "{output:?}");
    }
    let ask = Ask::script("POST", "/api/token").cookies(&cookies);
    let mut answer = String::new();
    for _ in 0..100 {
        answer = send(running.address, &ask).await.unwrap();
        if answer.starts_with("HTTP/1.1 401") {
            break;
        }
        // It notices what commands have changed within a second.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    drop(running);
    let short = reference.replace('-', "");
    assert_eq!(short.len(), 16, "{reference}");
    let digits = (0..8).map(|at| u8::from_str_radix(&short[2 * at..2 * at + 2], 16));
    let raw: Vec<u8> = digits.map(Result::unwrap).collect();
    let mut seen = 0;
    for file in fs::read_dir(bench.folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        seen += bytes.len();
        for trace in [reference.as_bytes(), short.as_bytes(), &raw] {
            assert!(!contains(&bytes, trace), "{} names it", path.display());
        }
    }
    assert!(seen > 1000, "the test reads what is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_says_that_nothing_is_deleted_from_standard_output() {
    let bench = Bench::new().await;
    let warned = |target: &str| {
        let output = bench.run(&["check", "--access-log", target, "--access-log-keep", "7d"]);
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{told}");
        told.contains("warning: --access-log: ") && told.contains("for 7 days")
    };
    assert!(warned("-"));
    assert!(!warned("off"));
    assert!(!warned(&bench.file("access.log").display().to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_path_of_standard_output_may_lead_to_a_pipe() {
    let bench = Bench::new().await;
    let (mut reader, writer) = io::pipe().unwrap();
    let mut command = bench.command();
    command.args(["--access-log", "/dev/stdout", "--access-log-keep", "7d"]);
    let mut running = Running::start(command.stdout(writer));
    drop(command);
    let answer = send(running.address, &Ask::script("GET", "/api/session")).await;
    assert!(answer.unwrap().starts_with("HTTP/1.1 "));
    running.signal("HUP");
    let answer = send(running.address, &Ask::script("POST", "/api/token")).await;
    assert!(answer.unwrap().starts_with("HTTP/1.1 401"));
    running.signal("TERM");
    assert!(running.wait().success());
    let mut log = String::new();
    reader.read_to_string(&mut log).unwrap();
    let paths: Vec<_> = log.lines().map(|line| line.contains("/api/")).collect();
    assert_eq!(paths, [true, true], "{log}");
}
