//! Functions that look up taxonomies and terms.

use std::sync::Arc;

use minijinja::value::Kwargs;
use minijinja::{Error, Value};

use super::{refused, text};
use crate::diag::nearest;
use crate::model::Taxonomy;
use crate::parse::slugify;
use crate::render::reads::{self, Read};
use crate::render::world::World;

/// `get_taxonomy(kind="tags", required=true)`.
pub(super) fn get_taxonomy(world: &Arc<World>, args: &Kwargs) -> Result<Value, Error> {
    let asked = Asked::read(args, false)?;
    Ok(asked
        .taxonomy(world)?
        .map_or(Value::from(()), |(at, _)| world.taxonomy_value(at)))
}

/// `get_taxonomy_url(kind="tags", term="Rust", required=true)`: the term's full address;
/// `name` means the same as `term`.
pub(super) fn get_taxonomy_url(world: &World, args: &Kwargs) -> Result<Value, Error> {
    let asked = Asked::read(args, true)?;
    let found = asked.term(world)?;
    Ok(found.map_or(Value::from(()), |(taxonomy, at)| {
        Value::from(world.config.base_url.join(&taxonomy.terms[at].url))
    }))
}

/// `get_taxonomy_term(kind="tags", term="Rust", required=true)`.
pub(super) fn get_taxonomy_term(world: &Arc<World>, args: &Kwargs) -> Result<Value, Error> {
    let asked = Asked::read(args, true)?;
    let Some((at, _)) = asked.taxonomy(world)? else {
        return Ok(Value::from(()));
    };
    let found = asked.term(world)?;
    Ok(found.map_or(Value::from(()), |(_, term)| world.term_value(at, term)))
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

    fn taxonomy<'w>(&self, world: &'w World) -> Result<Option<(usize, &'w Taxonomy)>, Error> {
        let mut all = world.site.taxonomies.iter().enumerate();
        let found = all.find(|(_, taxonomy)| taxonomy.config.name == self.kind);
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

    fn term<'w>(&self, world: &'w World) -> Result<Option<(&'w Taxonomy, usize)>, Error> {
        let Some((_, taxonomy)) = self.taxonomy(world)? else {
            return Ok(None);
        };
        let name = self.name.as_deref().unwrap_or_default();
        let slug = slugify(name, world.config.slugify.taxonomies);
        let key = World::term_key_of(&taxonomy.config.name, &slug);
        reads::note(|| Read::Field(key, "path"));
        let found = taxonomy.terms.binary_search_by(|term| term.slug.cmp(&slug));
        match found {
            Ok(at) => Ok(Some((taxonomy, at))),
            Err(_) if !self.required => Ok(None),
            Err(_) => Err(refused(format!(
                "no page has the term `{name}` in `{}`",
                self.kind
            ))),
        }
    }
}
