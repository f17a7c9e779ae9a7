//! The fields of taxonomies and terms as templates see them.

use std::sync::Arc;

use minijinja::Value;

use super::context::path;
use super::fields::{TaxonomyField, TermField};
use super::holder::Holder;
use super::lists;
use super::object::HasFields;
use super::reads::{self, Key, Read};
use super::world::World;
use crate::model::{TaxonomyId, TermId};
use crate::parse::slugify;
use crate::path::Segments;

impl World {
    pub(super) fn terms_value(self: &Arc<Self>, id: TaxonomyId) -> Value {
        reads::note(|| Read::Field(self.taxonomy_key(id), TaxonomyField::Items.into()));
        let terms = self.site.term_ids(id).map(|term| self.object(term));
        Value::from(terms.collect::<Vec<_>>())
    }
}

impl HasFields for TaxonomyId {
    type Field = TaxonomyField;

    const NAME: &'static str = "taxonomy";

    const PRINTED: TaxonomyField = TaxonomyField::Name;

    fn key(self, world: &World) -> Key {
        world.taxonomy_key(self)
    }

    fn field(self, world: &Arc<World>, field: TaxonomyField) -> Value {
        let taxonomy = world.site.taxonomy(self);
        let config = &taxonomy.config;
        match field {
            TaxonomyField::Name => Value::from(config.name.as_str()),
            // Zola has two objects for a taxonomy and its configuration; this one has the fields of
            // both.
            TaxonomyField::Kind => world.object(self),
            TaxonomyField::Slug => {
                Value::from(slugify(&config.name, world.config.slugify.taxonomies))
            }
            TaxonomyField::Feed => Value::from(config.feed),
            TaxonomyField::Render => Value::from(config.render),
            TaxonomyField::PaginateBy => Value::from(config.paginate_by),
            TaxonomyField::PaginatePath => {
                Value::from(config.paginate_path.as_ref().map(Segments::as_str))
            }
            TaxonomyField::Lang => Value::from(world.config.default_language.as_str()),
            TaxonomyField::Path => path(&taxonomy.url),
            TaxonomyField::Permalink => world.address(&taxonomy.url),
            TaxonomyField::Items => world.terms_value(self),
        }
    }
}

impl HasFields for TermId {
    type Field = TermField;

    const NAME: &'static str = "term";

    const PRINTED: TermField = TermField::Name;

    fn key(self, world: &World) -> Key {
        world.term_key(self)
    }

    fn field(self, world: &Arc<World>, field: TermField) -> Value {
        let term = world.site.term(self);
        match field {
            TermField::Name => Value::from(term.name.as_str()),
            TermField::Slug => Value::from(term.slug.as_str()),
            TermField::Path => path(&term.url),
            TermField::Permalink => world.address(&term.url),
            TermField::PageCount => Value::from(term.pages.len()),
            TermField::Pages => lists::pages(world, Holder::Term(self)),
        }
    }
}
