//! What an operator meets: start and its mistakes, signals, commands.

use std::fs;
use std::io::Read as _;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use fake_spotify::{Effect, Endpoint, Fault};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::HOST;
use crate::harness::process::{Bench, Running, header, send};
use crate::harness::wire::Ask;

fn token(cookies: &str) -> Ask {
    Ask::script("POST", "/api/token").cookies(cookies)
}

fn session() -> Ask {
    Ask::script("GET", "/api/session")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mistakes_are_told_before_anything_is_bound_or_opened() {
    let bench = Bench::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let wide = bench.file("wide");
    fs::write(&wide, "").unwrap();
    fs::set_permissions(&wide, fs::Permissions::from_mode(0o644)).unwrap();
    let wide = wide.display().to_string();
    for (arguments, told) in [
        (vec!["--public-origin", "http://example.com"], "https://"),
        (vec!["--keys-file", "/nonexistent/keys"], "keys generate"),
        (vec!["--keys-file", &wide], "mode 0644"),
        (
            vec!["--db", "/nonexistent/folder/db"],
            "/nonexistent/folder/db",
        ),
        (vec!["--db", &wide], "mode 0644"),
        (vec!["--listen", &taken], "another program listens there"),
        (
            vec!["--listen", "192.0.2.1:80"],
            "does not have the address",
        ),
    ] {
        let output = bench.run(&arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{arguments:?}: {errors}");
        assert!(errors.contains(told), "{arguments:?}: {errors}");
        assert!(!errors.contains("panicked"), "{errors}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_serve_on_the_database_is_refused() {
    let bench = Bench::new().await;
    let first = bench.start();
    let output = bench.run(&[]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{errors}");
    assert!(errors.contains("another `serve`"), "{errors}");
    assert!(send(first.address, &session()).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_finishes_what_is_under_way_and_exits_well() {
    let bench = Bench::new().await;
    let mut running = bench.start();
    let cookies = bench.log_in(running.address).await.unwrap();
    drop(running);
    running = bench.start();
    let slow = Fault::new(Endpoint::Refresh, Effect::None).after(Duration::from_millis(700));
    bench.spotify.inject(slow);
    let address = running.address;
    let request = tokio::spawn(async move { send(address, &token(&cookies)).await });
    tokio::time::sleep(Duration::from_millis(250)).await;
    running.signal("TERM");
    let answer = request
        .await
        .unwrap()
        .expect("the answer that was under way");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let status = running.wait();
    assert!(status.success(), "{status:?}: {}", running.told());
    assert!(send(address, &session()).await.is_none(), "nobody listens");
    assert!(
        !bench.file("sessions.db-wal").exists(),
        "the database is closed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_takes_up_new_keys_and_logs_under_load_without_a_failed_request() {
    let bench = Bench::new().await;
    let running = bench.start();
    let address = running.address;
    let cookies = bench.log_in(address).await.unwrap();
    let load = tokio::spawn(async move {
        let mut cookies = cookies;
        let mut renewed = 0;
        for _ in 0..100 {
            let answer = send(address, &token(&cookies)).await.expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            if let Some(cookie) = header(&answer, "set-cookie") {
                cookies = cookie.split(';').next().unwrap().to_owned();
                renewed += 1;
            }
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        (renewed, cookies)
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(bench.run(&["keys", "rotate"]).status.success());
    fs::rename(bench.file("access.log"), bench.file("old.log")).unwrap();
    running.signal("HUP");
    let (renewed, cookies) = load.await.unwrap();
    assert_eq!(renewed, 1, "once, with the new key");
    let keys = fs::read_to_string(bench.file("keys")).unwrap();
    let newest = keys.lines().find(|line| !line.starts_with('#')).unwrap();
    let id = newest.split(' ').next().unwrap();
    assert!(cookies.starts_with(&format!("state=v1.{id}.")), "{cookies}");
    assert!(bench.file("access.log").exists(), "the log was opened anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_that_nobody_reads_of_stop_neither_answers_nor_the_end() {
    let bench = Bench::new().await;
    let mut command = bench.command();
    command.args(["--threads", "1", "--drain", "1s"]);
    let mut running = Running::start_unread(&mut command);
    let address = running.address;
    // More lines than a pipe holds: each of these codes is refused, and told of.
    for _ in 0..1000 {
        let answer = send(address, &Ask::navigation("/api/login", "none")).await;
        let answer = answer.expect("an answer");
        let state = header(&answer, "location").and_then(|to| to.split_once("state="));
        let state = state.unwrap().1.split('&').next().unwrap();
        let target = format!("/api/callback?code=junk&state={state}");
        let login = header(&answer, "set-cookie").unwrap().split(';').next();
        let back = Ask::navigation(&target, "cross-site").cookies(login.unwrap());
        let answer = send(address, &back).await.expect("an answer");
        assert!(answer.contains("login=failed"), "{answer}");
    }
    running.signal("TERM");
    assert!(running.wait().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sighup_that_comes_before_it_listens_does_not_end_it() {
    let bench = Bench::new().await;
    // Opening this waits until somebody reads: it stays between its start and its listening.
    let pipe = bench.file("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let mut command = bench.command();
    let started = command.arg("--access-log").arg(&pipe).spawn();
    let mut child = started.unwrap();
    for _ in 0..500 {
        if bench.file("sessions.db").exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let hangup = ["-s", "HUP", &child.id().to_string()].map(str::to_owned);
    assert!(
        Command::new("kill")
            .args(hangup)
            .status()
            .unwrap()
            .success()
    );
    let reader = std::thread::spawn(move || fs::File::open(pipe));
    let mut told = String::new();
    let mut errors = child.stderr.take().unwrap();
    while !told.contains("keys are read anew") {
        let mut some = [0; 1024];
        let length = errors.read(&mut some).unwrap();
        assert!(length > 0, "it ended: {told}");
        told.push_str(&String::from_utf8_lossy(&some[..length]));
    }
    assert!(told.contains("Listening on"), "{told}");
    child.kill().unwrap();
    child.wait().unwrap();
    drop(reader.join());
}

/// The program where no name is ever resolved: whom it asks does not answer. Only root can make
/// such a place.
fn without_names(bench: &Bench, silent: &UdpSocket) -> Option<Command> {
    let resolver = silent.local_addr().unwrap().ip();
    let text = format!("nameserver {resolver}\noptions timeout:30 attempts:5\n");
    let file = bench.file("resolv.conf");
    fs::write(&file, text).unwrap();
    let mount = format!("mount --bind {} /etc/resolv.conf", file.display());
    let tried = Command::new("unshare")
        .args(["-m", "sh", "-c", &mount])
        .status();
    if !tried.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: only root can take the names away");
        return None;
    }
    let program = bench.command();
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", &format!("{mount} && exec \"$0\" \"$@\"")]);
    command.arg(program.get_program()).env_clear();
    command.envs(
        program
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    Some(command)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_never_resolved_does_not_hold_up_the_end() {
    let bench = Bench::new().await;
    let Ok(silent) = UdpSocket::bind("127.0.0.77:53") else {
        return eprintln!("SKIPPED: only root can be a silent resolver");
    };
    let Some(mut command) = without_names(&bench, &silent) else {
        return;
    };
    let running = bench.start();
    let cookies = bench.log_in(running.address).await.unwrap();
    drop(running);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.args([
        "--token-url",
        "https://silent.example/token",
        "--drain",
        "1s",
    ]);
    let mut running = Running::start(&mut command);
    let address = running.address;
    let asking = tokio::spawn(async move { send(address, &token(&cookies)).await });
    silent
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let asked = tokio::task::spawn_blocking(move || (silent.recv(&mut [0; 512]), silent)).await;
    let (asked, _silent) = asked.unwrap();
    assert!(asked.is_ok(), "the resolver is asked: {asked:?}");
    running.signal("TERM");
    assert!(running.wait().success(), "{}", running.told());
    asking.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_work_beside_a_running_serve() {
    let bench = Bench::new().await;
    let running = bench.start();
    let cookies = bench.log_in(running.address).await.unwrap();
    let answer = send(running.address, &token(&cookies)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let listed = String::from_utf8(bench.run(&["sessions", "list"]).stdout).unwrap();
    let reference = listed.split(' ').next().unwrap();
    let output = bench.run(&["sessions", "restrict", reference]);
    assert!(output.status.success(), "{output:?}");
    // What it remembers is dropped when it notices.
    let mut refused = String::new();
    for _ in 0..100 {
        refused = send(running.address, &token(&cookies)).await.unwrap();
        if refused.starts_with("HTTP/1.1 403") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(refused.contains("session_restricted"), "{refused}");
    assert!(
        bench
            .run(&["sessions", "erase", reference])
            .status
            .success()
    );
    let gone = send(running.address, &token(&cookies)).await.unwrap();
    assert!(gone.starts_with("HTTP/1.1 401"), "{gone}");
    let audit = fs::read_to_string(bench.file("sessions.db.audit")).unwrap();
    assert_eq!(audit.lines().count(), 2, "{audit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_nobody_reads_stops_neither_answers_nor_the_end() {
    let bench = Bench::new().await;
    let mut command = bench.command();
    command.args(["--access-log", "-", "--threads", "1", "--drain", "1s"]);
    let mut running = Running::start(command.stdout(Stdio::piped()));
    // More lines than the pipe, the writer and its queue can hold.
    let long = "x".repeat(500);
    let ask = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {long}\r\n\r\n");
    let last = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    let stream = TcpStream::connect(running.address).await.unwrap();
    let (mut answers, mut asks) = stream.into_split();
    let asking = tokio::spawn(async move {
        for _ in 0..9000 {
            asks.write_all(ask.as_bytes()).await.unwrap();
        }
        asks.write_all(last.as_bytes()).await.unwrap();
    });
    let mut answered = Vec::new();
    answers.read_to_end(&mut answered).await.unwrap();
    asking.await.unwrap();
    assert!(answered.ends_with(b"}"), "every request has its answer");

    running.signal("HUP");
    assert!(send(running.address, &session()).await.is_some());
    running.signal("TERM");
    assert!(running.wait().success());
}
