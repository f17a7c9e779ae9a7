//! A static site generator.

pub mod diag;
pub mod output;
pub mod path;
