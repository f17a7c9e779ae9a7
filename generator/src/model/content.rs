//! Pages, sections and what they are known by.

use std::sync::Arc;

use bytes::Bytes;

use super::Pager;
use super::links::Content;
use crate::parse::{PageFront, SectionFront};
use crate::path::{OutputPath, SourcePath, UrlPath};

/// A page's place in its site's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(u32);

/// A section's place in its site's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId(u32);

macro_rules! id {
    ($name:ident) => {
        impl $name {
            pub(super) fn new(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            /// The place in the list, from 0.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(PageId);
id!(SectionId);

impl SectionId {
    /// The front page, which every site has.
    #[must_use]
    pub fn root() -> Self {
        Self(0)
    }
}

/// What a link or an address can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A page.
    Page(PageId),
    /// A section.
    Section(SectionId),
}

/// A page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its file.
    pub source: SourcePath,
    /// The file's text, for messages that point into it.
    pub text: Arc<str>,
    /// What its head says, a date in the file name included.
    pub front: Arc<PageFront>,
    /// Its body.
    pub content: Content,
    /// Its last URL segment.
    pub slug: String,
    /// Its URL.
    pub url: UrlPath,
    /// The section it belongs to; an orphan has none.
    pub section: Option<SectionId>,
    /// The sections above it, the root first.
    pub ancestors: Vec<SectionId>,
    /// The page before it in the section's order.
    pub lower: Option<PageId>,
    /// The page behind it in the section's order.
    pub higher: Option<PageId>,
    /// The files beside it.
    pub attachments: Vec<Attachment>,
    /// Who links here.
    pub backlinks: Vec<Target>,
}

/// A section.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its `_index.md`; a root without one has none.
    pub source: Option<SourcePath>,
    /// That file's text.
    pub text: Arc<str>,
    /// What its head says.
    pub front: Arc<SectionFront>,
    /// Its body.
    pub content: Content,
    /// Its folder below `content/`; empty for the root.
    pub folder: String,
    /// Its URL.
    pub url: UrlPath,
    /// The section it lies in; the root has none.
    pub parent: Option<SectionId>,
    /// The sections above it, the root first.
    pub ancestors: Vec<SectionId>,
    /// Its pages, in its order.
    pub pages: Vec<PageId>,
    /// The sections in it, lightest first.
    pub subsections: Vec<SectionId>,
    /// Its pagers; none where it is not paginated.
    pub pagers: Vec<Pager>,
    /// The files beside its `_index.md`.
    pub attachments: Vec<Attachment>,
    /// Who links here.
    pub backlinks: Vec<Target>,
}

/// A file beside a page.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Where it was found.
    pub source: SourcePath,
    /// Where it goes.
    pub output: OutputPath,
    /// Its bytes.
    pub bytes: Bytes,
}

/// An address that leads elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The address.
    pub from: UrlPath,
    /// Where it leads: a path on this site or a full address.
    pub to: String,
    /// The content file that asks for it; none for the number of a list's first page.
    pub source: Option<SourcePath>,
}
