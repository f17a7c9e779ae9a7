//! A static site generator.

pub mod config;
pub mod diag;
pub mod load;
pub mod output;
pub mod parse;
pub mod path;
pub mod tree;
