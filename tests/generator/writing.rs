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

#[test]
fn no_name_leads_out_of_the_output_folder() {
    let section = "+++\npaginate_by = 1\npaginate_path = '../../x'\n+++\n";
    let term = "+++\ntitle = 'B'\n[taxonomies]\ntags = ['../../x']\n+++\n";
    let tags = "base_url = 'https://a.example'\ntaxonomies = [{ name = 'tags' }]\n";
    let off = format!("{tags}[slugify]\ntaxonomies = 'off'\n");
    let with = |more: &str| format!("{more}{tags}");
    for (file, text, config, told) in [
        (
            "content/s/_index.md",
            section,
            tags,
            "content/s/_index.md:3:17",
        ),
        (
            "content/b.md",
            term,
            &off,
            "no URL can be made for the term `../../x`",
        ),
        (
            "content/b.md",
            "",
            &with("taxonomy_root = '../x'\n"),
            "content/site.toml:1:17",
        ),
        (
            "content/b.md",
            "",
            &with("feed_filenames = ['a.xml', '../content/victim.txt']\n"),
            "content/site.toml:1:28",
        ),
    ] {
        let site = two_pages()
            .with(file, text)
            .with("content/site.toml", config);
        let code = if told.contains("site.toml") { 2 } else { 1 };
        site.run(&[]).fails(code, &[told]);
        site.lacks("index.html");
        assert!(!site.path("x").exists() && !site.path("content/victim.txt").exists());
    }
}

#[test]
fn a_configuration_of_another_name_publishes_none() {
    let site = two_pages().with("content/demo.toml", "base_url = 'https://demo.example'\n");
    site.run(&["--config", "content/demo.toml"]).succeeds();
    site.lacks("site.toml").lacks("demo.toml");
}

#[test]
#[cfg(unix)]
fn a_pipe_among_the_content_is_told_and_not_waited_for() {
    let site = two_pages();
    let made = std::process::Command::new("mkfifo")
        .arg(site.path("content/pipe.md"))
        .status();
    assert!(made.unwrap().success());
    let told = ["content/pipe.md is neither a file nor a folder"];
    site.run(&[]).fails(1, &told);
}
