//! Threads with room for deep recursion.
//!
//! The template engine recurses for each operator of an expression, and for each list in a list:
//! when it shows such a value, compares it, and lets it go.

use rayon::ThreadPoolBuilder;

/// The size of a stack, in bytes. Only what is used of it is allocated.
pub(crate) const STACK: usize = 256 * 1024 * 1024;

/// A pool of such threads, one for each core unless it is told otherwise.
#[must_use]
pub fn pool() -> ThreadPoolBuilder {
    ThreadPoolBuilder::new().stack_size(STACK)
}
