//! How a module declares what it keeps about a visitor, and why it may.
//!
//! Each module lists its own fields next to the type that holds them. The inventory collects the
//! lists, and a test finds every quotation in the privacy policy.

use serde::Serialize;

/// One field that is kept somewhere.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Kept {
    /// Its name: a column, a field of a log line, a value in memory.
    pub field: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// How it is kept ("sealed with XChaCha20-Poly1305"), and for how long where that is short.
    pub form: &'static str,
    /// What allows it.
    #[serde(flatten)]
    pub basis: Basis,
}

/// What allows a field to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The privacy policy says so, in these words.
    Policy(&'static str),
    /// The policy does not name it; this is why it is needed.
    Exception(&'static str),
}
