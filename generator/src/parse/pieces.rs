//! Cuts rendered HTML where marks stand, which the markdown stage put there for what needs the
//! whole site.

use super::body::{InternalLink, Piece};

/// Stands around a mark; taken out of the text before it is parsed.
pub(super) const MARK: char = '\u{1}';

/// What the HTML holds in place of the address of link number `number`.
pub(super) fn link_mark(number: usize) -> String {
    format!("{MARK}{number}{MARK}")
}

/// What the HTML holds where the summary ends.
pub(super) fn summary_mark() -> String {
    format!("{MARK}more{MARK}")
}

/// The pieces, and how many of them belong to the summary.
pub(super) fn split(html: &str, links: &[InternalLink]) -> (Vec<Piece>, Option<usize>) {
    let mut pieces = Vec::new();
    let mut summary = None;
    for (number, part) in html.split(MARK).enumerate() {
        if number % 2 == 0 {
            if !part.is_empty() {
                pieces.push(Piece::Html(part.to_owned()));
            }
        } else if part == "more" {
            summary = Some(pieces.len());
            pieces.push(Piece::Html(
                "<span id=\"continue-reading\"></span>".to_owned(),
            ));
        } else if let Some(link) = part.parse().ok().and_then(|at: usize| links.get(at)) {
            pieces.push(Piece::Link(link.clone()));
        }
    }
    (pieces, summary)
}
