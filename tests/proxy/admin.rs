//! The private listener: what it may take the place of.

use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixListener;

use crate::harness::process::{Bench, Running};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_socket_replaces_no_file_and_no_living_socket() {
    let bench = Bench::new().await;
    drop(bench.start());
    let precious = bench.file("precious");
    fs::write(&precious, "somebody's work").unwrap();
    let _living = UnixListener::bind(bench.file("living")).unwrap();
    for (name, told) in [
        ("precious", "no socket"),
        ("sessions.db", "no socket"),
        ("living", "another program listens there"),
    ] {
        let listen = format!("unix:{}", bench.file(name).display());
        let before = fs::metadata(bench.file(name)).unwrap().file_type();
        let output = bench.run(&["--admin-listen", &listen]);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{name}: {errors}");
        assert!(errors.contains("--admin-listen"), "{name}: {errors}");
        assert!(errors.contains(told), "{name}: {errors}");
        let after = fs::metadata(bench.file(name)).unwrap().file_type();
        assert_eq!(after, before, "{name}");
    }
    assert_eq!(fs::read(&precious).unwrap(), b"somebody's work");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_socket_takes_the_place_of_one_that_a_dead_process_left() {
    let bench = Bench::new().await;
    let socket = bench.file("admin");
    drop(UnixListener::bind(&socket).unwrap());
    let left = fs::metadata(&socket).expect("it stays when its process ends");
    assert!(left.file_type().is_socket());
    let listen = format!("unix:{}", socket.display());
    let running = Running::start(bench.command().args(["--admin-listen", &listen]));
    for _ in 0..100 {
        if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("nobody listens: {}", running.told());
}
