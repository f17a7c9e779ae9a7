//! What the commands print, and how they end.

use crate::harness::{empty_site, site};

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
#[cfg(unix)]
fn a_variable_that_is_no_text_is_told() {
    use std::os::unix::ffi::OsStrExt as _;
    let site = small();
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_spotifinfo"))
        .current_dir(site.path(""))
        .env("SITE_TITLE", std::ffi::OsStr::from_bytes(b"\xff"))
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(2));
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(told.contains("SITE_TITLE is not UTF-8"), "{told}");
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
    let all = "content/about.md\ntemplates/page.html\ntemplates/base.html\n";
    for path in [
        "about/index.html",
        "/about/",
        "about",
        "about/",
        "dist/about/index.html",
        "./dist/about/",
    ] {
        let told = site.run(&["explain", path]).succeeds().stdout;
        assert_eq!(told, all, "{path}");
    }
    site.run(&["explain", "/"]).succeeds();
    site.run(&["explain", "nothing"])
        .fails(2, &["no file `nothing`"]);
}

#[test]
fn an_explanation_names_assets_data_and_shortcodes() {
    let site = small()
        .with("content/about.md", "{{ note() }}")
        .with(
            "templates/shortcodes/note.html",
            "{% include 'part.html' %}",
        )
        .with(
            "templates/part.html",
            "{{ load_data(path='x.json').a }}{{ data.menu[0].name }}{{ data.more.facts.b }}",
        )
        .with("content/data/menu.yaml", "- name: x")
        .with("content/data/more/facts.toml", "b = 1")
        .with("content/data/unread.toml", "b = 1")
        .with("data/x.json", "{}")
        .with("content/x.json", "{\"a\": 1}")
        .with("assets/a.css", "a { color: red }")
        .with(
            "templates/page.html",
            "<link rel=\"stylesheet\" href=\"{{ asset('a.css') }}\">{{ page.content }}",
        );
    let told = site.run(&["explain", "about"]).succeeds().stdout;
    let expected = "content/about.md\ntemplates/page.html\n\
                    content/data/menu.yaml\ncontent/data/more/facts.toml\n\
                    templates/part.html\ntemplates/shortcodes/note.html\n\
                    assets/a.css\ncontent/x.json\n";
    assert_eq!(told, expected);
}

#[test]
fn the_closing_line_counts() {
    let site = small();
    site.run(&[]).succeeds();
    site.write("content/about.md", "Changed");
    let told = site.run(&[]).succeeds().stdout;
    assert!(told.contains(": 1 file written, "), "{told}");
}

#[test]
fn a_new_site_builds_at_once() {
    let folder = empty_site();
    folder.run(&["init", "blog"]).succeeds();
    let build = folder.run(&["--root", "blog", "--verify"]).succeeds();
    assert!(build.stderr.is_empty(), "{}", build.stderr);
    for page in [
        "index.html",
        "posts/index.html",
        "posts/first/index.html",
        "tags/beginning/index.html",
        "404.html",
    ] {
        let file = folder.path("blog/dist").join(page);
        let html = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{page}"));
        assert!(html.contains("/assets/plain."), "{page}");
        assert!(
            html.contains("href=\"https://example.org/atom.xml\""),
            "{page}"
        );
    }
    let theme = crate::harness::tree(&crate::harness::repository().join("themes/plain"));
    assert_eq!(
        crate::harness::tree(&folder.path("blog/themes/plain")),
        theme
    );
    let post = std::fs::read_to_string(folder.path("blog/dist/posts/first/index.html")).unwrap();
    for part in [
        "rel=\"canonical\"",
        "og:title\" content=\"The first post\"",
        "\"@type\": \"BlogPosting\"",
    ] {
        assert!(post.contains(part), "{part} is missing from\n{post}");
    }
    let files = crate::harness::tree(&folder.path("blog/dist"));
    let (_, css) = files
        .iter()
        .find(|(name, _)| name.starts_with("assets/plain."))
        .unwrap();
    assert!(String::from_utf8_lossy(css).contains(".highlight"));
    folder.run(&["init", "blog"]).fails(2, &["not empty"]);
}

#[test]
fn a_new_page_is_a_draft_with_a_title() {
    let site = small();
    let told = site.run(&["new", "posts/hello-you.md"]).succeeds().stdout;
    assert_eq!(told, "content/posts/hello-you.md\n");
    site.run(&["--drafts", "--future"]).succeeds();
    site.has("posts/hello-you/index.html", "<title>Hello you</title>");
    site.builds().lacks("posts/hello-you/index.html");
    site.run(&["new", "posts/hello-you.md"])
        .fails(2, &["there already"]);
    site.run(&["new", "posts/hello"])
        .fails(2, &["`posts/hello.md`"]);
    site.run(&["new", "../x.md"]).fails(2, &["`..`"]);
    site.run(&["new", "notes/_index.md"]).succeeds();
    site.builds()
        .has("notes/index.html", "<title>Notes</title>");
}

#[test]
fn a_day_in_a_file_name_can_lie_in_the_future() {
    let body = "+++\ntitle = 'x'\n+++\n";
    let site = site()
        .with("content/_index.md", body)
        .with("content/2024-06-01-today.md", body)
        .with("content/2024-06-02-tomorrow/index.md", body);
    site.run(&["--now", "2024-06-01"]).succeeds();
    site.has("today/index.html", "x")
        .lacks("tomorrow/index.html");
    site.run(&["--now", "2024-06-01", "--future"]).succeeds();
    site.has("tomorrow/index.html", "x");
}

#[test]
fn compressed_twins_stand_beside_large_files() {
    let site = small().with("static/large.txt", &"the same words\n".repeat(200));
    site.write("static/noise.txt", noise(2000));
    site.run(&["--compress"]).succeeds();
    let output = site.output();
    for twin in ["large.txt.br", "large.txt.gz"] {
        assert!(output[twin].len() < output["large.txt"].len() / 4, "{twin}");
    }
    // RFC 1952: the magic number, and no time.
    assert_eq!(output["large.txt.gz"][..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    for absent in ["robots.txt.gz", "noise.txt.gz", "noise.txt.br"] {
        site.lacks(absent);
    }
    site.builds().lacks("large.txt.br").lacks("large.txt.gz");
}

/// Bytes that do not compress (Marsaglia, "Xorshift RNGs", 2003).
fn noise(length: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn shells_are_given_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let told = small().run(&["completions", shell]).succeeds().stdout;
        assert!(
            told.contains("explain") && told.contains("base-url"),
            "{shell}"
        );
    }
    small().run(&["completions", "sh"]).fails(2, &["bash"]);
}
