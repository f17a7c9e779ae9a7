//! What writing does to the output folder, build after build.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{WriteError, Written, write};
use crate::diag::Diagnostic;
use crate::output::{Output, OutputKind};
use crate::path::{OutputPath, SourcePath};

fn output(path: &str, text: &str) -> Output {
    let kind = if path.starts_with("assets/") {
        OutputKind::Asset
    } else {
        OutputKind::Page
    };
    Output {
        path: OutputPath::new(path).unwrap(),
        bytes: text.to_owned().into(),
        kind,
        made_from: [SourcePath::new(format!("content/{path}")).unwrap()].into(),
    }
}

fn outputs(files: &[(&str, &str)]) -> Vec<Output> {
    files
        .iter()
        .map(|(path, text)| output(path, text))
        .collect()
}

fn build(root: &Path, files: &[(&str, &str)]) -> Result<Written, WriteError> {
    write_into(root, &root.join("dist"), files)
}

fn write_into(root: &Path, out: &Path, files: &[(&str, &str)]) -> Result<Written, WriteError> {
    let config = SourcePath::new("settings/site.toml").unwrap();
    write(&outputs(files), root, &config, out)
}

fn check(root: &Path, files: &[(&str, &str)], counts: (usize, usize, usize)) {
    let done = build(root, files).unwrap();
    assert_eq!((done.written, done.unchanged, done.removed), counts);
    for (path, text) in files {
        assert_eq!(
            fs::read_to_string(root.join("dist").join(path)).unwrap(),
            *text
        );
    }
}

#[test]
fn only_what_differs_is_touched() {
    let root = TempDir::new().unwrap();
    let root = root.path();
    check(root, &[("a/index.html", "1"), ("b.txt", "1")], (2, 0, 0));
    check(root, &[("a/index.html", "2"), ("b.txt", "1")], (1, 1, 0));
    check(root, &[("b.txt", "1")], (0, 1, 1));
    assert!(!root.join("dist/a").exists());
}

#[test]
fn what_others_put_there_stays() {
    let root = TempDir::new().unwrap();
    let root = root.path();
    check(root, &[("a/b/index.html", "1")], (1, 0, 0));
    fs::write(root.join("dist/.gitignore"), "*").unwrap();
    fs::write(root.join("dist/a/mine.txt"), "mine").unwrap();
    check(root, &[("c.html", "1")], (1, 0, 1));
    assert!(root.join("dist/.gitignore").exists());
    assert!(root.join("dist/a/mine.txt").exists());
    assert!(!root.join("dist/a/b").exists());
}

#[test]
fn the_assets_of_the_build_before_are_kept() {
    let root = TempDir::new().unwrap();
    let root = root.path();
    check(root, &[("assets/a.1.css", "1")], (1, 0, 0));
    check(root, &[("assets/a.2.css", "2")], (1, 0, 0));
    check(root, &[("assets/a.2.css", "2"), ("x.html", "")], (1, 1, 0));
    assert!(root.join("dist/assets/a.1.css").exists());
    check(root, &[("assets/a.3.css", "3")], (1, 0, 2));
    assert!(!root.join("dist/assets/a.1.css").exists());
    assert!(root.join("dist/assets/a.2.css").exists());
}

#[test]
fn a_file_gives_way_to_a_folder_and_back() {
    let root = TempDir::new().unwrap();
    let root = root.path();
    check(root, &[("a", "1")], (1, 0, 0));
    check(root, &[("a/b", "1")], (1, 0, 1));
    check(root, &[("a", "1")], (1, 0, 1));
}

#[test]
fn what_a_crash_left_is_swept() {
    let root = TempDir::new().unwrap();
    let root = root.path();
    check(root, &[("a.html", "1")], (1, 0, 0));
    let memory = fs::read_dir(root.join(".spotifinfo"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap() != ".gitignore")
        .unwrap();
    let text = fs::read_to_string(&memory).unwrap();
    fs::write(&memory, format!("{text}unfinished\nfile new.html\n")).unwrap();
    fs::write(root.join("dist/new.html"), "").unwrap();
    fs::write(root.join("dist/.spotifinfo-tmp-3"), "half").unwrap();
    check(root, &[("a.html", "1")], (0, 1, 1));
    assert!(!root.join("dist/.spotifinfo-tmp-3").exists());
}

#[test]
fn a_forged_memory_deletes_nothing_outside() {
    let root = TempDir::new().unwrap();
    let root = root.path();
    fs::write(root.join("precious"), "").unwrap();
    check(root, &[("a.html", "1")], (1, 0, 0));
    for entry in fs::read_dir(root.join(".spotifinfo")).unwrap() {
        let forged = "spotifinfo wrote, 1\nfile ../precious\nfile a.html\n";
        fs::write(entry.unwrap().path(), forged).unwrap();
    }
    check(root, &[("b.html", "1")], (1, 0, 1));
    assert!(root.join("precious").exists());
}

fn message(outcome: Result<Written, WriteError>) -> String {
    Diagnostic::from(&outcome.unwrap_err()).to_string()
}

#[test]
fn two_for_one_place_are_refused() {
    let root = TempDir::new().unwrap();
    let same = message(build(root.path(), &[("a", "1"), ("a", "2")]));
    assert!(same.contains("two files want to be `a`"), "{same}");
    assert!(same.contains("content/a"), "{same}");
    let folder = message(build(root.path(), &[("a/b/c", "1"), ("a", "2")]));
    assert!(folder.contains("content/a/b/c"), "{folder}");
    assert!(!root.path().join("dist").exists());
}

#[test]
fn sources_are_not_overwritten() {
    let root = TempDir::new().unwrap();
    let root = root.path();
    fs::create_dir(root.join("content")).unwrap();
    for out in [
        "",
        "..",
        "content",
        "data",
        "themes",
        "templates",
        "assets",
        "static",
        "settings",
        "data/new",
        "not/there/../../data/new",
        "content/../themes",
    ] {
        let refused = message(write_into(root, &root.join(out), &[("a", "1")]));
        assert!(refused.contains("the site's own sources"), "{refused}");
    }
    let left: Vec<_> = fs::read_dir(root).unwrap().collect();
    assert_eq!(left.len(), 1, "something was made beside `content`");
}

#[test]
fn a_folder_beside_the_configuration_may_be_the_output() {
    let root = TempDir::new().unwrap();
    let out = root.path().join("settings/dist");
    assert!(write_into(root.path(), &out, &[("a", "1")]).is_ok());
}

#[test]
#[cfg(unix)]
fn sources_are_found_behind_links() {
    let root = TempDir::new().unwrap();
    let elsewhere = TempDir::new().unwrap();
    let folder = elsewhere.path().join("texts/mine");
    fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(&folder, root.path().join("content")).unwrap();
    for out in [&folder, elsewhere.path()] {
        let refused = message(write_into(root.path(), out, &[("a", "1")]));
        assert!(refused.contains("the site's own sources"), "{refused}");
    }
}

#[test]
#[cfg(unix)]
fn a_link_that_leads_back_to_sources_is_not_followed() {
    let root = TempDir::new().unwrap();
    let root = root.path();
    fs::create_dir_all(root.join("content")).unwrap();
    fs::create_dir_all(root.join("dist")).unwrap();
    fs::write(root.join("content/index.html"), "mine").unwrap();
    std::os::unix::fs::symlink("../content", root.join("dist/a")).unwrap();
    let refused = message(build(root, &[("a/index.html", "1")]));
    assert!(
        refused.contains("dist/a holds the site's own sources"),
        "{refused}"
    );
    let kept = fs::read_to_string(root.join("content/index.html")).unwrap();
    assert_eq!(kept, "mine");
}

#[test]
fn a_folder_in_the_way_is_told() {
    let root = TempDir::new().unwrap();
    let root = root.path();
    fs::create_dir_all(root.join("dist/a/kept")).unwrap();
    let refused = message(build(root, &[("a", "1")]));
    assert!(refused.contains("stands in its way"), "{refused}");
    assert!(root.join("dist/a/kept").exists());
    let left: Vec<_> = fs::read_dir(root.join("dist")).unwrap().collect();
    assert_eq!(left.len(), 1, "a temporary file was left");
}
