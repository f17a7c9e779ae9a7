//! Parses YAML into the tree, by the core schema (YAML 1.2.2, 10.3).
//!
//! Anchors are refused, because a few lines of them can expand to gigabytes. Tags are refused too:
//! if they were ignored, `!!str 1.10` would become a number.

use std::borrow::Cow;
use std::collections::HashSet;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span as YamlSpan, StrInput};

use super::{DEEPEST, Entry, Node, Span, SyntaxError, Table, Tree};

pub(super) fn parse(text: &str) -> Result<Node, SyntaxError> {
    let mut builder = Builder {
        parser: Parser::new_from_str(text),
        offsets: Offsets::new(text),
    };
    builder.document()
}

struct Builder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    offsets: Offsets,
}

impl Builder<'_> {
    fn document(&mut self) -> Result<Node, SyntaxError> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_), _) => {}
                (Event::StreamEnd, span) => {
                    return Ok(Node {
                        span,
                        value: Tree::Null,
                    });
                }
                (event, span) => return self.node(event, span, 0),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'static>, Span), SyntaxError> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                let span = self.offsets.span(span);
                refuse_extras(&event, &span)?;
                Ok((owned(event), span))
            }
            Some(Err(error)) => Err(self.syntax_error(&error)),
            None => Ok((Event::StreamEnd, 0..0)),
        }
    }

    fn node(
        &mut self,
        event: Event<'static>,
        span: Span,
        depth: usize,
    ) -> Result<Node, SyntaxError> {
        if depth > DEEPEST {
            return Err(refused(span, &format!("nested more than {DEEPEST} deep")));
        }
        match event {
            Event::Scalar(text, style, _, _) => Ok(Node {
                span,
                value: scalar(text.into_owned(), style),
            }),
            Event::SequenceStart(..) => self.sequence(span, depth),
            Event::MappingStart(..) => self.mapping(span, depth),
            _ => Err(refused(span, "unexpected end")),
        }
    }

    fn sequence(&mut self, start: Span, depth: usize) -> Result<Node, SyntaxError> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let span = start.start..span.end;
                return Ok(Node {
                    span,
                    value: Tree::Array(items),
                });
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn mapping(&mut self, start: Span, depth: usize) -> Result<Node, SyntaxError> {
        let mut table = Table::default();
        let mut taken = HashSet::new();
        loop {
            let (event, key_span) = self.next()?;
            let key = match event {
                Event::MappingEnd => {
                    let span = start.start..key_span.end;
                    return Ok(Node {
                        span,
                        value: Tree::Table(table),
                    });
                }
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err(refused(key_span, "a key must be a text")),
            };
            if !taken.insert(key.clone()) {
                return Err(refused(key_span, &format!("duplicate key `{key}`")));
            }
            let (event, span) = self.next()?;
            let node = self.node(event, span, depth + 1)?;
            table.entries.push(Entry {
                key,
                key_span,
                node,
            });
        }
    }

    fn syntax_error(&self, error: &ScanError) -> SyntaxError {
        let at = self.offsets.byte(*error.marker());
        refused(at..at + 1, error.info())
    }
}

/// Refuses anchors, aliases and tags.
fn refuse_extras(event: &Event<'_>, span: &Span) -> Result<(), SyntaxError> {
    let (anchor, tag) = match event {
        Event::Scalar(_, _, anchor, tag)
        | Event::SequenceStart(anchor, tag)
        | Event::MappingStart(anchor, tag) => (*anchor, tag),
        Event::Alias(_) => {
            let message = "anchors (`*name`) are not taken: write the value out";
            return Err(refused(span.clone(), message));
        }
        _ => return Ok(()),
    };
    if anchor != 0 {
        let message = "anchors (`&name`) are not taken: write the value out";
        return Err(refused(span.clone(), message));
    }
    if tag.is_some() {
        let message =
            "tags (`!!str`) are not taken: put a text in quotes, and write anything else bare";
        return Err(refused(span.clone(), message));
    }
    Ok(())
}

fn refused(span: Span, message: &str) -> SyntaxError {
    SyntaxError {
        message: message.to_owned(),
        span,
    }
}

fn owned(event: Event<'_>) -> Event<'static> {
    match event {
        Event::Scalar(text, style, anchor, _) => {
            Event::Scalar(Cow::Owned(text.into_owned()), style, anchor, None)
        }
        Event::SequenceStart(anchor, _) => Event::SequenceStart(anchor, None),
        Event::MappingStart(anchor, _) => Event::MappingStart(anchor, None),
        Event::Alias(anchor) => Event::Alias(anchor),
        Event::SequenceEnd => Event::SequenceEnd,
        Event::MappingEnd => Event::MappingEnd,
        Event::StreamStart => Event::StreamStart,
        Event::StreamEnd => Event::StreamEnd,
        Event::DocumentStart(explicit) => Event::DocumentStart(explicit),
        Event::DocumentEnd => Event::DocumentEnd,
        Event::Nothing => Event::Nothing,
    }
}

fn scalar(text: String, style: ScalarStyle) -> Tree {
    if style != ScalarStyle::Plain {
        return Tree::String(text);
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Tree::Null,
        "true" | "True" | "TRUE" => Tree::Bool(true),
        "false" | "False" | "FALSE" => Tree::Bool(false),
        number => {
            if let Ok(integer) = number.parse() {
                Tree::Integer(integer)
            } else if let (true, Ok(float)) = (looks_like_a_float(number), number.parse()) {
                Tree::Float(float)
            } else {
                Tree::String(text)
            }
        }
    }
}

/// `inf` and `nan` parse in Rust, but are plain words in YAML.
fn looks_like_a_float(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        && text.contains(|c: char| c.is_ascii_digit())
}

/// Converts the parser's positions, which count characters, to the tree's, which count bytes.
struct Offsets(Option<Vec<usize>>);

impl Offsets {
    fn new(text: &str) -> Self {
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        Self((!text.is_ascii()).then(|| ends.collect()))
    }

    fn byte(&self, marker: Marker) -> usize {
        match &self.0 {
            None => marker.index(),
            Some(offsets) => {
                let last = offsets.last().copied().unwrap_or_default();
                offsets.get(marker.index()).copied().unwrap_or(last)
            }
        }
    }

    fn span(&self, span: YamlSpan) -> Span {
        self.byte(span.start)..self.byte(span.end)
    }
}
