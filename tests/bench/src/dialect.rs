//! The same posts as a site of each generator, with templates that do the same work: a page a
//! post with its neighbours, a paginated list, a page a tag, a home page, a feed, a sitemap.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::corpus::{Block, Post};

/// A generator's way of writing a site down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `spotifinfo`.
    Spotifinfo,
    /// Hugo.
    Hugo,
    /// Cobalt.
    Cobalt,
}

impl Dialect {
    /// Writes the whole site below `root`, which must not exist yet.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn write(self, root: &Path, posts: &[Post], highlighting: bool) -> io::Result<()> {
        let files = match self {
            Self::Spotifinfo => SPOTIFINFO,
            Self::Hugo => HUGO,
            Self::Cobalt => COBALT,
        };
        for (name, text) in files {
            let text = text.replace("HIGHLIGHTING", &highlighting.to_string());
            write(&root.join(name), &text)?;
        }
        for post in posts {
            let name = match self {
                Self::Cobalt => format!("posts/{}.md", post.slug),
                Self::Spotifinfo | Self::Hugo => format!("content/posts/{}.md", post.slug),
            };
            let text = self.front_matter(post) + &self.body(post, posts);
            write(&root.join(name), &text)?;
        }
        Ok(())
    }

    /// Where the built site is found, below `root`.
    #[must_use]
    pub(crate) fn output(self) -> &'static str {
        match self {
            Self::Spotifinfo => "dist",
            Self::Hugo => "public",
            Self::Cobalt => "_site",
        }
    }

    fn front_matter(self, post: &Post) -> String {
        let Post { title, date, .. } = post;
        let tags = post
            .tags
            .iter()
            .map(|tag| format!("\"{tag}\""))
            .collect::<Vec<_>>()
            .join(", ");
        match self {
            Self::Spotifinfo => format!(
                "+++\ntitle = \"{title}\"\ndate = {date}\n[taxonomies]\ntags = [{tags}]\n+++\n"
            ),
            Self::Hugo => {
                format!("+++\ntitle = \"{title}\"\ndate = {date}\ntags = [{tags}]\n+++\n")
            }
            Self::Cobalt => format!(
                "---\ntitle: \"{title}\"\npublished_date: {date} 00:00:00 +0000\nlayout: post.liquid\ntags: [{tags}]\n---\n"
            ),
        }
    }

    fn body(self, post: &Post, posts: &[Post]) -> String {
        let mut text = String::new();
        for block in &post.blocks {
            let _ = match block {
                Block::Heading(heading) => writeln!(text, "\n## {heading}\n"),
                Block::Paragraph(paragraph) => writeln!(text, "{paragraph}\n"),
                Block::List(items) => items
                    .iter()
                    .try_for_each(|item| writeln!(text, "- {item}"))
                    .and_then(|()| writeln!(text)),
                Block::Code(language, code) if self == Self::Cobalt => {
                    writeln!(text, "```{language}\n{{% raw %}}{code}{{% endraw %}}```\n")
                }
                Block::Code(language, code) => writeln!(text, "```{language}\n{code}```\n"),
                Block::Link(label, target) => {
                    writeln!(text, "See [{label}]({}).\n", self.link(&posts[*target]))
                }
            };
        }
        text
    }

    fn link(self, to: &Post) -> String {
        match self {
            Self::Spotifinfo => format!("@/posts/{}.md", to.slug),
            Self::Hugo => format!("{{{{< relref \"posts/{}.md\" >}}}}", to.slug),
            Self::Cobalt => format!("/posts/{}.html", to.slug),
        }
    }
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text)
}

type Files = &'static [(&'static str, &'static str)];

const SPOTIFINFO: Files = &[
    (
        "content/site.toml",
        include_str!("../sites/spotifinfo/site.toml"),
    ),
    ("content/_index.md", "+++\ntitle = \"Home\"\n+++\n"),
    (
        "content/posts/_index.md",
        "+++\ntitle = \"Posts\"\nsort_by = \"date\"\npaginate_by = 20\n+++\n",
    ),
    (
        "themes/bench/templates/base.html",
        include_str!("../sites/spotifinfo/base.html"),
    ),
    (
        "themes/bench/templates/index.html",
        include_str!("../sites/spotifinfo/index.html"),
    ),
    (
        "themes/bench/templates/section.html",
        include_str!("../sites/spotifinfo/section.html"),
    ),
    (
        "themes/bench/templates/page.html",
        include_str!("../sites/spotifinfo/page.html"),
    ),
    (
        "themes/bench/templates/404.html",
        include_str!("../sites/spotifinfo/404.html"),
    ),
    (
        "themes/bench/templates/taxonomy_list.html",
        include_str!("../sites/spotifinfo/taxonomy_list.html"),
    ),
    (
        "themes/bench/templates/taxonomy_single.html",
        include_str!("../sites/spotifinfo/taxonomy_single.html"),
    ),
];

const HUGO: Files = &[
    ("hugo.toml", include_str!("../sites/hugo/hugo.toml")),
    ("content/posts/_index.md", "+++\ntitle = \"Posts\"\n+++\n"),
    (
        "layouts/_default/baseof.html",
        include_str!("../sites/hugo/baseof.html"),
    ),
    (
        "layouts/_default/single.html",
        include_str!("../sites/hugo/single.html"),
    ),
    (
        "layouts/_default/list.html",
        include_str!("../sites/hugo/list.html"),
    ),
    (
        "layouts/_default/terms.html",
        include_str!("../sites/hugo/terms.html"),
    ),
    (
        "layouts/index.html",
        include_str!("../sites/hugo/index.html"),
    ),
    ("layouts/404.html", include_str!("../sites/hugo/404.html")),
];

const COBALT: Files = &[
    ("_cobalt.yml", include_str!("../sites/cobalt/_cobalt.yml")),
    (
        "_layouts/post.liquid",
        include_str!("../sites/cobalt/post.liquid"),
    ),
    ("index.liquid", include_str!("../sites/cobalt/index.liquid")),
    ("tags.liquid", include_str!("../sites/cobalt/tags.liquid")),
];
