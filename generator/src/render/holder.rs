//! What holds pages: a section, or a term of a taxonomy. Both have a page of their own that lists
//! them, in parts if they are many, and may have a feed.

use std::sync::Arc;

use minijinja::{Value, context};

use super::reads::Key;
use super::world::World;
use crate::model::{PageId, Pager, SectionId, TermId};
use crate::path::{Segments, SourcePath, UrlPath};

/// What holds pages.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holder {
    Section(SectionId),
    Term(TermId),
}

impl Holder {
    pub(super) fn key(self, world: &World) -> Key {
        match self {
            Self::Section(id) => world.section_key(id),
            Self::Term(id) => world.term_key(id),
        }
    }

    /// The variables about it.
    pub(super) fn context(self, world: &Arc<World>) -> Value {
        match self {
            Self::Section(id) => context! { section => world.object(id) },
            Self::Term(id) => context! {
                taxonomy => world.object(id.taxonomy),
                term => world.object(id),
            },
        }
    }

    /// Its name for readers; a section without a title has that of its folder.
    pub(super) fn title(self, world: &World) -> &str {
        match self {
            Self::Section(id) => {
                let section = world.site.section(id);
                section.front.title.as_deref().unwrap_or(&section.folder)
            }
            Self::Term(id) => &world.site.term(id).name,
        }
    }

    pub(super) fn url(self, world: &World) -> &UrlPath {
        match self {
            Self::Section(id) => &world.site.section(id).url,
            Self::Term(id) => &world.site.term(id).url,
        }
    }

    pub(super) fn source(self, world: &World) -> Option<&SourcePath> {
        match self {
            Self::Section(id) => world.site.section(id).source.as_ref(),
            Self::Term(_) => None,
        }
    }

    /// Its pages, in its order.
    pub(super) fn pages(self, world: &World) -> &[PageId] {
        match self {
            Self::Section(id) => &world.site.section(id).pages,
            Self::Term(id) => &world.site.term(id).pages,
        }
    }

    /// Its parts; none if it is not cut into parts.
    pub(super) fn pagers(self, world: &World) -> &[Pager] {
        match self {
            Self::Section(id) => &world.site.section(id).pagers,
            Self::Term(id) => &world.site.term(id).pagers,
        }
    }

    /// How many pages a part shows, and the segments before its number in the URL.
    pub(super) fn paginated(self, world: &World) -> (Option<usize>, Option<&Segments>) {
        match self {
            Self::Section(id) => {
                let front = &world.site.section(id).front;
                (front.paginate_by, front.paginate_path.as_ref())
            }
            Self::Term(id) => {
                let config = &world.site.taxonomy(id.taxonomy).config;
                (config.paginate_by, config.paginate_path.as_ref())
            }
        }
    }
}
