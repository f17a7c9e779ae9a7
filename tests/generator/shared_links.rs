//! Broken links that stand on several pages, and how often they are told.

use crate::harness::{Site, site};

fn good() -> Site {
    site().with("content/_index.md", "+++\ntitle = 'Home'\n+++\nHello\n")
}

#[test]
fn a_relative_link_of_a_template_is_one_mistake_of_all_its_pages() {
    let site = good().with(
        "templates/page.html",
        "<p>\n<img src=\"img/logo.svg\"><a href=\"#main\">x</a>{{ page.content }}",
    );
    for number in 10..70 {
        site.write(&format!("content/{number}.md"), "x");
    }
    site.write("content/80.md", "![x](img/logo.svg)\n");
    site.run(&[]).fails(
        1,
        &[
            "broken link `img/logo.svg`",
            "templates/page.html:2:11",
            "a relative address leads somewhere else from each page",
            "it stands in 10/index.html",
            "it also stands in 11/index.html and 58 more pages",
            "broken link `#main`",
            "templates/page.html:2:34",
            "it also stands in 11/index.html and 59 more pages",
            "content/80.md:1:6",
            "3 errors",
        ],
    );
}

#[test]
fn too_many_links_of_a_template_are_counted_once() {
    let links: Vec<String> = (10..70)
        .map(|n| format!("<a href=x/{n}.pdf>x</a>"))
        .collect();
    good()
        .with(
            "templates/page.html",
            &(links.join("\n") + "{{ page.content }}"),
        )
        .with("content/a.md", "x")
        .with("content/b.md", "[x](x/69.pdf)")
        .with("content/c.md", "x")
        .run(&[])
        .fails(
            1,
            &[
                "templates/page.html:50:9",
                "it also stands in b/index.html and one more page",
                "and 10 more mistakes like these",
                "content/b.md:1:5",
                "52 errors",
            ],
        );
}

#[test]
fn a_link_in_two_bodies_is_told_with_both_places() {
    let site = good()
        .with(
            "templates/index.html",
            "{% for page in section.pages %}{{ page.content }}{% endfor %}",
        )
        .with("content/a.md", "[x](/nope/)\n")
        .with("content/b.md", "x\n\n[x](/nope/)\n");
    let told = ["content/a.md:1:5", "also at content/b.md:3:5", "1 error:"];
    site.run(&[]).fails(1, &told);
}
