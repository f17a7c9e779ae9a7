//! Turns each content file into a [`Document`], by itself: no file knows of another here.
//!
//! Pure, and run on all cores. What needs the whole site (links to other pages) leaves as a
//! typed [`Piece`] between pieces of finished HTML.

mod body;
mod code;
mod date;
mod emoji;
mod footnote;
mod front_matter;
mod heading;
mod inline;
mod link;
mod markdown;
mod pieces;
mod problem;
mod shortcode;
mod slug;

use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::config::Config;
use crate::diag::Diagnostic;
use crate::load::{Layer, TextFile};
use crate::path::SourcePath;

pub use self::body::{Body, Call, CallBody, Heading, InternalLink, Piece};
pub use self::date::PageDate;
pub use self::front_matter::{FrontMatter, PageFront, SectionFront, SortBy};
pub(crate) use self::heading::anchor;
pub use self::inline::inline_html;
pub use self::shortcode::BUILTIN as BUILTIN_SHORTCODES;
pub use self::slug::slugify;

use self::shortcode::Shortcodes;

/// How many mistakes of one body are told at the most.
const MOST_TOLD: usize = 50;

/// A content file, understood by itself.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where it was found.
    pub path: SourcePath,
    /// Its whole text, for messages that point into it.
    pub text: Arc<str>,
    /// What its head says.
    pub front: FrontMatter,
    /// Its body.
    pub body: Body,
}

/// Parses all content files, with the shortcodes that the layers have; the documents come in the order of the files.
///
/// # Errors
/// Every `.md` shortcode that cannot be parsed; else every mistake in every file.
pub fn parse(
    files: Vec<TextFile>,
    layers: &[Layer],
    config: &Config,
    lenient: bool,
) -> Result<(Vec<Document>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let shortcodes = Shortcodes::new(layers, config)?;
    let parsed: Vec<_> = files
        .into_par_iter()
        .map(|file| document(file, &shortcodes, config, lenient))
        .collect();
    let mut documents = Vec::with_capacity(parsed.len());
    let mut told = Vec::new();
    for (document, mut diagnostics) in parsed {
        documents.extend(document);
        told.append(&mut diagnostics);
    }
    if told.iter().any(Diagnostic::is_error) {
        Err(told)
    } else {
        Ok((documents, told))
    }
}

/// Parses one file; there is no document where its head cannot be read.
fn document(
    file: TextFile,
    shortcodes: &Shortcodes,
    config: &Config,
    lenient: bool,
) -> (Option<Document>, Vec<Diagnostic>) {
    let TextFile { path, text } = file;
    let (front, body_span, mut told) = match front_matter::read(&path, &text, config, lenient) {
        Ok(read) => read,
        Err(error) => return (None, vec![error]),
    };
    let (body, problems) = markdown::render(&text, body_span, shortcodes, config);
    told.extend(
        problems
            .into_iter()
            .take(MOST_TOLD)
            .map(|problem| problem.diagnostic(&path, &text)),
    );
    (
        Some(Document {
            path,
            text,
            front,
            body,
        }),
        told,
    )
}
