//! Hashes that tell a build which of its inputs are the same as in the build before. They never
//! appear in the output.

use std::hash::{DefaultHasher, Hash, Hasher as _};

/// The hash of `value`: the same for equal values, for as long as the program runs.
pub(crate) fn of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
