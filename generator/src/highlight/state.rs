//! Where a grammar stands between two lines of code, and what it makes of the next one.

use pulldown_cmark_escape::escape_html_body_text;
use syntect::parsing::{ParseState, ParsingError, Scope, ScopeStack, SyntaxReference};

use super::classes::class_of;
use super::{GRAMMARS, plain};

/// Where a grammar stands between two lines of code.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct State {
    parser: ParseState,
    scopes: ScopeStack,
}

impl State {
    /// Before the first line.
    pub(super) fn start(syntax: &SyntaxReference) -> Self {
        Self {
            parser: ParseState::new(syntax),
            scopes: ScopeStack::new(),
        }
    }

    /// The scopes that are open, from the outermost on.
    pub(super) fn scopes(&self) -> &[Scope] {
        self.scopes.as_slice()
    }

    /// Reads `line`, which ends with its line end. Returns it as HTML without that; without colours
    /// where the grammar fails.
    pub(super) fn read(&mut self, line: &str) -> String {
        let text = line.trim_end_matches(['\n', '\r']);
        self.coloured(line, text.len())
            .unwrap_or_else(|_| plain(text))
    }

    fn coloured(&mut self, line: &str, length: usize) -> Result<String, ParsingError> {
        let mut html = Spans::with_capacity(line.len() * 2);
        let mut at = 0;
        for (until, change) in self.parser.parse_line(line, &GRAMMARS)? {
            let until = until.min(length);
            if until > at {
                html.push(class_at(&self.scopes), &line[at..until]);
                at = until;
            }
            // A failure here only loses colours.
            let _ = self.scopes.apply(&change);
        }
        html.push(class_at(&self.scopes), &line[at..length]);
        Ok(html.finish())
    }
}

/// The class of the innermost scope that decides on one.
fn class_at(stack: &ScopeStack) -> &'static str {
    stack
        .as_slice()
        .iter()
        .rev()
        .find_map(|scope| class_of(*scope))
        .unwrap_or_default()
}

/// Builds HTML in which neighbouring pieces of the same class share an element.
struct Spans {
    html: String,
    open: &'static str,
}

impl Spans {
    fn with_capacity(capacity: usize) -> Self {
        Self {
            html: String::with_capacity(capacity),
            open: "",
        }
    }

    fn push(&mut self, class: &'static str, text: &str) {
        if text.is_empty() {
            return;
        }
        let blank = text.bytes().all(|byte| byte == b' ' || byte == b'\t');
        if class != self.open && !blank {
            self.close();
            if !class.is_empty() {
                self.html.push_str("<span class=\"");
                self.html.push_str(class);
                self.html.push_str("\">");
                self.open = class;
            }
        }
        let _ = escape_html_body_text(&mut self.html, text);
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.html.push_str("</span>");
            self.open = "";
        }
    }

    fn finish(mut self) -> String {
        self.close();
        self.html
    }
}
