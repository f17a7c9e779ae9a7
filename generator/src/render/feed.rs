//! Feeds of the site, of sections and of terms: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1.
//!
//! A feed lists dated pages, the latest first. Its own date is that of its latest page, so that a
//! feed only changes when its pages do.

mod atom;
mod entry;
mod json;
mod rss;

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;
use minijinja::context;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::cache::Cache;
use super::holder::Holder;
use super::markup::{self, Standpoint};
use super::reads::{self, Cached, Key};
use super::theme::Theme;
use super::world::World;
use crate::diag::Diagnostic;
use crate::fingerprint;
use crate::model::PageId;
use crate::output::{Output, OutputKind};
use crate::parse::PageDate;
use crate::path::{Segments, SourcePath, UrlPath};

use self::entry::{FeedEntry, NotedPage};

/// All feeds that the configuration and the sections ask for. A feed is rendered by the template of
/// its name, if there is one, else by the built-in code. The first stands at the `place` behind all
/// pages.
pub(super) fn outputs(
    place: usize,
    world: &Arc<World>,
    theme: &Theme,
    before: &Cache,
) -> Vec<Result<Arc<Cached<Output>>, Diagnostic>> {
    let names = &world.config.feed_filenames;
    let jobs: Vec<(Channel<'_>, &Segments)> = channels(world)
        .into_iter()
        .flat_map(|channel| names.iter().map(move |name| (channel.clone(), name)))
        .collect();
    jobs.into_par_iter()
        .enumerate()
        .map(|(at, (channel, name))| {
            let own = channel.home.file(name);
            channel.output_from(world, theme, name, (place + at, &own), before)
        })
        .collect()
}

/// A feed, whatever its format.
#[derive(Clone)]
struct Channel<'w> {
    title: String,
    home: &'w UrlPath,
    /// The pages to list, in their order.
    pages: Vec<PageId>,
    /// What holds the pages; `None` for those of the whole site.
    whose: Option<Holder>,
}

/// The content of a feed, for the built-in formats.
struct Feed {
    title: String,
    description: String,
    language: String,
    /// The address of the page that lists the same pages.
    home: String,
    /// The address of the feed itself.
    own: String,
    updated: Timestamp,
    entries: Vec<FeedEntry>,
}

fn channels(world: &World) -> Vec<Channel<'_>> {
    let (site, config) = (&world.site, &world.config);
    let root = site.sections.first();
    let whole = root.filter(|_| config.generate_feeds).map(|root| Channel {
        title: config.title.clone(),
        home: &root.url,
        pages: latest(world, site.page_ids()),
        whose: None,
    });
    let sections = site.section_ids().filter(|id| {
        let section = site.section(*id);
        // The site's own feed has the root's place.
        section.front.generate_feeds && !(section.folder.is_empty() && config.generate_feeds)
    });
    let taxonomies = site.taxonomy_ids().filter(|id| {
        let config = &site.taxonomy(*id).config;
        config.feed && config.render
    });
    let terms = taxonomies.flat_map(|id| site.term_ids(id));
    let holders = sections.map(Holder::Section).chain(terms.map(Holder::Term));
    let parts = holders.map(|whose| Channel {
        title: format!("{} - {}", config.title, whose.title(world)),
        home: whose.url(world),
        pages: latest(world, whose.pages(world).iter().copied()),
        whose: Some(whose),
    });
    whole.into_iter().chain(parts).collect()
}

/// The dated ones of `pages`, the latest first, up to the limit of a feed.
fn latest(world: &World, pages: impl Iterator<Item = PageId>) -> Vec<PageId> {
    let date = |id: PageId| world.site.page(id).front.date.as_ref();
    let is_listed = |id: &PageId| world.site.page(*id).front.render && date(*id).is_some();
    let mut pages: Vec<PageId> = pages.filter(is_listed).collect();
    let latest_first = |id: &PageId| (Reverse(date(*id).map(PageDate::moment)), *id);
    if let Some(limit) = world.config.feed_limit.filter(|limit| *limit < pages.len()) {
        // All the others need no order.
        pages.select_nth_unstable_by_key(limit, latest_first);
        pages.truncate(limit);
    }
    pages.sort_by_key(latest_first);
    pages
}

impl Channel<'_> {
    fn output_from(
        self,
        world: &Arc<World>,
        theme: &Theme,
        name: &Segments,
        (place, own): (usize, &UrlPath),
        before: &Cache,
    ) -> Result<Arc<Cached<Output>>, Diagnostic> {
        let keys: Vec<Key> = self.pages.iter().map(|id| world.page_key(*id)).collect();
        let job = fingerprint::of(&(&self.title, own, keys));
        before.reuse_or((place, &own.output()), job, world, || {
            self.output(world, theme, name, own)
        })
    }

    fn output(
        self,
        world: &Arc<World>,
        theme: &Theme,
        name: &Segments,
        own: &UrlPath,
    ) -> Result<Output, Diagnostic> {
        let name = name.as_str();
        let sources = self.pages.iter().map(|id| world.site.page(*id));
        let sources: Vec<SourcePath> = sources.map(|page| page.source.clone()).collect();
        let text = if let Ok(template) = theme.read(name) {
            let failed = |error| theme.diagnose(&error, None);
            let context = self.context(world, own);
            let render = || world.limits.render(&template, context, None);
            markup::rendering(name, Standpoint::Elsewhere, render).map_err(failed)?
        } else {
            let feed = markup::rendering("", Standpoint::Elsewhere, || self.feed(world, own));
            match name.rsplit('.').next() {
                Some("json") => json::write(&feed),
                _ if name == "rss.xml" => rss::write(&feed),
                _ => atom::write(&feed),
            }
        };
        Ok(Output {
            path: own.output(),
            bytes: text.into(),
            kind: OutputKind::Meta,
            made_from: reads::made_from(sources).into(),
        })
    }

    /// The variables of a feed's template, by Zola's names.
    fn context(&self, world: &Arc<World>, own: &UrlPath) -> minijinja::Value {
        let changed = self.pages.iter().filter_map(|id| {
            let page = NotedPage { world, id: *id };
            page.updated().or(page.date())
        });
        let latest = changed
            .max_by_key(|date| date.moment())
            .map(PageDate::to_rfc3339);
        let listed: Vec<_> = self.pages.iter().map(|id| world.object(*id)).collect();
        let shared = context! {
            feed_url => world.config.base_url.join(own),
            last_updated => latest,
            pages => listed,
        };
        match self.whose {
            None => shared,
            Some(whose) => context! { ..whose.context(world), ..shared },
        }
    }

    fn feed(self, world: &World, own: &UrlPath) -> Feed {
        let entries = self
            .pages
            .iter()
            .filter_map(|id| FeedEntry::new(world, *id));
        let entries: Vec<FeedEntry> = entries.collect();
        let config = &world.config;
        let latest = entries.iter().map(|entry| entry.updated).max();
        Feed {
            title: self.title,
            description: config.description.clone(),
            language: config.default_language.clone(),
            home: config.base_url.join(self.home),
            own: config.base_url.join(own),
            updated: latest.unwrap_or(Timestamp::UNIX_EPOCH),
            entries,
        }
    }
}
