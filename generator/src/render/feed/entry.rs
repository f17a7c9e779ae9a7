//! A page as an entry of a feed.

use jiff::Timestamp;
use minijinja::Value;

use crate::model::{Page, PageId, Target};
use crate::parse::PageDate;
use crate::path::UrlPath;
use crate::render::fields::PageField;
use crate::render::html;
use crate::render::reads::{self, Read};
use crate::render::world::World;

/// A page in a feed.
pub(super) struct FeedEntry {
    pub(super) title: String,
    pub(super) address: String,
    pub(super) published: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) authors: Vec<String>,
    pub(super) summary: Option<String>,
    pub(super) html: String,
}

impl FeedEntry {
    /// The entry of a page, if the page has a date.
    pub(super) fn new(world: &World, id: PageId) -> Option<Self> {
        let config = &world.config;
        let page = NotedPage { world, id };
        let published = page.date()?.moment();
        let authors = match (page.authors(), &config.author) {
            ([], Some(author)) => vec![author.clone()],
            ([], None) => vec![config.title.clone()],
            (authors, _) => authors.to_vec(),
        };
        let target = Target::Page(id);
        let whole = |value: Value| absolute(&value.to_string(), config.base_url.origin());
        let summary = || {
            let summary = html::summary(world, target);
            (!summary.is_none()).then(|| whole(summary))
        };
        Some(Self {
            title: page.title().unwrap_or_default().to_owned(),
            address: config.base_url.join(page.url()),
            published,
            updated: page.updated().map_or(published, PageDate::moment),
            authors,
            summary: page.description().map(str::to_owned).or_else(summary),
            html: whole(html::content(world, target)),
        })
    }
}

/// A page whose fields are noted when they are read. What no template reads must be read by this:
/// a read that is not noted leaves a feed as it was when the field changes.
pub(super) struct NotedPage<'w> {
    pub(super) world: &'w World,
    pub(super) id: PageId,
}

impl<'w> NotedPage<'w> {
    fn read(&self, field: PageField) -> &'w Page {
        reads::note(|| Read::Field(self.world.page_key(self.id), field.into()));
        self.world.site.page(self.id)
    }

    fn title(&self) -> Option<&'w str> {
        self.read(PageField::Title).front.title.as_deref()
    }

    fn description(&self) -> Option<&'w str> {
        self.read(PageField::Description)
            .front
            .description
            .as_deref()
    }

    pub(super) fn date(&self) -> Option<&'w PageDate> {
        self.read(PageField::Date).front.date.as_ref()
    }

    pub(super) fn updated(&self) -> Option<&'w PageDate> {
        self.read(PageField::Updated).front.updated.as_ref()
    }

    fn authors(&self) -> &'w [String] {
        &self.read(PageField::Authors).front.authors
    }

    fn url(&self) -> &'w UrlPath {
        &self.read(PageField::Path).url
    }
}

/// `html` in which links that begin with `/` are made full addresses.
fn absolute(html: &str, origin: &str) -> String {
    let mut out = String::with_capacity(html.len() + 64);
    let mut rest = html;
    while let Some(at) = rest.find("=\"/") {
        let (before, behind) = rest.split_at(at + 2);
        out.push_str(before);
        let is_address = before.ends_with("href=\"") || before.ends_with("src=\"");
        if is_address && !behind.starts_with("//") {
            out.push_str(origin);
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::absolute;

    #[test]
    fn links_in_feeds_are_whole() {
        assert_eq!(
            absolute(
                "<a href=\"/x\">/</a><img src=\"/y\" alt=\"/z\"><a href=\"//b/c\">",
                "https://a.example"
            ),
            "<a href=\"https://a.example/x\">/</a>\
             <img src=\"https://a.example/y\" alt=\"/z\"><a href=\"//b/c\">"
        );
    }
}
