//! Feeds: what they list, in which order, in which format.

use crate::harness::{Site, site};

fn blog() -> Site {
    let post = |title: &str, date: &str| {
        format!("+++\ntitle = '{title}'\n{date}\n+++\n[b](@/blog/b.md) <i>\n</i>\n")
    };
    site()
        .with(
            "content/site.toml",
            "base_url = 'https://a.example/sub'\ntitle = 'A & B'\ngenerate_feeds = true\n\
             feed_filenames = ['atom.xml', 'rss.xml', 'feed.json']\nfeed_limit = 2\n\
             taxonomies = [{ name = 'tags', feed = true }]\n",
        )
        .with("content/_index.md", "+++\ntitle = 'Home'\n+++\n")
        .with(
            "content/blog/_index.md",
            "+++\ntitle = 'Blog'\ngenerate_feeds = true\n+++\n",
        )
        .with("content/blog/a.md", &post("A <1>", "date = 2024-01-01"))
        .with(
            "content/blog/b.md",
            &post(
                "B",
                "date = 2024-03-01T10:00:00+01:00\ntaxonomies.tags = ['T']\nauthors = ['X']",
            ),
        )
        .with(
            "content/c.md",
            &post("C", "date = 2024-02-01\nupdated = 2024-05-01"),
        )
        .with("content/undated.md", &post("Undated", ""))
}

#[test]
fn the_site_lists_its_latest_pages() {
    let site = blog();
    site.builds();
    let atom = site.built("atom.xml");
    let titles: Vec<_> = atom
        .match_indices("<title>")
        .map(|(at, _)| &atom[at + 7..at + 8])
        .collect();
    assert_eq!(titles, ["A", "B", "C"], "{atom}");
    site.has("atom.xml", "<title>A &amp; B</title>")
        .has(
            "atom.xml",
            "<updated>2024-05-01T00:00:00Z</updated>\n<id>https://a.example/sub/atom.xml</id>",
        )
        .has("atom.xml", "href=&quot;https://a.example/sub/blog/b/&quot;")
        .has("atom.xml", "<author><name>X</name></author>")
        .has(
            "rss.xml",
            "<pubDate>Fri, 01 Mar 2024 09:00:00 +0000</pubDate>",
        )
        .has("rss.xml", "<guid>https://a.example/sub/blog/b/</guid>")
        .has("feed.json", "\"date_published\": \"2024-03-01T09:00:00Z\"");
}

#[test]
fn sections_and_terms_have_their_own() {
    let site = blog();
    site.builds();
    site.has("blog/atom.xml", "<title>A &amp; B - Blog</title>")
        .has("blog/atom.xml", "<title>A &lt;1&gt;</title>")
        .has(
            "tags/t/rss.xml",
            "<link>https://a.example/sub/tags/t/</link>",
        );
    assert!(!site.built("tags/t/rss.xml").contains("<title>C"));
}

#[test]
fn feeds_are_xml_whatever_their_pages_hold() {
    let site = blog();
    let title = "title = \"\\u000b<b> & 'x' \\uffff\"";
    let page = format!("+++\n{title}\ndate = 2024-06-01\n+++\n");
    site.write("content/blog/c.md", page);
    let escaped = "<title>&lt;b&gt; &amp; &apos;x&apos; </title>";
    site.builds()
        .has("atom.xml", escaped)
        .has("rss.xml", escaped);
    site.write(
        "templates/atom.xml",
        "<a><title>{{ pages[0].title }}</title></a>",
    );
    site.builds().has("atom.xml", escaped);
}
