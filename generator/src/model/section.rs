//! Builds the tree of sections, and sorts the pages in each.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::place::{Placed, PlacedPage, PlacedSection};
use super::{Page, PageId, Redirect, Section, SectionId, Site, Target, pager};
use crate::config::AnchorLinks;
use crate::parse::{SectionFront, SortBy};
use crate::path::{SourcePath, UrlPath};

/// Builds it. The bodies of a section get links to their headings as it asks for, else as `usual`.
pub(super) fn build(placed: Placed, usual: AnchorLinks) -> Site {
    let mut site = Site::default();
    add_sections(&mut site, placed.sections, usual);
    link_sections(&mut site);
    add_pages(&mut site, placed.pages, usual);
    for id in site.section_ids() {
        order_pages(&mut site, id);
    }
    site
}

fn add_sections(site: &mut Site, mut placed: Vec<PlacedSection>, usual: AnchorLinks) {
    placed.sort_by(|a, b| a.folder.cmp(&b.folder));
    if placed
        .first()
        .is_none_or(|section| !section.folder.is_empty())
    {
        site.sections.push(root());
    }
    for section in placed {
        let id = SectionId::new(site.sections.len());
        let source = section.document.path.clone();
        site.by_source
            .insert(source.below_content().to_owned(), Target::Section(id));
        site.redirects
            .extend(aliases(&section.front.aliases, &section.url, &source));
        if let Some(to) = &section.front.redirect_to {
            site.redirects.push(Redirect {
                from: section.url.clone(),
                to: as_folder(to),
                source: Some(source.clone()),
            });
        }
        let anchors = section.front.insert_anchor_links.unwrap_or(usual);
        site.sections.push(Section {
            source: Some(source),
            anchors,
            front: section.front,
            folder: section.folder,
            url: section.url,
            attachments: section.attachments,
            ..root()
        });
    }
}

/// `to` with a slash at the end, as in the URLs of pages and sections.
fn as_folder(to: &str) -> String {
    let last = to.rsplit('/').next().unwrap_or_default();
    if to.contains("://") || last.is_empty() || last.contains(['.', '#', '?']) {
        to.to_owned()
    } else {
        format!("{to}/")
    }
}

/// The root section of a site without `content/_index.md`.
fn root() -> Section {
    let front = Arc::new(SectionFront {
        render: true,
        in_search_index: true,
        ..SectionFront::default()
    });
    Section {
        source: None,
        front,
        anchors: AnchorLinks::default(),
        folder: String::new(),
        url: UrlPath::root(),
        parent: None,
        ancestors: Vec::new(),
        pages: Vec::new(),
        subsections: Vec::new(),
        pagers: Vec::new(),
        attachments: Vec::new(),
    }
}

fn aliases(from: &[UrlPath], to: &UrlPath, source: &SourcePath) -> Vec<Redirect> {
    let redirect = |from: &UrlPath| Redirect {
        from: from.clone(),
        to: to.to_string(),
        source: Some(source.clone()),
    };
    from.iter().map(redirect).collect()
}

fn link_sections(site: &mut Site) {
    let by_folder = folders(site);
    for id in site.section_ids() {
        let folder = &site.section(id).folder;
        let ancestors = if folder.is_empty() {
            Vec::new()
        } else {
            above(folder, &by_folder)
        };
        let parent = ancestors.last().copied();
        if let Some(parent) = parent {
            site.sections[parent.index()].subsections.push(id);
        }
        let section = &mut site.sections[id.index()];
        section.parent = parent;
        section.ancestors = ancestors;
    }
    let weights: Vec<i64> = site
        .sections
        .iter()
        .map(|section| section.front.weight)
        .collect();
    for section in &mut site.sections {
        section
            .subsections
            .sort_by_key(|id| (weights[id.index()], *id));
    }
}

fn folders(site: &Site) -> BTreeMap<String, SectionId> {
    site.section_ids()
        .map(|id| (site.section(id).folder.clone(), id))
        .collect()
}

/// The sections above `folder`, the root first, without that of `folder` itself.
fn above(folder: &str, by_folder: &BTreeMap<String, SectionId>) -> Vec<SectionId> {
    let mut ancestors: Vec<SectionId> = by_folder.get("").copied().into_iter().collect();
    for (at, _) in folder.match_indices('/') {
        ancestors.extend(by_folder.get(&folder[..at]));
    }
    ancestors
}

fn add_pages(site: &mut Site, placed: Vec<PlacedPage>, usual: AnchorLinks) {
    let by_folder = folders(site);
    for page in placed {
        let id = PageId::new(site.pages.len());
        let section = by_folder.get(&page.folder).copied();
        let mut ancestors =
            section.map_or_else(Vec::new, |section| site.section(section).ancestors.clone());
        ancestors.extend(section);
        // A page that is not rendered is not listed, because its address would lead nowhere.
        let holders = holders(site, section).into_iter();
        for holder in holders.filter(|_| page.front.render) {
            site.sections[holder.index()].pages.push(id);
        }
        let source = page.document.path.clone();
        site.by_source
            .insert(source.below_content().to_owned(), Target::Page(id));
        site.redirects
            .extend(aliases(&page.front.aliases, &page.url, &source));
        let asked = section.and_then(|id| site.section(id).front.insert_anchor_links);
        site.pages.push(Page {
            source,
            front: page.front,
            anchors: asked.unwrap_or(usual),
            slug: page.slug,
            url: page.url,
            section,
            ancestors,
            lower: None,
            higher: None,
            attachments: page.attachments,
        });
    }
    for section in &mut site.sections {
        section.pagers = pager::pagers(section);
    }
}

/// The section, and above a transparent section also its parent, and so on.
fn holders(site: &Site, section: Option<SectionId>) -> Vec<SectionId> {
    let mut holders = Vec::new();
    let mut next = section;
    while let Some(id) = next {
        holders.push(id);
        let section = site.section(id);
        next = section.parent.filter(|_| section.front.transparent);
    }
    holders
}

fn order_pages(site: &mut Site, id: SectionId) {
    let section = site.section(id);
    let sort_by = section.front.sort_by;
    let mut pages = section.pages.clone();
    pages.sort_by(|a, b| compare(site.page(*a), site.page(*b), sort_by).then(a.cmp(b)));
    // The neighbours of a page come from the first section above it that is not transparent.
    if sort_by != SortBy::None && !section.front.transparent {
        for (at, page) in pages.iter().enumerate() {
            site.pages[page.index()].lower = at.checked_sub(1).map(|before| pages[before]);
            site.pages[page.index()].higher = pages.get(at + 1).copied();
        }
    }
    let section = &mut site.sections[id.index()];
    section.pages = pages;
}

/// Compares two pages of a section. Pages without the key to sort by come last.
fn compare(a: &Page, b: &Page, sort_by: SortBy) -> Ordering {
    let latest_first = |date: fn(&Page) -> Option<jiff::Timestamp>| {
        let key = |page| Reverse(date(page));
        key(a).cmp(&key(b))
    };
    match sort_by {
        SortBy::None => Ordering::Equal,
        SortBy::Date => {
            latest_first(|page| page.front.date.as_ref().map(crate::parse::PageDate::moment))
        }
        SortBy::UpdateDate => latest_first(|page| {
            let front = &page.front;
            front
                .updated
                .as_ref()
                .or(front.date.as_ref())
                .map(crate::parse::PageDate::moment)
        }),
        SortBy::Title => title(a).to_lowercase().cmp(&title(b).to_lowercase()),
        SortBy::TitleBytes => title(a).cmp(title(b)),
        SortBy::Weight => {
            let key = |page: &Page| page.front.weight.unwrap_or(i64::MAX);
            key(a).cmp(&key(b))
        }
        SortBy::Slug => a.slug.cmp(&b.slug),
        SortBy::Permalink => a.url.cmp(&b.url),
    }
}

fn title(page: &Page) -> &str {
    page.front.title.as_deref().unwrap_or_default()
}
