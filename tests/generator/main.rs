//! The generator as its users meet it: a folder in, a folder or an error out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is missing"
)]

mod bombs;
mod cases;
mod collisions;
mod commands;
mod commonmark;
mod content_files;
mod edits;
mod endless;
mod errors;
mod external;
mod feeds;
mod harness;
mod hostile;
mod hostile_tree;
mod links;
mod moving;
mod policy;
mod reference;
mod serving;
mod shared_links;
mod shortcodes;
mod theme_assets;
mod writing;
mod zola_templates;
