//! Hashes that tell a build which of its inputs are the same as in the build before, and tables by
//! such hashes. They never appear in the output.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash};

/// A table that is asked many thousand times in a build.
pub(crate) type Table<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// The hash of `value`: the same for equal values, for as long as the program runs.
pub(crate) fn of(value: &impl Hash) -> u64 {
    foldhash::quality::FixedState::default().hash_one(value)
}
