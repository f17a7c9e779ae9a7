//! Nesting that would cost more than any style sheet is worth, and blocks that nothing ends, found
//! before a style sheet is parsed.
//!
//! The parser calls itself for each bracket. A nested rule is written out with every selector of
//! the rules around it: a few lines of `.a, .b { .a, .b { … } }` stand for gigabytes. And it ends
//! open blocks at the end of the text, as browsers do: one that was left open by mistake swallows
//! all rules behind it in silence.

use super::Reason;

/// How deeply brackets may be nested.
const DEEPEST: usize = 128;

/// How many selectors the nested rules of one style sheet may stand for.
const MOST_SELECTORS: u64 = 1_000_000;

/// The first place at which `text` goes too far, or else the first block or comment without an
/// end.
pub(super) fn fault(text: &str) -> Option<(usize, Reason)> {
    let mut walk = Walk::default();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if let Some(length) = skipped(&bytes[at..]) {
            if at + length > bytes.len() {
                return Some((at, Reason::Unterminated));
            }
            at += length;
            continue;
        }
        walk.take(*byte, at);
        if walk.depth > DEEPEST {
            return Some((at, Reason::TooDeep(DEEPEST)));
        }
        if walk.selectors > MOST_SELECTORS {
            return Some((at, Reason::TooManySelectors(MOST_SELECTORS)));
        }
        at += 1;
    }
    let open = walk.around.first();
    open.map(|block| (block.at, Reason::Unterminated))
}

/// How long the comment, the text in quotes, the address without quotes or the escape is that
/// begins here; more than there is, if it has no end.
fn skipped(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'/', b'*', inner @ ..] => {
            let end = inner.windows(2).position(|two| two == b"*/");
            Some(end.map_or(rest.len() + 1, |length| length + 4))
        }
        [quote @ (b'"' | b'\''), inner @ ..] => {
            let mut escaped = false;
            let ends = |byte: &u8| {
                let end = !escaped && (byte == quote || *byte == b'\n');
                escaped = !escaped && *byte == b'\\';
                end
            };
            let end = inner.iter().position(ends);
            Some(end.map_or(rest.len() + 1, |length| length + 2))
        }
        [b'u' | b'U', b'r' | b'R', b'l' | b'L', b'(', inner @ ..] => {
            let end = inner.iter().position(|byte| b")\"'".contains(byte))?;
            (inner[end] == b')').then_some(end + 5)
        }
        [b'\\', _, ..] => Some(2),
        _ => None,
    }
}

/// What has been seen so far.
#[derive(Default)]
struct Walk {
    /// How many brackets are open.
    depth: usize,
    /// How many of them are round or square, since the last brace.
    inner: usize,
    /// The open blocks.
    around: Vec<Block>,
    /// How many selectors the nested rules so far stand for.
    selectors: u64,
    prelude: Prelude,
}

/// What stands between two braces.
struct Block {
    /// Where it begins.
    at: usize,
    /// How many selectors stand for what is in it.
    selectors: u64,
}

/// What stands before a brace.
#[derive(Default)]
struct Prelude {
    is_at_rule: bool,
    is_begun: bool,
    /// How often the selectors before the last comma name the rule around.
    before: u64,
    /// How often the last selector does.
    last: u64,
}

impl Prelude {
    /// How many selectors it makes of each of those around it; one that does not name the rule
    /// around stands behind it.
    fn factor(&self) -> u64 {
        if self.is_at_rule {
            return 1;
        }
        self.before + self.last.max(1)
    }
}

impl Walk {
    fn take(&mut self, byte: u8, at: usize) {
        match byte {
            b'(' | b'[' => (self.depth, self.inner) = (self.depth + 1, self.inner + 1),
            b')' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.inner = self.inner.saturating_sub(1);
            }
            b'{' => self.open(at),
            b'}' => {
                self.depth = self.depth.saturating_sub(1);
                self.around.pop();
                self.begin();
            }
            b';' => self.begin(),
            b',' if self.inner == 0 => {
                self.prelude.before += self.prelude.last.max(1);
                self.prelude.last = 0;
            }
            b'&' => self.prelude.last += 1,
            b'@' if !self.prelude.is_begun => self.prelude.is_at_rule = true,
            _ => {}
        }
        self.prelude.is_begun |= !byte.is_ascii_whitespace() && !b"{};".contains(&byte);
    }

    fn open(&mut self, at: usize) {
        self.depth += 1;
        let around = self.around.last().map_or(1, |block| block.selectors);
        let own = around.saturating_mul(self.prelude.factor());
        if around > 1 {
            self.selectors = self.selectors.saturating_add(own);
        }
        self.around.push(Block { at, selectors: own });
        self.begin();
    }

    fn begin(&mut self) {
        self.inner = 0;
        self.prelude = Prelude::default();
    }
}

#[cfg(test)]
mod tests {
    use super::{Reason, fault};

    #[test]
    fn what_people_write_is_let_through() {
        for text in [
            "a, b { c: d, e; &:hover, & + & { f: g } @media (h) { i { j: k } } }".to_owned(),
            "a { content: \"{{{\" } /* {{{ */ b { c: d }".repeat(1000),
            "a, b { c, d { e: f } }\n".repeat(10_000),
            "a { background: url(data:x;y,z) }".repeat(1000),
            "a{b:c} ".repeat(100_000),
            "a { b: url(x{y) } .c\\{ { d: url( \"{)\" ) } /* a{ */ e { f: '\\'{' }\n".repeat(2),
        ] {
            assert_eq!(fault(&text), None, "{}", &text[..30]);
        }
    }

    #[test]
    fn what_would_grow_without_end_is_not() {
        for piece in ["a, b {", "& & {", "&a, &b {", "@media x { a, b {"] {
            let text = piece.repeat(25);
            let (at, reason) = fault(&text).unwrap();
            assert_eq!(reason, Reason::TooManySelectors(1_000_000), "{piece}");
            assert_eq!(text.as_bytes()[at], b'{');
        }
        for piece in ["a {", "(", "["] {
            let (at, reason) = fault(&piece.repeat(200)).unwrap();
            assert_eq!(reason, Reason::TooDeep(128), "{piece}");
            assert_eq!(at, 129 * piece.len() - 1);
        }
        let wide = format!("{}{{{}}}", "a,".repeat(2000), "b, c { d: e }".repeat(300));
        assert!(fault(&wide).is_some());
    }

    #[test]
    fn what_nothing_ends_is_found_where_it_begins() {
        for (text, at) in [
            ("a { b: c } d { e: f;\ng { h: i }", 13),
            ("@media x { a { b: c }", 9),
            ("a { b: c } /* d", 11),
            ("a { b: c } d { content: \"}", 24),
        ] {
            assert_eq!(fault(text), Some((at, Reason::Unterminated)), "{text}");
        }
    }
}
