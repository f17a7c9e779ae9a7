//! The rendered body of a content file.

use std::ops::Range;
use std::sync::Arc;

use crate::tree::Table;

/// The rendered body of a content file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Body {
    /// Finished HTML, and between it the pieces that need the whole site.
    pub pieces: Vec<Piece>,
    /// The shortcode calls that the pieces refer to. A call stands behind the calls in its own
    /// body, so that whoever answers them in this order has all that the next one needs.
    pub calls: Vec<Call>,
    /// Whether something is missing that a broken call would have come to.
    pub has_gaps: bool,
    /// What stands above `<!-- more -->`, if it is there.
    pub summary: Option<Summary>,
    /// The headings, in the order of the text.
    pub headings: Arc<[Heading]>,
    /// The number of words, without code blocks.
    pub words: usize,
    /// A hash of everything above, to compare two bodies quickly.
    pub fingerprint: u64,
}

impl Body {
    /// Whether it may hold places that links can lead to besides its own headings: what calls come
    /// to can have some.
    #[must_use]
    pub fn may_hold_more(&self) -> bool {
        self.has_gaps || !self.calls.is_empty()
    }

    /// All links to other content files.
    pub fn links(&self) -> impl Iterator<Item = &InternalLink> {
        let in_calls = self.calls.iter().flat_map(|call| &call.body);
        let in_calls = in_calls.flat_map(|body| body.raw.iter().chain(&body.html));
        self.pieces
            .iter()
            .chain(in_calls)
            .filter_map(|piece| match piece {
                Piece::Link(link) => Some(link),
                _ => None,
            })
    }
}

/// What stands above `<!-- more -->`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many of the body's pieces.
    pub pieces: usize,
    /// What ends it, where it ends inside elements: `…` and their end tags.
    pub ending: Arc<str>,
}

/// A piece of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Finished HTML.
    Html(Arc<str>),
    /// The address of an `@/` link. It stands inside an attribute.
    Link(InternalLink),
    /// What a relative address starts from, where the body is shown on another page.
    Beside,
    /// What a shortcode call comes to.
    Call(CallId),
    /// A place for a heading's link to itself, before or behind the heading's text.
    Anchor {
        /// The heading.
        heading: Box<Heading>,
        /// Whether it is the place behind the text.
        behind: bool,
    },
}

/// The index of a call in [`Body::calls`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(usize);

impl CallId {
    pub(super) fn new(index: usize) -> Self {
        Self(index)
    }

    /// The index in the list of calls, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

/// A shortcode call that an `.html` template answers once the whole site is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The name of the shortcode.
    pub name: String,
    /// Its arguments.
    pub arguments: Table,
    /// The text between the call and its `{% end %}`, if it has one.
    pub body: Option<CallBody>,
    /// `nth` in the template: the number of this call among the page's calls of the same shortcode,
    /// from 1.
    pub number: usize,
    /// Where the call stands.
    pub span: Range<usize>,
}

/// The body of a call, in the two forms in which a template can use it.
#[derive(Debug, Clone, PartialEq)]
pub struct CallBody {
    /// As it was written, except for the calls in it.
    pub raw: Vec<Piece>,
    /// As HTML.
    pub html: Vec<Piece>,
}

/// A link to another content file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InternalLink {
    /// The file, relative to `content/`.
    pub target: String,
    /// The anchor, without `#`.
    pub anchor: Option<String>,
    /// Where the link stands.
    pub span: Range<usize>,
}

/// A heading with an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The level, from 1 to 6.
    pub level: u8,
    /// The id, unique within the page.
    pub id: String,
    /// Its text, as HTML without tags.
    pub title: String,
}
