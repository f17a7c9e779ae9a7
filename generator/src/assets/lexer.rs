//! The part of ECMAScript's lexical grammar that is needed to tell code from comments, strings,
//! template literals and regular expressions (ECMA-262, "Lexical Grammar").
//!
//! Whether a `/` divides or begins a regular expression depends on the token before it. Behind a
//! `)` or `}` it depends on the token before the matching opening bracket.

use std::ops::Range;

/// A token. Comments and white space are not tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or name.
    Word,
    /// A string with its quotes.
    String,
    /// A number, a regular expression, or a piece of a template literal.
    Literal,
    /// One byte of punctuation; `++` and `--` are two tokens.
    Punctuation(u8),
}

/// The place of a comment, string, template literal or bracket that has no end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unterminated {
    pub(super) span: Range<usize>,
}

/// Words that are followed by an expression.
const BEFORE_EXPRESSION: [&str; 15] = [
    "await",
    "case",
    "delete",
    "do",
    "else",
    "extends",
    "in",
    "instanceof",
    "new",
    "of",
    "return",
    "throw",
    "typeof",
    "void",
    "yield",
];

/// Splits `text` into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Unterminated> {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        tokens: Vec::new(),
        openers: Vec::new(),
        value_before: false,
    };
    if text.starts_with("#!") {
        lexer.skip_line();
    }
    while lexer.at < text.len() {
        lexer.next()?;
    }
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    openers: Vec<Opener>,
    /// Whether the last token ends a value, so that a `/` now divides.
    value_before: bool,
}

/// What an open bracket will be when it is closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opener {
    /// A value: `(a)`, `[a]`, `{a: 1}`.
    Value,
    /// Not a value: a block, or the condition of an `if`.
    NoValue,
    /// The end of a substitution, behind which the template literal goes on.
    Template,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<(), Unterminated> {
        let start = self.at;
        let next = self.bytes.get(start + 1).copied();
        match self.bytes[start] {
            byte if byte.is_ascii_whitespace() => self.at += 1,
            b'/' if next == Some(b'/') => self.skip_line(),
            b'/' if next == Some(b'*') => self.skip_comment()?,
            b'"' | b'\'' => self.string()?,
            b'`' => self.template()?,
            b'/' if !self.value_before => self.regex(),
            b'(' | b'[' | b'{' => self.open(),
            b')' | b']' | b'}' => self.close()?,
            byte if byte.is_ascii_digit() => self.run(Kind::Literal),
            byte if is_word(byte) => self.run(Kind::Word),
            byte => self.punctuation(byte),
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind, start: usize, is_value: bool) {
        self.tokens.push(Token {
            kind,
            span: start..self.at,
        });
        self.value_before = is_value;
    }

    fn skip_line(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest
            .find(['\n', '\r', '\u{2028}', '\u{2029}'])
            .unwrap_or(rest.len());
    }

    fn skip_comment(&mut self) -> Result<(), Unterminated> {
        let rest = &self.text[self.at + 2..];
        let length = rest.find("*/").ok_or_else(|| self.unterminated(2))?;
        self.at += length + 4;
        Ok(())
    }

    fn unterminated(&self, length: usize) -> Unterminated {
        Unterminated {
            span: self.at..self.at + length,
        }
    }

    fn string(&mut self) -> Result<(), Unterminated> {
        let start = self.at;
        let quote = self.bytes[start];
        let mut at = start + 1;
        loop {
            match self.bytes.get(at) {
                None | Some(b'\n') => return Err(self.unterminated(1)),
                Some(b'\\') => at += 2,
                Some(byte) if *byte == quote => break,
                Some(_) => at += 1,
            }
        }
        self.at = at + 1;
        self.push(Kind::String, start, true);
        Ok(())
    }

    /// Reads a template literal from its "`", or from the `}` that ends a substitution, up to the
    /// next `${` or the end.
    fn template(&mut self) -> Result<(), Unterminated> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            match self.bytes.get(at) {
                None => return Err(self.unterminated(1)),
                Some(b'\\') => at += 2,
                Some(b'`') => {
                    self.at = at + 1;
                    self.push(Kind::Literal, start, true);
                    return Ok(());
                }
                Some(b'$') if self.bytes.get(at + 1) == Some(&b'{') => {
                    self.at = at + 2;
                    self.push(Kind::Literal, start, false);
                    self.openers.push(Opener::Template);
                    return Ok(());
                }
                Some(_) => at += 1,
            }
        }
    }

    fn regex(&mut self) {
        let start = self.at;
        let mut at = start + 1;
        let mut in_class = false;
        loop {
            match self.bytes.get(at) {
                // A regular expression cannot span lines: this `/` divides after all.
                None | Some(b'\n') => return self.punctuation(b'/'),
                Some(b'\\') => at += 1,
                Some(b'[') => in_class = true,
                Some(b']') => in_class = false,
                Some(b'/') if !in_class => break,
                Some(_) => {}
            }
            at += 1;
        }
        self.at = at + 1;
        while self.bytes.get(self.at).is_some_and(|byte| is_word(*byte)) {
            self.at += 1;
        }
        self.push(Kind::Literal, start, true);
    }

    fn open(&mut self) {
        let start = self.at;
        let byte = self.bytes[start];
        let opener = match byte {
            b'(' if self.last_word_is(&["if", "while", "for", "with"]) => Opener::NoValue,
            b'{' if self.opens_a_block() => Opener::NoValue,
            _ => Opener::Value,
        };
        self.openers.push(opener);
        self.at += 1;
        self.push(Kind::Punctuation(byte), start, false);
    }

    /// Whether a `{` at this place begins a block, a body or a list of names, rather than an
    /// object.
    fn opens_a_block(&self) -> bool {
        match self.tokens.last() {
            None => true,
            Some(token) => match token.kind {
                Kind::Punctuation(b';' | b'{' | b'}' | b')') => true,
                Kind::Punctuation(b'>') => self.tokens.iter().rev().nth(1).is_some_and(|before| {
                    before.kind == Kind::Punctuation(b'=') && before.span.end == token.span.start
                }),
                Kind::Punctuation(_) => false,
                Kind::Word => {
                    !self.last_word_is(&BEFORE_EXPRESSION) || self.last_word_is(&["do", "else"])
                }
                Kind::String | Kind::Literal => false,
            },
        }
    }

    fn close(&mut self) -> Result<(), Unterminated> {
        let opener = self.openers.pop();
        if opener == Some(Opener::Template) && self.bytes[self.at] == b'}' {
            return self.template();
        }
        let start = self.at;
        self.at += 1;
        let is_value = opener != Some(Opener::NoValue);
        self.push(Kind::Punctuation(self.bytes[start]), start, is_value);
        Ok(())
    }

    fn run(&mut self, kind: Kind) {
        let start = self.at;
        let continues = |byte: &u8| is_word(*byte) || (kind == Kind::Literal && *byte == b'.');
        while self.bytes.get(self.at).is_some_and(continues) {
            self.at += 1;
        }
        let is_value = kind == Kind::Literal
            || self.is_property()
            || !BEFORE_EXPRESSION.contains(&&self.text[start..self.at]);
        self.push(kind, start, is_value);
    }

    /// Whether a word at this place is the name of a property, behind a `.`.
    fn is_property(&self) -> bool {
        let mut back = self.tokens.iter().rev().map(|token| token.kind);
        // `...name` spreads, `a.name` reads.
        back.next() == Some(Kind::Punctuation(b'.')) && back.next() != Some(Kind::Punctuation(b'.'))
    }

    fn last_word_is(&self, words: &[&str]) -> bool {
        let mut back = self.tokens.iter().rev();
        back.next().is_some_and(|last| {
            last.kind == Kind::Word
                && words.contains(&&self.text[last.span.clone()])
                && back
                    .next()
                    .is_none_or(|before| before.kind != Kind::Punctuation(b'.'))
        })
    }

    fn punctuation(&mut self, byte: u8) {
        let start = self.at;
        self.at += 1;
        let doubled = matches!(byte, b'+' | b'-') && self.bytes.get(self.at) == Some(&byte);
        if doubled {
            // Behind a value, `++` belongs to the value; before one, it makes no difference.
            self.at += 1;
        }
        let is_value = doubled && self.value_before;
        self.push(Kind::Punctuation(byte), start, is_value);
    }
}

/// Whether a byte can be part of a word: letters, digits, `_`, `$`, `#`, `\` and everything that is
/// not ASCII.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_$#\\".contains(&byte) || !byte.is_ascii()
}
