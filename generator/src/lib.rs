//! A static site generator: `content/` and `themes/` in, plain files for any CDN out.
//!
//! [`build`] runs the stages in order, each of which takes the finished value of the one before
//! and returns its own:
//!
//! 1. [`config`]: `site.toml` and what overrides it → one valid configuration;
//! 2. [`load`]: the disk → sources, the only reading there is;
//! 3. [`parse`]: each source → a document, with [`highlight`] for its code;
//! 4. [`model`]: all documents → one site: who belongs where, at which URL;
//! 5. [`assets`]: theme files → files named after what they hold;
//! 6. [`render`]: the site and its templates → finished files;
//! 7. [`check`]: whatever the finished HTML refers to is there;
//! 8. [`deploy`]: what hosts have to be told, computed from the finished files;
//! 9. [`compress`], where it is asked for: smaller twins of the finished files;
//! 10. [`write`]: finished files → the output folder, the only writing there is.
//!
//! Mistakes travel as [`diag::Diagnostic`]s, all of a stage's together, and stop the build
//! before anything is written. [`external`] asks for the links that leave the site. [`serve`] builds again and again for someone who writes;
//! [`scaffold`] gives them a beginning.

pub mod assets;
pub mod build;
pub mod check;
pub mod compress;
pub mod config;
pub mod deploy;
pub mod diag;
pub mod external;
mod fingerprint;
pub mod highlight;
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
pub mod tree;
pub mod write;
