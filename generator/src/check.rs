//! Checks the links in the finished HTML: every page, file and anchor of this site that it refers
//! to must exist, whether markdown or a template wrote the link.

mod broken;
mod html;
mod links;
mod mistakes;
mod origin;
mod places;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::config::Config;
use crate::diag::Diagnostic;
use crate::fingerprint::Table;
use crate::lineup::Lineup;
use crate::load::TextFile;
use crate::model::Redirect;
use crate::output::{self, Output};
use crate::path::{OutputPath, SourcePath};

use self::broken::BrokenLink;
use self::places::Places;

pub use self::html::{Facts, Inline, Reference, Role};
pub use self::links::{Meant, meant};

/// The facts about all HTML pages.
pub type Pages = Table<OutputPath, Arc<Facts>>;

/// What one check leaves for the next one to reuse.
#[derive(Debug, Clone, Default)]
pub struct Cache {
    files: Lineup<(Bytes, Arc<Facts>)>,
    /// If no link was broken.
    sound: Option<Sound>,
}

impl Cache {
    /// Keeps the facts about `checked`. `sound` is what [`check`] returned for it, if it found no
    /// mistakes.
    #[must_use]
    pub fn new(checked: Input<'_>, sound: Option<Sound>) -> Self {
        let kept = checked.outputs.iter().filter_map(|one| {
            let facts = Arc::clone(checked.pages.get(&one.path)?);
            Some((one.path.clone(), (one.bytes.clone(), facts)))
        });
        Self {
            files: kept.collect(),
            sound,
        }
    }

    /// Whether the page was checked with these very facts.
    fn knows(&self, place: usize, page: &OutputPath, facts: &Arc<Facts>) -> bool {
        let known = self.files.get(place, page);
        known.is_some_and(|(_, known)| Arc::ptr_eq(known, facts))
    }

    /// The facts about `output`, if the same bytes have been read before.
    fn facts(&self, place: usize, output: &Output) -> Option<Arc<Facts>> {
        let (bytes, facts) = self.files.get(place, &output.path)?;
        let same = output::same(bytes, &output.bytes);
        same.then(|| Arc::clone(facts))
    }
}

/// Reads every HTML file among `outputs`.
#[must_use]
pub fn read(outputs: &[Output], before: &Cache) -> Pages {
    let pages: Vec<&Output> = outputs.iter().filter(|one| is_html(&one.path)).collect();
    pages
        .par_iter()
        .enumerate()
        .map(|(place, output)| {
            let known = before.facts(place, output);
            let facts = known.unwrap_or_else(|| Arc::new(html::read(&output.bytes)));
            (output.path.clone(), facts)
        })
        .collect()
}

/// The facts about `html`, a page from wherever.
#[must_use]
pub fn facts(html: &[u8]) -> Facts {
    html::read(html)
}

/// Whether `path` is an HTML file.
#[must_use]
pub fn is_html(path: &OutputPath) -> bool {
    matches!(path.extension(), Some("html" | "htm"))
}

/// What is checked, with what mistakes in it are told by.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The finished files.
    pub outputs: &'a [Output],
    /// The facts about all HTML pages among them.
    pub pages: &'a Pages,
    /// The redirects, which links may lead to.
    pub redirects: &'a [Redirect],
    /// The configuration.
    pub config: &'a Config,
    /// All content files, sorted by path.
    pub content: &'a [TextFile],
    /// Those of them whose bodies have gaps: no anchor counts as missing on pages that show one.
    pub with_gaps: &'a BTreeSet<SourcePath>,
    /// All templates and data files.
    pub others: &'a [TextFile],
    /// The configuration's file, in which a menu may stand.
    pub settings: &'a TextFile,
}

/// Stands for everything that links can lead to, where none is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound(u64);

/// Checks the links of all pages.
///
/// If links can lead to the same targets as `before`, pages that have not changed since are not
/// checked again.
///
/// # Errors
/// Every broken link, once, with its first page and the number of other pages.
pub fn check(input: Input<'_>, before: &Cache) -> Result<Sound, Vec<Diagnostic>> {
    let places = Places::new(input);
    let targets = places.fingerprint();
    let are_the_same = before.sound == Some(Sound(targets));
    let outputs = input.outputs.iter();
    let pages = outputs.filter_map(|one| Some((&one.path, input.pages.get(&one.path)?)));
    let unknown: Vec<_> = pages
        .enumerate()
        .filter(|(place, (page, facts))| !(are_the_same && before.knows(*place, page, facts)))
        .collect();
    let mut broken: Vec<BrokenLink<'_>> = unknown
        .par_iter()
        .flat_map_iter(|(_, (page, facts))| places.broken(page, facts))
        .collect();
    if broken.is_empty() {
        return Ok(Sound(targets));
    }
    broken.sort_by_key(|one| one.page);
    Err(mistakes::diagnostics(input, &places, broken))
}
