//! What can be wrong in a body, each at its place.

use std::ops::Range;

use crate::diag::Diagnostic;
use crate::highlight::Language;
use crate::path::SourcePath;

/// Something wrong in a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyProblem {
    /// Two headings that ask for one id.
    DuplicateId {
        /// The id.
        id: String,
        /// The second heading.
        span: Range<usize>,
    },
    /// A code block in a language that cannot be highlighted, where the site forbids that.
    UnknownLanguage {
        /// What the fence calls it.
        language: String,
        /// The block.
        span: Range<usize>,
    },
    /// A code block's option whose value means nothing.
    FenceOption {
        /// The option, `key=value`.
        option: String,
        /// The block.
        span: Range<usize>,
    },
    /// Something wrong with a shortcode.
    Shortcode {
        /// What.
        problem: ShortcodeProblem,
        /// The call, or the place in it.
        span: Range<usize>,
    },
}

/// What can be wrong with a shortcode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ShortcodeProblem {
    /// No template has its name; a name that may have been meant.
    Unknown(String, Option<String>),
    /// Its name, and what the call's grammar asks for.
    Malformed(String, &'static str),
    /// Its `{% end %}` is missing.
    Open(String),
    /// An `{% end %}` without a beginning.
    StrayEnd,
    /// More calls inside one another than this.
    TooDeep(usize),
    /// With what its template says, the page would be too long.
    TooMuch(String),
    /// Its template failed.
    Failed {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
        /// Where in its template.
        line: Option<usize>,
    },
}

impl ShortcodeProblem {
    /// The problem at its place.
    pub(super) fn at(self, span: Range<usize>) -> BodyProblem {
        BodyProblem::Shortcode {
            problem: self,
            span,
        }
    }

    fn diagnostic(&self) -> Diagnostic {
        let escape = "to show a call instead of making it, write `{{/* name() */}}`";
        match self {
            Self::Unknown(name, near) => {
                Diagnostic::error(format!("there is no shortcode `{name}`"))
                    .hint(format!(
                        "add `shortcodes/{name}.html` to the templates; {escape}"
                    ))
                    .hint_if(near.as_ref().map(|near| format!("did you mean `{near}`?")))
            }
            Self::Malformed(name, expected) => Diagnostic::error(format!(
                "the shortcode `{name}` is called wrongly: {expected} expected here"
            ))
            .hint(escape),
            Self::Open(name) => {
                Diagnostic::error(format!("the shortcode `{name}` has no `{{% end %}}`")).hint(
                    format!("close it, or call it without a body: `{{{{ {name}() }}}}`"),
                )
            }
            Self::StrayEnd => Diagnostic::error("this `{% end %}` ends no shortcode")
                .hint("to show it, write `{%/* end */%}`"),
            Self::TooDeep(deepest) => {
                Diagnostic::error(format!("shortcodes are nested more than {deepest} deep"))
            }
            Self::TooMuch(name) => Diagnostic::error(format!(
                "the shortcode `{name}` says too much: a page's `.md` shortcodes may say 16 MiB"
            )),
            Self::Failed { name, reason, line } => {
                let line = line.map_or_else(String::new, |line| format!(":{line}"));
                Diagnostic::error(format!("the shortcode `{name}` failed: {reason}"))
                    .note(format!("in shortcodes/{name}.md{line}"))
                    .hint(format!(
                        "a `.md` shortcode sees its arguments and `config` alone; as \
                         `shortcodes/{name}.html` it sees the page and may call functions"
                    ))
            }
        }
    }
}

impl BodyProblem {
    pub(super) fn diagnostic(&self, path: &SourcePath, text: &str) -> Diagnostic {
        match self {
            Self::DuplicateId { id, span } => {
                Diagnostic::error(format!("the id `{id}` is given twice on this page"))
                    .at(path, text, span.clone())
                    .hint("give one of the two headings another `{#id}`")
            }
            Self::UnknownLanguage { language, span } => {
                let near = Language::nearest(language);
                Diagnostic::error(format!("no grammar for the language `{language}`"))
                    .at(path, text, within(text, span, language))
                    .hint("write `text`, or turn `error_on_missing_language` off")
                    .hint_if(near.map(|near| format!("did you mean `{near}`?")))
            }
            Self::FenceOption { option, span } => {
                Diagnostic::error(format!("the code block's option `{option}` cannot be read"))
                    .at(path, text, within(text, span, option))
                    .hint("lines are counted from 1 and written like `hl_lines=1 3-5`")
            }
            Self::Shortcode { problem, span } => problem.diagnostic().at(path, text, span.clone()),
        }
    }
}

/// Where `word` first stands in `span` of `text`; the whole span where it does not.
fn within(text: &str, span: &Range<usize>, word: &str) -> Range<usize> {
    let found = text.get(span.clone()).and_then(|block| block.find(word));
    found.map_or(span.clone(), |at| {
        span.start + at..span.start + at + word.len()
    })
}
