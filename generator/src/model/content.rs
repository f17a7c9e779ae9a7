//! Pages and sections, and the ids of everything on a site.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;

use super::Pager;
use crate::config::AnchorLinks;
use crate::fingerprint;
use crate::parse::{Body, Document, InternalLink, PageFront, SectionFront};
use crate::path::{OutputPath, SourcePath, UrlPath};

/// The index of a page in [`Site::pages`](super::Site::pages).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(u32);

/// The index of a section in [`Site::sections`](super::Site::sections).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId(u32);

/// The index of a taxonomy in [`Site::taxonomies`](super::Site::taxonomies).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaxonomyId(u32);

/// A term, by the index in its taxonomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermId {
    /// Its taxonomy.
    pub taxonomy: TaxonomyId,
    index: u32,
}

macro_rules! id {
    ($name:ident) => {
        impl $name {
            pub(super) fn new(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            /// The index, from 0.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(PageId);
id!(SectionId);
id!(TaxonomyId);

impl TermId {
    pub(super) fn new(taxonomy: TaxonomyId, index: usize) -> Self {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        Self { taxonomy, index }
    }

    /// The index in [`Taxonomy::terms`](super::Taxonomy::terms).
    #[must_use]
    pub fn index(self) -> usize {
        self.index as usize
    }
}

impl SectionId {
    /// The front page, which every site has.
    #[must_use]
    pub fn root() -> Self {
        Self(0)
    }
}

/// A page or a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A page.
    Page(PageId),
    /// A section.
    Section(SectionId),
}

/// A body, with what its section decides about it and what links to it.
#[derive(Debug, Clone, Default)]
pub struct Content {
    /// The whole text of its file, for messages that point into it.
    pub text: Arc<str>,
    /// The body.
    pub body: Arc<Body>,
    /// Where its headings get a link to themselves.
    pub anchors: AnchorLinks,
    /// The links in it that lead nowhere. No address is written for them: they are told here.
    pub lost: HashSet<InternalLink>,
    /// The pages and sections that link to it.
    pub backlinks: Vec<Target>,
    /// A hash of the body, the choice and the lost links. The addresses of what it links to are not
    /// in it.
    pub fingerprint: u64,
}

impl Content {
    pub(super) fn new(document: &Document, anchors: AnchorLinks) -> Self {
        let body = Arc::clone(&document.body);
        Self {
            fingerprint: fingerprint::of(&(body.fingerprint, std::mem::discriminant(&anchors))),
            text: Arc::clone(&document.text),
            body,
            anchors,
            lost: HashSet::new(),
            backlinks: Vec::new(),
        }
    }

    /// Writes no address for `link`.
    pub(super) fn lose(&mut self, link: InternalLink) {
        self.fingerprint = fingerprint::of(&(self.fingerprint, &link));
        self.lost.insert(link);
    }
}

/// A page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its file.
    pub source: SourcePath,
    /// Its front matter; a date in the file name counts as its date.
    pub front: Arc<PageFront>,
    /// Where the headings of its body get a link to themselves.
    pub anchors: AnchorLinks,
    /// Its last URL segment.
    pub slug: String,
    /// Its URL.
    pub url: UrlPath,
    /// The section it belongs to, if any.
    pub section: Option<SectionId>,
    /// The sections above it, the root first.
    pub ancestors: Vec<SectionId>,
    /// The page before it in its section.
    pub lower: Option<PageId>,
    /// The page behind it in its section.
    pub higher: Option<PageId>,
    /// The other files in its folder.
    pub attachments: Vec<Attachment>,
}

/// A section.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its `_index.md`; only the root can be without one.
    pub source: Option<SourcePath>,
    /// Its front matter.
    pub front: Arc<SectionFront>,
    /// Where the headings of its body get a link to themselves.
    pub anchors: AnchorLinks,
    /// Its folder below `content/`; empty for the root.
    pub folder: String,
    /// Its URL.
    pub url: UrlPath,
    /// The section it lies in; the root has none.
    pub parent: Option<SectionId>,
    /// The sections above it, the root first.
    pub ancestors: Vec<SectionId>,
    /// Its pages, sorted as it asks for.
    pub pages: Vec<PageId>,
    /// The sections directly in it, lightest first.
    pub subsections: Vec<SectionId>,
    /// Its pagers; empty if it is not paginated.
    pub pagers: Vec<Pager>,
    /// The other files in its folder.
    pub attachments: Vec<Attachment>,
}

/// A file beside a page or section, which is copied.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Its path in the sources.
    pub source: SourcePath,
    /// Its path in the output.
    pub output: OutputPath,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The address.
    pub from: UrlPath,
    /// The target: a path on this site or a full address.
    pub to: String,
    /// The content file that asks for it; `None` for the generator's own redirect from the first
    /// page of a paginated list.
    pub source: Option<SourcePath>,
}

impl Redirect {
    /// Whether its address is that of a file, which has no form with a slash.
    #[must_use]
    pub fn is_from_a_file(&self) -> bool {
        matches!(
            self.from.output().extension(),
            Some("html" | "htm" | "xml" | "txt" | "json")
        ) && !self.from.as_str().ends_with('/')
    }

    /// The file of its page. `/old` and `/old/` both become `old/index.html`, because hosts do not
    /// know the type of a file without an extension.
    #[must_use]
    pub fn output(&self) -> OutputPath {
        if self.is_from_a_file() {
            self.from.output()
        } else {
            self.from.as_folder().output()
        }
    }
}
