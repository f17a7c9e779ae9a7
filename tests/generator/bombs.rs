//! Small inputs that ask for much, and large ones that could ask for more than they hold.

use crate::harness::{Site, site};

fn good() -> Site {
    site().with("content/_index.md", "")
}

fn page(text: &str) -> Site {
    good().with("content/a.md", text)
}

#[test]
fn bodies_in_bodies_are_rendered_once_each() {
    let deep = "{% box() %}".repeat(16) + "x" + &"{% end %}".repeat(16) + "\n";
    let site = page(&deep.repeat(200)).with(
        "templates/shortcodes/box.html",
        "<div>{{ body | markdown }}</div>",
    );
    let text = site.builds().built("a/index.html");
    assert_eq!(text.matches("<div>").count(), 16 * 200);
}

#[test]
fn what_markdown_shortcodes_say_is_bounded() {
    let site = page(&"{{ long() }} ".repeat(100)).with(
        "templates/shortcodes/long.md",
        "{% for a in range(50000) %}0123456789{% endfor %}",
    );
    let told = site.run(&[]).fails(
        1,
        &["content/a.md:1:", "says too much", "16 MiB", "1 error:"],
    );
    assert!(!told.stderr.contains("more mistakes"), "{}", told.stderr);
}

#[test]
fn calls_without_an_end_are_text_or_refused() {
    let shown = "{{/*".repeat(300_000);
    page(&shown).builds().has("a/index.html", "{{/");
    let arguments: String = (0..100_000).map(|nth| format!("a{nth}=1,")).collect();
    page(&format!("{{{{ note({arguments}) }}}}"))
        .with("templates/shortcodes/note.html", "x")
        .run(&[])
        .fails(1, &["content/a.md:1:", "at most a hundred arguments"]);
}

#[test]
fn many_mistakes_of_one_file_are_told_as_a_number() {
    let keys: String = (0..100_000).map(|nth| format!("a{nth} = 1\n")).collect();
    let links: String = (0..100_000)
        .map(|nth| format!("[a](@/{nth}.md) "))
        .collect();
    let calls: String = (0..100_000)
        .map(|nth| format!("{{{{ a{nth}() }}}} "))
        .collect();
    for text in [
        format!("+++\n{keys}+++\n"),
        format!("---\n{}---\n", keys.replace(" =", ":")),
        links.clone(),
        links.replace("@/", "").replace(".md", "/"),
        calls,
    ] {
        let told = page(&text)
            .run(&[])
            .fails(1, &["content/a.md", "51 errors"]);
        let more = "and 99950 more mistakes like these";
        assert!(told.stderr.contains(more), "{}", told.stderr);
    }
}

#[test]
fn thousands_of_footnotes_headings_lines_and_keys_are_built() {
    let footnotes: String = (0..20_000)
        .map(|nth| format!("x[^{nth}]\n\n[^{nth}]: note[^{}]\n\n", nth + 1))
        .collect();
    let anchors: String = (0..20_000)
        .map(|nth| format!("# h {nth}\n\n[a](@/a.md#h-{nth})\n\n"))
        .collect();
    let lines: String = (0..20_000).map(|nth| format!("{} ", 2 * nth)).collect();
    let keys: String = (0..50_000).map(|nth| format!("  a{nth}: 1\n")).collect();
    for (text, part) in [
        (footnotes, "<li id=\"fn-19999\">"),
        (anchors, "href=\"/a/#h-19999\""),
        (
            format!("```text,hide_lines={lines}\n{}```\n", "a\n".repeat(20_000)),
            "<span class=\"line\">a",
        ),
        (format!("---\nextra:\n{keys}---\nbody\n"), "body"),
        (
            format!(
                "|{}\n|{}\n{}",
                "a|".repeat(500),
                "-|".repeat(500),
                "|b\n".repeat(5_000)
            ),
            "<td>b",
        ),
        (format!("# x {{{}}}\n", ".c ".repeat(100_000)), "c c c"),
        ("*a _b ~c ".repeat(100_000), "*a _b ~c"),
        ("[a](<b ![".repeat(100_000), "[a]"),
    ] {
        let site = page(&text).with(
            "content/site.toml",
            "base_url = 'https://a.example'\n[markdown]\nbottom_footnotes = true\n",
        );
        site.builds().has("a/index.html", part);
    }
}

#[test]
fn templates_too_deep_for_the_engine_are_refused() {
    for (template, told) in [
        (
            format!("{{{{ page{} }}}}", ".a".repeat(100_000)),
            "the tag is longer than 32 KiB",
        ),
        (
            format!("{{{{ {}1 }}}}", "not ".repeat(100_000)),
            "the tag is longer than 32 KiB",
        ),
        (
            format!(
                "{{% if a %}}{}{{% endif %}}",
                "{% elif a %}".repeat(100_000)
            ),
            "more than 1000 `elif`",
        ),
    ] {
        page("x")
            .with("templates/page.html", &template)
            .run(&[])
            .fails(1, &["templates/page.html:1:", told]);
    }
}

#[test]
fn texts_that_grow_without_end_are_stopped() {
    for template in [
        "{{ range(100000) | join('x' * 100000) }}",
        "{{ ('a' * 100000) | replace('a', 'b' * 100000) }}",
        "{{ ('a\n' * 100000) | indent(prefix='b' * 100000) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{% for a in range(100000) %}{{ 'x' * 1000 }}{% endfor %}",
        "{% for i in range(1000) %}{{ range(100000) | json_encode | length }}{% endfor %}",
        "{% set all = namespace(s='x') %}{% for i in range(60) %}\
         {% set all.s = all.s ~ all.s %}{% endfor %}{{ all.s }}",
    ] {
        page("x")
            .with("templates/page.html", template)
            .run(&[])
            .fails(1, &["page.html", "content/a.md"]);
    }
}

#[test]
fn style_sheets_that_stand_for_more_than_they_hold_are_refused() {
    let nested = format!("{}color: red{}", ".a, .b {".repeat(30), "}".repeat(30));
    good()
        .with("assets/a.css", &nested)
        .run(&[])
        .fails(1, &["assets/a.css:1:", "more than 1000000 selectors"]);
    let twice = good();
    for nth in 0..30 {
        let next = format!("@import './{}.css';", nth + 1);
        twice.write(&format!("assets/{nth}.css"), next.repeat(2));
    }
    twice.write("assets/30.css", "a { color: red }");
    twice
        .run(&[])
        .fails(1, &["assets/", "imports more than 1000 times"]);
    let long = good();
    long.write("assets/a.css", "a {}\n".repeat(2_000_000));
    long.run(&[])
        .fails(1, &["assets/a.css", "longer than 8 MiB"]);
}
