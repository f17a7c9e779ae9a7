//! What one rendering leaves for the next one to reuse.

use std::collections::HashMap;
use std::sync::Arc;

use super::reads::{Cached, Key};
use super::world::World;
use crate::diag::Diagnostic;
use crate::output::Output;
use crate::path::OutputPath;

/// What one rendering leaves for the next: everything it made, each with what was read for it.
///
/// It may only be used with the same configuration and the same day. The default is empty.
#[derive(Debug, Default)]
pub struct Cache {
    pub(super) outputs: HashMap<OutputPath, Arc<Cached<Output>>>,
    pub(super) answers: HashMap<Key, Arc<Cached<Vec<String>>>>,
}

impl Cache {
    pub(super) fn new(made: Vec<Arc<Cached<Output>>>, world: &World) -> Self {
        let answers = world.answers.get().into_iter().flatten();
        Self {
            outputs: made
                .into_iter()
                .map(|cached| (cached.value.path.clone(), cached))
                .collect(),
            answers: answers
                .map(|(target, cached)| (world.target_key(*target), Arc::clone(cached)))
                .collect(),
        }
    }

    /// The file at `path`, where it was made for the same `job` and would turn out the same; else
    /// what `make` makes. See [`Cached::reuse_or`].
    pub(super) fn reuse_or(
        &self,
        path: &OutputPath,
        job: u64,
        world: &World,
        make: impl FnOnce() -> Result<Output, Diagnostic>,
    ) -> Result<Arc<Cached<Output>>, Diagnostic> {
        Cached::reuse_or(self.outputs.get(path), job, world, make)
    }
}
