//! Paths that lead to something else than they should, or to nothing.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use rusqlite::Connection;

use crate::harness::process::{Bench, Running, outcome};
use crate::setup::{files, has, told};

/// `nobody` on every system there is.
const NOBODY: u32 = 65_534;

fn write(path: &Path, bytes: impl AsRef<[u8]>, mode: u32) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A database in which another program keeps something; `more` is done to it at last.
fn other_program(path: &Path, more: &str) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1);")
        .unwrap();
    connection.execute_batch(more).unwrap();
    drop(connection);
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_another_program_is_refused_and_left_as_it_was() {
    let bench = Bench::new().await;
    let db = bench.file("other.db");
    let shown = db.display().to_string();
    for more in [
        "",
        "PRAGMA user_version = 1",
        "PRAGMA user_version = 9",
        "PRAGMA journal_mode = WAL",
    ] {
        other_program(&db, more);
        let before = files(bench.folder.path());
        for command in [&["serve"][..], &["check"], &["sessions", "list"]] {
            let errors = told(&bench.run(&[command, &["--db", &shown]].concat()));
            has(&errors, &[&shown, "belongs to another program", "--db"]);
            let after = files(bench.folder.path());
            assert_eq!(after.get("other.db"), before.get("other.db"), "{more}");
            assert!(!after.contains_key("other.db.lock"), "{more}: {command:?}");
        }
        fs::remove_file(&db).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_a_newer_program_is_refused_and_left_as_it_was() {
    let bench = Bench::new().await;
    let mut running = bench.start();
    bench.log_in(running.address).await.unwrap();
    running.signal("TERM");
    assert!(running.wait().success());
    let db = bench.file("sessions.db");
    let connection = Connection::open(&db).unwrap();
    connection
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    drop(connection);
    let before = fs::read(&db).unwrap();
    for command in [&["serve"][..], &["check"], &["sessions", "list"]] {
        let errors = told(&bench.run(command));
        has(&errors, &["sessions.db", "newer spotifinfo-proxy"]);
        assert!(fs::read(&db).unwrap() == before, "{command:?} changed it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_that_cannot_be_the_database_is_told_with_its_remedy() {
    let bench = Bench::new().await;
    let path = |name: &str| bench.file(name).display().to_string();
    fs::create_dir(bench.file("adir")).unwrap();
    write(
        &bench.file("text"),
        "Dear diary, this is no database.",
        0o600,
    );
    let before = files(bench.folder.path());
    for (db, parts) in [
        (path("adir"), &["it is a folder", "name a file"][..]),
        (
            path("none/s.db"),
            &["/none does not exist: install -d -m 0700 "],
        ),
        (path("text/s.db"), &["/text is a file, not a folder"]),
        (
            path("text"),
            &["not a database", "set --db to another file"],
        ),
    ] {
        for command in ["serve", "check"] {
            let errors = told(&bench.run(&[command, "--db", &db]));
            has(&errors, &[&db]);
            has(&errors, parts);
        }
        let errors = told(&bench.run(&["sessions", "list", "--db", &db]));
        has(&errors, &[&db]);
    }
    assert_eq!(files(bench.folder.path()), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_that_cannot_be_the_key_file_is_told_with_its_remedy() {
    let bench = Bench::new().await;
    let path = |name: &str| bench.file(name).display().to_string();
    fs::create_dir(bench.file("adir")).unwrap();
    write(&bench.file("bytes"), [0xff, 0xfe, 0x00], 0o600);
    write(&bench.file("prose"), "Dear diary,\n", 0o600);
    write(&bench.file("wide"), "", 0o644);
    let date = "0badcafe 2026-13-45 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
    write(&bench.file("date"), date, 0o600);
    for (keys, parts) in [
        (path("adir"), &["it is a folder", "name a file"][..]),
        (path("bytes"), &["it is not text", "keys generate"]),
        (path("prose"), &["line 1 is not a key (its id", "delete it"]),
        (path("date"), &["line 1 is not a key (its id", "date"]),
        (
            path("wide"),
            &["others may read it (mode 0644)", "chmod 0600"],
        ),
    ] {
        for command in [
            &["serve"][..],
            &["check"],
            &["keys", "list"],
            &["keys", "rotate"],
        ] {
            let errors = told(&bench.run(&[command, &["--keys-file", &keys]].concat()));
            has(&errors, &[&keys]);
            has(&errors, parts);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_key_file_is_told_with_the_command_that_makes_it() {
    let bench = Bench::new().await;
    let keys = bench.file("new/folder/keys");
    let shown = keys.display().to_string();
    let folder = keys.parent().unwrap().display().to_string();
    let install = format!("install -d -m 0700 {folder}");
    let generate = format!("spotifinfo-proxy keys generate --keys-file {shown}");

    let errors = told(&bench.run(&["serve", "--keys-file", &shown]));
    has(&errors, &[&format!("{install} && {generate}")]);
    let errors = told(&bench.run(&["keys", "generate", "--keys-file", &shown]));
    has(
        &errors,
        &[&format!("the folder {folder} does not exist"), &install],
    );
    assert!(
        !errors.contains("keys generate"),
        "that was just typed: {errors}"
    );

    fs::create_dir_all(&folder).unwrap();
    let errors = told(&bench.run(&["serve", "--keys-file", &shown]));
    has(&errors, &[&generate]);
    assert!(!errors.contains("install"), "the folder is there: {errors}");
    let made = bench.run(&["keys", "generate", "--keys-file", &shown]);
    assert!(made.status.success(), "{made:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_root_does_leaves_every_file_to_whoever_serves() {
    let bench = Bench::new().await;
    let folder = bench.folder.path();
    if fs::metadata(folder).unwrap().uid() != 0 {
        return eprintln!("only root can change owners");
    }
    for file in ["", "keys", "secret"] {
        chown(folder.join(file), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let start = || {
        let mut command = bench.command();
        Running::start(command.uid(NOBODY).gid(NOBODY))
    };
    let mut running = start();
    let commands = [
        &["keys", "rotate"][..],
        &["sessions", "rekey"],
        &["sessions", "purge"],
    ];
    let run = || {
        for command in commands {
            let output = bench.run(command);
            assert!(output.status.success(), "{command:?}: {output:?}");
        }
    };
    run();
    running.signal("TERM");
    assert!(running.wait().success());
    run();
    for name in files(folder).into_keys() {
        let owner = fs::metadata(folder.join(&name)).unwrap().uid();
        assert_eq!(owner, NOBODY, "{name}");
    }
    drop(start());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_another_user_are_told_with_their_remedy() {
    let bench = Bench::new().await;
    let folder = bench.folder.path();
    let is_root = fs::metadata(folder).unwrap().uid() == 0;
    let mut cases = vec![
        ("--db", "/etc/passwd".to_owned(), "chown it"),
        (
            "--db",
            "/etc/s.db".to_owned(),
            "the folder /etc is closed to this user",
        ),
        ("--keys-file", "/etc/shadow".to_owned(), "chown it"),
    ];
    if is_root {
        for file in ["", "keys", "secret"] {
            chown(folder.join(file), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        write(&folder.join("left.db.lock"), "", 0o600);
        let left = folder.join("left.db").display().to_string();
        cases.push(("--db", left, "chown it and the files beside it"));
    }
    for (flag, path, remedy) in cases {
        let mut command = bench.command();
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let errors = told(&outcome(command.args([flag, &path])));
        has(&errors, &[&path, remedy]);
        assert!(!errors.contains("has to exist"), "{errors}");
    }
}
