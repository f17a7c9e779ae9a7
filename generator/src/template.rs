//! Checks the text of a template before the engine compiles it, and adds what the engine's errors
//! lack.
//!
//! The engine recurses for each operator, index and `elif`. So templates with too many of them are
//! refused here, and the others are compiled on a thread with a large stack. For a block without an
//! end, the engine reports the place where it expected the end; this file finds the place where the
//! block begins.

mod tags;

use std::ops::Range;
use std::{panic, thread};

use minijinja::{Environment, Error, ErrorKind};

use crate::diag::Diagnostic;
use crate::load::TextFile;
use crate::threads;

use self::tags::{Tag, tags};

/// The longest tag that is allowed, in bytes.
const LONGEST_TAG: usize = 32 * 1024;

/// The largest number of tags in one template.
const MOST_TAGS: usize = 100_000;

/// The largest number of `elif`s, and of blocks, in one template.
const MOST_ELIFS: usize = 1000;
const MOST_BLOCKS: usize = 1000;

/// The largest number of tags in all templates together. A block counts for many, as the engine
/// compiles each by itself.
const MOST_TAGS_OF_ALL: usize = 2_000_000;
const TAGS_OF_A_BLOCK: usize = 50;

/// Why a template cannot be used.
#[derive(Debug)]
pub enum TemplateError {
    /// It exceeds a limit of the engine: a description of what does, and its place.
    Excess(String, Range<usize>),
    /// A block has no end: its name, and the place of its first tag.
    Unclosed(String, Range<usize>),
    /// The engine's error.
    Engine(Error),
    /// The thread for compiling could not be started; the reason.
    NoRoom(String),
}

impl TemplateError {
    /// The diagnostic about it in `file`; `engine` makes that of an error of the engine.
    #[must_use]
    pub fn diagnostic(
        &self,
        file: Option<&TextFile>,
        engine: impl FnOnce(&Error) -> Diagnostic,
    ) -> Diagnostic {
        let (message, hint, span) = match self {
            Self::Engine(error) => return engine(error),
            Self::NoRoom(said) => {
                return Diagnostic::error(format!("templates cannot be compiled: {said}"));
            }
            Self::Excess(message, span) => (
                format!("template: {message}"),
                "split it, or keep what it holds in `data/`".to_owned(),
                span,
            ),
            Self::Unclosed(name, span) => (
                format!("template syntax: this `{name}` has no end"),
                format!("write `{{% end{name} %}}` behind what belongs to it"),
                span,
            ),
        };
        let diagnostic = Diagnostic::error(message).hint(hint);
        match file {
            Some(file) => diagnostic.at(&file.path, &file.text, span.clone()),
            None => diagnostic,
        }
    }
}

/// Adds templates, given by name and text. Returns those that cannot be used, with their errors.
pub fn add_all<'t>(
    environment: &mut Environment<'static>,
    templates: &[(&'t str, &'t str)],
) -> Vec<(&'t str, TemplateError)> {
    let add = move || {
        let mut room = MOST_TAGS_OF_ALL;
        let refused = templates.iter().filter_map(|(name, text)| {
            let added = add(environment, name, text, &mut room);
            added.err().map(|error| (*name, error))
        });
        refused.collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let roomy = thread::Builder::new().stack_size(threads::STACK);
        match roomy.spawn_scoped(scope, add) {
            Ok(compiling) => compiling.join().unwrap_or_else(|e| panic::resume_unwind(e)),
            Err(error) => vec![("", TemplateError::NoRoom(error.to_string()))],
        }
    })
}

fn add(
    environment: &mut Environment<'static>,
    name: &str,
    text: &str,
    room: &mut usize,
) -> Result<(), TemplateError> {
    if let Some(excess) = excess(text, room) {
        return Err(excess);
    }
    let added = environment.add_template_owned(name.to_owned(), text.to_owned());
    added.map_err(|error| match unclosed(text, &error) {
        Some(open) => TemplateError::Unclosed(open.word.to_owned(), open.span),
        None => TemplateError::Engine(error),
    })
}

/// What is too much in `text`, where there is `room` for so many tags.
fn excess(text: &str, room: &mut usize) -> Option<TemplateError> {
    let (mut elifs, mut blocks) = (0, 0);
    for (nth, tag) in tags(text).enumerate() {
        elifs += usize::from(tag.word == "elif");
        blocks += usize::from(tag.word == "block");
        let weight = if tag.word == "block" {
            TAGS_OF_A_BLOCK
        } else {
            1
        };
        *room = room.saturating_sub(weight);
        let message = if nth >= MOST_TAGS {
            format!("there are more than {MOST_TAGS} tags")
        } else if elifs > MOST_ELIFS {
            format!("there are more than {MOST_ELIFS} `elif`")
        } else if blocks > MOST_BLOCKS {
            format!("there are more than {MOST_BLOCKS} blocks")
        } else if *room == 0 {
            format!("there are more than {MOST_TAGS_OF_ALL} tags in all templates")
        } else if tag.span.len() > LONGEST_TAG {
            format!("the tag is longer than {} KiB", LONGEST_TAG / 1024)
        } else {
            continue;
        };
        return Some(TemplateError::Excess(
            message,
            tag.span.start..tag.span.start + 2,
        ));
    }
    None
}

/// The innermost block that is open at the place of the engine's error: at the end of the text, or
/// at the end of a block around it.
fn unclosed<'t>(text: &'t str, error: &Error) -> Option<Tag<'t>> {
    if error.kind() != ErrorKind::SyntaxError {
        return None;
    }
    let said = error.detail().unwrap_or_default();
    let at = match error.range() {
        Some(range) if !said.contains("end of input") => range.start,
        _ => text.len(),
    };
    let mut open: Vec<Tag<'t>> = Vec::new();
    for tag in tags(text) {
        let Some(ended) = tag.word.strip_prefix("end") else {
            if tag.span.end > at {
                return None;
            }
            if tag.is_block() {
                open.push(tag);
            }
            continue;
        };
        if open.last().is_some_and(|last| last.word == ended) {
            open.pop();
        } else if tag.span.contains(&at) {
            let is_around = open.iter().any(|around| around.word == ended);
            return if is_around { open.pop() } else { None };
        }
        if tag.span.start > at {
            return None;
        }
    }
    open.pop()
}

#[cfg(test)]
mod tests {
    use minijinja::Environment;

    use super::{TemplateError, add};

    fn refused(text: &str) -> TemplateError {
        let mut room = super::MOST_TAGS_OF_ALL;
        add(&mut Environment::new(), "a", text, &mut room).unwrap_err()
    }

    fn unclosed(text: &str) -> String {
        match refused(text) {
            TemplateError::Unclosed(name, span) => format!("{name} {}", &text[span]),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn an_open_block_is_found_where_it_begins() {
        for (text, expected) in [
            ("{% if a %}\n{% if b %}{% endif %}\n", "if {% if a %}"),
            ("{% for a in b %}{% if a %}{% endfor %}", "if {% if a %}"),
            ("{% block a %}{% for b in c -%}\nx", "for {% for b in c -%}"),
            ("{% set a %}x", "set {% set a %}"),
            (
                "{% set a = 1 %}{% macro m(b='%}') %}",
                "macro {% macro m(b='%}') %}",
            ),
            ("{% raw %}{% if %}{% endraw %}{% if a %}", "if {% if a %}"),
            (
                "{# {% for %} #}{%- if a %}{{ '{% for %}' }}",
                "if {%- if a %}",
            ),
        ] {
            assert_eq!(unclosed(text), expected, "{text}");
        }
    }

    #[test]
    fn other_mistakes_are_left_to_the_engine() {
        for text in [
            "{% if a %}{{ b c }}{% endif %}",
            "{% if a %}{% nothing %}",
            "{% endif %}",
            "{% if a %}{% endfro %}{% endif %}",
            "{% if a %}{% endfor %}{% endif %}",
            "{{ a ",
        ] {
            assert!(matches!(refused(text), TemplateError::Engine(_)), "{text}");
        }
    }

    #[test]
    fn what_the_engine_could_not_take_is_refused() {
        let long = |piece: &str| format!("{{{{ 1{} }}}}", piece.repeat(20_000));
        for text in [
            long(".b"),
            long("+1"),
            long("|a"),
            format!("{{{{ {}1 }}}}", "not ".repeat(20_000)),
            format!("{{{{ '}}}}'{} }}}}", "~1".repeat(20_000)),
            format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(1001)),
            "{{ 1 }}".repeat(100_001),
            (0..1001)
                .map(|nth| format!("{{% block b{nth} %}}{{% endblock %}}"))
                .collect(),
        ] {
            assert!(
                matches!(refused(&text), TemplateError::Excess(..)),
                "{}",
                &text[..20]
            );
        }
    }

    #[test]
    fn the_longest_tag_fits() {
        let mut environment = Environment::new();
        for piece in ["-", "not ", "+1", ".b", "[1]", " if 1 else 1", "|abs"] {
            let behind = !piece.starts_with(['-', 'n']);
            let most = (super::LONGEST_TAG - 10) / piece.len();
            let text = if behind {
                format!("{{{{ 1{} }}}}", piece.repeat(most))
            } else {
                format!("{{{{ {}1 }}}}", piece.repeat(most))
            };
            // The template may be refused, but it must not crash the process.
            let refused = super::add_all(&mut environment, &[("a", &text)]);
            assert!(
                refused
                    .iter()
                    .all(|(_, error)| matches!(error, TemplateError::Engine(_))),
                "{piece}"
            );
        }
    }
}
