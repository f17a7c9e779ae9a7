//! What the commands print, and how they end.

use crate::harness::site;

fn small() -> crate::harness::Site {
    site()
        .with("content/_index.md", "+++\ntitle = 'Home'\n+++\nHello\n")
        .with("content/about.md", "+++\ntitle = 'About'\n+++\nWe\n")
}

#[test]
fn a_build_ends_with_one_line() {
    let site = small();
    let first = site.run(&[]).succeeds();
    assert!(first.stderr.is_empty(), "{}", first.stderr);
    assert_eq!(first.stdout.lines().count(), 1);
    assert!(
        first.stdout.contains("0 unchanged, 0 removed"),
        "{}",
        first.stdout
    );
    let second = site.run(&["build"]).succeeds();
    assert!(
        second.stdout.contains(" 0 files written"),
        "{}",
        second.stdout
    );
}

#[test]
fn the_same_input_is_the_same_bytes() {
    let site = small();
    site.run(&["--jobs", "1"]).succeeds();
    let one = site.output();
    std::fs::remove_dir_all(site.path("dist")).unwrap();
    site.run(&["--jobs", "4"]).succeeds();
    assert_eq!(site.output(), one);
    assert!(one.len() > 3);
}

#[test]
fn diagnostics_can_be_lines_of_json() {
    let site = small().with("content/b.md", "+++\ntitel = 'B'\n+++\n");
    let outcome = site.run(&["--json"]);
    assert_eq!(outcome.code, 1);
    let line = outcome.stdout.lines().next().unwrap();
    let told: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(told["severity"], "error");
    assert_eq!(told["file"], "content/b.md");
    assert_eq!((&told["line"], &told["column"]), (&2.into(), &1.into()));
}

#[test]
fn the_environment_and_flags_override_the_file() {
    let site = small();
    site.run(&["--base-url", "https://b.example/sub"])
        .succeeds();
    site.has("sitemap.xml", "https://b.example/sub/about/");
    site.has("_headers", "/sub/*\n");
}

#[test]
fn a_wrong_flag_is_a_usage_error() {
    small()
        .run(&["--jbos", "x"])
        .fails(2, &["--jbos", "--jobs"]);
    small()
        .run(&["--now", "yesterday"])
        .fails(2, &["2024-01-31"]);
}

#[test]
fn a_check_writes_nothing_and_tells_the_same() {
    let site = small();
    let outcome = site.run(&["check"]).succeeds();
    assert!(
        outcome.stdout.contains("nothing written"),
        "{}",
        outcome.stdout
    );
    assert!(!site.path("dist").exists() && !site.path(".spotifinfo").exists());
    site.write("content/b.md", "+++\ntitle = 'B'\n+++\n[x](/y/)\n");
    site.run(&["check"])
        .fails(1, &["content/b.md:4:5", "broken link `/y/`"]);
}

#[test]
fn a_verified_build_is_built() {
    let site = small();
    site.run(&["--verify"]).succeeds();
    site.has("about/index.html", "We");
}

#[test]
fn an_output_is_explained_by_its_inputs() {
    let site = small();
    for path in ["about/index.html", "/about/", "about"] {
        let told = site.run(&["explain", path]).succeeds().stdout;
        assert_eq!(told, "content/about.md\ntemplates/page.html\n", "{path}");
    }
    site.run(&["explain", "/"]).succeeds();
    site.run(&["explain", "nothing"])
        .fails(2, &["no file `nothing`"]);
}
