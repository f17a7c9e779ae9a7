//! Edits of bodies alone, after which the site is the same but for what those decide.

use generator::build::Workshop;

use super::{Desk, is_broken_both_ways};

/// What happens: the files and bodies that are written one after another, and whether the site is
/// broken then.
type Story = (&'static str, [(&'static str, &'static str, bool); 3]);

#[test]
fn an_edited_body_reaches_whatever_its_text_decides() {
    let stories: [Story; 6] = [
        (
            "a heading that another page links to goes and comes back",
            [
                ("to.md", "## Here\n", false),
                ("to.md", "## There\n", true),
                ("to.md", "## Here\n\nAgain.\n", false),
            ],
        ),
        (
            "so does a place in raw HTML",
            [
                ("to.md", "<p id=\"here\">A</p>\n", false),
                ("to.md", "<p>A</p>\n", true),
                ("to.md", "<p>B</p><a name='here'></a>\n", false),
            ],
        ),
        (
            "a link appears, and moves",
            [
                ("other.md", "Nothing.\n", false),
                ("other.md", "[To](@/blog/to.md)\n", false),
                ("other.md", "[From](@/blog/from.md)\n", false),
            ],
        ),
        (
            "a link is lost and mended",
            [
                ("other.md", "[To](@/blog/to.md)\n", false),
                ("other.md", "[To](@/blog/no.md)\n", true),
                ("other.md", "[To](@/blog/to.md) again\n", false),
            ],
        ),
        (
            "what the lists show is written anew",
            [
                ("other.md", "One\n\n<!-- more -->\n\nTwo\n", false),
                ("other.md", "Three\n\n<!-- more -->\n\nTwo\n", false),
                ("other.md", "Three\n\nTwo\n", false),
            ],
        ),
        (
            "a shortcode call takes the place of a heading",
            [
                ("other.md", "## Here\n", false),
                ("other.md", "{{ box(n=1) }}\n", false),
                ("other.md", "{{ box(n=2) }}\n\n## Here\n", false),
            ],
        ),
    ];
    for (story, steps) in stories {
        follow(story, &steps);
    }
}

/// Takes the `steps` in a site with a link from `from.md` to a place on `to.md`.
fn follow(story: &str, steps: &[(&str, &str, bool)]) {
    let mut desk = Desk::new(1);
    desk.story.push(story.to_owned());
    let page = |body: &str| format!("+++\ntitle = 'A page'\ndate = 2024-05-09\n+++\n{body}");
    desk.put("content/blog/to.md", &page("## Here\n"));
    desk.put("content/blog/from.md", &page("[To](@/blog/to.md#here)\n"));
    desk.put("content/blog/other.md", &page("Other.\n"));
    let mut workshop = Workshop::new(desk.options());
    let edited = std::mem::take(&mut desk.touched);
    assert!(!is_broken_both_ways(&mut workshop, &desk, edited, 0));
    for (step, (file, body, broken)) in steps.iter().enumerate() {
        desk.put(&format!("content/blog/{file}"), &page(body));
        let edited = std::mem::take(&mut desk.touched);
        let found = is_broken_both_ways(&mut workshop, &desk, edited, step + 1);
        assert_eq!(found, *broken, "{story}, step {}", step + 1);
    }
}
