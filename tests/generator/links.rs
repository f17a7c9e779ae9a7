//! Links in finished pages: which hold, and where one that leads nowhere is told.

use crate::harness::{Site, site};

fn good() -> Site {
    site().with("content/_index.md", "+++\ntitle = 'Home'\n+++\nHello\n")
}

#[test]
fn broken_links_of_markdown_and_templates_are_found() {
    let site = good()
        .with(
            "templates/page.html",
            "<a href=\"/abuot/\">x</a><h1 id=top1></h1>{{ page.content }}",
        )
        .with(
            "content/about.md",
            "+++\ntitle = 'A'\n+++\nSee [b](/b/#wher) and\n[c](c.pdf).\n",
        )
        .with("content/b.md", "+++\ntitle = 'B'\n+++\n## Where\n");
    let told = site.run(&[]).fails(
        1,
        &[
            "broken link `/abuot/`",
            "did you mean `/about/`?",
            "it also stands in b/index.html",
            "`b/index.html` has no anchor `wher`",
            "did you mean `#where`?",
            "content/about.md:4:",
            "broken link `c.pdf`",
            "content/about.md:5:5",
        ],
    );
    assert_eq!(
        told.stderr.matches("broken link").count(),
        3,
        "{}",
        told.stderr
    );
}

#[test]
fn links_that_hold_are_not_told() {
    good()
        .with(
            "content/site.toml",
            "base_url = 'https://a.example/sub'\n[link_checker]\nignored_paths = ['/api/']\n",
        )
        .with(
            "content/a.md",
            "+++\ntitle = 'A'\naliases = ['old']\n+++\n## One\n\n[1](#one) [2](/sub/a/#one) [3](../) \
             [4](https://a.example/sub/a/) [5](/sub/api/login) [6](/sub/old/) [7](mailto:a@b.c) \
             [8](/elsewhere/) [9](?q=1)\n",
        )
        .builds();
}

#[test]
fn a_link_that_forgets_the_folder_is_told() {
    good()
        .with("content/site.toml", "base_url = 'https://a.example/sub'\n")
        .with("content/a.md", "+++\ntitle = 'A'\n+++\n[a](/a/)\n")
        .run(&[])
        .fails(1, &["the site lies below `/sub`"]);
}

#[test]
fn a_link_that_a_template_writes_is_told_in_the_template() {
    site()
        .with(
            "templates/base.html",
            "<!doctype html>\n<html><a href=\"/nope/\">x</a>{% block body %}{% endblock %}</html>",
        )
        .with("content/a.md", "`/nope/`")
        .run(&[])
        .fails(
            1,
            &[
                "templates/base.html:2:16",
                "it stands in a/index.html",
                "1 error:",
            ],
        );
}

#[test]
fn a_link_is_told_in_the_template_that_its_page_was_made_with() {
    let link = "<p><a href=\"/nope/\">x</a></p>";
    let shown = "{{ page.content }}";
    for (file, page, body) in [
        ("templates/page.html", link.to_owned() + shown, ""),
        (
            "templates/parts/macros.html",
            "{% from 'parts/macros.html' import foot %}{{ foot() }}".to_owned(),
            "",
        ),
        (
            "templates/parts/part.html",
            "{% include 'parts/part.html' %}".to_owned(),
            "",
        ),
        (
            "themes/mine/templates/page.html",
            "{% extends 'mine/page.html' %}".to_owned(),
            "",
        ),
        (
            "templates/shortcodes/note.html",
            shown.to_owned(),
            "{{ note() }}",
        ),
    ] {
        let macros = format!("{{% macro foot() %}}{link}{{% endmacro %}}");
        good()
            .with(
                "content/site.toml",
                "base_url = 'https://a.example'\ntheme = 'mine'\n",
            )
            .with("themes/mine/templates/page.html", link)
            .with("templates/another.html", link)
            .with("templates/parts/part.html", link)
            .with("templates/parts/macros.html", &macros)
            .with("templates/shortcodes/note.html", link)
            .with("templates/page.html", &page)
            .with("content/a.md", body)
            .run(&[])
            .fails(
                1,
                &[
                    &format!("{file}:1:"),
                    "it stands in a/index.html",
                    "1 error:",
                ],
            );
    }
}

#[test]
fn a_link_in_a_body_that_a_list_shows_is_told_in_the_body() {
    good()
        .with(
            "templates/index.html",
            "{% for page in section.pages %}{{ page.content }}{% endfor %}",
        )
        .with("content/b.md", "+++\ntitle = 'B'\n+++\n[x](/nope/)\n")
        .run(&[])
        .fails(1, &["content/b.md:4:5", "1 error:"]);
}

#[test]
fn a_link_in_a_copied_page_is_told_in_its_file() {
    good()
        .with("templates/another.html", "<a href=\"/nope/\">x</a>")
        .with(
            "static/old.html",
            "<p>\n<a href=\"/nope/\">x</a>\n<a href=/lost/>y</a>",
        )
        .run(&[])
        .fails(
            1,
            &[
                "--> static/old.html:2:10",
                "--> static/old.html:3:9",
                "2 errors",
            ],
        );
}

#[test]
fn what_a_broken_shortcode_would_have_made_is_not_missed() {
    for (body, place) in [
        ("{{ failing() }}", "content/a.md:1:1"),
        ("{{ unknown() }}", "content/a.md:1:1"),
        ("{{ failing(1) }}", "content/a.md:1:12"),
        ("{% failing() %}\n## Intro", "content/a.md:1:1"),
        ("{{ unread() }}", "templates/shortcodes/unread.md:2:"),
    ] {
        let site = good()
            .with("content/a.md", &format!("{body}\n\n[x](#intro)\n"))
            .with("content/b.md", "[x](@/a.md#intro) [y](/a/#intro)\n")
            .with(
                "templates/shortcodes/failing.md",
                "## Intro {{ nothing.at.all }}\n",
            );
        if body.contains("unread") {
            site.write("templates/shortcodes/unread.md", "## Intro\n{% if x %}\n");
        }
        site.run(&[]).fails(1, &[place, "1 error:"]);
    }
}

#[test]
fn a_broken_shortcode_hides_no_other_broken_link() {
    good()
        .with("content/a.md", "{{ unknown() }}\n\n[x](/nope/)\n")
        .with(
            "content/b.md",
            "[x](@/a.md#intro)\n[y](#intro)\n[z](@/lost.md)\n",
        )
        .run(&[])
        .fails(
            1,
            &[
                "content/a.md:1:1",
                "content/a.md:3:5",
                "content/b.md:2:5",
                "content/b.md:3:1",
                "4 errors",
            ],
        );
}

#[test]
fn places_that_shortcodes_make_can_be_linked_to() {
    let site = good()
        .with(
            "content/a.md",
            "{{ video() }}\n\n{% note() %}\n## In a note\n{% end %}\n",
        )
        .with(
            "content/b.md",
            "[1](@/a.md#video-1)\n[2](@/a.md#in-a-note)\n",
        )
        .with(
            "templates/shortcodes/video.html",
            "<video id=\"video-{{ nth }}\"></video>",
        )
        .with("templates/shortcodes/note.html", "{{ body | markdown }}");
    site.builds();
    site.write("content/c.md", "## C {#video-2}\n");
    site.write("content/b.md", "[1](@/c.md#video-2)\n[2](@/a.md#video-2)\n");
    site.run(&[]).fails(
        1,
        &["content/b.md:2:5", "has no anchor `video-2`", "1 error:"],
    );
}

#[test]
fn a_relative_link_in_a_body_that_a_list_shows_is_one_mistake() {
    let list = "{% for page in section.pages %}{{ page.content }}{% endfor %}";
    let site = good()
        .with("templates/section.html", list)
        .with("content/ü/_index.md", "")
        .with(
            "content/ü/a.md",
            "[x](c.pdf) ![y](d%20e.png)\n\n[z](#nope)\n",
        )
        .with("content/b.md", "[x](/u/a/c.pdf)\n");
    site.run(&[]).fails(
        1,
        &[
            "broken link `c.pdf`",
            "content/ü/a.md:1:5",
            "content/ü/a.md:1:17",
            "content/ü/a.md:3:5",
            "it also stands in u/index.html",
            "content/b.md:1:5",
            "4 errors",
        ],
    );
    site.write(
        "content/ü/a.md",
        "+++\nrender = false\n+++\n[x](c.pdf) ![y](d%20e.png)\n",
    );
    site.write("content/b.md", "");
    let shown = "{{ get_page(path='ü/a.md').content }}";
    site.write("templates/section.html", shown);
    site.run(&[]).fails(
        1,
        &["content/ü/a.md:4:5", "content/ü/a.md:4:17", "2 errors"],
    );
}

#[test]
fn a_link_is_told_where_it_was_written_in_whatever_form() {
    for (written, place) in [
        ("<a href=/nope/>x</a>", "templates/index.html:2:9"),
        (
            "<a href=\"/nope?a=1&amp;b=2\">x</a>",
            "templates/index.html:2:10",
        ),
        (
            "<a href=\"{{ get_url(path='nope/') }}\">x</a>",
            "templates/index.html:2:27",
        ),
        (
            "{% for one in data.menu.links %}<a href=\"{{ one.url }}\">x</a>{% endfor %}",
            "content/data/menu.toml:2:8",
        ),
        (
            "{% for one in config.extra.menu %}<a href=\"{{ one.url }}\">x</a>{% endfor %}",
            "content/site.toml:3:18",
        ),
    ] {
        good()
            .with(
                "content/site.toml",
                "base_url = 'https://a.example'\n[extra]\nmenu = [{ url = '/nope/' }]\n",
            )
            .with("content/data/menu.toml", "[[links]]\nurl = '/nope/'\n")
            .with("templates/index.html", &format!("<p>\n{written}\n"))
            .run(&[])
            .fails(1, &[place, "it stands in index.html", "1 error:"]);
    }
}

#[test]
fn places_that_html_makes_can_be_linked_to() {
    good()
        .with(
            "content/a.md",
            "<i id=\"one\"></i> <i id='two'></i> <i id=three></i> <a name=four >4</a>\n",
        )
        .with(
            "content/b.md",
            "[1](@/a.md#one) [2](@/a.md#two) [3](@/a.md#three) [4](@/a.md#four)\n",
        )
        .builds();
}

#[test]
fn a_link_that_a_template_puts_together_is_told_with_the_templates() {
    good()
        .with(
            "templates/index.html",
            "{% include 'part.html' %}{{ section.content }}",
        )
        .with(
            "templates/part.html",
            "<a href=\"/{{ 'no' ~ 'pe' }}/\">x</a>",
        )
        .run(&[])
        .fails(
            1,
            &[
                "broken link `/nope/`",
                "--> content/_index.md",
                "into index.html, which is made with templates/index.html, templates/part.html",
                "1 error:",
            ],
        );
}
