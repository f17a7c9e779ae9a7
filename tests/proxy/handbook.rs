//! The handbook knows every line of the operational log, every metric, and a test for each attack.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::harness::Proxy;

const HANDBOOK: &str = include_str!("../../proxy/README.md");

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// What `tracing::info!`, `warn!` and `error!` say in a source: the last text in each.
fn log_lines(source: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for level in ["tracing::info!(", "tracing::warn!(", "tracing::error!("] {
        for (at, _) in source.match_indices(level) {
            let call = source[at + level.len()..].split(");").next().unwrap();
            let quoted = call.rsplit('"').nth(1);
            lines.push(quoted.expect("a message").to_owned());
        }
    }
    lines
}

#[test]
fn the_handbook_explains_every_line_of_the_operational_log() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut lines = BTreeSet::new();
    for file in rust_files(&folder) {
        lines.extend(log_lines(&fs::read_to_string(file).unwrap()));
    }
    assert!(lines.len() > 15, "only {lines:?}");
    let unknown: Vec<&String> = lines
        .iter()
        .filter(|line| !HANDBOOK.contains(&format!("`{line}`")))
        .collect();
    assert!(
        unknown.is_empty(),
        "the handbook does not explain: {unknown:#?}"
    );
}

/// The names of all tests, from the sources of the program and of its tests.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    for folder in ["src", "../tests/proxy"] {
        for file in rust_files(&root.join(folder)) {
            let source = fs::read_to_string(file).unwrap();
            let mut is_test = false;
            for line in source.lines().map(str::trim_start) {
                let code = line.strip_prefix("async ").unwrap_or(line);
                if let Some(name) = code.strip_prefix("fn ") {
                    if is_test {
                        names.insert(name.split('(').next().unwrap().to_owned());
                    }
                    is_test = false;
                }
                is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
            }
        }
    }
    assert!(names.len() > 100, "only {names:?}");
    names
}

#[test]
fn the_threat_model_names_a_test_for_each_attack() {
    let table = HANDBOOK.split_once("<!-- attacks -->").unwrap().1;
    let table = table.split_once("<!-- /attacks -->").unwrap().0;
    let tests = tests();
    let mut rows: Vec<usize> = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let row = line.split(' ').nth(1).unwrap();
        let name = line.rsplit('`').nth(1).unwrap();
        assert!(tests.contains(name), "there is no test {name}");
        rows.push(row.parse().unwrap());
    }
    assert_eq!(rows, Vec::from_iter(1..=25));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_handbook_explains_every_metric() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("admin");
    let listen = format!("unix:{}", socket.display());
    let proxy = Proxy::with(&[("admin-listen", &listen)]).await;
    proxy.visitor().await.token().await;
    let mut admin = UnixStream::connect(&socket).await.unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    admin.write_all(request).await.unwrap();
    let mut answer = String::new();
    admin.read_to_string(&mut answer).await.unwrap();
    let names: BTreeSet<&str> = answer
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|rest| rest.split(' ').next())
        .collect();
    assert!(names.len() > 8, "{answer}");
    for name in names {
        assert!(
            HANDBOOK.contains(&format!("`{name}`")),
            "no word about {name}"
        );
    }
}
