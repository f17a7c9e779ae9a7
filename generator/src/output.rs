//! The finished files that a build produces, before they are written.

use std::sync::Arc;

use bytes::Bytes;

use crate::path::{OutputPath, SourcePath};

/// The kind of an output file. It decides in which order files are written and how long an HTTP
/// cache may keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputKind {
    /// An asset, whose name holds a hash of its bytes: it may be cached for ever, and stays in the
    /// output folder for one more build.
    Asset,
    /// A file that is copied unchanged: from `static/`, or from beside a page.
    Static,
    /// An HTML page: browsers ask at every visit whether it has changed.
    Page,
    /// Feeds, sitemap, robots, `_headers`, `_redirects` and the like.
    Meta,
}

/// Whether two files hold the same bytes. Clones share their memory, which makes this quick.
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
    /// Its whole content; a clone shares the memory.
    pub bytes: Bytes,
    /// Its kind.
    pub kind: OutputKind,
    /// The inputs it was made from, for `explain` and for messages; a clone shares them.
    pub made_from: Arc<[SourcePath]>,
}
