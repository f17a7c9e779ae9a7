//! Why a link is broken, and how that is told.

use crate::diag::{Diagnostic, MOST_IN_A_FILE, Place};
use crate::output::{Output, OutputKind};
use crate::path::{OutputPath, SourcePath, percent_decode};

use super::origin::{Origin, Origins};

/// A broken link on a page.
pub(super) struct BrokenLink<'a> {
    /// The address as it is written there.
    pub(super) url: String,
    pub(super) why: Broken,
    pub(super) page: &'a OutputPath,
}

/// Why a link is broken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Broken {
    /// The target does not exist.
    NoTarget {
        /// The path of the missing target.
        file: String,
    },
    /// The page exists, but not the anchor.
    NoAnchor {
        /// The page.
        file: OutputPath,
        /// The anchor.
        anchor: String,
    },
    /// The link would be right if it began with the folder of the base URL.
    NoSubPath,
    /// The link leads above the site's root.
    Escapes,
}

/// A broken link, with all pages on which it stands for the same reason.
pub(super) struct Mistake<'a> {
    /// The address as it is written there.
    pub(super) url: String,
    /// Why it is broken on the first of the pages.
    pub(super) why: Broken,
    pub(super) first: &'a Output,
    pub(super) others: Vec<&'a Output>,
    /// Where it was written for the first page, if a file holds it as it is.
    pub(super) origin: Option<Origin<'a>>,
}

impl<'a> Mistake<'a> {
    /// The error about it.
    pub(super) fn diagnostic(&self, origins: &mut Origins<'a>) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.why.message(&self.url));
        let diagnostic = match &self.origin {
            Some(origin) => {
                let placed = diagnostic.at(origin.file, origin.text, origin.span.clone());
                if origin.tells_page {
                    placed
                } else {
                    placed.note(format!("it stands in {}", self.first.path))
                }
            }
            None => not_found(diagnostic, self.first, origins),
        };
        let diagnostic = match self.written_again(origins) {
            Some(place) => diagnostic.note(format!("it was written also at {place}")),
            None => diagnostic,
        };
        let mut others: Vec<&OutputPath> = self.others.iter().map(|one| &one.path).collect();
        others.retain(|other| **other != self.first.path);
        others.dedup();
        let note = match others.as_slice() {
            [] => return diagnostic,
            [other] => format!("it also stands in {other}"),
            [other, _] => format!("it also stands in {other} and one more page"),
            [other, rest @ ..] => {
                format!("it also stands in {other} and {} more pages", rest.len())
            }
        };
        diagnostic.note(note)
    }

    /// What to do about an address that depends on the page into which a template writes it.
    pub(super) fn remedy(&self) -> Option<String> {
        let origin = self.origin.as_ref()?;
        let is_relative = !self.url.starts_with(['/', '#']) && !self.url.contains("://");
        let is_missing = matches!(self.why, Broken::NoTarget { .. });
        (is_missing && is_relative && !origin.tells_page && !self.others.is_empty()).then(|| {
            "a relative address leads somewhere else from each page: begin it with `/`, or use \
             `get_url`"
                .to_owned()
        })
    }

    /// The place in the first other content file in which it was written, too.
    fn written_again(&self, origins: &mut Origins<'a>) -> Option<Place> {
        let first = self.origin.as_ref().filter(|origin| origin.tells_page)?;
        let others = self.others.iter().take(MOST_IN_A_FILE);
        let mut found = others.filter_map(|page| origins.find(&self.url, &self.why, page));
        let other = found.find(|other| other.tells_page && !other.is_same(first))?;
        let placed = Diagnostic::error("").at(other.file, other.text, other.span);
        placed.place.map(|place| *place)
    }
}

impl Broken {
    fn message(&self, url: &str) -> String {
        match self {
            Self::NoTarget { .. } | Self::NoSubPath => {
                format!("broken link `{url}`: nothing is there")
            }
            Self::NoAnchor { file, anchor } => {
                format!("broken link `{url}`: `{file}` has no anchor `{anchor}`")
            }
            Self::Escapes => format!("broken link `{url}`: it leads above the site's root"),
        }
    }
}

/// Places `diagnostic`, about a link on `page` that no file holds as it is, and tells where it can
/// have come from.
fn not_found(diagnostic: Diagnostic, page: &Output, origins: &Origins<'_>) -> Diagnostic {
    let Some(source) = page.made_from.first() else {
        return diagnostic.in_file(&page.path);
    };
    let diagnostic = diagnostic.in_file(source);
    if page.kind == OutputKind::Static {
        return diagnostic;
    }
    let templates = page.made_from.iter().filter(|file| origins.is_other(file));
    let templates: Vec<&str> = templates.map(SourcePath::as_str).collect();
    let made_with = match templates.as_slice() {
        [] => String::new(),
        all => format!(", which is made with {}", all.join(", ")),
    };
    diagnostic.note(format!(
        "a template wrote it, into {}{made_with}",
        page.path
    ))
}

/// What to write instead of a relative link to a content file, which would not lead to its page.
pub(super) fn content_link(
    url: &str,
    made_from: &[SourcePath],
    has: impl Fn(&SourcePath) -> bool,
) -> Option<String> {
    let (file, anchor) = url.split_at(url.find('#').unwrap_or(url.len()));
    let file = percent_decode(Some(file).filter(|file| !file.contains(':'))?);
    let folder = made_from.first()?.parent();
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let path = SourcePath::new(parts.join("/")).ok()?;
    path.markdown_stem().filter(|_| has(&path))?;
    let below = path.as_str().strip_prefix("content/")?.replace(' ', "%20");
    Some(format!(
        "to lead to that file's page, write `@/{below}{anchor}`"
    ))
}
