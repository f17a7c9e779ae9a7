//! Cuts rendered HTML where marks stand, which the markdown stage put there for what needs the
//! whole site.

use super::body::{CallId, Heading, InternalLink, Piece};

/// Stands around a mark; a character that Unicode keeps out of texts, and that is taken out of
/// the text before it is parsed.
pub(super) const MARK: char = '\u{fdd0}';

/// How [`MARK`] looks in an address that has been percent-encoded.
const ENCODED_MARK: &str = "%EF%B7%90";

/// What the HTML holds in place of the address of link number `number`.
pub(super) fn link_mark(number: usize) -> String {
    format!("{MARK}{number}{MARK}")
}

/// What the text holds in place of call number `number`.
pub(super) fn call_mark(number: usize) -> String {
    format!("{MARK}c{number}{MARK}")
}

/// What the HTML holds before and behind the text of heading number `number`.
pub(super) fn anchor_marks(number: usize) -> (String, String) {
    (
        format!("{MARK}h{number}{MARK}"),
        format!("{MARK}b{number}{MARK}"),
    )
}

/// What the HTML holds where the summary ends.
pub(super) fn summary_mark() -> String {
    format!("{MARK}more{MARK}")
}

/// `text` without its marks.
pub(super) fn without_marks(text: &str) -> String {
    text.split(MARK).step_by(2).collect()
}

/// Whether `text` holds nothing but calls.
pub(super) fn only_calls(text: &str) -> bool {
    text.split(MARK)
        .step_by(2)
        .all(|part| part.trim().is_empty())
}

/// The pieces, and how many of them belong to the summary. `calls` is how many calls may be named;
/// in a call's own body those are the calls before it.
pub(super) fn split(
    html: &str,
    links: &[InternalLink],
    headings: &[Heading],
    calls: usize,
) -> (Vec<Piece>, Option<usize>) {
    let decoded = (calls > 0).then(|| html.replace(ENCODED_MARK, &MARK.to_string()));
    let html = decoded.as_deref().unwrap_or(html);
    let mut pieces = Vec::new();
    let mut summary = None;
    for (number, part) in html.split(MARK).enumerate() {
        if number % 2 == 0 {
            if !part.is_empty() {
                pieces.push(Piece::Html(part.into()));
            }
        } else if part == "more" {
            summary = Some(pieces.len());
            pieces.push(Piece::Html("<span id=\"continue-reading\"></span>".into()));
        } else if let Some(number) = part.strip_prefix('c') {
            let call = number.parse().ok().filter(|at: &usize| *at < calls);
            pieces.extend(call.map(|at| Piece::Call(CallId::new(at))));
        } else if let Some(number) = part.strip_prefix(['h', 'b']) {
            let found = number.parse().ok().and_then(|at: usize| headings.get(at));
            pieces.extend(found.map(|heading| Piece::Anchor {
                heading: Box::new(heading.clone()),
                behind: part.starts_with('b'),
            }));
        } else if let Some(link) = part.parse().ok().and_then(|at: usize| links.get(at)) {
            pieces.push(Piece::Link(link.clone()));
        }
    }
    (pieces, summary)
}
