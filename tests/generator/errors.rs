//! A build with mistakes tells all of them, with places, and changes nothing.

use std::fs;

use crate::harness::{Site, empty_site, site, tree};

fn good() -> Site {
    site().with("content/_index.md", "+++\ntitle = 'Home'\n+++\nHello\n")
}

#[test]
fn mistakes_leave_the_output_as_it_was() {
    let site = good();
    site.builds();
    let before = site.output();
    site.write(
        "content/_index.md",
        "+++\ntitle = 'Changed'\n+++\n[x](@/nowhere.md)\n",
    );
    site.write("content/b.md", "+++\ntitel = 'B'\nwieght = 1\n+++\n");
    site.run(&[]).fails(
        1,
        &[
            "content/b.md:2:1",
            "content/b.md:3:1",
            "did you mean `title`?",
        ],
    );
    assert_eq!(site.output(), before);
}

#[test]
fn mistakes_of_all_stages_are_told_at_once() {
    let site = good()
        .with("content/unread.md", "+++\ntitle = \n+++\n")
        .with("content/keys.md", "+++\ntitel = 'K'\n+++\n{{ nothing() }}\n")
        .with("content/nowhere.md", "+++\npath = '../x'\n+++\n")
        .with(
            "content/links.md",
            "[1](@/unread.md) [2](@/unread.md#x) [3](@/keys.md) [4](@/nowhere.md)\n[5](@/lost.md)\n",
        )
        .with("content/data/x.json", "{")
        .with("templates/page.html", "{% if page %}")
        .with("assets/a.css", "a { color red }");
    site.run(&[]).fails(
        1,
        &[
            "content/unread.md:2:",
            "content/keys.md:2:1",
            "content/keys.md:4:1",
            "content/nowhere.md",
            "content/links.md:2:1",
            "content/data/x.json:1:",
            "templates/page.html:1:1",
            "assets/a.css:1:",
            "8 errors",
        ],
    );
}

#[test]
fn mistakes_in_bodies_do_not_hide_those_of_finished_pages() {
    let site = good().with(
        "content/a.md",
        "[1](@/lost.md)\n[2](/lost/)\n{{ nothing() }}\n",
    );
    let told = [
        "content/a.md:1:1",
        "content/a.md:2:5",
        "content/a.md:3:1",
        "3 errors",
    ];
    site.run(&[]).fails(1, &told);
    site.write("templates/page.html", "{{ page.extra.a.b }}");
    let told = [
        "content/a.md:1:1",
        "content/a.md:3:1",
        "templates/page.html:1:",
        "3 errors",
    ];
    site.run(&[]).fails(1, &told);
}

#[test]
fn a_missing_configuration_tells_the_remedy() {
    empty_site()
        .run(&[])
        .fails(2, &["content/site.toml", "--root"]);
    empty_site()
        .with("zola.toml", "base_url = 'https://a.example'\n")
        .run(&[])
        .fails(
            2,
            &["move zola.toml to content/site.toml", "--config zola.toml"],
        );
}

#[test]
fn all_configuration_mistakes_are_told_at_once() {
    let site = good();
    site.write("content/site.toml", "titel = 'A'\nbase_url = 'nowhere'\n");
    site.run(&[])
        .fails(2, &["content/site.toml:1:1", "content/site.toml:2:"]);
}

#[test]
fn an_unknown_theme_is_told() {
    let site = good().with("themes/plain/templates/page.html", "");
    site.run(&["--theme", "plian"])
        .fails(2, &["did you mean `plain`?"]);
}

#[test]
fn a_template_error_names_template_and_page() {
    let site = good().with("templates/index.html", "<p>\n{{ section.titel.x }}\n");
    site.run(&[])
        .fails(1, &["templates/index.html:2", "content/_index.md"]);
}

#[test]
fn the_output_may_not_be_the_sources() {
    let site = good();
    let site = site
        .with("data/robots.txt", "mine")
        .with("settings/site.toml", "base_url = 'https://a.example'\n");
    let before = tree(&site.path(""));
    for out in ["content", "data", "data/new", "themes", ".", ".."] {
        site.run(&["--out", out])
            .fails(2, &["the site's own sources", "--out"]);
    }
    site.run(&["--config", "settings/site.toml", "--out", "settings"])
        .fails(2, &["the site's own sources"]);
    assert_eq!(tree(&site.path("")), before);
}

#[test]
fn an_output_folder_that_is_a_file_is_told() {
    let site = good().with("dist", "I am a file");
    site.run(&[]).fails(3, &["dist", "in its way"]);
    assert_eq!(
        fs::read_to_string(site.path("dist")).unwrap(),
        "I am a file"
    );
}

#[test]
fn two_files_for_one_place_are_told() {
    good()
        .with("content/robots.md", "+++\ntitle = 'R'\npath = 'x'\n+++\n")
        .with("static/x/index.html", "mine")
        .run(&[])
        .fails(
            1,
            &["x/index.html", "content/robots.md", "static/x/index.html"],
        );
}

#[test]
fn misspelt_names_in_templates_are_told_with_the_right_ones() {
    for (template, near) in [
        ("{{ get_ulr(path='/') }}", "`get_url`"),
        ("{{ 'a' | uper }}", "`upper`"),
        ("{{ 'a' | trucate(length=1) }}", "`truncate`"),
        ("{% if 1 is evn %}{% endif %}", "`even`"),
        ("{{ asset('a.ccs') }}", "`a.css`"),
    ] {
        let hint = format!("did you mean {near}?");
        good()
            .with("assets/a.css", "a { color: red }")
            .with("templates/index.html", template)
            .run(&[])
            .fails(1, &["templates/index.html:1:", &hint]);
    }
}

#[test]
fn one_template_mistake_on_many_pages_is_told_once() {
    let site = good().with("templates/page.html", "{{ page.extra.a.b }}");
    for page in ["a", "b", "c"] {
        site.write(&format!("content/{page}.md"), "x");
    }
    site.run(&[])
        .fails(1, &["content/a.md", "and 2 more pages", "1 error"]);
}

#[test]
fn each_broken_template_of_a_theme_is_told_once() {
    let site = good()
        .with(
            "content/site.toml",
            "base_url = 'https://a.example'\ntheme = 'mine'\n",
        )
        .with("themes/mine/templates/one.html", "{% if %}")
        .with("themes/mine/templates/two.html", "{{ x");
    site.run(&[]).fails(
        1,
        &[
            "themes/mine/templates/one.html:1",
            "themes/mine/templates/two.html:1",
            "2 errors",
        ],
    );
}

#[test]
fn no_rewrite_is_told_where_the_syntax_is_right() {
    for line in [
        "{% block title %}{{ section.titel }}{% endblock title %}",
        "<style>a::before { content: '{{ section.titel }}' }</style>",
    ] {
        let told = good()
            .with("templates/index.html", line)
            .run(&[])
            .fails(1, &["templates/index.html:1:", "titel"]);
        assert!(!told.stderr.contains("Tera"), "{}", told.stderr);
        assert!(!told.stderr.contains("endblock`"), "{}", told.stderr);
    }
}

#[test]
fn what_only_tera_says_is_told_with_its_rewrite() {
    for (template, told) in [
        ("{{ macros::name() }}", "{{ macros.name() }}"),
        (
            "{% for a in [1] %}{% set_global b = a %}{% endfor %}",
            "namespace(",
        ),
        ("{% macro a() %}{% endmacro a %}", "write `{% endmacro %}`"),
        ("{{ self::toc() }}", "is called by its name alone"),
        ("{{ `a` }}", "put texts between"),
        (
            "{% for k, v in {'a': 1} %}{% endfor %}",
            "for key, value in table | items",
        ),
        (
            "{% for k, v in config.extra.menu %}{% endfor %}",
            "for key, value in table | items",
        ),
        (
            "{% set i = resize_image(path='a.png', width=1) %}",
            "images are not resized",
        ),
    ] {
        good()
            .with("templates/index.html", &format!("<p>\n{template}\n"))
            .with(
                "content/site.toml",
                "base_url = 'https://a.example'\n[extra]\nmenu = { home = '/' }\n",
            )
            .run(&[])
            .fails(1, &["templates/index.html:2:", told]);
    }
}

#[test]
fn filters_go_by_teras_names() {
    let site = good().with(
        "templates/index.html",
        "<!doctype html><html lang=en><title>x</title><p>{{ 'abcd' | truncate(length=2) }}|\
         {{ '<b>a</b> c' | striptags }}|{{ 'a b' | wordcount }}|{{ [1] | concat(with=[2]) | json_encode }}|\
         {{ 'abc' | starting_with(pat='ab') }}|{{ none }}|",
    );
    site.builds().has("index.html", "<p>ab…|a c|2|[1,2]|true||");
}

#[test]
fn a_missing_template_is_told_once_with_where_to_get_it() {
    let site = empty_site()
        .with("content/site.toml", "base_url = 'https://a.example'\n")
        .with("templates/base.html", "<html></html>")
        .with("templates/index.html", "<html></html>")
        .with("content/a.md", "a")
        .with("content/b.md", "+++\ntemplate = 'bsae.html'\n+++\n")
        .with("content/c.md", "c");
    let told = site.run(&[]).fails(
        1,
        &[
            "there is no template `page.html`",
            "--> content/a.md",
            "this page asks for it, and 1 more",
            "write `templates/page.html`",
            "`spotifinfo init DIR`",
            "there is no template `bsae.html`",
            "--> content/b.md",
            "did you mean `base.html`?",
            "2 errors",
        ],
    );
    assert_eq!(told.stderr.matches("did you mean").count(), 1);
}
