//! What front matter says about a page or a section. The keys and their meanings are Zola's.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::PageDate;
use crate::config::AnchorLinks;
use crate::path::{Segments, UrlPath};
use crate::tree::Table;

/// The front matter of a page or a section.
#[derive(Debug, Clone)]
pub enum FrontMatter {
    /// That of a page: `x.md` or `x/index.md`.
    Page(Arc<PageFront>),
    /// That of a section: `_index.md`.
    Section(Arc<SectionFront>),
}

/// The front matter of a page.
#[derive(Debug, Clone, Default)]
pub struct PageFront {
    /// Its name.
    pub title: Option<String>,
    /// What it is about, in a sentence.
    pub description: Option<String>,
    /// When it was written.
    pub date: Option<PageDate>,
    /// When it was last changed.
    pub updated: Option<PageDate>,
    /// The day from which on it is left out.
    pub expires: Option<PageDate>,
    /// Where pages are sorted by weight, lighter ones come first.
    pub weight: Option<i64>,
    /// Whether it is left out, unless drafts are asked for.
    pub draft: bool,
    /// The last segment of its URL.
    pub slug: Option<String>,
    /// Its whole URL path.
    pub path: Option<String>,
    /// Further paths, which redirect to it.
    pub aliases: Vec<UrlPath>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Whether a search finds it.
    pub in_search_index: bool,
    /// The template to use instead of `page.html`.
    pub template: Option<String>,
    /// Its terms, by taxonomy.
    pub taxonomies: BTreeMap<String, Vec<String>>,
    /// Whether it has an HTML page.
    pub render: bool,
    /// `extra`: values for the theme.
    pub extra: Table,
    /// A hash of the text it was read from, to compare quickly.
    pub fingerprint: u64,
}

/// How a section's pages are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    /// By path.
    #[default]
    None,
    /// Latest first.
    Date,
    /// Latest change first.
    UpdateDate,
    /// By title, in the order that people expect.
    Title,
    /// By the bytes of the title.
    TitleBytes,
    /// Lightest first.
    Weight,
    /// By the last segment of the URL.
    Slug,
    /// By the URL.
    Permalink,
}

/// The front matter of a section.
#[derive(Debug, Clone, Default)]
pub struct SectionFront {
    /// Its name.
    pub title: Option<String>,
    /// What it holds, in a sentence.
    pub description: Option<String>,
    /// How its pages are sorted.
    pub sort_by: SortBy,
    /// Among the sections of one parent, lighter ones come first.
    pub weight: i64,
    /// Whether it is left out with everything below it, unless drafts are asked for.
    pub draft: bool,
    /// The template to use instead of `section.html`.
    pub template: Option<String>,
    /// The template of the pages below it.
    pub page_template: Option<String>,
    /// How many pages a pager lists.
    pub paginate_by: Option<usize>,
    /// The segments before the number in the URL of a pager.
    pub paginate_path: Option<Segments>,
    /// Whether its pages are listed from the last to the first.
    pub paginate_reversed: bool,
    /// Where the headings of its pages link to themselves.
    pub insert_anchor_links: Option<AnchorLinks>,
    /// Whether a search finds it.
    pub in_search_index: bool,
    /// Whether its pages also count as pages of its parent.
    pub transparent: bool,
    /// Where its URL redirects to, instead of showing a page.
    pub redirect_to: Option<String>,
    /// Further paths, which redirect to it.
    pub aliases: Vec<UrlPath>,
    /// Whether it has feeds of its own.
    pub generate_feeds: bool,
    /// Whether it has an HTML page.
    pub render: bool,
    /// `extra`: values for the theme.
    pub extra: Table,
    /// A hash of the text it was read from, to compare quickly.
    pub fingerprint: u64,
}
