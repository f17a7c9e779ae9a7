//! Why a link is broken, and how that is told.

use crate::diag::Diagnostic;
use crate::output::{Output, OutputKind};
use crate::path::{OutputPath, SourcePath, percent_decode};

use super::origin::Origins;

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

impl Broken {
    /// The error about the link `url`, which stands on the page `first` and on `others`.
    pub(super) fn diagnostic<'a>(
        &self,
        url: &str,
        first: &'a Output,
        others: &[&'a Output],
        origins: &mut Origins<'a>,
    ) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.message(url));
        let diagnostic = match origins.find(url, self, first) {
            Some(origin) if origin.tells_page => {
                diagnostic.at(origin.file, origin.text, origin.span)
            }
            Some(origin) => diagnostic
                .at(origin.file, origin.text, origin.span)
                .note(format!("it stands in {}", first.path)),
            None => not_found(diagnostic, first, origins),
        };
        let mut others: Vec<&OutputPath> = others.iter().map(|one| &one.path).collect();
        others.retain(|other| **other != first.path);
        others.dedup();
        match others.as_slice() {
            [] => diagnostic,
            [other] => diagnostic.note(format!("it also stands in {other}")),
            [other, rest @ ..] => {
                diagnostic.note(format!("it also stands in {other} and {} more", rest.len()))
            }
        }
    }

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
