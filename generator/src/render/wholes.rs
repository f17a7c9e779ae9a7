//! A hash of everything that can be read of each page, section, taxonomy and term together. Where
//! it has not changed since the last rendering, what was read need not be looked at field by field.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::cache::Cache;
use super::fingerprints::attachments_fingerprint;
use super::reads::{Key, Read};
use super::world::World;
use crate::fingerprint::{self, Table};
use crate::model::{
    Content, Page, PageId, Section, SectionId, Target, Taxonomy, TaxonomyId, Term, TermId,
};

/// The hashes, by the keys of what they are of. What shortcode calls come to is not in them.
pub(super) type Wholes = Table<Key, u64>;

/// What is not as it was in the last rendering.
#[derive(Debug, Default)]
pub(super) struct Changed(HashSet<Key, foldhash::fast::FixedState>);

/// The hashes of everything on the site, and what has changed since the rendering that left
/// `before`.
pub(super) fn since(before: &Cache, world: &World) -> (Arc<Wholes>, Changed) {
    if !before.is_of(&world.site) {
        let wholes = of(world);
        let changed = Changed::between(&before.wholes, &wholes);
        return (Arc::new(wholes), changed);
    }
    let mut wholes = Wholes::clone(&before.wholes);
    let mut changed = Changed::default();
    for target in world.bodies.changed(&before.bodies) {
        let key = world.target_key(target);
        changed.0.insert(key);
        wholes.insert(
            key,
            match target {
                Target::Page(id) => world.whole_page(id),
                Target::Section(id) => world.whole_section(id),
            },
        );
    }
    (Arc::new(wholes), changed)
}

impl Changed {
    /// What differs in `now`, or is gone. What is new needs no mention: nobody has read it yet.
    fn between(before: &Wholes, now: &Wholes) -> Self {
        let differs = before
            .iter()
            .filter(|(key, whole)| now.get(key) != Some(whole));
        Self(differs.map(|(key, _)| *key).collect())
    }

    /// Whether what `read` has seen is the same without a look at it.
    pub(super) fn spares(&self, read: &Read) -> bool {
        match read {
            Read::Field(_, field) if field.shows_calls() => false,
            Read::Field(key, _) | Read::Count(key) | Read::Item(key, _) | Read::Pager(key, _) => {
                !self.0.contains(key)
            }
            _ => false,
        }
    }
}

fn of(world: &World) -> Wholes {
    let site = &world.site;
    let pages: Vec<PageId> = site.page_ids().collect();
    let mut wholes = Vec::with_capacity(pages.len() + site.sections.len());
    pages
        .into_par_iter()
        .map(|id| (world.page_key(id), world.whole_page(id)))
        .collect_into_vec(&mut wholes);
    for id in site.section_ids() {
        wholes.push((world.section_key(id), world.whole_section(id)));
    }
    for id in site.taxonomy_ids() {
        wholes.push((world.taxonomy_key(id), world.whole_taxonomy(id)));
        let terms = site.term_ids(id);
        wholes.extend(terms.map(|id| (world.term_key(id), world.whole_term(id))));
    }
    wholes.into_iter().collect()
}

impl World {
    fn whole_page(&self, id: PageId) -> u64 {
        // Its source is its key, and its section the last above it; its body has a hash of the rest.
        let Page {
            source: _,
            front,
            anchors: _,
            slug,
            url,
            section: _,
            ancestors,
            lower,
            higher,
            attachments,
        } = self.site.page(id);
        let neighbours = [lower, higher].map(|id| id.map(|id| self.page_key(id)));
        fingerprint::of(&(
            (front.fingerprint, slug, url, neighbours),
            self.sections_fingerprint(ancestors),
            attachments_fingerprint(attachments),
            self.whole_body(Target::Page(id)),
        ))
    }

    fn whole_section(&self, id: SectionId) -> u64 {
        // Its folder is its key, and its parent the last above it; its body has a hash of the rest.
        let Section {
            source,
            front,
            anchors: _,
            folder: _,
            url,
            parent: _,
            ancestors,
            pages,
            subsections,
            pagers,
            attachments,
        } = self.site.section(id);
        fingerprint::of(&(
            (source, front.fingerprint, url, pagers),
            self.pages_fingerprint(pages),
            [ancestors, subsections].map(|ids| self.sections_fingerprint(ids)),
            attachments_fingerprint(attachments),
            self.whole_body(Target::Section(id)),
        ))
    }

    fn whole_taxonomy(&self, id: TaxonomyId) -> u64 {
        // The rest comes from the configuration only.
        let Taxonomy {
            config: _,
            url: _,
            terms,
        } = self.site.taxonomy(id);
        let slugs: Vec<&String> = terms.iter().map(|term| &term.slug).collect();
        fingerprint::of(&slugs)
    }

    fn whole_term(&self, id: TermId) -> u64 {
        let Term {
            name,
            slug,
            url,
            pages,
            pagers,
        } = self.site.term(id);
        fingerprint::of(&(name, slug, url, pagers, self.pages_fingerprint(pages)))
    }

    fn whole_body(&self, target: Target) -> u64 {
        // What stands in it has a hash.
        let Content {
            text: _,
            body: _,
            anchors: _,
            lost: _,
            backlinks: _,
            fingerprint,
        } = self.content(target);
        fingerprint::of(&(fingerprint, self.backlinks_fingerprint(target)))
    }

    fn pages_fingerprint(&self, ids: &[PageId]) -> u64 {
        let keys: Vec<Key> = ids.iter().map(|id| self.page_key(*id)).collect();
        fingerprint::of(&keys)
    }
}
