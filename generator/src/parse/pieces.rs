//! Marks in rendered HTML, and cutting the HTML at them. A mark stands for something that needs the
//! whole site, such as the address of another page.

use super::body::{CallId, Heading, InternalLink, Piece};

/// The character before and behind each mark. Unicode reserves it for internal use, and it is
/// removed from content before parsing, so that nobody can forge a mark.
pub(super) const MARK: char = '\u{fdd0}';

/// [`MARK`] in a percent-encoded address.
const ENCODED_MARK: &str = "%EF%B7%90";

/// The mark for the address of the link with that index.
pub(super) fn link_mark(number: usize) -> String {
    format!("{MARK}{number}{MARK}")
}

/// The mark for the shortcode call with that index.
pub(super) fn call_mark(number: usize) -> String {
    format!("{MARK}c{number}{MARK}")
}

/// The marks before and behind the text of the heading with that index.
pub(super) fn anchor_marks(number: usize) -> (String, String) {
    (
        format!("{MARK}h{number}{MARK}"),
        format!("{MARK}b{number}{MARK}"),
    )
}

/// The mark for the end of the summary.
pub(super) fn summary_mark() -> String {
    format!("{MARK}more{MARK}")
}

/// `text` without its marks.
pub(super) fn without_marks(text: &str) -> String {
    text.split(MARK).step_by(2).collect()
}

/// Whether `text` consists of marks and white space.
pub(super) fn only_calls(text: &str) -> bool {
    text.split(MARK)
        .step_by(2)
        .all(|part| part.trim().is_empty())
}

/// Cuts `html` into pieces. The second value is how many of them belong to the summary. Marks may
/// refer to the first `calls` calls; in the body of a call those are the calls before it.
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
