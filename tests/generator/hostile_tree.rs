//! A content tree and templates that mean harm end in clear errors.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use crate::harness::{Site, site};

fn good() -> Site {
    site().with("content/_index.md", "")
}

fn page(text: &str) -> Site {
    good().with("content/a.md", text)
}

#[test]
fn folders_without_end_are_refused() {
    let site = good();
    site.write(&format!("content/{}a.md", "d/".repeat(100)), "x");
    site.run(&[]).fails(1, &["nested too deeply", "1 error"]);
}

#[test]
fn a_page_of_fifty_megabytes_is_refused() {
    let site = page("");
    let file = File::create(site.path("content/a.md")).unwrap();
    file.set_len(50 * 1024 * 1024).unwrap();
    site.run(&[])
        .fails(1, &["content/a.md", "larger than 4 MiB"]);
}

#[test]
fn links_that_lead_up_or_out_are_refused() {
    let site = good();
    fs::create_dir_all(site.path("content/b")).unwrap();
    symlink(site.path("content"), site.path("content/b/up")).unwrap();
    symlink("itself", site.path("content/itself")).unwrap();
    symlink("nothing.md", site.path("content/dead.md")).unwrap();
    symlink("/etc/hostname", site.path("content/out.md")).unwrap();
    symlink("/etc", site.path("content/etc")).unwrap();
    site.run(&[]).fails(
        1,
        &[
            "content/b/up",
            "content/itself leads nowhere",
            "content/dead.md leads nowhere",
            "5 errors",
            "content/out.md leads out",
            "content/etc leads out",
        ],
    );
}

#[test]
fn names_that_are_no_text_are_refused() {
    let site = good();
    let name = site.path("content").join(OsStr::from_bytes(b"a\xff.md"));
    fs::write(name, "x").unwrap();
    site.run(&[]).fails(1, &["UTF-8", "rename"]);
}

#[test]
fn names_that_mean_a_drive_elsewhere_are_refused() {
    let site = good().with("assets/c:a.css", "").with("static/c:b", "");
    let told = [
        "assets/c:a.css",
        "static/c:b",
        "`c:b` is absolute",
        "2 errors",
    ];
    site.run(&[]).fails(1, &told);
}

#[test]
fn content_that_is_no_text_is_refused() {
    let site = good();
    site.write("content/a.md", b"one\ntwo \xff\n");
    site.run(&[]).fails(1, &["content/a.md", "0xff in line 2"]);
}

#[test]
fn front_matter_cannot_grow_beyond_its_text() {
    let mut yaml = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, of) in ["b", "c", "d", "e", "f", "g", "h", "i"]
        .iter()
        .zip("abcdefgh".chars())
    {
        yaml.push_str(&format!(
            "{name}: &{name} [*{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}]\n"
        ));
    }
    page(&format!("---\n{yaml}---\n"))
        .run(&[])
        .fails(1, &["content/a.md:2:", "anchor"]);
    page("---\nextra:\n  version: !!str 1.10\n---\n")
        .run(&[])
        .fails(1, &["content/a.md:3:", "tags"]);
    for deep in [
        format!("+++\nextra = {}\n+++\n", "[".repeat(100_000)),
        format!("---\nextra: {}\n---\n", "[".repeat(100_000)),
        format!("+++\n{}extra = 1\n+++\n", "a.".repeat(100_000)),
        format!(
            "---\n{}\n---\n",
            (0..2_000).fold(String::new(), |text, depth| text
                + &" ".repeat(depth)
                + "a:\n")
        ),
    ] {
        page(&deep).run(&[]).fails(1, &["content/a.md:"]);
    }
}

#[test]
fn paths_stay_inside_the_site() {
    for (text, told) in [
        ("+++\npath = '../../x'\n+++\n", "`..`"),
        ("+++\nslug = '../x'\n+++\n", "`..`"),
        ("+++\naliases = ['../x']\n+++\n", "content/a.md:2:12"),
        (
            "+++\ntemplate = '../../../etc/hostname'\n+++\n",
            "no template",
        ),
        ("[x](@/../../etc/hostname)", "no content file"),
        ("[x](../../../etc/hostname)", "broken link"),
    ] {
        page(text).run(&[]).fails(1, &["content/a.md", told]);
    }
    for call in [
        "get_url(path='../../x')",
        "load_data(path='../../etc/hostname')",
        "load_data(path='/etc/hostname')",
        "get_hash(path='content/../../x')",
        "asset('../../x')",
        "get_page(path='../x.md')",
    ] {
        page("x")
            .with("templates/page.html", &format!("{{{{ {call} }}}}"))
            .run(&[])
            .fails(1, &["templates/page.html:1:", "content/a.md"]);
    }
    good()
        .run(&["--theme", "../../etc"])
        .fails(2, &["no theme"]);
    good()
        .run(&["--config", "../site.toml"])
        .fails(2, &["--config"]);
}

#[test]
fn templates_that_call_themselves_are_stopped() {
    for template in [
        "{% include 'page.html' %}",
        "{% extends 'page.html' %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for x in [[1]] recursive %}{{ loop([x]) }}{% endfor %}",
        "{% import 'page.html' as p %}",
    ] {
        page("x")
            .with("templates/page.html", template)
            .run(&[])
            .fails(1, &["templates/page.html:1", "content/a.md"]);
    }
    page("x")
        .with("templates/page.html", "{% extends 'other.html' %}")
        .with("templates/other.html", "{% extends 'page.html' %}")
        .run(&[])
        .fails(1, &["content/a.md"]);
}

#[test]
fn loops_without_end_are_stopped() {
    page("x")
        .with(
            "templates/page.html",
            "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
        )
        .run_with(&[("SITE_TIMEOUT", "0")], &[])
        .fails(1, &["templates/page.html:1", "a loop runs for too long"]);
}

#[test]
fn shortcodes_that_call_themselves_are_stopped() {
    for template in [
        "{{ page.content }}",
        "{% include 'shortcodes/again.html' %}",
        "{{ get_page(path='a.md').content }}",
    ] {
        page("{{ again() }}")
            .with("templates/shortcodes/again.html", template)
            .run(&[])
            .fails(1, &["content/a.md:1:1", "the shortcode `again` failed"]);
    }
    let endless =
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}";
    page("{{ again() }}")
        .with("templates/shortcodes/again.md", endless)
        .run_with(&[("SITE_TIMEOUT", "0")], &[])
        .fails(1, &["content/a.md:1:1", "the shortcode `again` failed"]);
    // What a `.md` template says is text: a call in it is not made.
    let site = page("{{ again() }}").with("templates/shortcodes/again.md", "{{ '{{ again() }}' }}");
    site.builds().has("a/index.html", "{{ again() }}");
}

#[test]
fn many_headings_may_be_called_the_same() {
    let site = page(&"# Same\n".repeat(30_000));
    site.builds().has("a/index.html", "id=\"same-29999\"");
}

#[test]
fn deeply_nested_markdown_is_rendered_or_refused() {
    for piece in [
        "> ",
        "- ",
        "*",
        "[",
        "![",
        "<b>",
        "`",
        "(",
        "**a ",
        "1. ",
        "{% box() %}",
        "$",
    ] {
        let site = page(&piece.repeat(20_000)).with("templates/shortcodes/box.html", "{{ body }}");
        let outcome = site.run(&[]);
        assert!(
            [0, 1].contains(&outcome.code),
            "{piece}: {}",
            outcome.stderr
        );
    }
}

#[test]
fn links_that_lead_round_in_a_circle_are_refused() {
    let site = good();
    for (folder, other) in [("x", "../y"), ("y", "../x")] {
        site.write(&format!("content/{folder}/a.md"), "a");
        for link in ["one", "two"] {
            let link = site.path(&format!("content/{folder}/{link}"));
            symlink(other, link).unwrap();
        }
    }
    site.run(&[])
        .fails(1, &["content/x/one/one", "does a link lead back"]);
}

#[test]
fn links_that_make_more_paths_than_folders_are_refused() {
    let site = good();
    for depth in 0..25 {
        site.write(&format!("content/{depth}/a.md"), "a");
        for link in ["one", "two"] {
            let link = site.path(&format!("content/{depth}/{link}"));
            symlink(format!("../{}", depth + 1), link).unwrap();
        }
    }
    site.write("content/25/a.md", "a");
    site.run(&[])
        .fails(1, &["more than 10000 folders lie behind links", "1 error"]);
}
