//! Cuts lists of pages into pagers.

use std::ops::Range;

use super::{Redirect, Section, Site};
use crate::path::{Segments, UrlPath};

/// A part of a list of pages, with a page of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pager {
    /// Its number, from 1.
    pub number: usize,
    /// Its URL.
    pub url: UrlPath,
    /// The part of the list that it shows.
    pub pages: Range<usize>,
    /// Whether it shows them from the last to the first.
    pub reversed: bool,
}

pub(super) fn pagers(section: &Section) -> Vec<Pager> {
    let front = &section.front;
    let count = section.pages.len();
    let path = front.paginate_path.as_ref();
    let mut pagers = front
        .paginate_by
        .map_or_else(Vec::new, |by| split(count, by, &section.url, path));
    if front.paginate_reversed {
        for pager in &mut pagers {
            pager.pages = count - pager.pages.end..count - pager.pages.start;
            pager.reversed = true;
        }
    }
    pagers
}

/// Addresses of first pages by their number, as in Zola: `/posts/page/1/` leads to `/posts/`, so
/// that a template may count from 1.
pub(super) fn numbered_firsts(site: &Site) -> Vec<Redirect> {
    let sections = site.sections.iter().filter(|section| section.front.render);
    let sections = sections.map(|section| (&section.pagers, section.front.paginate_path.as_ref()));
    let taxonomies = site.taxonomies.iter();
    let terms = taxonomies
        .filter(|taxonomy| taxonomy.config.render)
        .flat_map(|taxonomy| {
            let path = taxonomy.config.paginate_path.as_ref();
            taxonomy.terms.iter().map(move |term| (&term.pagers, path))
        });
    sections
        .chain(terms)
        .filter_map(|(pagers, path)| {
            let first = pagers.first()?;
            Some(Redirect {
                from: below(&first.url, path).folder(&Segments::from(first.number)),
                to: first.url.to_string(),
                source: None,
            })
        })
        .collect()
}

fn below(url: &UrlPath, path: Option<&Segments>) -> UrlPath {
    path.map_or_else(|| url.clone(), |path| url.folder(path))
}

/// Cuts a list of `count` pages below `url` into pagers of `by` pages each; an empty list gets one
/// pager.
pub(super) fn split(count: usize, by: usize, url: &UrlPath, path: Option<&Segments>) -> Vec<Pager> {
    let below = below(url, path);
    (0..count.div_ceil(by).max(1))
        .map(|at| Pager {
            number: at + 1,
            url: if at == 0 {
                url.clone()
            } else {
                below.folder(&Segments::from(at + 1))
            },
            pages: at * by..((at + 1) * by).min(count),
            reversed: false,
        })
        .collect()
}
