//! A rendered body.

use std::ops::Range;
use std::sync::Arc;

use crate::tree::Table;

/// A rendered body.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Body {
    /// HTML, and between it what needs the whole site.
    pub pieces: Vec<Piece>,
    /// The shortcodes' calls that the pieces name, each behind those in its own body: who answers
    /// them in this order has what every next one needs.
    pub calls: Vec<Call<Piece>>,
    /// How many of the pieces stand above `<!-- more -->`, if it is there.
    pub summary: Option<usize>,
    /// The headings, in the order of the text.
    pub headings: Arc<[Heading]>,
    /// How many words a reader reads; code is not counted.
    pub words: usize,
    /// A hash of all that, by which two bodies are compared quickly.
    pub fingerprint: u64,
}

/// A part of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Finished.
    Html(Arc<str>),
    /// The address behind an `@/` link, to be written inside an attribute.
    Link(InternalLink),
    /// The place of a shortcode's call.
    Call(CallId),
    /// The place before or behind a heading's text, where its link to itself may stand.
    Anchor {
        /// The heading.
        heading: Box<Heading>,
        /// Whether it is the place behind.
        behind: bool,
    },
}

/// A call among those of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(usize);

impl CallId {
    pub(super) fn new(index: usize) -> Self {
        Self(index)
    }

    /// Its place in the list of calls.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

/// A shortcode's call that a template answers when the whole site is known; `P` is what its
/// body is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Call<P> {
    /// The shortcode.
    pub name: String,
    /// Its arguments.
    pub arguments: Table,
    /// What stands between the call and its `{% end %}`, if it has one.
    pub body: Option<CallBody<P>>,
    /// Which call of this shortcode it is on its page, from 1.
    pub number: usize,
    /// Where the call stands.
    pub span: Range<usize>,
}

/// A call's body, in both forms that a template may want.
#[derive(Debug, Clone, PartialEq)]
pub struct CallBody<P> {
    /// As it was written, but for calls inside.
    pub raw: Vec<P>,
    /// As HTML.
    pub html: Vec<P>,
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
