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
mod summary;
mod table;
mod written;

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::budget::Budget;
use crate::config::Config;
use crate::diag::{self, Diagnostic, MOST_IN_A_FILE};
use crate::fingerprint::Table;
use crate::load::{Layer, TextFile};
use crate::path::SourcePath;

pub use self::body::{Body, Call, CallBody, CallId, Heading, InternalLink, Piece, Summary};
pub use self::date::PageDate;
pub use self::front::{FrontMatter, PageFront, SectionFront, SortBy};
pub(crate) use self::heading::anchor;
pub use self::inline::inline_html;
pub use self::shortcode::BUILTIN as BUILTIN_SHORTCODES;
pub use self::slug::slugify;
pub use self::written::{Addresses, in_html, quoted};

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
    /// Whether all of its head could be read.
    pub head_is_sound: bool,
    /// Its body.
    pub body: Arc<Body>,
}

impl Document {
    /// Whether the file still has the same text. Most files were not read again, and share it.
    fn is_of(&self, file: &TextFile) -> bool {
        Arc::ptr_eq(&self.text, &file.text) || self.text == file.text
    }
}

/// All parsed content files, in the order of the files.
///
/// The next build passes it to [`parse`] again, which then only parses the files that have changed.
/// The default is empty.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// The documents.
    pub documents: Vec<Arc<Document>>,
    /// The files without a document: their front matter cannot be read.
    pub unreadable: BTreeSet<SourcePath>,
    /// The files whose bodies have gaps, where a shortcode is broken.
    pub with_gaps: BTreeSet<SourcePath>,
    /// The diagnostics, each with its file.
    diagnostics: Vec<(SourcePath, Diagnostic)>,
    /// Whether every `.md` shortcode can be used.
    shortcodes_are_sound: bool,
    shortcodes: u64,
}

impl Parsed {
    /// The errors and warnings of all files.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().map(|(_, diagnostic)| diagnostic)
    }

    /// Whether every file's front matter and every `.md` shortcode is right. If so, all errors are
    /// in bodies.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let mut documents = self.documents.iter();
        self.shortcodes_are_sound
            && self.unreadable.is_empty()
            && documents.all(|document| document.head_is_sound)
    }
}

/// Parses all content files, sorted by path, with the shortcodes of the layers. A document in
/// `before` is reused if the text of its file is the same. `before` must have been made with the
/// same `config` and `lenient`. What is wrong, with `.md` shortcodes too, is among
/// [`Parsed::diagnostics`].
#[must_use]
pub fn parse(
    files: &[TextFile],
    layers: &[Layer],
    config: &Config,
    lenient: bool,
    before: &Parsed,
) -> Parsed {
    let budget = Budget::new(config.timeout, files.len());
    let (shortcodes, refused) = Shortcodes::new(layers, config, budget);
    let known = before.documents_of(files, &shortcodes);
    let told = before.diagnostics_by_path();
    let parsed: Vec<_> = files
        .par_iter()
        .zip(known)
        .map(|(file, known)| match known {
            Some(document) if document.is_of(file) => {
                let diagnostics = told.get(&file.path).into_iter().flatten().copied();
                (Some(Arc::clone(document)), diagnostics.cloned().collect())
            }
            _ => {
                let (document, diagnostics) = document(file, &shortcodes, config, lenient);
                (document.map(Arc::new), diagnostics)
            }
        })
        .collect();
    let mut all = Parsed {
        shortcodes: shortcodes.fingerprint(),
        shortcodes_are_sound: refused.is_empty(),
        diagnostics: refused,
        ..Parsed::default()
    };
    for (file, (document, own)) in files.iter().zip(parsed) {
        let own = own.into_iter().map(|one| (file.path.clone(), one));
        all.diagnostics.extend(own);
        match document {
            Some(document) => all.documents.push(document),
            None => {
                all.unreadable.insert(file.path.clone());
            }
        }
    }
    // No shortcode is broken where nothing is told.
    if !all.diagnostics.is_empty() {
        let with_gaps = all.documents.iter().filter(|one| one.body.has_gaps);
        all.with_gaps = with_gaps.map(|one| one.path.clone()).collect();
    }
    all
}

impl Parsed {
    /// The document of each of `files`, which are sorted by path too; none if it was made with other
    /// shortcodes.
    fn documents_of(
        &self,
        files: &[TextFile],
        shortcodes: &Shortcodes,
    ) -> Vec<Option<&Arc<Document>>> {
        if self.shortcodes != shortcodes.fingerprint() {
            return vec![None; files.len()];
        }
        let mut rest = self.documents.iter().peekable();
        let find = |file: &TextFile| {
            // Mostly it is the next one, whose text is the very same.
            let next = rest.next_if(|document| Arc::ptr_eq(&document.text, &file.text));
            next.or_else(|| {
                while rest.next_if(|document| document.path < file.path).is_some() {}
                rest.next_if(|document| document.path == file.path)
            })
        };
        files.iter().map(find).collect()
    }

    fn diagnostics_by_path(&self) -> Table<&SourcePath, Vec<&Diagnostic>> {
        let mut by_path: Table<&SourcePath, Vec<&Diagnostic>> = Table::default();
        for (file, diagnostic) in &self.diagnostics {
            by_path.entry(file).or_default().push(diagnostic);
        }
        by_path
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
    let head = match front_matter::read(path, text, config, lenient) {
        Ok(head) => head,
        Err(error) => return (None, vec![error]),
    };
    let mut diagnostics = head.diagnostics;
    let head_is_sound = !diagnostics.iter().any(Diagnostic::is_error);
    let (body, problems) = markdown::render(text, head.body, shortcodes, config);
    let one_by_one = problems.iter().take(MOST_IN_A_FILE);
    diagnostics.extend(one_by_one.map(|problem| problem.diagnostic(path, text)));
    diagnostics.extend(diag::surplus(problems.len(), path));
    (
        Some(Document {
            path: path.clone(),
            text: Arc::clone(text),
            front: head.front,
            head_is_sound,
            body: Arc::new(body),
        }),
        diagnostics,
    )
}
