//! Shortcodes: calls in content that templates answer.

use crate::harness::{Site, site};

fn shortcodes(content: &str) -> Site {
    site()
        .with("content/_index.md", "+++\ntitle = 'Home'\n+++\n")
        .with("content/b.md", "+++\ntitle = 'B'\n+++\n## There\n")
        .with("content/a.md", &format!("+++\ntitle = 'A'\n+++\n{content}"))
        .with(
            "templates/shortcodes/video.html",
            "<video id=\"{{ id }}-{{ nth }}\" data-on=\"{{ page.title }}\"></video>",
        )
        .with(
            "templates/shortcodes/note.html",
            "<aside class=\"{{ kind | default('info') }}\">{{ body | markdown }}</aside>",
        )
        .with("templates/shortcodes/raw.html", "<pre>{{ body }}</pre>")
        .with("templates/shortcodes/sum.html", "{{ a + b }}")
        .with(
            "templates/shortcodes/name.md",
            "**{{ config.base_url }}** {{ body | default('') | trim }}",
        )
        .with(
            "templates/shortcodes/endless.md",
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
        )
}

fn check(content: &str, expected: &str) {
    let site = shortcodes(content);
    site.builds();
    let page = site.built("a/index.html");
    let body = page.split("<body>").nth(1).unwrap();
    let body = body.split("</body>").next().unwrap();
    assert_eq!(body.trim(), expected, "{content}");
}

#[test]
fn a_call_is_answered_where_it_stands() {
    check(
        "x {{ video(id=\"v\") }} y\n\n{{ video(id='w') }}\n\n- {{ video(id=`z`) }}\n",
        "<p>x <video id=\"v-1\" data-on=\"A\"></video> y</p>\n\
         <video id=\"w-2\" data-on=\"A\"></video>\n\
         <ul>\n<li><video id=\"z-3\" data-on=\"A\"></video></li>\n</ul>",
    );
}

#[test]
fn bodies_hold_markdown_links_and_calls() {
    check(
        "{% note(kind=\"a<b\") %}\n# *Hi* [b](@/b.md#there)\n\n{{ video(id=1) }}\n{% end %}\n",
        "<aside class=\"a&lt;b\"><h1 id=\"hi-b\"><em>Hi</em> <a href=\"/b/#there\">b</a></h1>\n\
         <video id=\"1-1\" data-on=\"A\"></video>\n</aside>",
    );
    check(
        "{% raw() %}a *b* <c>{% end %}",
        "<pre>a *b* &lt;c&gt;</pre>",
    );
}

#[test]
fn markdown_shortcodes_become_part_of_the_text() {
    check(
        "A {{ name() }}, {% name() %} _in_ {{ sum(a=1, b=2) }} {% end %}.\n",
        "<p>A <strong>https://a.example</strong> , <strong>https://a.example</strong> <em>in</em> 3.</p>",
    );
}

#[test]
fn calls_can_be_shown() {
    check(
        "`{{/* video(id=1) */}}` {%/* end */%} {{ page.title }} {{ other(1) }}\n",
        "<p><code>{{ video(id=1) }}</code> {% end %} {{ page.title }} {{ other(1) }}</p>",
    );
}

#[test]
fn an_answer_may_be_an_address() {
    check(
        "[a](https://b.example/{{sum(a=1,b=1)}}) ![b](https://b.example/x{{sum(a=2,b=1)}}.png)\n",
        "<p><a href=\"https://b.example/2\">a</a> \
         <img src=\"https://b.example/x3.png\" alt=\"b\" /></p>",
    );
}

#[test]
fn mistakes_are_told_at_the_call() {
    for (content, told) in [
        (
            "\nx {{ vidio(id=1) }}\n",
            &[
                "content/a.md:5:3",
                "there is no shortcode `vidio`",
                "did you mean `video`?",
            ][..],
        ),
        (
            "{{ video(1) }}",
            &[
                "content/a.md:4:10",
                "a name or `)` expected",
                "`video(key=\"text\", other=[1, 2])`",
            ],
        ),
        (
            "{{ video(id=x) }}",
            &["content/a.md:4:13", "a text in quotes"],
        ),
        (
            "{{ video(id=1, id=2) }}",
            &["content/a.md:4:16", "every argument once"],
        ),
        ("{{ video(id=1 }}", &["content/a.md:4:15", "`,` or `)`"]),
        (
            "{% note() %} x",
            &["content/a.md:4:1", "has no `{% end %}`"],
        ),
        ("x {% end %}", &["content/a.md:4:3", "ends no shortcode"]),
        (
            "é {{ video() }}",
            &[
                "content/a.md:4:3",
                "`video` failed",
                "templates/shortcodes/video.html:1",
            ],
        ),
        (
            "{{ sum(a=1, b='x') }}",
            &["content/a.md:4:1", "`sum` failed"],
        ),
        ("{{ endless() }}", &["content/a.md:4:1", "`endless` failed"]),
        (
            "{% note() %}\n[x](@/nowhere.md)\n{% end %}",
            &["content/a.md:5:1", "nowhere.md"],
        ),
    ] {
        shortcodes(content).run(&[]).fails(1, told);
    }
}

#[test]
fn a_broken_template_is_told_once() {
    shortcodes("{{ broken() }} {{ broken() }}")
        .with("templates/shortcodes/broken.md", "x\n{% if x %}")
        .run(&[])
        .fails(1, &["templates/shortcodes/broken.md:2:", "1 error"]);
}

#[test]
fn a_broken_template_does_not_hide_other_mistakes() {
    shortcodes("{{ broken() }} {{ vidio() }} [x](@/nowhere.md)")
        .with("templates/shortcodes/broken.md", "x\n{% if x %}")
        .with("content/b.md", "+++\ntitel = 'B'\n+++\n")
        .with("templates/page.html", "{{ x y }}")
        .run(&[])
        .fails(
            1,
            &[
                "templates/shortcodes/broken.md:2:",
                "content/a.md:4:16",
                "content/a.md:4:30",
                "content/b.md:2:1",
                "templates/page.html:1:",
                "5 errors",
            ],
        );
}

#[test]
fn calls_that_are_nested_deeply_are_answered_once_each() {
    let nest = |inner: &str| {
        let (open, end) = ("{% note() %}".repeat(16), "{% end %}".repeat(16));
        format!("{open}{inner}{end}\n\n")
    };
    let site = shortcodes(&nest("{{ video(id=1) }} [b](@/b.md)").repeat(20));
    site.builds();
    let page = site.built("a/index.html");
    for (part, times) in [("<aside", 320), ("id=\"1-20\"", 1), ("href=\"/b/\"", 20)] {
        assert_eq!(page.matches(part).count(), times, "{part}");
    }
    shortcodes(&nest("[x](@/nowhere.md) {{ video() }}"))
        .run(&[])
        .fails(1, &["nowhere.md", "`video` failed", "2 errors"]);
    shortcodes(&nest("{{ video() }}"))
        .run(&[])
        .fails(1, &["`video` failed", "1 error"]);
}

#[test]
fn calls_in_a_body_that_is_dropped_are_not_made() {
    let site = shortcodes(
        "{{ video(id=1) }} {% quiet() %}{% note() %}[b](@/b.md) {{ video() }}{% end %}{% end %} \
         {% note() %}{{ video(id=3) }}{% end %}",
    )
    .with("templates/shortcodes/quiet.md", "...")
    .with(
        "templates/page.html",
        "{{ page.backlinks | length }} {{ page.content }}",
    );
    site.builds().has("b/index.html", "0 <h2");
    site.has("a/index.html", "id=\"1-1\"")
        .has("a/index.html", "id=\"3-3\"");
}

#[test]
fn nesting_is_bounded() {
    let deep = "{% note() %}".repeat(100_000);
    shortcodes(&deep)
        .run(&[])
        .fails(1, &["shortcodes are nested more than 16 deep"]);
}

#[test]
fn a_mistake_in_the_template_is_told_once_with_the_first_call() {
    for ending in ["html", "md"] {
        let template = format!("templates/shortcodes/wrong.{ending}");
        let site = shortcodes("x {{ wrong(a=1) }}\n")
            .with(&template, "x\n{{ config.nothing.at.all }}{{ a + 1 }}\n");
        for number in 10..40 {
            let call = format!("{{{{ wrong(a={number}) }}}}\n");
            site.write(&format!("content/n{number}.md"), call);
        }
        site.run(&[]).fails(
            1,
            &[
                "--> content/a.md:4:3",
                &format!("shortcodes/wrong.{ending}:2"),
                "it also fails at content/n10.md:1:1, content/n11.md:1:1, content/n12.md:1:1 \
                 and 27 more places",
                "1 error:",
            ],
        );
    }
}

#[test]
fn a_mistake_in_the_arguments_is_told_at_its_call() {
    for ending in ["html", "md"] {
        let template = format!("templates/shortcodes/wrong.{ending}");
        shortcodes("{{ wrong(a=1) }}\n")
            .with(&template, "{{ 1 + a }}\n{{ 2 + (b | default(0)) }}\n")
            .with("content/c.md", "{{ wrong(a='x') }}\n")
            .with("content/d.md", "{{ wrong(a=1, b='x') }}\n")
            .with("content/e.md", "{{ wrong(a=1, 2) }}\n")
            .run(&[])
            .fails(
                1,
                &[
                    "content/c.md:1:1",
                    "content/d.md:1:1",
                    "content/e.md:1:15",
                    "3 errors",
                ],
            );
    }
}
