//! Finds the tags of a template: `{{ … }}` and `{% … %}`.

use std::ops::Range;

/// The blocks that have an end. `set` has one only if it assigns no value.
const BLOCKS: [&str; 9] = [
    "autoescape",
    "block",
    "call",
    "filter",
    "for",
    "if",
    "macro",
    "raw",
    "with",
];

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag<'t> {
    /// The first word of a `{% … %}`; empty for others.
    pub(super) word: &'t str,
    /// The text behind the word.
    rest: &'t str,
    /// The whole tag.
    pub(super) span: Range<usize>,
}

impl Tag<'_> {
    /// Whether it begins a block that must have an end.
    pub(super) fn is_block(&self) -> bool {
        BLOCKS.contains(&self.word) || (self.word == "set" && !self.rest.contains('='))
    }
}

/// The tags of `text`, except for those in comments and in `raw`.
pub(super) fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text[at..].find('{')?;
            let rest = &text[start..];
            let close = match rest.as_bytes().get(1) {
                Some(b'#') => {
                    at = start + rest.find("#}").map_or(rest.len(), |length| length + 2);
                    continue;
                }
                Some(b'{') => "}}",
                Some(b'%') => "%}",
                _ => {
                    at = start + 1;
                    continue;
                }
            };
            at = start + 2 + inner(&rest[2..], close);
            let tag = tag(text, start..at, close == "%}");
            if tag.word == "raw" {
                at += text[at..].find("{% endraw").unwrap_or(text.len() - at);
            }
            return Some(tag);
        }
    })
}

/// The length of the rest of a tag, with the `close` that ends it. A `close` in quotes does not end
/// it.
fn inner(text: &str, close: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match quote {
            Some(open) => {
                if byte == open && !escaped {
                    quote = None;
                }
                escaped = byte == b'\\' && !escaped;
            }
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None if text.as_bytes()[at..].starts_with(close.as_bytes()) => {
                return at + close.len();
            }
            None => {}
        }
    }
    text.len()
}

fn tag(text: &str, span: Range<usize>, is_statement: bool) -> Tag<'_> {
    let inner = text.get(span.start + 2..span.end).unwrap_or_default();
    let inner = inner.trim_start_matches(['-', '+']).trim_start();
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = inner.find(|c| !letters(c)).unwrap_or(inner.len());
    let (word, rest) = inner.split_at(if is_statement { end } else { 0 });
    Tag { word, rest, span }
}
