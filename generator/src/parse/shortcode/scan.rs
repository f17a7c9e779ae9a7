//! Finds the shortcode calls in a text, and how they are nested.

use std::ops::Range;

use super::Shortcodes;
use super::call::{Cursor, Malformed};
use crate::parse::problem::{BodyProblem, ShortcodeProblem};
use crate::tree::Table;

/// How deeply calls may be nested.
const DEEPEST: usize = 16;

/// A part of the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// Plain text.
    Text(Range<usize>),
    /// `{{/* … */}}`: the text to show, and its place.
    Shown(String, Range<usize>),
    /// A call.
    Call(ScannedCall),
}

/// A call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ScannedCall {
    pub(super) name: String,
    pub(super) arguments: Table,
    pub(super) body: Option<Vec<Item>>,
    /// The place of the call, without its body.
    pub(super) span: Range<usize>,
}

/// Scans a text from its start to its end.
pub(super) struct Scanner<'t> {
    text: &'t str,
    shortcodes: &'t Shortcodes,
    problems: Vec<BodyProblem>,
    /// The items so far, inside the innermost open call.
    items: Vec<Item>,
    open: Vec<(ScannedCall, Vec<Item>)>,
    too_deep: bool,
    /// Where the next `*/` stands that was looked for; behind the text where there is none.
    next_end: usize,
}

enum Token {
    Shown(String),
    Alone(ScannedCall),
    Open(ScannedCall),
    End,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str, shortcodes: &'t Shortcodes) -> Self {
        Self {
            text,
            shortcodes,
            problems: Vec::new(),
            items: Vec::new(),
            open: Vec::new(),
            too_deep: false,
            next_end: 0,
        }
    }

    /// The items of the bytes `span`, and what is wrong with the calls among them.
    pub(super) fn scan(mut self, span: Range<usize>) -> (Vec<Item>, Vec<BodyProblem>) {
        let (mut plain, mut at) = (span.start, span.start);
        while let Some(found) = self.text[at..span.end].find('{') {
            at += found;
            let Some((token, end)) = self.token(at, span.end) else {
                at += 1;
                continue;
            };
            if plain < at {
                self.items.push(Item::Text(plain..at));
            }
            self.place(token, at..end);
            (plain, at) = (end, end);
            if self.too_deep {
                return (Vec::new(), self.problems);
            }
        }
        if plain < span.end {
            self.items.push(Item::Text(plain..span.end));
        }
        while let Some((call, around)) = self.open.pop() {
            self.problems
                .push(ShortcodeProblem::Open(call.name).at(call.span));
            self.items = around;
        }
        (self.items, self.problems)
    }

    fn place(&mut self, token: Token, span: Range<usize>) {
        match token {
            Token::Shown(text) => self.items.push(Item::Shown(text, span)),
            Token::Alone(call) => self.items.push(Item::Call(call)),
            Token::Open(call) if self.open.len() < DEEPEST => {
                self.open.push((call, std::mem::take(&mut self.items)));
            }
            Token::Open(call) => {
                self.too_deep = true;
                self.problems
                    .push(ShortcodeProblem::TooDeep(DEEPEST).at(call.span));
            }
            Token::End => match self.open.pop() {
                Some((mut call, around)) => {
                    call.body = Some(std::mem::replace(&mut self.items, around));
                    self.items.push(Item::Call(call));
                }
                None => self.problems.push(ShortcodeProblem::StrayEnd.at(span)),
            },
        }
    }

    /// The token at `at` with its end; `None` if there is plain text.
    fn token(&mut self, at: usize, limit: usize) -> Option<(Token, usize)> {
        let text = &self.text[..limit];
        let (alone, close) = match text.get(at..at + 2)? {
            "{{" => (true, "}}"),
            "{%" => (false, "%}"),
            _ => return None,
        };
        let mut cursor = Cursor::new(text, at + 2);
        if cursor.take("/*") {
            return self.shown(text, at, cursor.at(), close);
        }
        let name = cursor.name()?;
        if !alone && name == "end" && cursor.take(close) {
            return Some((Token::End, cursor.at()));
        }
        if !cursor.take("(") {
            return None;
        }
        let arguments = match closed_arguments(&mut cursor, close) {
            Ok(arguments) => arguments,
            Err(malformed) => {
                self.refuse(name, malformed);
                return None;
            }
        };
        let call = ScannedCall {
            name: name.to_owned(),
            arguments,
            body: None,
            span: at..cursor.at(),
        };
        let token = if alone {
            Token::Alone(call)
        } else {
            Token::Open(call)
        };
        Some((token, cursor.at()))
    }

    /// Code for other template engines may look like a call. It is a mistake only if the name is
    /// that of a shortcode.
    fn refuse(&mut self, name: &str, malformed: Malformed) {
        if self.shortcodes.kind(name).is_some() {
            let Malformed { expected, at } = malformed;
            let name = name.to_owned();
            let problem = ShortcodeProblem::Malformed { name, expected };
            self.problems.push(problem.at(at..at + 1));
        }
    }

    /// `{{/* name() */}}` shows `{{ name() }}`.
    fn shown(
        &mut self,
        text: &str,
        at: usize,
        inner: usize,
        close: &str,
    ) -> Option<(Token, usize)> {
        if self.next_end < inner {
            let found = text[inner..].find("*/");
            self.next_end = found.map_or(usize::MAX, |length| inner + length);
        }
        let rest = text.get(self.next_end..)?;
        let end = self.next_end + 2;
        rest[2..].starts_with(close).then(|| {
            let shown = format!(
                "{}{}{close}",
                &text[at..at + 2],
                &text[inner..self.next_end]
            );
            (Token::Shown(shown), end + close.len())
        })
    }
}

/// The arguments of a call up to `close`, `}}` or `%}`.
fn closed_arguments(cursor: &mut Cursor<'_>, close: &str) -> Result<Table, Malformed> {
    let arguments = cursor.arguments()?;
    if cursor.take(close) {
        return Ok(arguments);
    }
    Err(Malformed {
        expected: if close == "}}" { "`}}`" } else { "`%}`" },
        at: cursor.at(),
    })
}
