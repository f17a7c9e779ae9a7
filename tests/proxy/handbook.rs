//! The operator's handbook knows every line of the operational log and every metric.

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
