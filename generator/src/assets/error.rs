//! Why an asset cannot be finished.

use std::ops::Range;

use bytes::Bytes;

use crate::diag::Diagnostic;
use crate::path::SourcePath;

/// What is wrong with an asset, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetError {
    /// The file.
    pub file: SourcePath,
    /// What it holds.
    pub source: Bytes,
    /// The bytes of the text that are wrong.
    pub span: Range<usize>,
    /// What is wrong with them.
    pub reason: Reason,
}

/// What can be wrong with an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A style sheet or script is not UTF-8.
    NotUtf8,
    /// A style sheet cannot be parsed; the parser's message.
    Css(String),
    /// Brackets are nested more deeply than this.
    TooDeep(usize),
    /// Nested rules that stand for more selectors than this.
    TooManySelectors(u64),
    /// Longer, with what it imports, than so many bytes.
    TooLong(usize),
    /// More imports than this, those of imports included.
    TooManyImports(usize),
    /// A style sheet imports one from another site.
    ForeignImport(String),
    /// A comment, block, string or template literal has no end.
    Unterminated,
    /// A script imports a bare name, which only a bundler could resolve.
    BareImport(String),
    /// A reference leads out of `assets/`.
    LeavesAssets(String),
    /// A reference names an asset that does not exist.
    Unknown {
        /// The reference as it is written.
        reference: String,
        /// The name of the missing asset.
        name: String,
        /// The most similar name, for a hint.
        near: Option<String>,
    },
}

impl From<&AssetError> for Diagnostic {
    fn from(error: &AssetError) -> Self {
        let (message, hint) = error.reason.message();
        Self::error(message)
            .at(
                &error.file,
                str::from_utf8(&error.source).unwrap_or_default(),
                error.span.clone(),
            )
            .hint_if(hint)
    }
}

impl Reason {
    fn message(&self) -> (String, Option<String>) {
        match self {
            Self::NotUtf8 => (
                "the file is not UTF-8".to_owned(),
                Some("save it as UTF-8".to_owned()),
            ),
            Self::Css(said) => (said.clone(), None),
            Self::TooDeep(deepest) => (
                format!("brackets are nested more than {deepest} deep"),
                Some("is a closing bracket missing?".to_owned()),
            ),
            Self::TooManySelectors(most) => (
                format!("nested rules stand for more than {most} selectors"),
                Some("write fewer selectors around this rule, or nest it less deeply".to_owned()),
            ),
            Self::TooLong(longest) => (
                format!(
                    "the style sheet, with what it imports, is longer than {} MiB",
                    longest / 1024 / 1024
                ),
                Some("split it, or put it into `static/`".to_owned()),
            ),
            Self::TooManyImports(most) => (
                format!("the style sheet imports more than {most} times"),
                Some("import each file once".to_owned()),
            ),
            Self::ForeignImport(url) => (
                format!("`{url}` is imported from another site"),
                Some("copy the style sheet into `assets/` and import it from there".to_owned()),
            ),
            Self::Unterminated => (
                "this has no end".to_owned(),
                Some("close the comment, block, string or template that begins here".to_owned()),
            ),
            Self::BareImport(name) => (
                format!("`{name}` is not a path"),
                Some(format!(
                    "import a module of this theme by a relative path, such as `./{name}`"
                )),
            ),
            Self::LeavesAssets(path) => (
                format!("`{path}` leads out of `assets/`"),
                Some("move the file below `assets/`".to_owned()),
            ),
            Self::Unknown {
                reference,
                name,
                near,
            } => (
                format!("`{reference}` is not there: no asset is named `{name}`"),
                near.as_ref().map(|near| format!("did you mean `{near}`?")),
            ),
        }
    }
}
