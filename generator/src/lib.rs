//! A static site generator: it turns `content/` and `themes/` into plain files for any CDN.
//!
//! [`build`] runs the stages in order. Each takes the finished value of the one before and returns
//! its own:
//!
//! 1. [`config`]: `site.toml` and what overrides it → one valid configuration;
//! 2. [`load`]: files on the disk → sources; no other stage reads files;
//! 3. [`parse`]: each source → a document, with [`highlight`] for its code;
//! 4. [`model`]: all documents → one site, with sections, URLs and links;
//! 5. [`assets`]: theme files → finished files with hashes in their names;
//! 6. [`render`]: the site and its templates → finished files;
//! 7. [`check`]: the links in the finished HTML;
//! 8. [`deploy`]: finished files → the same and the files that hosts read, such as headers;
//! 9. [`compress`], if it is asked for: compressed copies of the finished files;
//! 10. [`write`]: finished files → the output folder; no other stage writes files.
//!
//! Mistakes travel as [`diag::Diagnostic`]s, those of all stages together, and stop the build
//! before anything is written. [`external`] requests the links that leave the site. [`serve`] is
//! the development server. [`scaffold`] creates new sites and pages.

pub mod assets;
pub mod budget;
pub mod build;
pub mod check;
mod claims;
pub mod compress;
pub mod config;
pub mod deploy;
pub mod diag;
mod escape;
pub mod external;
mod fingerprint;
mod hex;
pub mod highlight;
mod lineup;
pub mod load;
pub mod model;
pub mod output;
pub mod parse;
pub mod path;
pub mod render;
pub mod scaffold;
pub mod serve;
pub mod template;
pub mod tera;
pub mod threads;
pub mod tree;
pub mod write;
