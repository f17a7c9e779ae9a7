//! What someone who moves a Zola site over counts on.

use crate::harness::site;

/// Zola lets white space stand before the front matter.
#[test]
fn a_draft_is_not_published_whatever_stands_before_its_front_matter() {
    let site = site();
    for (nth, head) in [
        "\n+++\ndraft = true\n+++\n",
        " +++\ndraft = true\n +++\n",
        "\r\n\r\n---\r\ndraft: true\r\n---\r\n",
        "\u{feff}\n+++\ndraft = true\n+++\n",
    ]
    .into_iter()
    .enumerate()
    {
        site.write(&format!("content/w{nth}.md"), format!("{head}secret"));
    }
    site.builds();
    assert!(!site.built("sitemap.xml").contains("example/w"));
    assert!(!site.output().keys().any(|path| path.starts_with('w')));
}

#[test]
fn front_matter_that_is_not_read_is_an_error() {
    for (text, told) in [
        ("One.\n\n+++\ndraft = true\n+++\n", "content/w.md:3:1"),
        ("# W\n---\ndraft: true\n---\n", "looks like front matter"),
        ("++++\ntitle = 'W'\n++++\n", "looks like front matter"),
        ("\n+++\ndraft = true\n", "content/w.md:2:1"),
        ("{\n  \"draft\": true\n}\n", "in JSON is not read"),
    ] {
        let site = site().with("content/w.md", text);
        site.run(&[]).fails(1, &[told]);
        site.lacks("w/index.html");
    }
    let shown = "+++\n+++\nA head:\n\n+++\ndraft = true\n+++\n";
    site().with("content/w.md", shown).builds();
}

/// The colours must not need anything of other style sheets: a moved site's lie in `static/`.
#[test]
fn the_colours_of_code_stand_on_their_own() {
    let link = "<link rel=\"stylesheet\" href=\"{{ asset('highlight.css') }}\">";
    let site = site()
        .with(
            "templates/page.html",
            &format!("<html><head>{link}</head></html>"),
        )
        .with("content/a.md", "+++\ntitle = 'A'\n+++\n")
        .with("assets/site.css", "a { color: light-dark(red, blue) }");
    site.builds();
    let output = site.output();
    let sheet = |name: &str| {
        let file = output.iter().find(|(path, _)| path.starts_with(name));
        String::from_utf8(file.expect("it is there").1.clone()).unwrap()
    };
    let code = sheet("assets/highlight.");
    assert!(!code.contains("var("), "{code}");
    let both = ".highlight .k{color:#a04900;color:light-dark(#a04900,#e9ae7e)";
    assert!(code.contains(both), "{code}");
    assert_eq!(sheet("assets/site."), "a{color:light-dark(red,#00f)}");
}

#[test]
fn a_date_is_printed_in_the_zone_it_was_written_in() {
    let site = site()
        .with(
            "templates/page.html",
            "{{ page.date | date(format='%Y-%m-%dT%H:%M:%S%:z') }}",
        )
        .with(
            "content/a.md",
            "+++\ndate = 2024-06-12T08:30:00+02:00\n+++\n",
        );
    site.run(&["--future"]).succeeds();
    assert_eq!(site.built("a/index.html"), "2024-06-12T08:30:00+02:00");
}

/// In Zola's globs, `*` stands for slashes too.
#[test]
fn ignored_content_is_ignored_in_every_folder() {
    let config = "base_url = 'https://a.example'\n\
        ignored_content = ['*.{graphml,xlsx}', 'notes/*.txt', '**/old/**']\n\
        ignored_static = ['*.psd']\n";
    let site = site()
        .with("content/site.toml", config)
        .with("content/a/index.md", "+++\n+++\n")
        .with("content/a/sheet.xlsx", "")
        .with("content/a/deep/er.graphml", "")
        .with("content/a/kept.txt", "")
        .with("content/old/b.md", "+++\n+++\n")
        .with("content/notes/deep/c.txt", "")
        .with("static/art/x.psd", "")
        .with("static/art/x.png", "");
    site.builds();
    site.has("a/kept.txt", "").has("art/x.png", "");
    for path in [
        "a/sheet.xlsx",
        "a/deep/er.graphml",
        "old",
        "notes",
        "art/x.psd",
    ] {
        site.lacks(path);
    }
}

#[test]
fn names_that_start_with_a_dot_are_published_from_static() {
    let site = site()
        .with("static/.well-known/security.txt", "Contact: x")
        .with("static/.nojekyll", "")
        .with("static/.htaccess", "Options -Indexes")
        .with("static/.git/HEAD", "")
        .with("static/img/.DS_Store", "")
        .with("static/.a.txt.swp", "");
    site.run(&["--compress"]).succeeds();
    site.has(".well-known/security.txt", "Contact")
        .has(".nojekyll", "")
        .has(".htaccess", "-Indexes");
    for path in [".git", "img", ".a.txt.swp"] {
        site.lacks(path);
    }
    // What goes from the sources goes from the output too.
    std::fs::remove_dir_all(site.path("static/.well-known")).unwrap();
    site.builds().lacks(".well-known");
}

#[test]
fn a_file_name_may_hold_a_whole_date() {
    let dated = "{{ page.date }} {{ page.slug }}";
    let site = site()
        .with("templates/page.html", dated)
        .with("content/2018-10-10T10:20:30Z-full.md", "+++\n+++\n");
    site.builds()
        .has("full/index.html", "2018-10-10T10:20:30Z full");
}

#[test]
fn a_summary_ends_at_the_divider_however_it_is_written() {
    let site = site().with("templates/page.html", "{{ page.summary }}");
    for (nth, divider) in ["<!-- more -->", "<!--more-->", "<!--  MORE  -->"]
        .into_iter()
        .enumerate()
    {
        let text = format!("+++\n+++\nAbove\n\n{divider}\n\nbelow\n");
        site.write(&format!("content/{nth}.md"), text);
    }
    site.builds();
    for nth in 0..3 {
        let summary = site.built(&format!("{nth}/index.html"));
        assert_eq!(summary.trim(), "<p>Above</p>", "{nth}");
    }
}

#[test]
fn a_link_may_encode_the_name_it_means() {
    let site = site()
        .with("content/posts/my post.md", "+++\n+++\n## Über\n")
        .with(
            "content/a.md",
            "+++\n+++\n[x](@/posts/my%20post.md#%75ber)\n",
        );
    site.builds()
        .has("a/index.html", "href=\"/posts/my-post/#%75ber\"");
    site.write("content/a.md", "+++\n+++\n[x](@/posts/my%20pst.md)\n");
    site.run(&[])
        .fails(1, &["did you mean `@/posts/my%20post.md`?"]);
}

#[test]
fn a_link_to_what_is_left_out_says_why() {
    for (head, told) in [
        (
            "draft = true",
            "`posts/d.md` is a draft, and left out of this build",
        ),
        (
            "date = 2099-01-01",
            "`posts/d.md` is dated 2099-01-01, and left out of this build",
        ),
        (
            "expires = 2001-01-01",
            "`posts/d.md` expired on 2001-01-01, and is left out",
        ),
    ] {
        let site = site()
            .with("content/posts/d.md", &format!("+++\n{head}\n+++\n"))
            .with("content/posts/w.md", "+++\n+++\n[x](@/posts/d.md)\n");
        site.run(&[]).fails(1, &[told, "content/posts/w.md:3:1"]);
    }
    let section = site()
        .with("content/s/_index.md", "+++\ndraft = true\n+++\n")
        .with("content/s/d.md", "+++\n+++\n")
        .with("content/w.md", "+++\n+++\n[x](@/s/d.md)\n");
    let told = "`s/d.md` lies in a section that is a draft";
    section.run(&[]).fails(1, &[told, "--drafts"]);
    section.run(&["--drafts"]).succeeds();
}

/// A bundle whose picture and anchor a list of pages, a feed and the page itself show.
#[test]
fn relative_links_lead_to_the_right_place_wherever_the_body_is_printed() {
    let list = "{% for page in section.pages %}{{ page.summary }}{{ page.content }}{% endfor %}";
    let feed = "{% for page in pages %}{{ page.content | safe }}{% endfor %}";
    let site = site()
        .with(
            "content/site.toml",
            "base_url = 'https://a.example/sub'\ngenerate_feeds = true\n\
             feed_filenames = ['own.xml', 'rss.xml']\n",
        )
        .with("templates/page.html", "{{ page.content }}")
        .with("templates/section.html", list)
        .with("templates/own.xml", feed)
        .with("templates/shortcodes/note.html", "{{ body | markdown }}")
        .with("content/blog/_index.md", "+++\n+++\n")
        .with("content/blog/bun/m.svg", "<svg/>")
        .with(
            "content/blog/bun/index.md",
            "+++\ndate = 2024-01-01\n+++\n![x](m.svg) [b](#part)\n\n<!-- more -->\n\n\
             {% note() %}[r](./m.svg?q){% end %}\n\n[i](@/blog/_index.md)\n\n## Part\n",
        );
    site.builds();
    site.has("blog/bun/index.html", "src=\"m.svg\"")
        .has("blog/bun/index.html", "href=\"#part\"");
    for (file, base) in [
        ("blog/index.html", "/sub"),
        ("own.xml", "https://a.example/sub"),
    ] {
        site.has(file, &format!("src=\"{base}/blog/bun/m.svg\""))
            .has(file, &format!("href=\"{base}/blog/bun/#part\""))
            .has(file, &format!("href=\"{base}/blog/\""));
    }
    site.has("blog/index.html", "href=\"/sub/blog/bun/./m.svg?q\"");
    site.has("rss.xml", "src=&quot;https://a.example/sub/blog/bun/m.svg");
}

/// As in Zola, whose ellipsis it is.
#[test]
fn a_summary_that_ends_inside_a_paragraph_is_whole_html() {
    let site = site()
        .with(
            "templates/page.html",
            "{{ page.summary }}|{{ page.content }}",
        )
        .with(
            "content/a.md",
            "+++\n+++\n> Intro *to <!-- more --> the* rest\n",
        );
    site.builds();
    let shown = site.built("a/index.html");
    let (summary, content) = shown.split_once('|').unwrap();
    assert_eq!(
        summary,
        "<blockquote>\n<p>Intro <em>to …</em></p></blockquote>"
    );
    assert!(content.contains("to <span id=\"continue-reading\"></span> the</em> rest"));
}

#[test]
fn own_redirects_and_headers_are_joined_with_those_that_are_made() {
    let site = site()
        .with("content/a.md", "+++\naliases = ['/old/']\n+++\n")
        .with("static/_redirects", "/blog/* /news/:splat 302")
        .with("static/_headers", "/x\n  X-Own: yes\n");
    site.builds()
        .has(
            "_redirects",
            "/blog/* /news/:splat 302\n/old /a/ 301\n/old/ /a/ 301\n",
        )
        .has("_headers", "/*\n  Content-Security-Policy:")
        .has("_headers", "\n/x\n  X-Own: yes\n");
}

#[test]
fn a_new_page_is_said_to_be_a_draft() {
    let site = site();
    let made = site.run(&["new", "posts/a.md"]).succeeds();
    assert_eq!(made.stdout, "content/posts/a.md\n");
    assert!(made.stderr.contains("it is a draft: --drafts shows it"));
    let made = site.run(&["new", "posts/_index.md"]).succeeds();
    assert_eq!(made.stderr, "");
}

#[test]
fn habits_from_elsewhere_are_told_with_the_remedy() {
    for (head, told) in [
        ("tags = ['a']", "write it below `[taxonomies]`"),
        ("lastmod = 2024-01-01", "it is called `updated` here"),
        ("image = 'a.png'", "belongs below `[extra]`"),
    ] {
        let page = format!("+++\n{head}\n+++\n");
        let site = site().with("content/a.md", &page);
        site.run(&[]).fails(1, &[told, "content/a.md:2:1"]);
    }
}

#[test]
fn calls_links_and_fences_without_what_they_need_are_told() {
    for (body, told) in [
        ("{{ youtube() }}", "it needs `id`"),
        ("{{ youtube(ID=\"x\") }}", "it needs `id`"),
        ("{{ vimeo() }}", "it needs `id`"),
        ("{{ streamable() }}", "it needs `id`"),
        ("{{ gist() }}", "it needs `url`"),
    ] {
        let site = site().with("content/a.md", &format!("+++\n+++\n{body}\n"));
        site.run(&[]).fails(1, &[told, "content/a.md:3:1"]);
    }
    let fence = "+++\n+++\n[l]()\n```rust,hl_line=1,ignore\nx\n```\n";
    let warned = site().with("content/a.md", fence).run(&[]).succeeds();
    let told = "warning: the code block's option `hl_line=1` means nothing";
    assert!(warned.stderr.contains(told), "{}", warned.stderr);
    assert!(warned.stderr.contains("did you mean `hl_lines`?"));
    let fence = "```rust linenos foo hl_lines=1\nx\n```\n\n```go {linenos=true}\nx\n```\n\n```js title=a\nx\n```\n";
    let told = site()
        .with("content/a.md", fence)
        .run(&[])
        .succeeds()
        .stderr;
    for (part, count) in [
        ("is not read", 3),
        ("`rust,linenos`", 1),
        ("`rust,hl_lines=1`", 1),
        ("`go,linenos=true`", 1),
        ("warning:", 3),
    ] {
        assert_eq!(told.matches(part).count(), count, "{part} in {told}");
    }
    let told = "warning: this link has no address";
    assert!(warned.stderr.contains(told), "{}", warned.stderr);
}

#[test]
fn footnotes_are_found_by_their_names() {
    let config = "base_url = 'https://a.example'\n[markdown]\nbottom_footnotes = true\n";
    let text = "+++\n+++\nOne[^a] two[^why].\n\n[^a]: A.\n\n[^why]: Because.\n";
    let site = site()
        .with("content/site.toml", config)
        .with("content/a.md", text);
    site.builds()
        .has("a/index.html", "<li id=\"fn-why\">")
        .has("a/index.html", "id=\"fr-why-1\"><a href=\"#fn-why\">2</a>");
}

#[test]
fn broken_links_are_told_where_they_are_written() {
    for (body, told) in [
        (
            "{{ abbr() }} `b`\n\n<a href=\"b\">b</a>",
            "content/a.md:5:10",
        ),
        ("one b two b [x](b)", "content/a.md:3:17"),
        ("[x][r]\n\n[r]: b", "content/a.md:5:6"),
    ] {
        let page = format!("+++\n+++\n{body}\n");
        let site = site()
            .with("content/a.md", &page)
            .with("templates/shortcodes/abbr.html", "b");
        site.run(&[])
            .fails(1, &[told, "broken link `b`: nothing is there"]);
    }
}

#[test]
fn links_to_files_and_folders_that_are_no_pages_are_told_with_the_remedy() {
    let site = site().with("content/posts/about us.md", "+++\n+++\n").with(
        "content/posts/a.md",
        "+++\n+++\n[h](about%20us.md)\n[e](./a.md#x)\n[s](/posts/)\n",
    );
    site.run(&[]).fails(
        1,
        &[
            "write `@/posts/about%20us.md`",
            "write `@/posts/a.md#x`",
            "`content/posts/_index.md` would make it a page",
        ],
    );
}
