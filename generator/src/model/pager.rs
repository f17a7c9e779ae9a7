//! Pagination.

use std::ops::Range;

use super::Section;
use crate::path::{Segments, UrlPath};

/// One page of a longer list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager {
    /// Its number, from 1.
    pub number: usize,
    /// Its URL.
    pub url: UrlPath,
    /// Which of the list's pages it shows.
    pub pages: Range<usize>,
}

impl Pager {
    /// Gives the first pager the end of the list.
    pub(super) fn reverse(pagers: &mut [Self]) {
        let ranges: Vec<_> = pagers
            .iter()
            .rev()
            .map(|pager| pager.pages.clone())
            .collect();
        for (pager, pages) in pagers.iter_mut().zip(ranges) {
            pager.pages = pages;
        }
    }
}

pub(super) fn pagers(section: &Section) -> Vec<Pager> {
    let front = &section.front;
    let path = front.paginate_path.as_ref();
    front.paginate_by.map_or_else(Vec::new, |by| {
        split(section.pages.len(), by, &section.url, path)
    })
}

/// Cuts a list of `count` pages below `url` into pagers of `by`; an empty list has one.
pub(super) fn split(count: usize, by: usize, url: &UrlPath, path: Option<&Segments>) -> Vec<Pager> {
    let below = path.map_or_else(|| url.clone(), |path| url.folder(path));
    (0..count.div_ceil(by).max(1))
        .map(|at| Pager {
            number: at + 1,
            url: if at == 0 {
                url.clone()
            } else {
                below.folder(&Segments::from(at + 1))
            },
            pages: at * by..((at + 1) * by).min(count),
        })
        .collect()
}
