//! A finished file, on its way to the output folder.

use bytes::Bytes;

use crate::path::{OutputPath, SourcePath};

/// What a file is, which decides when it is written and how long a cache may keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputKind {
    /// Named after a hash of its bytes: may be cached for ever, is kept for one build more.
    Asset,
    /// Copied as it was found: `static/` files and the files beside a page.
    Static,
    /// HTML: revalidated at every visit.
    Page,
    /// Feeds, sitemap, robots, `_headers`, `_redirects` and the like.
    Meta,
}

/// Whether two files are the same; those that share their bytes are not looked at.
#[must_use]
pub fn same(one: &Bytes, other: &Bytes) -> bool {
    let shared = one.len() == other.len() && std::ptr::eq(one.as_ptr(), other.as_ptr());
    shared || one == other
}

/// One file of the finished site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Where it goes, relative to the output folder.
    pub path: OutputPath,
    /// Its whole content; a clone shares it.
    pub bytes: Bytes,
    /// What it is.
    pub kind: OutputKind,
    /// The inputs it was made from, for `explain` and for messages.
    pub made_from: Vec<SourcePath>,
}
