//! Two things that want one place in the output folder: `check` and the build tell of all of them,
//! by the names of both.

use crate::harness::{Site, site};

/// Both commands fail with one line for each of the `files`, and name all `sources`.
fn collide(site: &Site, files: &[&str], sources: &[&str]) {
    for arguments in [&["check"][..], &[]] {
        let outcome = site.run(arguments).fails(1, sources);
        let told = outcome
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: "));
        let told: Vec<&str> = told
            .map(|line| line.split('`').nth(1).unwrap_or(line))
            .collect();
        assert_eq!(told, files, "{arguments:?}\n{}", outcome.stderr);
    }
    assert!(!site.path("dist").exists());
}

fn pages() -> Site {
    let page = "{{ page.content | safe }}";
    site()
        .with("templates/page.html", page)
        .with("content/a.md", "")
        .with("content/about.md", "about")
}

#[test]
fn an_alias_of_a_page_is_told_however_it_ends() {
    for alias in ["a", "a/", "/a", "a/index.html"] {
        let head = format!("+++\naliases = ['{alias}']\n+++\n");
        let site = pages().with("content/b.md", &head);
        let sources = ["content/a.md", "an alias in content/b.md"];
        collide(&site, &["a/index.html"], &sources);
    }
}

#[test]
fn two_aliases_for_one_place_are_told() {
    let site = pages()
        .with("content/b.md", "+++\naliases = ['x', 'y.html']\n+++\n")
        .with("content/c.md", "+++\naliases = ['x/', 'y.html/']\n+++\n");
    let sources = ["an alias in content/b.md", "an alias in content/c.md"];
    collide(&site, &["y.html", "x/index.html"], &sources);
}

#[test]
fn an_alias_that_is_a_file_beside_a_page_is_none_of_its_own() {
    let site = pages().with("content/b.md", "+++\naliases = ['a.html', 'a/b']\n+++\n");
    site.builds()
        .has("a.html", "url=/b/")
        .has("a/b/index.html", "url=/b/");
}

#[test]
fn copied_files_are_told_with_all_other_collisions() {
    let site = pages()
        .with("static/about/index.html", "mine")
        .with("static/404.html", "mine")
        .with("static/old/index.html", "mine")
        .with("static/note/x.txt", "mine")
        .with("static/index.html", "mine")
        .with("content/note/index.md", "")
        .with("content/note/x.txt", "yours")
        .with("content/b.md", "+++\naliases = ['old', 'a']\n+++\n");
    collide(
        &site,
        &[
            "a/index.html",
            "404.html",
            "about/index.html",
            "index.html",
            "note/x.txt",
            "old/index.html",
        ],
        &[
            "static/404.html\n  = the other is the template 404.html",
            "static/about/index.html\n  = the other is content/about.md",
            "static/index.html\n  = the other is the home page",
            "static/note/x.txt\n  = the other is content/note/x.txt",
            "static/old/index.html\n  = the other is an alias in content/b.md",
        ],
    );
}

#[test]
fn a_file_where_a_folder_must_be_is_told_once() {
    let site = pages()
        .with("static/about", "no folder")
        .with("content/about/more.md", "")
        .with("content/about/most.md", "");
    collide(
        &site,
        &["about"],
        &["static/about", "content/about.md", "a folder of that name"],
    );
}

#[test]
fn pages_of_terms_are_told() {
    let settings = "title = 'Example'\nbase_url = 'https://a.example'\n\
                    taxonomies = [{ name = 'tags', paginate_by = 1 }]\n";
    let tagged = "+++\n[taxonomies]\ntags = ['x']\n+++\n";
    let site = pages()
        .with("content/site.toml", settings)
        .with("templates/taxonomy_list.html", "")
        .with("templates/taxonomy_single.html", "")
        .with("content/one.md", tagged)
        .with("content/two.md", tagged)
        .with("static/tags/x/page/2/index.html", "mine");
    let sources = ["static/tags/x/page/2/index.html", "tags: x (page 2)"];
    collide(&site, &["tags/x/page/2/index.html"], &sources);
}

#[test]
fn a_feed_is_told() {
    let settings = "title = 'Example'\nbase_url = 'https://a.example'\ngenerate_feeds = true\n";
    let site = pages()
        .with("content/site.toml", settings)
        .with("static/atom.xml", "mine");
    let sources = ["static/atom.xml", "the generator itself (atom.xml)"];
    collide(&site, &["atom.xml"], &sources);
}

#[test]
fn what_hosts_are_told_gives_way_to_files_of_the_site() {
    let site = pages()
        .with("static/robots.txt", "mine")
        .with("static/sitemap.xml", "mine")
        .with("static/_redirects", "/x /a/ 301\n");
    site.run(&["check"]).succeeds();
    site.builds()
        .has("robots.txt", "mine")
        .has("sitemap.xml", "mine");
}
