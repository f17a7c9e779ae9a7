//! Turns each content file into a [`Document`], without looking at any other file.
//!
//! This stage is pure and runs on all cores. Whatever needs the whole site, such as a link to
//! another page, becomes a typed [`Piece`] between pieces of finished HTML.

mod body;
mod calls;
mod code;
mod date;
mod emoji;
mod footnote;
mod front;
mod front_matter;
mod heading;
mod inline;
mod link;
mod markdown;
mod pieces;
mod problem;
mod shortcode;
mod slug;

use std::collections::HashMap;
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::config::Config;
use crate::diag::{self, Diagnostic, MOST_IN_A_FILE};
use crate::load::{Layer, TextFile};
use crate::path::SourcePath;

pub use self::body::{Body, Call, CallBody, CallId, Heading, InternalLink, Piece};
pub use self::date::PageDate;
pub use self::front::{FrontMatter, PageFront, SectionFront, SortBy};
pub(crate) use self::heading::anchor;
pub use self::inline::inline_html;
pub use self::shortcode::BUILTIN as BUILTIN_SHORTCODES;
pub use self::slug::slugify;

use self::shortcode::Shortcodes;

/// A parsed content file.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its path.
    pub path: SourcePath,
    /// Its whole text, for messages that point into it.
    pub text: Arc<str>,
    /// Its front matter.
    pub front: FrontMatter,
    /// Its body.
    pub body: Body,
}

/// All parsed content files, in the order of the files.
///
/// The next build passes it to [`parse`] again, which then only parses the files that have changed.
/// The default is empty.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// The documents.
    pub documents: Vec<Arc<Document>>,
    /// Warnings, each with the index of its document.
    warnings: Vec<(usize, Diagnostic)>,
    shortcodes: u64,
}

impl Parsed {
    /// The warnings of all files.
    #[must_use]
    pub fn warnings(&self) -> Vec<Diagnostic> {
        self.warnings
            .iter()
            .map(|(_, diagnostic)| diagnostic.clone())
            .collect()
    }
}

/// Parses all content files, with the shortcodes of the layers. A document in `before` is reused if
/// the text of its file is the same. `before` must have been made with the same `config` and
/// `lenient`.
///
/// # Errors
/// Every `.md` shortcode that cannot be parsed; if there is none, every mistake in every file.
pub fn parse(
    files: &[TextFile],
    layers: &[Layer],
    config: &Config,
    lenient: bool,
    before: &Parsed,
) -> Result<Parsed, Vec<Diagnostic>> {
    let shortcodes = Shortcodes::new(layers, config)?;
    let known = before.by_path(&shortcodes);
    let parsed: Vec<_> = files
        .par_iter()
        .map(|file| match known.get(&file.path) {
            Some((document, diagnostics)) if document.text == file.text => {
                (Some(Arc::clone(document)), diagnostics.clone())
            }
            _ => {
                let (document, diagnostics) = document(file, &shortcodes, config, lenient);
                (document.map(Arc::new), diagnostics)
            }
        })
        .collect();
    let mut documents = Vec::with_capacity(parsed.len());
    let mut diagnostics = Vec::new();
    for (document, own) in parsed {
        diagnostics.extend(own.into_iter().map(|one| (documents.len(), one)));
        documents.extend(document);
    }
    if diagnostics
        .iter()
        .any(|(_, diagnostic)| diagnostic.is_error())
    {
        return Err(diagnostics
            .into_iter()
            .map(|(_, diagnostic)| diagnostic)
            .collect());
    }
    Ok(Parsed {
        documents,
        warnings: diagnostics,
        shortcodes: shortcodes.fingerprint(),
    })
}

type Known<'a> = HashMap<&'a SourcePath, (&'a Arc<Document>, Vec<Diagnostic>)>;

impl Parsed {
    /// The documents with their warnings, by path. Empty if they were made with other shortcodes.
    fn by_path(&self, shortcodes: &Shortcodes) -> Known<'_> {
        if self.shortcodes != shortcodes.fingerprint() {
            return Known::new();
        }
        let documents = self.documents.iter();
        let mut known: Known<'_> = documents
            .map(|document| (&document.path, (document, Vec::new())))
            .collect();
        for (at, warning) in &self.warnings {
            if let Some((_, warnings)) = known.get_mut(&self.documents[*at].path) {
                warnings.push(warning.clone());
            }
        }
        known
    }
}

/// Parses one file. If its front matter cannot be read, there is no document.
fn document(
    file: &TextFile,
    shortcodes: &Shortcodes,
    config: &Config,
    lenient: bool,
) -> (Option<Document>, Vec<Diagnostic>) {
    let TextFile { path, text } = file;
    let (front, body_span, mut diagnostics) = match front_matter::read(path, text, config, lenient)
    {
        Ok(read) => read,
        Err(error) => return (None, vec![error]),
    };
    let (body, problems) = markdown::render(text, body_span, shortcodes, config);
    let one_by_one = problems.iter().take(MOST_IN_A_FILE);
    diagnostics.extend(one_by_one.map(|problem| problem.diagnostic(path, text)));
    if let Some(more @ 1..) = problems.len().checked_sub(MOST_IN_A_FILE) {
        diagnostics.push(Diagnostic::error(diag::and_more(more)).in_file(path));
    }
    (
        Some(Document {
            path: path.clone(),
            text: Arc::clone(text),
            front,
            body,
        }),
        diagnostics,
    )
}
