//! What happens to the output folder over several builds.

use std::fs;

use crate::harness::{Site, site};

fn two_pages() -> Site {
    site()
        .with("content/_index.md", "+++\ntitle = 'Home'\n+++\nHello\n")
        .with(
            "content/a.md",
            "+++\ntitle = 'A'\naliases = ['old-a']\n+++\nA\n",
        )
}

#[test]
fn what_is_no_longer_made_is_removed_and_foreign_files_stay() {
    let site = two_pages();
    site.builds();
    site.has("_redirects", "/old-a /a/ 301\n/old-a/ /a/ 301\n");
    site.has("old-a/index.html", "url=/a/");
    site.write("dist/.gitignore", "*\n");
    site.write("dist/a/foreign.txt", "mine");
    fs::remove_file(site.path("content/a.md")).unwrap();
    site.builds();
    site.lacks("a/index.html")
        .lacks("old-a")
        .lacks("_redirects");
    assert_eq!(site.built("a/foreign.txt"), "mine");
    assert_eq!(site.built(".gitignore"), "*\n");
}

#[test]
fn what_is_remembered_is_not_for_git() {
    let site = two_pages();
    site.builds();
    let ignored = fs::read_to_string(site.path(".spotifinfo/.gitignore")).unwrap();
    assert_eq!(ignored, "*\n");
}

#[test]
fn two_output_folders_do_not_mix() {
    let site = two_pages();
    site.builds();
    fs::remove_file(site.path("content/a.md")).unwrap();
    site.run(&["--out", "other"]).succeeds();
    assert!(site.path("dist/a/index.html").exists());
    assert!(!site.path("other/a").exists());
    site.builds();
    site.lacks("a");
}

#[test]
fn a_lost_output_folder_is_made_anew() {
    let site = two_pages();
    site.builds();
    let before = site.output();
    fs::remove_dir_all(site.path("dist")).unwrap();
    site.builds();
    assert_eq!(site.output(), before);
}

#[test]
fn untouched_files_are_not_written() {
    let site = two_pages();
    site.builds();
    let when = |site: &Site| {
        fs::metadata(site.path("dist/index.html"))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = when(&site);
    site.write("content/a.md", "+++\ntitle = 'A'\n+++\nchanged\n");
    site.builds();
    assert_eq!(when(&site), before);
}
