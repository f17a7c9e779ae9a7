//! Functions that look up taxonomies and terms.

use std::sync::Arc;

use minijinja::value::Kwargs;
use minijinja::{Error, Value};

use super::{refused, text};
use crate::diag::nearest;
use crate::model::{TaxonomyId, TermId};
use crate::parse::slugify;
use crate::render::fields::TermField;
use crate::render::reads::{self, Read};
use crate::render::world::World;

/// `get_taxonomy(kind="tags", required=true)`.
pub(super) fn get_taxonomy(world: &Arc<World>, args: &Kwargs) -> Result<Value, Error> {
    let asked = Asked::read(args, false)?;
    Ok(asked
        .taxonomy(world)?
        .map_or(Value::from(()), |id| world.object(id)))
}

/// `get_taxonomy_url(kind="tags", term="Rust", required=true)`: the term's full address;
/// `name` means the same as `term`.
pub(super) fn get_taxonomy_url(world: &World, args: &Kwargs) -> Result<Value, Error> {
    let asked = Asked::read(args, true)?;
    let found = asked.term(world)?;
    Ok(found.map_or(Value::from(()), |id| {
        Value::from(world.config.base_url.join(&world.site.term(id).url))
    }))
}

/// `get_taxonomy_term(kind="tags", term="Rust", required=true)`.
pub(super) fn get_taxonomy_term(world: &Arc<World>, args: &Kwargs) -> Result<Value, Error> {
    let asked = Asked::read(args, true)?;
    let found = asked.term(world)?;
    Ok(found.map_or(Value::from(()), |id| world.object(id)))
}

struct Asked {
    kind: String,
    name: Option<String>,
    required: bool,
}

impl Asked {
    fn read(args: &Kwargs, with_term: bool) -> Result<Self, Error> {
        let asked = Self {
            kind: text(args, "kind")?,
            name: match (with_term, args.has("name")) {
                (false, _) => None,
                (true, true) => Some(text(args, "name")?),
                (true, false) => Some(text(args, "term")?),
            },
            required: args.get::<Option<bool>>("required")?.unwrap_or(true),
        };
        let _: Option<&str> = args.get("lang")?;
        let _: Option<bool> = args.get("include_pages")?;
        args.assert_all_used()?;
        Ok(asked)
    }

    fn taxonomy(&self, world: &World) -> Result<Option<TaxonomyId>, Error> {
        let mut all = world.site.taxonomy_ids();
        let found = all.find(|id| world.site.taxonomy(*id).config.name == self.kind);
        if found.is_none() && self.required {
            let known = world
                .site
                .taxonomies
                .iter()
                .map(|one| one.config.name.as_str());
            let near = nearest(&self.kind, known).map(|near| format!("; did you mean `{near}`?"));
            let (kind, near) = (&self.kind, near.unwrap_or_default());
            return Err(refused(format!("the site has no taxonomy `{kind}`{near}")));
        }
        Ok(found)
    }

    fn term(&self, world: &World) -> Result<Option<TermId>, Error> {
        let Some(taxonomy) = self.taxonomy(world)? else {
            return Ok(None);
        };
        let name = self.name.as_deref().unwrap_or_default();
        let slug = slugify(name, world.config.slugify.taxonomies);
        let key = World::term_key_of(&world.site.taxonomy(taxonomy).config.name, &slug);
        reads::note(|| Read::Field(key, TermField::Path.into()));
        match world.site.term_of_slug(taxonomy, &slug) {
            Some(id) => Ok(Some(id)),
            None if !self.required => Ok(None),
            None => Err(refused(format!(
                "no page has the term `{name}` in `{}`",
                self.kind
            ))),
        }
    }
}
