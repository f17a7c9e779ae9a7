//! Which files below `content/` are read as pages and sections, and which are copied.

use crate::harness::site;

#[test]
fn a_draft_is_not_published_however_its_ending_is_written() {
    for name in ["first.MD", "first.Md", "posts/_index.MD", "note/index.mD"] {
        let site = site()
            .with(&format!("content/{name}"), "+++\ndraft = true\n+++\nsecret")
            .with("content/posts/kept.md", "kept");
        site.builds();
        let all = site.output();
        let leaked = all.iter().find(|(path, bytes)| {
            path.to_lowercase().ends_with(".md") || bytes.windows(6).any(|part| part == b"secret")
        });
        assert_eq!(leaked.map(|(path, _)| path), None, "{name}");
    }
}

#[test]
fn files_that_end_in_capitals_are_pages_and_sections() {
    let site = site()
        .with(
            "content/posts/_index.MD",
            "+++\ntitle = 'All posts'\n+++\n[first](@/posts/2024-01-31-first.MD)",
        )
        .with("content/posts/2024-01-31-first.MD", "a *first* one")
        .with("content/note/index.MD", "with a [file](a.txt)")
        .with("content/note/a.txt", "x");
    site.builds()
        .has("posts/index.html", "All posts")
        .has("posts/index.html", "href=\"/posts/first/\"")
        .has("posts/first/index.html", "<em>first</em>")
        .has("note/index.html", "href=\"a.txt\"")
        .has("note/a.txt", "x");
}

#[test]
fn two_spellings_of_one_page_are_told() {
    site()
        .with("content/a.md", "one")
        .with("content/a.MD", "two")
        .run(&[])
        .fails(1, &["two things want", "content/a.md", "content/a.MD"]);
    site()
        .with("content/a.MD", "one")
        .with("content/b.md", "[a](@/a.md)")
        .run(&[])
        .fails(1, &["content/b.md:1:", "did you mean `@/a.MD`?"]);
}

#[test]
fn a_new_page_may_end_in_capitals() {
    let site = site();
    site.run(&["new", "my-trip.MD"]).succeeds();
    site.run(&["--drafts", "--future"]).succeeds();
    site.has("my-trip/index.html", "My trip");
}
