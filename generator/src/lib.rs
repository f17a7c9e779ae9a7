//! A static site generator.

pub mod assets;
pub mod config;
pub mod diag;
pub mod load;
pub mod model;
pub mod output;
pub mod parse;
pub mod path;
pub mod tree;
pub mod write;
