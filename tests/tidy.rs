//! Checks the tree itself: the order in which modules may know one another, the length of
//! files, and what must not be left behind.
//!
//! The order is read from ARCHITECTURE.md, so that the document cannot drift from the code.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is missing"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The longest a file may be, tests and tables aside.
const LONGEST: usize = 400;

/// File names that say nothing about what is inside.
const DRAWERS: [&str; 5] = ["utils", "util", "helpers", "common", "misc"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies below the workspace")
        .to_owned()
}

/// The files that git tracks, or would, relative to the root.
fn tracked() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    let names = String::from_utf8(listed.stdout).unwrap();
    let files: Vec<String> = names
        .lines()
        .filter(|name| root().join(name).is_file())
        .map(str::to_owned)
        .collect();
    assert!(files.len() > 20, "git listed only {} files", files.len());
    files
}

fn ends_with_any(name: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| name.ends_with(ending))
}

/// Rust and script sources that people write and read.
fn sources() -> Vec<(String, String)> {
    tracked()
        .into_iter()
        .filter(|name| ends_with_any(name, &[".rs", ".js", ".mjs", ".css"]))
        .filter(|name| !name.contains("/cases/") && !name.contains("/fixtures/"))
        .map(|name| {
            let text = fs::read_to_string(root().join(&name)).unwrap();
            (name, text)
        })
        .collect()
}

/// The part of a Rust file above its unit tests; nothing of a file that holds them alone.
fn without_tests<'a>(name: &str, text: &'a str) -> &'a str {
    if holds_tests_alone(name) {
        return "";
    }
    text.split("\n#[cfg(test)]").next().unwrap_or(text)
}

fn holds_tests_alone(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

/// The files below `heading` in ARCHITECTURE.md's tree, in their order.
fn listed_order(heading: &str) -> Vec<String> {
    let document = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let below = document
        .split_once(&format!("\n{heading}"))
        .unwrap_or_else(|| panic!("ARCHITECTURE.md has no line that starts with `{heading}`"))
        .1;
    let mut files = Vec::new();
    for line in below
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("  "))
    {
        for word in line.split([' ', ',', ';', ':']) {
            if ends_with_any(word, &[".rs", ".sql", ".js"]) {
                files.push(word.to_owned());
            }
        }
    }
    assert!(files.len() > 5, "`{heading}` lists only {files:?}");
    files
}

/// `parse/markdown.rs` belongs to `parse`.
fn module(file: &str) -> &str {
    let first = file.split('/').next().unwrap_or(file);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// The modules that `text` names behind `crate::`, also those in braces.
fn known_modules(text: &str) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let path = &text[at + "crate::".len()..];
        let names = match path.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or(group),
            None => path
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or(""),
        };
        for name in names.split(',') {
            let name = name.trim().split("::").next().unwrap_or("");
            known.insert(name.to_owned());
        }
    }
    known
}

fn check_order(folder: &str) {
    let order = listed_order(folder);
    let mut wrong = Vec::new();
    for file in &order {
        if !root().join(folder).join(file).is_file() {
            wrong.push(format!(
                "ARCHITECTURE.md lists {folder}{file}, which is not there"
            ));
        }
    }
    let modules: Vec<&str> = order.iter().map(|file| module(file)).collect();
    for (name, text) in sources() {
        let Some(file) = name.strip_prefix(folder) else {
            continue;
        };
        if holds_tests_alone(&name) {
            continue;
        }
        let Some(place) = order.iter().position(|listed| listed == file) else {
            wrong.push(format!("{name} is missing from ARCHITECTURE.md"));
            continue;
        };
        for known in known_modules(without_tests(&name, &text)) {
            let stands = modules.iter().position(|module| *module == known);
            if stands.is_some_and(|stands| stands > place && modules[stands] != module(file)) {
                wrong.push(format!("{name} knows `{known}`, which stands below it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn generator_modules_know_only_what_stands_above_them() {
    check_order("generator/src/");
}

#[test]
fn proxy_modules_know_only_what_stands_above_them() {
    check_order("proxy/src/");
}

/// What reaches the disk. Each is written in halves so that this file does not find itself.
const DISK: [[&str; 2]; 4] = [
    ["std::", "fs"],
    ["tokio::", "fs"],
    ["Open", "Options"],
    ["UnixListener", "::bind"],
];

/// The modules that ARCHITECTURE.md lets touch the disk: the names between `start`, with which the
/// first one begins, and `end`.
fn disk_modules(start: &str, end: &str) -> Vec<String> {
    let document = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let sentence = document.split_once(start).expect("the sentence").1;
    let sentence = sentence.split_once(end).expect("its end").0;
    let names = sentence.split('`').step_by(2);
    names.map(str::to_owned).collect()
}

fn check_disk(folder: &str, allowed: &[String]) {
    assert!(allowed.len() > 3, "only {allowed:?} may touch the disk");
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let Some(file) = name.strip_prefix(folder) else {
            continue;
        };
        let stem = file.strip_suffix(".rs").unwrap_or(file);
        let may = |module: &String| {
            stem == module
                || stem
                    .strip_prefix(module)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let text = without_tests(&name, &text);
        if DISK.iter().any(|way| text.contains(&way.concat())) && !allowed.iter().any(may) {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "these touch the disk: {wrong:?}");
}

#[test]
fn only_the_modules_that_architecture_names_touch_the_disk() {
    let generator = disk_modules("\n- Only `", " touch the disk in the generator;");
    check_disk("generator/src/", &generator);
    let proxy = disk_modules(" touch the disk in the generator; only `", " in the proxy.");
    check_disk("proxy/src/", &proxy);
}

#[test]
fn neither_program_knows_the_other() {
    for (manifest, other) in [
        ("generator/Cargo.toml", "proxy"),
        ("proxy/Cargo.toml", "generator"),
    ] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let dependencies = text.split_once("[dependencies]").expect("a list").1;
        let dependencies = dependencies.split("\n[").next().unwrap_or(dependencies);
        let names = dependencies
            .lines()
            .filter_map(|line| line.split([' ', '=', '.']).next());
        assert!(
            names.clone().count() > 3,
            "{manifest}: too few dependencies to be true"
        );
        assert!(
            names.clone().all(|name| name != other),
            "{manifest} depends on {other}"
        );
    }
}

#[test]
fn files_stay_short_enough_to_be_read() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(name, text)| (name, without_tests(name, text).lines().count()))
        .filter(|(name, lines)| *lines > LONGEST && !name.contains("/tables/"))
        .map(|(name, lines)| format!("{name}: {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "over {LONGEST} lines:\n{}",
        long.join("\n")
    );
}

#[test]
fn rust_files_say_why_they_exist() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(name, text)| name.ends_with(".rs") && !text.starts_with("//!"))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "no `//!` on the first line: {silent:?}");
}

#[test]
fn no_file_is_a_drawer() {
    let drawers: Vec<String> = tracked()
        .into_iter()
        .filter(|name| ends_with_any(name, &[".rs", ".js", ".css"]))
        .filter(|name| {
            let stem = Path::new(name).file_stem().unwrap().to_string_lossy();
            DRAWERS.contains(&stem.as_ref()) || stem == "mod"
        })
        .collect();
    assert!(
        drawers.is_empty(),
        "name these after what they hold: {drawers:?}"
    );
}

#[test]
fn nothing_is_left_behind() {
    // Written in halves so that this file does not find itself.
    let leftovers = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X:"],
        ["#[al", "low("],
        ["#![al", "low("],
        ["#[ign", "ore]"],
        ["db", "g!("],
        ["unimple", "mented!("],
        ["inner", "HTML ="],
        ["use super", "::*"],
    ]
    .map(|halves| halves.concat());
    let mut found = Vec::new();
    for (name, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            for leftover in leftovers
                .iter()
                .filter(|leftover| line.contains(leftover.as_str()))
            {
                found.push(format!("{name}:{}: {leftover}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_output_secret_or_machine_path_is_tracked() {
    let files = tracked();
    let built: Vec<&String> = files
        .iter()
        .filter(|name| name.starts_with("dist/") && *name != "dist/.gitignore")
        .collect();
    assert!(built.is_empty(), "build output in git: {built:?}");

    let machine_paths = ["/ro", "ot/"].concat();
    let mut found = Vec::new();
    for name in &files {
        let bytes = fs::read(root().join(name)).unwrap();
        assert!(
            bytes.len() < 600 * 1024,
            "{name} is too big for git: {} bytes",
            bytes.len()
        );
        let text = String::from_utf8_lossy(&bytes);
        if text.contains(&machine_paths) || text.contains("PRIVATE KEY-----\n") {
            found.push(name);
        }
    }
    assert!(found.is_empty(), "a machine path or a secret: {found:?}");
}

#[test]
fn the_order_check_sees_braces_and_paths() {
    let known = known_modules("use crate::{path, diag::Diagnostic};\nlet x = crate::model::y();");
    let expected: BTreeSet<String> = ["path", "diag", "model"].map(str::to_owned).into();
    assert_eq!(known, expected);
}
