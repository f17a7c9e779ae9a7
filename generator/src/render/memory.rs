//! What one rendering leaves for the next.

use std::collections::HashMap;
use std::sync::Arc;

use super::reads::{Kept, Key};
use super::world::World;
use crate::diag::Diagnostic;
use crate::output::Output;
use crate::path::OutputPath;

/// What one rendering leaves for the next: everything it made, with what it looked at for it.
/// It is good for the same configuration and the same day; the default holds nothing.
#[derive(Debug, Default)]
pub struct Memory {
    pub(super) outputs: HashMap<OutputPath, Arc<Kept<Output>>>,
    pub(super) answers: HashMap<Key, Arc<Kept<Vec<String>>>>,
}

impl Memory {
    pub(super) fn new(made: Vec<Arc<Kept<Output>>>, world: &World) -> Self {
        let answers = world.answers.get().into_iter().flatten();
        Self {
            outputs: made
                .into_iter()
                .map(|kept| (kept.made.path.clone(), kept))
                .collect(),
            answers: answers
                .map(|(target, kept)| (world.target_key(*target), Arc::clone(kept)))
                .collect(),
        }
    }

    /// What it holds for `path`, where that was made by the same `order` and would turn out
    /// the same; else what `make` makes.
    pub(super) fn renew(
        &self,
        path: &OutputPath,
        order: u64,
        world: &World,
        make: impl FnOnce() -> Result<Output, Diagnostic>,
    ) -> Result<Arc<Kept<Output>>, Diagnostic> {
        Kept::renew(self.outputs.get(path), order, world, make)
    }
}
