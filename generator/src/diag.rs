//! Diagnostics: what the person who runs the build gets to read, with its place in a file and the
//! remedy.
//!
//! Stages keep their own error types and turn them into [`Diagnostic`]s; this file only knows how
//! to show one, on a terminal and as a line of JSON.

mod merging;
mod spelling;

use std::fmt::{self, Write as _};
use std::ops::Range;

use serde::Serialize;

pub use self::merging::{merge_by_cause, merge_by_place};
pub use self::spelling::nearest;

/// The longest source line that is shown, in bytes: in a longer one nobody would find the caret.
const LONGEST_EXCERPT: usize = 500;

/// The longest message, in bytes; of a longer one, which quotes what is wrong, the end is cut off.
const LONGEST_MESSAGE: usize = 2000;

/// How many mistakes of one kind in one file are reported one by one. Where there are more they
/// have one cause, and finding the line of each would take longer than the build.
pub const MOST_IN_A_FILE: usize = 50;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The build stops and writes nothing.
    Error,
    /// The build goes on.
    Warning,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// The file, relative to the site's root.
    pub file: String,
    /// The line, counted from 1; 0 where the diagnostic is about the file as a whole.
    pub line: usize,
    /// The column in characters, counted from 1; 0 where the diagnostic is about the file as a
    /// whole.
    pub column: usize,
    /// How many characters the caret underlines.
    #[serde(skip)]
    pub width: usize,
    /// The source line; empty if it is too long to show.
    #[serde(skip)]
    pub excerpt: String,
}

/// An error or a warning, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line, without a trailing full stop.
    pub message: String,
    /// The place in a file, if the problem has one.
    #[serde(flatten)]
    pub place: Option<Box<Place>>,
    /// Further facts, one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The place in a template from which it comes; [`merge_by_cause`] makes one of all that come
    /// from there.
    #[serde(skip)]
    cause: Option<String>,
}

impl Diagnostic {
    /// An error without a place yet.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message.into())
    }

    /// A warning without a place yet.
    #[must_use]
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message.into())
    }

    /// The same diagnostic as a warning.
    #[must_use]
    pub fn softened(self) -> Self {
        Self {
            severity: Severity::Warning,
            ..self
        }
    }

    fn new(severity: Severity, mut message: String) -> Self {
        if message.len() > LONGEST_MESSAGE {
            message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
            message.push('…');
            message.shrink_to_fit();
        }
        Self {
            severity,
            message,
            place: None,
            notes: Vec::new(),
            hint: None,
            cause: None,
        }
    }

    /// Places it at the bytes `span` of `source`, the text of `file`.
    ///
    /// A span that ends outside the text or inside a character is moved to the nearest character
    /// boundary.
    #[must_use]
    pub fn at(mut self, file: impl fmt::Display, source: &str, span: Range<usize>) -> Self {
        let start = source.floor_char_boundary(span.start.min(source.len()));
        let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = source[line_start..].split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line_end = line_start + line.len();
        let end = source.ceil_char_boundary(span.end.clamp(start, line_end.max(start)));
        self.place = Some(Box::new(Place {
            file: file.to_string(),
            line: source[..start].matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            width: source[start..end].chars().count().max(1),
            excerpt: if line.len() > LONGEST_EXCERPT {
                String::new()
            } else {
                line.to_owned()
            },
        }));
        self
    }

    /// Says that the diagnostic is about `file` as a whole.
    #[must_use]
    pub fn in_file(mut self, file: impl fmt::Display) -> Self {
        self.place = Some(Box::new(Place {
            file: file.to_string(),
            line: 0,
            column: 0,
            width: 0,
            excerpt: String::new(),
        }));
        self
    }

    /// Adds a further fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Tells that it comes from the place `cause` in a template.
    #[must_use]
    pub fn caused_in(mut self, cause: String) -> Self {
        self.notes.push(format!("in {cause}"));
        self.cause = Some(cause);
        self
    }

    /// Adds the remedy `hint`.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the remedy `hint`, if there is one.
    #[must_use]
    pub fn hint_if(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// Whether it stops the build.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The terminal form, several lines, with a trailing newline; `color` adds ANSI colours.
    #[must_use]
    pub fn to_terminal(&self, color: bool) -> String {
        let paint = Paint { color };
        let mut out = String::new();
        let (name, code) = match self.severity {
            Severity::Error => ("error", "1;31"),
            Severity::Warning => ("warning", "1;33"),
        };
        let _ = write!(out, "{}", paint.code(code, name));
        let _ = writeln!(
            out,
            "{}",
            paint.code("1", &format!(": {}", printable(&self.message)))
        );
        if let Some(place) = &self.place {
            place.write(&mut out, paint);
        }
        for note in &self.notes {
            let _ = writeln!(out, "  {} {}", paint.code("1;34", "="), printable(note));
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(out, "  {} {}", paint.code("1;36", "help:"), printable(hint));
        }
        out
    }

    /// One line of JSON, without a newline.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_terminal(false))
    }
}

/// Orders diagnostics by file, line and column, those without a place first.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
}

/// All that `outcomes` hold.
///
/// # Errors
/// All mistakes among them, if there is one.
pub fn collect<T, E>(outcomes: impl IntoIterator<Item = Result<T, E>>) -> Result<Vec<T>, Vec<E>> {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(one) => found.push(one),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(found)
    } else {
        Err(errors)
    }
}

/// What stands for those of `count` mistakes in `file` that are beyond [`MOST_IN_A_FILE`].
#[must_use]
pub fn surplus(count: usize, file: impl fmt::Display) -> Option<Diagnostic> {
    match count.saturating_sub(MOST_IN_A_FILE) {
        0 => None,
        more => Some(Diagnostic::error(and_more(more)).in_file(file)),
    }
}

/// The message that stands for `count` further mistakes.
#[must_use]
pub fn and_more(count: usize) -> String {
    match count {
        1 => "and one more mistake like these".to_owned(),
        count => format!("and {count} more mistakes like these"),
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Place {
    fn write(&self, out: &mut String, paint: Paint) {
        let arrow = paint.code("1;34", "-->");
        if self.line == 0 {
            let _ = writeln!(out, "  {arrow} {}", printable(&self.file));
            return;
        }
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let bar = paint.code("1;34", "|");
        let caret = "^".repeat(self.width.min(120));
        let blank: String = self
            .excerpt
            .chars()
            .take(self.column - 1)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let _ = writeln!(
            out,
            "{gutter}{arrow} {}:{}:{}",
            printable(&self.file),
            self.line,
            self.column
        );
        if self.excerpt.is_empty() && self.column > 1 {
            return;
        }
        let _ = writeln!(out, "{gutter} {bar}");
        let number = paint.code("1;34", &number);
        let _ = writeln!(out, "{number} {bar} {}", printable(&self.excerpt));
        let _ = writeln!(out, "{gutter} {bar} {blank}{}", paint.code("1;31", &caret));
    }
}

#[derive(Clone, Copy)]
struct Paint {
    color: bool,
}

impl Paint {
    fn code(self, code: &str, text: &str) -> String {
        if self.color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// `text` with control characters shown instead of sent to the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' => c,
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Diagnostic;

    #[test]
    fn the_caret_stands_below_the_span() {
        let source = "+++\ntitle = \"A\"\ntitel = \"B\"\n+++\n";
        let shown = Diagnostic::error("unknown front matter key `titel`")
            .at("content/about.md", source, 16..21)
            .hint("did you mean `title`?")
            .to_string();
        assert_eq!(
            shown,
            "error: unknown front matter key `titel`\n --> content/about.md:3:1\n  |\n\
             3 | titel = \"B\"\n  | ^^^^^\n  help: did you mean `title`?\n"
        );
    }

    #[test]
    fn a_long_line_is_not_shown() {
        let source = "x".repeat(10_000);
        let shown = Diagnostic::error("y").at("a.md", &source, 9_000..9_001);
        assert_eq!(shown.to_string(), "error: y\n --> a.md:1:9001\n");
    }

    #[test]
    fn odd_spans_do_not_panic() {
        for (start, end) in [(0, 0), (2, 1), (1, 9), (99, 100), (3, 3)] {
            let placed = Diagnostic::error("x").at("a.md", "aé\r\nb", start..end);
            assert!(placed.to_string().contains("a.md:"), "{start}..{end}");
        }
    }
}
