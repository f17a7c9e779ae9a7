//! A static site generator.

pub mod assets;
pub mod build;
pub mod check;
pub mod config;
pub mod deploy;
pub mod diag;
pub mod highlight;
pub mod load;
pub mod model;
pub mod output;
pub mod parse;
pub mod path;
pub mod render;
pub mod scaffold;
pub mod serve;
pub mod tree;
pub mod write;
