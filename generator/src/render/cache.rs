//! What one rendering leaves for the next one to reuse.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::fingerprints::Keys;
use super::reads::{Cached, Key, Read};
use super::shortcodes::Answered;
use super::wholes::Wholes;
use super::world::World;
use crate::diag::Diagnostic;
use crate::fingerprint::Table;
use crate::lineup::Lineup;
use crate::model::{Bodies, Site};
use crate::output::Output;
use crate::path::OutputPath;

/// What one rendering leaves for the next: everything it made, each with what was read for it.
///
/// It may only be used with the same configuration and the same day. The default is empty.
#[derive(Debug, Default)]
pub struct Cache {
    pub(super) outputs: Lineup<Arc<Cached<Output>>>,
    site: Arc<Site>,
    pub(super) bodies: Bodies,
    keys: Arc<Keys>,
    pub(super) wholes: Arc<Wholes>,
    pub(super) answers: Table<Key, Arc<Cached<Answered>>>,
}

/// An asset or a file, as a template names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Material {
    /// An asset.
    Asset(String),
    /// A file.
    File(String),
}

impl Cache {
    pub(super) fn new(made: Vec<Arc<Cached<Output>>>, world: &World) -> Self {
        let answers = world.answers.get().into_iter().flatten();
        Self {
            site: Arc::clone(&world.site),
            bodies: world.bodies.clone(),
            keys: Arc::clone(&world.keys),
            wholes: Arc::clone(&world.wholes),
            outputs: made
                .into_iter()
                .map(|cached| (cached.value.path.clone(), cached))
                .collect(),
            answers: answers
                .map(|(target, cached)| (world.target_key(*target), Arc::clone(cached)))
                .collect(),
        }
    }

    /// Whether it is about the very same site, but for bodies.
    pub(super) fn is_of(&self, site: &Arc<Site>) -> bool {
        Arc::ptr_eq(&self.site, site)
    }

    /// The keys of everything on `site`.
    pub(super) fn keys(&self, site: &Arc<Site>) -> Arc<Keys> {
        if self.is_of(site) {
            Arc::clone(&self.keys)
        } else {
            Arc::new(Keys::of(site))
        }
    }

    /// The assets and loaded files that were read for the file at `path`, those included that its
    /// shortcodes read. The others are among what it was made from.
    #[must_use]
    pub fn materials(&self, path: &OutputPath) -> BTreeSet<Material> {
        let own = self
            .outputs
            .find(path.as_str())
            .map(|cached| cached.reads());
        let own: Vec<&Read> = own.into_iter().flatten().collect();
        let shown = own.iter().filter_map(|read| match read {
            Read::Field(key, field) if field.is_content() => self.answers.get(key),
            _ => None,
        });
        let inner = shown.flat_map(|cached| cached.reads());
        let material = |read: &Read| match read {
            Read::Asset(name) => Some(Material::Asset(name.to_string())),
            Read::File(path) => Some(Material::File(path.to_string())),
            _ => None,
        };
        let all = inner.chain(own.iter().copied());
        all.filter_map(material).collect()
    }

    /// The file at `path`, likely at that `place`, where it was made for the same `job` and would turn out the same; else
    /// what `make` makes. See [`Cached::reuse_or`].
    pub(super) fn reuse_or(
        &self,
        (place, path): (usize, &OutputPath),
        job: u64,
        world: &World,
        make: impl FnOnce() -> Result<Output, Diagnostic>,
    ) -> Result<Arc<Cached<Output>>, Diagnostic> {
        Cached::reuse_or(self.outputs.get(place, path), job, world, make)
    }
}
