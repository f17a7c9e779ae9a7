//! The bodies of all pages and sections. They lie apart from the site, so that a site whose bodies
//! alone are written anew need not be assembled again.

use std::sync::Arc;

use super::{Content, PageId, SectionId, Site, Target};
use crate::parse::Document;

/// The bodies of all pages and sections of a site; a clone shares them.
#[derive(Debug, Clone, Default)]
pub struct Bodies {
    pages: Vec<Arc<Content>>,
    sections: Vec<Arc<Content>>,
}

impl Bodies {
    /// Those of `site`, out of `documents`. No links are followed yet.
    pub(super) fn of(site: &Site, documents: &[Arc<Document>]) -> Self {
        let empty = Arc::<Content>::default();
        let mut bodies = Self {
            pages: vec![Arc::clone(&empty); site.pages.len()],
            sections: vec![empty; site.sections.len()],
        };
        for document in documents {
            // What is left out has no target.
            if let Some(on) = site.by_source.get(document.path.below_content()) {
                *bodies.place(*on) = Arc::new(Content::new(document, site.anchors(*on)));
            }
        }
        bodies
    }

    /// The same with `documents` in place of those of the same files. Their links must lead where
    /// those of the others led.
    pub(super) fn revised(&self, site: &Site, documents: &[&Arc<Document>]) -> Self {
        let mut bodies = self.clone();
        for document in documents {
            if let Some(on) = site.by_source.get(document.path.below_content()) {
                let place = bodies.place(*on);
                let mut content = Content::new(document, site.anchors(*on));
                content.backlinks.clone_from(&place.backlinks);
                *place = Arc::new(content);
            }
        }
        bodies
    }

    /// The pages and sections whose bodies are not the very same as in those of the same site
    /// `before`.
    pub fn changed<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = Target> + 'a {
        let pages = differing(&before.pages, &self.pages);
        let sections = differing(&before.sections, &self.sections);
        let pages = pages.map(|at| Target::Page(PageId::new(at)));
        pages.chain(sections.map(|at| Target::Section(SectionId::new(at))))
    }

    /// The body of a page or section.
    #[must_use]
    pub fn content(&self, of: Target) -> &Content {
        match of {
            Target::Page(id) => &self.pages[id.index()],
            Target::Section(id) => &self.sections[id.index()],
        }
    }

    /// The same, to add what other bodies say about it.
    pub(super) fn content_mut(&mut self, of: Target) -> &mut Content {
        Arc::make_mut(self.place(of))
    }

    fn place(&mut self, of: Target) -> &mut Arc<Content> {
        match of {
            Target::Page(id) => &mut self.pages[id.index()],
            Target::Section(id) => &mut self.sections[id.index()],
        }
    }
}

/// The indices at which the two lists differ.
fn differing<'a>(
    old: &'a [Arc<Content>],
    new: &'a [Arc<Content>],
) -> impl Iterator<Item = usize> + 'a {
    let pairs = old.iter().zip(new).enumerate();
    pairs.filter_map(|(at, (old, new))| (!Arc::ptr_eq(old, new)).then_some(at))
}
