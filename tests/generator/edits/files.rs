//! Files that come, go and take each other's place, as the watcher tells of them.

use std::fs;
use std::os::unix::fs::symlink;

use generator::build::Workshop;

use super::{Desk, is_broken_both_ways};

const PAGE: &str = "+++\ntitle = 'A page'\n+++\nText\n";

/// What is done to the files, and the paths that the watcher tells.
type Step = (&'static str, fn(&Desk), &'static [&'static str]);

const STEPS: [Step; 9] = [
    (
        "an editor saves by its temporary files, which are gone by now",
        |desk| desk.site.write("content/blog/a.md", PAGE),
        &[
            "content/blog/4913",
            "content/blog/a.md",
            "content/blog/a.md~",
        ],
    ),
    (
        "a hidden file changes nothing",
        |desk| desk.site.write("content/blog/.a.md.swp", "x"),
        &["content/blog/.a.md.swp"],
    ),
    (
        "a folder comes, and what is in it is not told",
        |desk| desk.site.write("content/blog/new/deep/b.md", PAGE),
        &["content/blog/new"],
    ),
    (
        "a file becomes a folder of its name",
        |desk| {
            fs::remove_file(desk.site.path("content/blog/a.md")).unwrap();
            desk.site.write("content/blog/a.md/index.md", PAGE);
        },
        &["content/blog/a.md"],
    ),
    (
        "the folder becomes a file again",
        |desk| {
            fs::remove_dir_all(desk.site.path("content/blog/a.md")).unwrap();
            desk.site.write("content/blog/a.md", PAGE);
        },
        &["content/blog/a.md"],
    ),
    (
        "a folder goes, and what was in it is not told",
        |desk| fs::remove_dir_all(desk.site.path("content/blog/new")).unwrap(),
        &["content/blog/new"],
    ),
    (
        "a file becomes a link",
        |desk| {
            desk.site.write("elsewhere.md", PAGE);
            fs::remove_file(desk.site.path("content/blog/a.md")).unwrap();
            let target = desk.site.path("elsewhere.md");
            symlink(target, desk.site.path("content/blog/a.md")).unwrap();
        },
        &["content/blog/a.md"],
    ),
    (
        "the target of the link changes",
        |desk| {
            desk.site
                .write("elsewhere.md", PAGE.replace("Text", "Other text"))
        },
        &["elsewhere.md"],
    ),
    (
        "something beside a page changes, and a page with it",
        |desk| {
            desk.site.write("content/blog/d/picture.svg", "<svg/>");
            desk.site.write("content/blog/b.md", PAGE);
        },
        &["content/blog/b.md", "content/blog/d/picture.svg"],
    ),
];

#[test]
fn files_are_found_wherever_they_have_come_to_lie() {
    let mut desk = Desk::new(1);
    let mut workshop = Workshop::new(desk.options());
    let edited = std::mem::take(&mut desk.touched);
    assert!(!is_broken_both_ways(&mut workshop, &desk, edited, 0));
    for (step, (story, work, told)) in STEPS.into_iter().enumerate() {
        desk.story.push(story.to_owned());
        work(&desk);
        let told = told.iter().map(|path| desk.site.path(path)).collect();
        let is_broken = is_broken_both_ways(&mut workshop, &desk, told, step + 1);
        assert!(!is_broken, "{story}");
    }
}
