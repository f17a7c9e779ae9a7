//! Turns template errors into diagnostics, with the line in the template and the page that was
//! being rendered.

use std::collections::BTreeMap;
use std::error::Error as _;

use minijinja::{Environment, Error, ErrorKind};

use super::names;
use crate::diag::Diagnostic;
use crate::load::TextFile;
use crate::path::SourcePath;

pub(super) fn diagnose(
    error: &Error,
    page: Option<&SourcePath>,
    files: &BTreeMap<String, TextFile>,
    environment: &Environment<'_>,
) -> Diagnostic {
    let innermost = innermost(error);
    let mut diagnostic = Diagnostic::error(message(innermost));
    if let Some(file) = innermost.name().and_then(|name| files.get(name)) {
        let span = innermost
            .range()
            .unwrap_or_else(|| line(&file.text, innermost.line()));
        diagnostic = diagnostic.at(&file.path, &file.text, span);
    } else if let Some(name) = innermost.name() {
        diagnostic = diagnostic.note(format!("in the template {name}"));
    }
    if let Some(page) = page {
        diagnostic = diagnostic.note(format!("while rendering {page}"));
    }
    diagnostic
        .hint_if(names::near(innermost, environment))
        .hint_if(hint(innermost))
        .hint_if(rewrite(innermost, files))
}

/// The innermost cause: the error in an included template, rather than the one at its `include`.
fn innermost(error: &Error) -> &Error {
    let mut found = error;
    let mut next = error.source();
    while let Some(inner) = next {
        if let Some(inner) = inner.downcast_ref::<Error>() {
            found = inner;
        }
        next = inner.source();
    }
    found
}

fn message(error: &Error) -> String {
    let kind = match error.kind() {
        ErrorKind::SyntaxError => "template syntax",
        ErrorKind::UndefinedError => "undefined value",
        ErrorKind::UnknownFilter => "unknown filter",
        ErrorKind::UnknownFunction => "unknown function",
        ErrorKind::UnknownTest => "unknown test",
        ErrorKind::TemplateNotFound => "template not found",
        _ => "template",
    };
    match error.detail() {
        Some(detail) => format!("{kind}: {detail}"),
        None => format!("{kind}: {}", error.kind()),
    }
}

/// A hint for syntax that only Tera has: how to write it in Jinja.
fn rewrite(error: &Error, files: &BTreeMap<String, TextFile>) -> Option<String> {
    if error.kind() != ErrorKind::SyntaxError {
        return None;
    }
    let file = files.get(error.name()?)?;
    let line = file.text.lines().nth(error.line()?.checked_sub(1)?)?;
    let rewrite = if line.contains("set_global") {
        "`set_global` is Tera's: before the loop write `{% set found = namespace(value=0) %}`, \
         inside it `{% set found.value = 1 %}`"
    } else if line.contains("endmacro ") && !line.contains("endmacro %}") {
        "a named `endmacro` is Tera's: write `{% endmacro %}`"
    } else if line.contains("endblock ") && !line.contains("endblock %}") {
        "the name behind `endblock` must be that of its block: or write `{% endblock %}`"
    } else if line.contains("self::") {
        "`self::` is Tera's: a macro of the same file is called by its name alone, `{{ name() }}`"
    } else if line.contains("::") {
        "`macros::name()` is Tera's: write `{% import \"macros.html\" as macros %}` \
         and `{{ macros.name() }}`"
    } else if line.contains('`') {
        "backticks are Tera's: put texts between `\"` or `'`"
    } else {
        return None;
    };
    Some(rewrite.to_owned())
}

/// Functions and filters of Zola and Tera that do not exist here, with what to do instead.
const ABSENT: [(&str, &str); 7] = [
    (
        "resize_image",
        "images are not resized: put the sizes that you need beside the page, and link to them",
    ),
    (
        "get_env",
        "set SITE_EXTRA_NAME in the environment and read `config.extra.name`",
    ),
    (
        "get_random",
        "a build comes out the same each time: choose by something of the page, such as `page.word_count`",
    ),
    (
        "get_image_metadata",
        "write width and height into the front matter's `extra`",
    ),
    ("get_file_hash", "it is called `get_hash`"),
    ("concat_strings", "texts are joined with `~`"),
    ("__tera_context", "print what is known with `{{ debug() }}`"),
];

fn hint(error: &Error) -> Option<String> {
    let detail = error.detail().unwrap_or_default();
    let absent = ABSENT.iter().find(|(name, _)| {
        let mut words = detail.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| word == *name)
    });
    if let Some((_, remedy)) = absent {
        return Some((*remedy).to_owned());
    }
    let hint = match error.kind() {
        ErrorKind::OutOfFuel => "a loop runs for too long: does one stand inside another?",
        ErrorKind::CannotUnpack => {
            "to walk through a table's keys and values write `{% for key, value in table | items %}`"
        }
        ErrorKind::UndefinedError => {
            "test it first: `{% if value is defined %}`, or give it a `| default(...)`"
        }
        _ if detail.contains("recursion limit") => {
            "a template includes, extends or calls itself, or a chain of them comes back to it"
        }
        ErrorKind::TemplateNotFound => "is the file below `templates/`, and spelt so?",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn line(text: &str, number: Option<usize>) -> std::ops::Range<usize> {
    let before = number.unwrap_or(1).saturating_sub(1);
    let start = text.split_inclusive('\n').take(before).map(str::len).sum();
    start..start + 1
}
