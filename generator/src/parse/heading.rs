//! Headings: their ids, which are unique within a body, and the links from a heading to itself.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::body::Heading;
use super::problem::BodyProblem;
use super::slugify;
use crate::config::{AnchorLinks, SlugifyMode};
use crate::escape::Html;

/// The headings of a body so far.
#[derive(Debug, Default)]
pub(super) struct Headings {
    list: Vec<Heading>,
    ids: BTreeSet<String>,
    /// The last number that was appended to each slug, so that many equal headings do not take
    /// quadratic time.
    numbers: BTreeMap<String, usize>,
}

impl Headings {
    /// Takes an id that the author wrote, `{#id}`. It is a problem if another heading has it.
    pub(super) fn claim_id(&mut self, id: &str, span: Range<usize>) -> Option<BodyProblem> {
        let is_taken = !self.ids.insert(id.to_owned());
        is_taken.then(|| BodyProblem::DuplicateId {
            id: id.to_owned(),
            span,
        })
    }

    /// Makes an id from a title. If another heading has it, a number is appended.
    pub(super) fn generate_id(&mut self, title: &str, mode: SlugifyMode) -> String {
        let wanted = match slugify(title, mode) {
            empty if empty.is_empty() => "section".to_owned(),
            slug => slug,
        };
        let mut id = wanted.clone();
        while !self.ids.insert(id.clone()) {
            let number = self.numbers.entry(wanted.clone()).or_default();
            *number += 1;
            id = format!("{wanted}-{number}");
        }
        id
    }

    /// Adds a heading with an id that one of the methods above took or made.
    pub(super) fn add(&mut self, level: u8, id: String, title: &str) {
        self.list.push(Heading {
            level,
            id,
            title: Html(title.trim()).to_string(),
        });
    }

    /// The number of headings so far.
    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    /// All headings, in the order of the text.
    pub(super) fn finish(self) -> Vec<Heading> {
        self.list
    }
}

/// The HTML before and behind a heading's text that makes the heading link to itself. `title` is
/// HTML.
pub(crate) fn anchor(id: &str, title: &str, wanted: AnchorLinks) -> (String, String) {
    let id = Html(id);
    let link = || {
        let label = format!("Link to the section {title}");
        format!("<a class=\"anchor\" href=\"#{id}\" aria-label=\"{label}\">#</a>")
    };
    match wanted {
        AnchorLinks::None => (String::new(), String::new()),
        AnchorLinks::Left => (link(), String::new()),
        AnchorLinks::Right => (String::new(), link()),
        AnchorLinks::Heading => (
            format!("<a class=\"anchor\" href=\"#{id}\">"),
            "</a>".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Headings, anchor};
    use crate::config::{AnchorLinks, SlugifyMode};

    #[test]
    fn ids_are_unique() {
        let mut headings = Headings::default();
        let ids = [
            headings.generate_id("A b", SlugifyMode::On),
            headings.generate_id("a-b", SlugifyMode::On),
            headings.generate_id("!", SlugifyMode::On),
        ];
        assert_eq!(ids, ["a-b", "a-b-1", "section"]);
        assert!(headings.claim_id("x", 0..1).is_none());
        assert!(headings.claim_id("x", 2..3).is_some());
    }

    #[test]
    fn links_stand_where_they_are_wanted() {
        let (before, after) = anchor("a", "A &quot;b&quot;", AnchorLinks::Right);
        assert_eq!(before, "");
        assert_eq!(
            after,
            "<a class=\"anchor\" href=\"#a\" aria-label=\"Link to the section A &quot;b&quot;\">#</a>"
        );
        assert_eq!(
            anchor("a", "A", AnchorLinks::None),
            <(String, String)>::default()
        );
    }
}
