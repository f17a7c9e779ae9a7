//! Hashes by which a build finds out what has stayed the same since the one before. They never
//! reach the output.

use std::hash::{DefaultHasher, Hash, Hasher as _};

/// The hash of `value`: the same for equal values, for as long as the program runs.
pub(crate) fn of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
