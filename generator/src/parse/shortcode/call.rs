//! The grammar of a single call: `name(key=value, …)`.
//!
//! A value is a text in `"`, `'` or `` ` ``, a number, `true`, `false` or a list of values.

use crate::tree::{Entry, Node, Table, Tree};

/// How deeply lists may be nested.
const DEEPEST: usize = 16;

/// How many arguments a call may have.
const MOST: usize = 100;

/// A place in the text, from which a call is read piece by piece.
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

/// Why something that looks like a call is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    /// What was expected, in a few words.
    pub(super) expected: &'static str,
    /// Where, in bytes of the text.
    pub(super) at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, at: usize) -> Self {
        Self { text, at }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Moves behind `token` if it comes next, after any white space. Returns whether it did.
    pub(super) fn take(&mut self, token: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Reads a name, if one comes next.
    pub(super) fn name(&mut self) -> Option<&'t str> {
        self.blanks();
        let rest = self.rest();
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = rest.find(|c| !letters(c)).unwrap_or(rest.len());
        let name = &rest[..end];
        name.starts_with(|c: char| !c.is_ascii_digit()).then(|| {
            self.at += end;
            name
        })
    }

    /// Reads the arguments and the closing parenthesis. The opening one must have been read.
    pub(super) fn arguments(&mut self) -> Result<Table, Malformed> {
        let mut table = Table::default();
        loop {
            if self.take(")") {
                return Ok(table);
            }
            if table.entries.len() == MOST {
                return Err(self.expected("at most a hundred arguments, then `)`,"));
            }
            self.blanks();
            let start = self.at;
            let key = self.name().ok_or_else(|| self.expected("a name or `)`"))?;
            let key_span = start..self.at;
            if !self.take("=") {
                return Err(self.expected("`=`: arguments are named"));
            }
            let node = self.value(0)?;
            if table.get(key).is_some() {
                return Err(Malformed {
                    expected: "every argument once",
                    at: key_span.start,
                });
            }
            table.entries.push(Entry {
                key: key.to_owned(),
                key_span,
                node,
            });
            if !self.take(",") && !self.rest().trim_start().starts_with(')') {
                return Err(self.expected("`,` or `)`"));
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Malformed> {
        self.blanks();
        let start = self.at;
        let value = match self.rest().chars().next() {
            Some(quote @ ('"' | '\'' | '`')) => self.string(quote)?,
            Some('[') if depth < DEEPEST => self.list(depth)?,
            Some('-' | '0'..='9') => self.number()?,
            _ => match self.name() {
                Some("true") => Tree::Bool(true),
                Some("false") => Tree::Bool(false),
                _ => {
                    self.at = start;
                    return Err(self.expected("a text in quotes, a number, true, false or a list"));
                }
            },
        };
        Ok(Node {
            span: start..self.at,
            value,
        })
    }

    fn string(&mut self, quote: char) -> Result<Tree, Malformed> {
        let inner = &self.rest()[1..];
        let end = inner
            .find(quote)
            .ok_or_else(|| self.expected("a closing quote"))?;
        self.at += end + 2;
        Ok(Tree::String(inner[..end].to_owned()))
    }

    fn list(&mut self, depth: usize) -> Result<Tree, Malformed> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            if self.take("]") {
                return Ok(Tree::Array(items));
            }
            items.push(self.value(depth + 1)?);
            if !self.take(",") && !self.rest().trim_start().starts_with(']') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn number(&mut self) -> Result<Tree, Malformed> {
        let rest = self.rest();
        let part = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let digits = rest[..end].replace('_', "");
        let whole = digits.parse().map(Tree::Integer).ok();
        let float = || {
            digits
                .parse()
                .ok()
                .filter(|f: &f64| f.is_finite())
                .map(Tree::Float)
        };
        let number = whole
            .or_else(float)
            .ok_or_else(|| self.expected("a number"))?;
        self.at += end;
        Ok(number)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn expected(&self, expected: &'static str) -> Malformed {
        Malformed {
            expected,
            at: self.at,
        }
    }
}
