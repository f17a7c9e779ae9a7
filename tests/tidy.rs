//! Checks the tree itself.
