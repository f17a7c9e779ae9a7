//! The finished files that a build produces, before they are written.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::claims::{self, Clash};
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

impl Output {
    /// Where it comes from, for messages.
    #[must_use]
    pub fn origin(&self) -> Origin<'_> {
        Origin(self)
    }
}

/// Where a file comes from, as messages tell it.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a>(&'a Output);

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(output) = self;
        match (output.made_from.first(), output.kind) {
            // Its source is one of many things that it is made from.
            (None, _) | (_, OutputKind::Meta) => {
                write!(f, "the generator itself ({})", output.path)
            }
            (Some(source), _) => write!(f, "{source}"),
        }
    }
}

/// The files among `outputs` that want one place, each with where it comes from.
pub(crate) fn clashes(outputs: &[Output]) -> Vec<Clash<'_, Origin<'_>>> {
    claims::clashes(outputs.iter().map(|one| (&one.path, one.origin())))
}
