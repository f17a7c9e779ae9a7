//! Templates as they come from a Zola site: what is not an error there is none here, or is
//! listed in the migration notes.

use crate::harness::{Site, site};

/// A site with one page and one section, whose templates hold `template`.
fn themed(template: &str) -> Site {
    let whole =
        format!("<!doctype html>\n<html lang=\"en\">\n<title>x</title>\n{template}\n</html>\n");
    site()
        .with("content/_index.md", "+++\ntitle = 'Home'\n+++\n")
        .with("content/a.md", "+++\ntitle = 'A'\n+++\nText.\n")
        .with("templates/index.html", &whole)
        .with("templates/page.html", &whole)
        .with("templates/404.html", &whole)
}

#[test]
fn what_a_page_is_not_about_can_be_tested_and_replaced() {
    let title = "{% if page.title %}page {{ page.title }}\
         {% elif section.title %}section {{ section.title }}{% else %}neither{% endif %}";
    themed(&format!("<p>{title}</p>"))
        .builds()
        .has("a/index.html", "<p>page A</p>")
        .has("index.html", "<p>section Home</p>")
        .has("404.html", "<p>neither</p>");
    themed(
        "<p>{{ page.nope.deep | default(value=1) }} {{ paginator.next | default(value=2) }} \
         {{ term.name is defined }} {% if section.extra.a.b %}yes{% else %}no{% endif %}</p>",
    )
    .builds()
    .has("404.html", "<p>1 2 false no</p>");
}

#[test]
fn what_is_not_there_is_not_printed_in_silence() {
    themed("{{ page.titel }}")
        .run(&[])
        .fails(1, &["`page.titel` is undefined", "page.html:4:"]);
    themed("{% if section %}{{ section.title }}{% endif %}{{ page.title }}")
        .run(&[])
        .fails(1, &["`page.title` is undefined", "index.html:4:"]);
}

#[test]
fn nothing_is_printed_as_nothing() {
    let absent = "page.description";
    let filters = ["safe", "striptags", "spaceless", "replace(from='o', to='')", "markdown"];
    let printed = filters.map(|filter| format!("{{{{ {absent} | {filter} }}}}")).concat();
    themed(&format!("<p>{{% if page %}}[{{{{ {absent} }}}}{printed}]{{% endif %}}</p>"))
        .builds()
        .has("a/index.html", "<p>[]</p>");
}
