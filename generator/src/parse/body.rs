//! A rendered body.

use std::ops::Range;

/// A rendered body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// HTML, and between it what needs the whole site.
    pub pieces: Vec<Piece>,
    /// How many of the pieces stand above `<!-- more -->`, if it is there.
    pub summary: Option<usize>,
    /// The headings, in the order of the text.
    pub headings: Vec<Heading>,
    /// How many words a reader reads; code is not counted.
    pub words: usize,
}

/// A part of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Finished.
    Html(String),
    /// The address behind an `@/` link, to be written inside an attribute.
    Link(InternalLink),
}

/// A link to another content file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalLink {
    /// The file, relative to `content/`.
    pub target: String,
    /// The anchor on its page, without `#`.
    pub anchor: Option<String>,
    /// Where the link stands.
    pub span: Range<usize>,
}

/// A heading with an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Unique within the page.
    pub id: String,
    /// Its text, as HTML without tags.
    pub title: String,
}
