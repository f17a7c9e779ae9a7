//! Marks in rendered HTML, and cutting the HTML at them. A mark stands for something that needs the
//! whole site, such as the address of another page.

use std::borrow::Cow;

use super::body::{CallId, Heading, InternalLink, Piece, Summary};
use super::summary;

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

/// What the HTML holds where the summary ends.
pub(super) const SUMMARY_MARK: &str = "\u{fdd0}more\u{fdd0}";

/// What the HTML holds before a relative address.
pub(super) const BESIDE_MARK: &str = "\u{fdd0}.\u{fdd0}";

/// How [`BESIDE_MARK`] looks in an address that has been percent-encoded.
const ENCODED_BESIDE: &str = "%EF%B7%90.%EF%B7%90";

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
) -> (Vec<Piece>, Option<Summary>) {
    let html = decoded(html, calls > 0);
    let mut pieces = Vec::new();
    let mut summary = None;
    for (number, part) in html.split(MARK).enumerate() {
        if number % 2 == 0 {
            if !part.is_empty() {
                pieces.push(Piece::Html(part.into()));
            }
            continue;
        }
        let piece = match Mark::read(part) {
            Some(Mark::Summary) => {
                let above = html.split(SUMMARY_MARK).next().unwrap_or_default();
                summary.get_or_insert(Summary {
                    pieces: pieces.len(),
                    ending: summary::ending(above).into(),
                });
                Some(Piece::Html("<span id=\"continue-reading\"></span>".into()))
            }
            Some(Mark::Beside) => Some(Piece::Beside),
            Some(Mark::Call(at)) if at < calls => Some(Piece::Call(CallId::new(at))),
            Some(Mark::Anchor { number, behind }) => headings.get(number).map(|heading| {
                let heading = Box::new(heading.clone());
                Piece::Anchor { heading, behind }
            }),
            Some(Mark::Link(at)) => links.get(at).cloned().map(Piece::Link),
            Some(Mark::Call(_)) | None => None,
        };
        pieces.extend(piece);
    }
    (pieces, summary)
}

/// What a mark stands for.
enum Mark {
    /// The address of the link with that index.
    Link(usize),
    /// What the call with that index comes to.
    Call(usize),
    /// A place before or behind the text of the heading with that index.
    Anchor { number: usize, behind: bool },
    /// The end of the summary.
    Summary,
    /// What a relative address starts from.
    Beside,
}

impl Mark {
    /// The mark that has `text` between its two characters.
    fn read(text: &str) -> Option<Self> {
        let number = |digits: &str| digits.parse().ok();
        let anchor = |digits, behind| {
            let number = number(digits)?;
            Some(Self::Anchor { number, behind })
        };
        match text.as_bytes() {
            b"more" => Some(Self::Summary),
            b"." => Some(Self::Beside),
            [b'c', ..] => number(&text[1..]).map(Self::Call),
            [b'h', ..] => anchor(&text[1..], false),
            [b'b', ..] => anchor(&text[1..], true),
            _ => number(text).map(Self::Link),
        }
    }
}

/// `html` with its marks as they were before they came into addresses.
fn decoded(html: &str, has_calls: bool) -> Cow<'_, str> {
    if has_calls {
        Cow::Owned(html.replace(ENCODED_MARK, &MARK.to_string()))
    } else if html.contains(ENCODED_BESIDE) {
        Cow::Owned(html.replace(ENCODED_BESIDE, BESIDE_MARK))
    } else {
        Cow::Borrowed(html)
    }
}
