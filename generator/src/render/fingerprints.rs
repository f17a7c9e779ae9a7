//! A hash of everything that a template can read. The cache compares the hashes of one build with
//! those of the next.
//!
//! Every field has a hash here, or the program does not compile. A hash may take in more than its
//! field: that makes builds slower, but never wrong.

use std::sync::{Mutex, PoisonError};

use super::fields::{Field, PageField, SectionField, TaxonomyField, TermField};
use super::holder::Holder;
use super::reads::{Key, Read};
use super::world::World;
use crate::fingerprint::{self, Table};
use crate::load::Layer;
use crate::model::{Attachment, PageId, SectionId, Site, Target, TaxonomyId, TermId};
use crate::path::UrlPath;

/// What a key stands for in this build.
#[derive(Debug, Clone, Copy)]
enum Entity {
    Page(PageId),
    Section(SectionId),
    Taxonomy(TaxonomyId),
    Term(TermId),
}

/// The keys of everything on a site.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pages: Vec<Key>,
    sections: Vec<Key>,
    entities: Table<Key, Entity>,
}

impl Keys {
    pub(super) fn of(site: &Site) -> Self {
        let mut keys = Self::default();
        keys.entities.reserve(site.pages.len());
        for id in site.page_ids() {
            let key = Key(fingerprint::of(&("page", &site.page(id).source)));
            keys.pages.push(key);
            keys.entities.insert(key, Entity::Page(id));
        }
        for id in site.section_ids() {
            let key = Key(fingerprint::of(&("section", &site.section(id).folder)));
            keys.sections.push(key);
            keys.entities.insert(key, Entity::Section(id));
        }
        for id in site.taxonomy_ids() {
            let name = &site.taxonomy(id).config.name;
            keys.entities
                .insert(taxonomy_key(name), Entity::Taxonomy(id));
            for id in site.term_ids(id) {
                let key = term_key(name, &site.term(id).slug);
                keys.entities.insert(key, Entity::Term(id));
            }
        }
        keys
    }
}

/// The hashes of templates, and of the files that were asked for so far.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    files: Mutex<Table<Box<str>, u64>>,
    templates: Table<String, u64>,
}

impl Fingerprints {
    pub(super) fn new(layers: &[Layer]) -> Self {
        let mut fingerprints = Self::default();
        fingerprints.read_templates(layers);
        fingerprints
    }

    fn read_templates(&mut self, layers: &[Layer]) {
        for layer in layers {
            for (name, file) in &layer.templates {
                let text = fingerprint::of(&(&file.path, &file.text));
                self.templates.entry(name.clone()).or_insert(text);
                let full = format!("{}/{name}", layer.name);
                self.templates.insert(full, text);
            }
        }
    }
}

fn taxonomy_key(name: &str) -> Key {
    Key(fingerprint::of(&("taxonomy", name)))
}

fn term_key(taxonomy: &str, slug: &str) -> Key {
    Key(fingerprint::of(&("term", taxonomy, slug)))
}

impl World {
    pub(super) fn page_key(&self, id: PageId) -> Key {
        self.keys.pages[id.index()]
    }

    pub(super) fn section_key(&self, id: SectionId) -> Key {
        self.keys.sections[id.index()]
    }

    pub(super) fn target_key(&self, target: Target) -> Key {
        match target {
            Target::Page(id) => self.page_key(id),
            Target::Section(id) => self.section_key(id),
        }
    }

    pub(super) fn taxonomy_key(&self, id: TaxonomyId) -> Key {
        taxonomy_key(&self.site.taxonomy(id).config.name)
    }

    /// The key of a term that need not exist.
    pub(super) fn term_key_of(taxonomy: &str, slug: &str) -> Key {
        term_key(taxonomy, slug)
    }

    pub(super) fn term_key(&self, id: TermId) -> Key {
        let taxonomy = self.site.taxonomy(id.taxonomy);
        term_key(&taxonomy.config.name, &self.site.term(id).slug)
    }

    /// The hash of what `read` sees in this build; `None` if it sees nothing.
    pub(super) fn fingerprint(&self, read: &Read) -> Option<u64> {
        let fingerprints = &self.fingerprints;
        match read {
            Read::Field(key, field) => {
                self.field_fingerprint(*self.keys.entities.get(key)?, *field)
            }
            Read::Count(key) => Some(self.holder(*key)?.pages(self).len() as u64),
            Read::Item(key, at) => {
                let page = self.holder(*key)?.pages(self).get(*at)?;
                Some(self.page_key(*page).0)
            }
            Read::Pager(key, at) => self.pager_fingerprint(*key, *at),
            Read::Source(path) => {
                let target = self.site.by_source.get(&**path)?;
                Some(self.target_key(*target).0)
            }
            Read::Asset(name) => {
                let manifest = &self.manifest;
                let integrity = manifest.integrity(name);
                Some(fingerprint::of(&(
                    manifest.url(name)?,
                    integrity,
                    manifest.imports(name),
                )))
            }
            Read::File(path) => Some(self.file_fingerprint(path)),
            Read::Template(name) => Some(
                fingerprints
                    .templates
                    .get(&**name)
                    .copied()
                    .unwrap_or_default(),
            ),
        }
    }

    fn field_fingerprint(&self, entity: Entity, field: Field) -> Option<u64> {
        Some(match (entity, field) {
            (Entity::Page(id), Field::Page(field)) => self.page_fingerprint(id, field),
            (Entity::Section(id), Field::Section(field)) => self.section_fingerprint(id, field),
            (Entity::Taxonomy(id), Field::Taxonomy(field)) => self.taxonomy_fingerprint(id, field),
            (Entity::Term(id), Field::Term(field)) => self.term_fingerprint(id, field),
            _ => return None,
        })
    }

    fn page_fingerprint(&self, id: PageId, field: PageField) -> u64 {
        let page = self.site.page(id);
        let front = &page.front;
        let neighbour = |id: Option<PageId>| id.map_or(0, |id| self.page_key(id).0);
        match field {
            PageField::Title => fingerprint::of(&front.title),
            PageField::Date | PageField::Year | PageField::Month | PageField::Day => {
                fingerprint::of(&front.date)
            }
            PageField::Authors
            | PageField::Description
            | PageField::Draft
            | PageField::Extra
            | PageField::Taxonomies
            | PageField::Updated
            | PageField::Weight => front.fingerprint,
            PageField::Components | PageField::Path | PageField::Permalink | PageField::Slug => {
                fingerprint::of(&(&page.url, &page.slug))
            }
            PageField::ColocatedPath
            | PageField::Lang
            | PageField::RelativePath
            | PageField::Translations => 0,
            PageField::Content | PageField::Summary => self.content_fingerprint(Target::Page(id)),
            PageField::Toc | PageField::WordCount | PageField::ReadingTime => {
                self.text_fingerprint(Target::Page(id), &page.url)
            }
            PageField::Lower => neighbour(page.lower),
            PageField::Higher => neighbour(page.higher),
            PageField::Ancestors => self.sections_fingerprint(&page.ancestors),
            PageField::Backlinks => self.backlinks_fingerprint(Target::Page(id)),
            PageField::Assets => attachments_fingerprint(&page.attachments),
        }
    }

    fn section_fingerprint(&self, id: SectionId, field: SectionField) -> u64 {
        let section = self.site.section(id);
        let front = &section.front;
        match field {
            SectionField::Title => fingerprint::of(&front.title),
            SectionField::Description
            | SectionField::Draft
            | SectionField::Extra
            | SectionField::GenerateFeeds
            | SectionField::PaginateBy
            | SectionField::PaginateReversed
            | SectionField::Transparent
            | SectionField::Weight => front.fingerprint,
            SectionField::Components | SectionField::Path | SectionField::Permalink => {
                fingerprint::of(&section.url)
            }
            SectionField::Lang | SectionField::Translations => 0,
            SectionField::ColocatedPath | SectionField::RelativePath => {
                fingerprint::of(&section.source)
            }
            SectionField::Content => self.content_fingerprint(Target::Section(id)),
            SectionField::Toc | SectionField::WordCount | SectionField::ReadingTime => {
                self.text_fingerprint(Target::Section(id), &section.url)
            }
            // Every read of an item or of the length of the list is noted by itself.
            SectionField::Pages => 0,
            SectionField::Subsections => self.sections_fingerprint(&section.subsections),
            SectionField::Ancestors => self.sections_fingerprint(&section.ancestors),
            SectionField::Backlinks => self.backlinks_fingerprint(Target::Section(id)),
            SectionField::Assets => attachments_fingerprint(&section.attachments),
        }
    }

    fn taxonomy_fingerprint(&self, id: TaxonomyId, field: TaxonomyField) -> u64 {
        let taxonomy = self.site.taxonomy(id);
        match field {
            // These come from the configuration only, and a cache is never used with another
            // configuration.
            TaxonomyField::Feed
            | TaxonomyField::Kind
            | TaxonomyField::Lang
            | TaxonomyField::Name
            | TaxonomyField::PaginateBy
            | TaxonomyField::PaginatePath
            | TaxonomyField::Path
            | TaxonomyField::Permalink
            | TaxonomyField::Render
            | TaxonomyField::Slug => 0,
            TaxonomyField::Items => {
                let slugs: Vec<&String> = taxonomy.terms.iter().map(|term| &term.slug).collect();
                fingerprint::of(&slugs)
            }
        }
    }

    fn term_fingerprint(&self, id: TermId, field: TermField) -> u64 {
        let term = self.site.term(id);
        match field {
            TermField::Name | TermField::Path | TermField::Permalink | TermField::Slug => {
                fingerprint::of(&(&term.name, &term.url))
            }
            TermField::PageCount => term.pages.len() as u64,
            TermField::Pages => 0,
        }
    }

    fn pager_fingerprint(&self, key: Key, at: usize) -> Option<u64> {
        let whose = self.holder(key)?;
        let pagers = whose.pagers(self);
        let url = |at: usize| pagers.get(at).map(|pager| &pager.url);
        let pager = pagers.get(at)?;
        let around = (at.checked_sub(1).map(url), url(at + 1));
        let ends = (url(0), url(pagers.len() - 1));
        let counts = (pager.number, pagers.len(), whose.pages(self).len());
        let front = match whose {
            Holder::Section(id) => self.site.section(id).front.fingerprint,
            Holder::Term(_) => 0,
        };
        let shown = (&pager.pages, pager.reversed);
        Some(fingerprint::of(&(shown, counts, ends, around, front)))
    }

    fn file_fingerprint(&self, path: &str) -> u64 {
        let lock = || {
            let files = &self.fingerprints.files;
            files.lock().unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(known) = lock().get(path) {
            return *known;
        }
        let made = fingerprint::of(&self.file(path).ok());
        lock().insert(path.into(), made);
        made
    }

    fn holder(&self, key: Key) -> Option<Holder> {
        match *self.keys.entities.get(&key)? {
            Entity::Section(id) => Some(Holder::Section(id)),
            Entity::Term(id) => Some(Holder::Term(id)),
            Entity::Page(_) | Entity::Taxonomy(_) => None,
        }
    }

    /// A hash of the content. Addresses in it are read, and noted, one by one.
    fn content_fingerprint(&self, target: Target) -> u64 {
        let answers = self.answers.get().and_then(|answers| answers.get(&target));
        let answers = answers.map(|cached| &cached.value);
        fingerprint::of(&(self.content(target).fingerprint, answers))
    }

    pub(super) fn sections_fingerprint(&self, ids: &[SectionId]) -> u64 {
        let keys: Vec<Key> = ids.iter().map(|id| self.section_key(*id)).collect();
        fingerprint::of(&keys)
    }

    /// A hash of what is counted and listed of a body at `url`.
    fn text_fingerprint(&self, target: Target, url: &UrlPath) -> u64 {
        fingerprint::of(&(self.content(target).fingerprint, url))
    }

    pub(super) fn backlinks_fingerprint(&self, to: Target) -> u64 {
        let backlinks = self.content(to).backlinks.iter();
        let keys: Vec<Key> = backlinks.map(|from| self.target_key(*from)).collect();
        fingerprint::of(&keys)
    }
}

pub(super) fn attachments_fingerprint(files: &[Attachment]) -> u64 {
    let outputs: Vec<_> = files.iter().map(|file| &file.output).collect();
    fingerprint::of(&outputs)
}
