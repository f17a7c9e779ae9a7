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
    let filters = [
        "safe",
        "striptags",
        "spaceless",
        "replace(from='o', to='')",
        "markdown",
    ];
    let printed = filters
        .map(|filter| format!("{{{{ {absent} | {filter} }}}}"))
        .concat();
    themed(&format!(
        "<p>{{% if page %}}[{{{{ {absent} }}}}{printed}]{{% endif %}}</p>"
    ))
    .builds()
    .has("a/index.html", "<p>[]</p>");
}

#[test]
fn paths_leave_out_what_base_url_adds() {
    let site = themed(
        "<p>{{ page.path }} {{ current_path }} {{ page.assets | join(sep=' ') }}</p>\n\
         <a href=\"{{ get_url(path=page.path) }}\">{{ config.base_url }}{{ page.path }}</a>",
    )
    .with("content/site.toml", "base_url = 'https://a.example/sub'\n")
    .with("content/a.md", "")
    .with(
        "templates/index.html",
        "<!doctype html><html lang=\"en\"><title>x</title></html>",
    )
    .with(
        "templates/404.html",
        "<!doctype html><html lang=\"en\"><title>x</title></html>",
    )
    .with("content/b/index.md", "+++\n+++\n")
    .with("content/b/x.txt", "x");
    std::fs::remove_file(site.path("content/a.md")).unwrap();
    site.builds()
        .has("b/index.html", "<p>/b/ /b/ /b/x.txt</p>")
        .has(
            "b/index.html",
            "<a href=\"https://a.example/sub/b/\">https://a.example/sub/b/</a>",
        );
}

#[test]
fn a_list_has_a_first_page_by_its_number() {
    let count = "{% for i in range(end=paginator.number_pagers) %}\
         <a href=\"{{ paginator.base_url }}{{ i + 1 }}/\">{{ i + 1 }}</a>{% endfor %}";
    let page =
        |title: &str| format!("+++\ntitle = '{title}'\ntaxonomies = {{ tags = ['t'] }}\n+++\n");
    let site = themed("")
        .with(
            "content/site.toml",
            "base_url = 'https://a.example'\ntaxonomies = [{ name = 'tags', paginate_by = 1 }]\n",
        )
        .with("content/posts/_index.md", "+++\npaginate_by = 1\n+++\n")
        .with("content/posts/a.md", &page("A"))
        .with("content/posts/b.md", &page("B"))
        .with(
            "templates/section.html",
            &format!("<!doctype html><html lang=\"en\"><title>x</title>{count}</html>"),
        );
    site.builds()
        .has("posts/page/1/index.html", "url=/posts/")
        .has("tags/t/page/1/index.html", "url=/tags/t/");
    site.write("content/posts/c.md", "+++\npath = 'posts/page/1'\n+++\n");
    site.run(&[])
        .fails(1, &["page 1 of /posts/", "content/posts/c.md"]);
}

#[test]
fn a_feed_that_is_a_template_escapes_the_html_in_it() {
    let site = themed("{{ page.content }}")
        .with(
            "content/site.toml",
            "base_url = 'https://a.example'\ngenerate_feeds = true\n",
        )
        .with(
            "templates/index.html",
            "<!doctype html><html lang=\"en\"><title>x</title></html>",
        )
        .with(
            "templates/404.html",
            "<!doctype html><html lang=\"en\"><title>x</title></html>",
        )
        .with(
            "content/a.md",
            "+++\ntitle = 'A & B'\ndate = 2024-01-31\n+++\nOne *two*.\n\n<!-- more -->\n\nThree.\n",
        )
        .with(
            "templates/atom.xml",
            "{% for page in pages %}<title>{{ page.title }}</title>\
             <summary type=\"html\">{{ page.summary }}</summary>\
             <content type=\"html\">{{ page.content }}</content>\
             <raw>{{ '*x*' | markdown(inline=true) | safe }}</raw>{% endfor %}",
        );
    site.builds()
        .has("a/index.html", "<p>One <em>two</em>.</p>")
        .has("atom.xml", "<title>A &amp; B</title>")
        .has(
            "atom.xml",
            "<summary type=\"html\">&lt;p&gt;One &lt;em&gt;two&lt;/em&gt;.&lt;/p&gt;",
        )
        .has("atom.xml", "&lt;p&gt;Three.&lt;/p&gt;")
        .has("atom.xml", "<raw><em>x</em></raw>");
}

#[test]
fn numbers_and_dates_look_as_in_zola() {
    themed(
        "<p>{{ (750 / 200) | round }} {{ 8 / 2 }} {{ 1.5 }} {{ 2.0 ~ '' }}</p>\n\
         {% set day = '2024-01-05' %}<p>{{ day | date(format='%v|%%v|%c', locale='en_GB') }}</p>\n\
         <p>{{ '2024-01-05T10:20:30Z' | date(format='%+') }}</p>",
    )
    .builds()
    .has("a/index.html", "<p>4 4 1.5 2.0</p>")
    .has(
        "a/index.html",
        "<p> 5-Jan-2024|%v|Fri Jan  5 00:00:00 2024</p>",
    )
    .has("a/index.html", "<p>2024-01-05T10:20:30+00:00</p>");
    themed("{{ '2024-01-05' | date(locale='fr_FR') }}")
        .run(&[])
        .fails(1, &["leave out `locale`", "page.html:4:"]);
}

#[test]
fn the_markdown_filter_knows_content_files() {
    themed("<p>{{ '[b](@/a.md) [c](@/a.md#x)' | markdown(inline=true) }}</p>")
        .with("content/a.md", "+++\ntitle = 'A'\n+++\n")
        .with(
            "templates/page.html",
            "<!doctype html><html lang=\"en\"><title>x</title><p id=\"x\"></p></html>",
        )
        .builds()
        .has(
            "index.html",
            "<a href=\"https://a.example/a/\">b</a> <a href=\"https://a.example/a/#x\">c</a>",
        );
    themed("{{ '[b](@/b.md)' | markdown }}").run(&[]).fails(
        1,
        &[
            "no content file is called `b.md`",
            "did you mean `a.md`?",
            "page.html:4:",
        ],
    );
}

#[test]
fn a_markdown_shortcode_that_wants_the_site_is_told_what_to_become() {
    for wants in ["{{ get_url(path='/') }}", "{{ page.title }}"] {
        site()
            .with("content/a.md", "+++\ntitle = 'A'\n+++\n{{ m() }}\n")
            .with("templates/shortcodes/m.md", &format!("One\n{wants}\n"))
            .run(&[])
            .fails(
                1,
                &[
                    "content/a.md:4:1",
                    "in shortcodes/m.md:2",
                    "as `shortcodes/m.html` it sees the page",
                ],
            );
    }
}
