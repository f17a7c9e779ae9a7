//! Whole sites with their whole output: `cases/NAME/input` builds to `cases/NAME/expected`.
//!
//! Where `expected` holds a `stderr`, the build fails and says exactly that. Run with
//! `UPDATE_EXPECT=1` to write what is found; then read the difference before committing it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::harness::{Outcome, repository, tree};

type Tree = BTreeMap<String, Vec<u8>>;

#[test]
fn every_case_comes_out_as_expected() {
    let folder = repository().join("tests/generator/cases");
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 2, "there are cases");
    for name in names {
        let case = folder.join(&name);
        let found = build(&case, "1");
        assert_eq!(found, build(&case, "3"), "{name} depends on --jobs");
        let expected = case.join("expected");
        if update {
            replace(&expected, &found);
        }
        wrong.extend(differences(&name, &tree(&expected), &found));
    }
    assert!(
        wrong.is_empty(),
        "{}\n\nUPDATE_EXPECT=1 takes what was found for right.",
        wrong.join("\n")
    );
}

/// The output, or what was told on failure as `stderr`.
fn build(case: &Path, jobs: &str) -> Tree {
    let out = TempDir::new().unwrap();
    let site = TempDir::new().unwrap();
    copy(&case.join("input"), site.path());
    let dist = out.path().join("dist");
    let arguments = ["--now", "2024-06-01", "--jobs", jobs, "--out"];
    let flags = fs::read_to_string(case.join("arguments")).unwrap_or_default();
    let arguments: Vec<&str> = arguments
        .into_iter()
        .chain([dist.to_str().unwrap()])
        .chain(flags.split_whitespace())
        .collect();
    let outcome = Outcome::of(site.path(), &arguments);
    if outcome.code == 0 && outcome.stderr.is_empty() {
        return tree(&dist);
    }
    let mut found = tree(&dist);
    assert!(
        outcome.code == 0 || found.is_empty(),
        "{case:?} wrote files"
    );
    found.insert("stderr".to_owned(), outcome.stderr.into_bytes());
    found
}

fn copy(from: &Path, to: &Path) {
    for (name, bytes) in tree(from) {
        let file = to.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

fn replace(expected: &Path, found: &Tree) {
    let _ = fs::remove_dir_all(expected);
    for (name, bytes) in found {
        let file = expected.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

fn differences(case: &str, expected: &Tree, found: &Tree) -> Vec<String> {
    let mut told = Vec::new();
    for (name, bytes) in expected {
        match found.get(name) {
            None => told.push(format!("{case}: {name} is missing")),
            Some(other) if other != bytes => told.push(format!(
                "{case}: {name} differs; expected:\n{}\nfound:\n{}",
                String::from_utf8_lossy(bytes),
                String::from_utf8_lossy(other)
            )),
            Some(_) => {}
        }
    }
    for name in found.keys().filter(|name| !expected.contains_key(*name)) {
        told.push(format!("{case}: {name} is not expected"));
    }
    told
}
