//! Taxonomies and terms as templates see them: objects with Zola's field names, whose fields are
//! computed when they are read.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object};

use super::context::{object, path};
use super::lists::{self, Pages};
use super::reads::{self, Key, Read};
use super::world::World;
use crate::model::{TaxonomyId, TermId};
use crate::parse::slugify;
use crate::path::Segments;

impl World {
    pub(super) fn taxonomy_value(self: &Arc<Self>, id: TaxonomyId) -> Value {
        Value::from_object(TaxonomyObject {
            world: Arc::clone(self),
            id,
        })
    }

    pub(super) fn term_value(self: &Arc<Self>, id: TermId) -> Value {
        Value::from_object(TermObject {
            world: Arc::clone(self),
            id,
        })
    }

    pub(super) fn terms_value(self: &Arc<Self>, id: TaxonomyId) -> Value {
        reads::note(|| Read::Field(self.taxonomy_key(id), "items"));
        let terms = self.site.term_ids(id).map(|term| self.term_value(term));
        Value::from(terms.collect::<Vec<_>>())
    }
}

#[derive(Debug)]
struct TaxonomyObject {
    world: Arc<World>,
    id: TaxonomyId,
}

const TAXONOMY_KEYS: [&str; 11] = [
    "feed",
    "items",
    "kind",
    "lang",
    "name",
    "paginate_by",
    "paginate_path",
    "path",
    "permalink",
    "render",
    "slug",
];

object!(TaxonomyObject, "taxonomy", TAXONOMY_KEYS);

impl TaxonomyObject {
    fn key(&self) -> Key {
        self.world.taxonomy_key(self.id)
    }

    fn get(&self, key: &str) -> Option<Value> {
        let taxonomy = self.world.site.taxonomy(self.id);
        let config = &taxonomy.config;
        Some(match key {
            "name" => Value::from(config.name.as_str()),
            // Zola has two objects for a taxonomy and its configuration; this one has the fields of
            // both.
            "kind" => self.world.taxonomy_value(self.id),
            "slug" => Value::from(slugify(&config.name, self.world.config.slugify.taxonomies)),
            "feed" => Value::from(config.feed),
            "render" => Value::from(config.render),
            "paginate_by" => Value::from(config.paginate_by),
            "paginate_path" => Value::from(config.paginate_path.as_ref().map(Segments::as_str)),
            "lang" => Value::from(self.world.config.default_language.as_str()),
            "path" => path(&taxonomy.url),
            "permalink" => self.world.address(&taxonomy.url),
            "items" => self.world.terms_value(self.id),
            _ => return None,
        })
    }
}

#[derive(Debug)]
struct TermObject {
    world: Arc<World>,
    id: TermId,
}

const TERM_KEYS: [&str; 6] = ["name", "page_count", "pages", "path", "permalink", "slug"];

object!(TermObject, "term", TERM_KEYS);

impl TermObject {
    fn key(&self) -> Key {
        self.world.term_key(self.id)
    }

    fn get(&self, key: &str) -> Option<Value> {
        let term = self.world.site.term(self.id);
        Some(match key {
            "name" => Value::from(term.name.as_str()),
            "slug" => Value::from(term.slug.as_str()),
            "path" => path(&term.url),
            "permalink" => self.world.address(&term.url),
            "page_count" => Value::from(term.pages.len()),
            "pages" => lists::pages(&self.world, Pages::Term(self.id)),
            _ => return None,
        })
    }
}
