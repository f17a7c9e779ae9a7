//! The reference in generator/README.md lists what the program knows, no more and no less.
//!
//! What the program knows it tells itself: a wrong key is answered with the right ones, and a
//! template can walk through an object's names.

use std::collections::BTreeSet;
use std::fs;

use crate::harness::{Site, repository, site};

type Names = BTreeSet<String>;

fn readme() -> String {
    fs::read_to_string(repository().join("generator/README.md")).unwrap()
}

/// The names in the first column of the tables below `heading`, up to the next heading.
fn documented(heading: &str) -> Names {
    let text = readme();
    let below = text
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("the README has no `{heading}`"))
        .1;
    let end = below.find("\n#").unwrap_or(below.len());
    first_column(&below[..end])
}

fn first_column(text: &str) -> Names {
    let names = text.lines().filter_map(|line| line.strip_prefix("| `"));
    names
        .map(|rest| rest.split('`').next().unwrap().to_owned())
        .collect()
}

/// The names in the table whose head starts with `head`.
fn table(head: &str) -> Names {
    let text = readme();
    let start = text.find(&format!("\n| {head} |")).unwrap() + 1;
    let end = text[start..].find("\n\n").unwrap();
    first_column(&text[start..start + end])
}

/// The names that the answer to a wrong key lists.
fn keys(outcome: &str) -> Names {
    let listed = outcome.split_once("the keys here are ").unwrap().1;
    let line = listed.lines().next().unwrap();
    line.split(", ").map(str::to_owned).collect()
}

fn keys_of(path: &str, text: &str) -> Names {
    keys(&site().with(path, text).run(&[]).stderr)
}

fn check(heading: &str, known: &Names) {
    assert!(known.len() > 3, "{heading}: only {known:?} are known");
    assert_eq!(&documented(heading), known, "{heading}");
}

const BASE: &str = "base_url = 'https://a.example'\n";

#[test]
fn front_matter() {
    check(
        "### Page keys",
        &keys_of("content/a.md", "+++\nqqqqqqqqqqqq = 1\n+++\n"),
    );
    check(
        "### Section keys",
        &keys_of("content/_index.md", "+++\nqqqqqqqqqqqq = 1\n+++\n"),
    );
}

#[test]
fn configuration() {
    for (heading, text) in [
        ("### Configuration keys", "qqqqqqqqqqqq = 1\n"),
        (
            "### Taxonomy keys",
            "taxonomies = [{ name = 'a', qqqqqqqqqqqq = 1 }]\n",
        ),
        ("### Markdown keys", "[markdown]\nqqqqqqqqqqqq = 1\n"),
        (
            "### Highlighting keys",
            "[markdown.highlighting]\nqqqqqqqqqqqq = 1\n",
        ),
        ("### Slugify keys", "[slugify]\nqqqqqqqqqqqq = 1\n"),
        (
            "### Link checker keys",
            "[link_checker]\nqqqqqqqqqqqq = 1\n",
        ),
    ] {
        check(
            heading,
            &keys_of("content/site.toml", &format!("{BASE}{text}")),
        );
    }
}

/// The site on which objects of every kind can be seen.
fn full() -> Site {
    let shown = |name: &str| {
        format!(
            "<!doctype html><html lang=en><title>x</title><p>{{% for key in {name} %}}\
             {{{{ key }}}}{{% if {name}[key] is undefined %}} is missing{{% endif %}},{{% endfor %}}</p>"
        )
    };
    site()
        .with(
            "content/site.toml",
            &format!("{BASE}taxonomies = [{{ name = 'tags' }}]\n"),
        )
        .with("content/_index.md", "")
        .with("content/a.md", "+++\ntaxonomies = { tags = ['t'] }\n+++\n")
        .with(
            "content/b/_index.md",
            "+++\npaginate_by = 1\ntemplate = 'pager.html'\n+++\n",
        )
        .with("templates/page.html", &shown("page"))
        .with("templates/index.html", &shown("section"))
        .with("templates/pager.html", &shown("paginator"))
        .with("templates/taxonomy_list.html", &shown("taxonomy"))
        .with("templates/taxonomy_single.html", &shown("term"))
}

#[test]
fn variables() {
    let site = full();
    site.builds();
    for (heading, page) in [
        ("### Page variables", "a/index.html"),
        ("### Section variables", "index.html"),
        ("### Paginator variables", "b/index.html"),
        ("### Taxonomy variables", "tags/index.html"),
        ("### Term variables", "tags/t/index.html"),
    ] {
        let html = site.built(page);
        let listed = html
            .split_once("<p>")
            .unwrap()
            .1
            .split_once("</p>")
            .unwrap()
            .0;
        let names = listed.split(',').filter(|name| !name.is_empty());
        check(heading, &names.map(str::to_owned).collect());
    }
}

/// The names that are given to `method` in the sources that equip templates.
fn registered(methods: &[&str]) -> Names {
    let folder = repository().join("generator/src");
    let files = [
        "tera.rs",
        "tera/list.rs",
        "tera/number.rs",
        "tera/test.rs",
        "tera/text.rs",
        "render.rs",
        "render/filters.rs",
        "render/functions.rs",
    ];
    let mut names = Names::new();
    for file in files {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        for method in methods {
            for (at, _) in text.match_indices(method) {
                let rest = text[at + method.len()..].trim_start();
                names.extend(
                    rest.strip_prefix('"')
                        .and_then(|rest| Some(rest.split_once('"')?.0.to_owned())),
                );
            }
        }
    }
    names
}

#[test]
fn what_templates_may_call() {
    check(
        "### Functions",
        &registered(&[".add_function(", "call.add("]),
    );
    check("### Filters", &registered(&[".add_filter("]));
    check("### Tests", &registered(&[".add_test("]));
}

#[test]
fn global_variables() {
    let mut known = registered(&[".add_global("]);
    assert!(known.len() > 3);
    // These depend on what is rendered.
    let own = [
        "current_path",
        "current_url",
        "page",
        "section",
        "paginator",
        "taxonomy",
        "terms",
        "term",
    ];
    known.extend(own.map(str::to_owned));
    assert_eq!(documented("### Variables"), known);
}

/// The flags that `command --help` tells, those that every command has aside.
fn flags(command: &str) -> Names {
    let help = site().run(&[command, "--help"]).succeeds().stdout;
    let lines = help.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("-h, ").unwrap_or(line);
        line.starts_with("--")
            .then(|| line.split([' ', '<', '[']).next())?
    });
    lines
        .filter(|flag| *flag != "--help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn commands_and_flags() {
    let build = flags("build");
    assert_eq!(table("flag of `build`"), build);
    let serve = &flags("serve") - &build;
    assert_eq!(table("flag of `serve`"), serve);
    let help = site().run(&["--help"]).succeeds().stdout;
    let below = help.split_once("Commands:\n").unwrap().1;
    let names = below.lines().take_while(|line| line.starts_with("  "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    let names: Names = names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect();
    assert_eq!(table("command"), names);
}
