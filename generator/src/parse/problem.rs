//! The mistakes that a body can have, with their places.

use std::ops::Range;

use crate::diag::Diagnostic;
use crate::highlight::Language;
use crate::path::SourcePath;

/// A mistake in a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyProblem {
    /// Two headings ask for the same id.
    DuplicateId {
        /// The id.
        id: String,
        /// The second heading.
        span: Range<usize>,
    },
    /// A code block's language is unknown, and the site's configuration makes that an error.
    UnknownLanguage {
        /// The name behind the fence.
        language: String,
        /// The block.
        span: Range<usize>,
    },
    /// The value of a code block's option makes no sense.
    FenceOption {
        /// The option, `key=value`.
        option: String,
        /// The block.
        span: Range<usize>,
    },
    /// A code block's option that is almost one.
    UnknownOption {
        /// As it was written.
        option: String,
        /// What may have been meant.
        near: &'static str,
        /// The block.
        span: Range<usize>,
    },
    /// A code block's option that no comma stands before, so that it is not read.
    DetachedOption {
        /// As it was written.
        option: String,
        /// The language before it.
        language: String,
        /// The block.
        span: Range<usize>,
    },
    /// A link without an address.
    EmptyLink {
        /// The link.
        span: Range<usize>,
    },
    /// Something wrong with a shortcode.
    Shortcode {
        /// The mistake.
        problem: ShortcodeProblem,
        /// The call, or the wrong part of it.
        span: Range<usize>,
    },
}

/// A mistake in a shortcode call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ShortcodeProblem {
    /// No shortcode has this name.
    Unknown {
        /// The name.
        name: String,
        /// The most similar name that one has.
        near: Option<String>,
    },
    /// The call of this shortcode does not follow the grammar.
    Malformed {
        /// Its name.
        name: String,
        /// What was expected, in a few words.
        expected: &'static str,
    },
    /// The call of this shortcode lacks its `{% end %}`.
    Open(String),
    /// An `{% end %}` belongs to no call.
    StrayEnd,
    /// Calls are nested more deeply than this.
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
    /// The mistake with its place.
    pub(super) fn at(self, span: Range<usize>) -> BodyProblem {
        BodyProblem::Shortcode {
            problem: self,
            span,
        }
    }

    fn diagnostic(&self) -> Diagnostic {
        let escape = "to show a call instead of making it, write `{{/* name() */}}`";
        match self {
            Self::Unknown { name, near } => {
                Diagnostic::error(format!("there is no shortcode `{name}`"))
                    .hint(format!(
                        "add `shortcodes/{name}.html` to the templates; {escape}"
                    ))
                    .hint_if(near.as_ref().map(|near| format!("did you mean `{near}`?")))
            }
            Self::Malformed { name, expected } => Diagnostic::error(format!(
                "the shortcode `{name}` is called wrongly: {expected} expected here"
            ))
            .hint(format!(
                "a call is written `{name}(key=\"text\", other=[1, 2])`; {escape}"
            )),
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
                    .caused_in(format!("shortcodes/{name}.md{line}"))
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
            Self::UnknownOption { option, near, span } => {
                Diagnostic::warning(format!("the code block's option `{option}` means nothing"))
                    .at(path, text, within(text, span, option))
                    .hint(format!("did you mean `{near}`?"))
            }
            Self::DetachedOption {
                option,
                language,
                span,
            } => Diagnostic::warning(format!("the code block's option `{option}` is not read"))
                .at(path, text, within(text, span, option))
                .hint(format!(
                    "a comma belongs before each option: `{language},{option}`"
                )),
            Self::EmptyLink { span } => Diagnostic::warning("this link has no address")
                .at(path, text, span.clone())
                .hint("write one between the parentheses; `#` is the top of this page"),
            Self::Shortcode { problem, span } => problem.diagnostic().at(path, text, span.clone()),
        }
    }
}

/// The place of the first `word` in the bytes `span` of `text`; the whole `span` if it does not
/// occur.
fn within(text: &str, span: &Range<usize>, word: &str) -> Range<usize> {
    let found = text.get(span.clone()).and_then(|block| block.find(word));
    found.map_or(span.clone(), |at| {
        span.start + at..span.start + at + word.len()
    })
}
