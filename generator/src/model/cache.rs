//! What one assembly leaves for the next: a site of which only bodies are written anew has the same
//! sections, URLs and links.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Assembled, Bodies, Site, links};
use crate::load::{RawFile, Sources};
use crate::output;
use crate::parse::{Body, Document, FrontMatter, Parsed};
use crate::path::OutputPath;

/// What one assembly leaves for the next, which must have the same configuration and selection. The
/// default is empty.
#[derive(Debug, Default)]
pub struct Cache(Option<Kept>);

#[derive(Debug)]
struct Kept {
    documents: Vec<Arc<Document>>,
    attachments: Vec<RawFile>,
    /// The paths of the static files.
    copied: Vec<OutputPath>,
    site: Arc<Site>,
    bodies: Bodies,
}

impl Cache {
    /// Keeps what was `assembled` of these, if nothing is wrong with it.
    #[must_use]
    pub fn new(parsed: &Parsed, sources: &Sources, assembled: &Assembled) -> Self {
        let is_sound = assembled.is_whole && assembled.diagnostics.is_empty();
        Self(is_sound.then(|| {
            Kept {
                documents: parsed.documents.clone(),
                attachments: sources.attachments.clone(),
                copied: sources
                    .static_files()
                    .map(|(path, _)| path.clone())
                    .collect(),
                site: Arc::clone(&assembled.site),
                bodies: assembled.bodies.clone(),
            }
        }))
    }

    /// The site that is made of these, if it differs from the last one in bodies at most, and none
    /// of those links to anything else or lacks a place that others may link to.
    pub(super) fn revised(&self, parsed: &Parsed, sources: &Sources) -> Option<Assembled> {
        let before = self.0.as_ref().filter(|_| parsed.is_whole())?;
        let (old, new) = (&before.documents, &parsed.documents);
        let same_files = are_same(&before.attachments, &sources.attachments)
            && before
                .copied
                .iter()
                .eq(sources.static_files().map(|(path, _)| path));
        if old.len() != new.len() || !same_files {
            return None;
        }
        let pairs = old.iter().zip(new);
        let changed: Vec<_> = pairs.filter(|(old, new)| !Arc::ptr_eq(old, new)).collect();
        let in_bodies = changed
            .iter()
            .all(|(old, new)| differs_in_body_alone(old, new));
        in_bodies.then(|| {
            let documents: Vec<_> = changed.into_iter().map(|(_, new)| new).collect();
            Assembled {
                bodies: before.bodies.revised(&before.site, &documents),
                site: Arc::clone(&before.site),
                is_whole: true,
                diagnostics: Vec::new(),
            }
        })
    }
}

fn are_same(old: &[RawFile], new: &[RawFile]) -> bool {
    let same = |(old, new): (&RawFile, &RawFile)| {
        old.path == new.path && output::same(&old.bytes, &new.bytes)
    };
    old.len() == new.len() && old.iter().zip(new).all(same)
}

fn differs_in_body_alone(old: &Document, new: &Document) -> bool {
    let same_front = match (&old.front, &new.front) {
        (FrontMatter::Page(old), FrontMatter::Page(new)) => old.fingerprint == new.fingerprint,
        (FrontMatter::Section(old), FrontMatter::Section(new)) => {
            old.fingerprint == new.fingerprint
        }
        _ => false,
    };
    old.path == new.path && same_front && link_alike(&old.body, &new.body) && has_all_of(new, old)
}

fn link_alike(old: &Body, new: &Body) -> bool {
    let wheres = |body: &'_ Body| -> Vec<_> {
        let links = body.links();
        links
            .map(|link| (link.target.clone(), link.anchor.clone()))
            .collect()
    };
    wheres(old) == wheres(new)
}

/// Whether every place in `old` that a link can lead to is in `new`.
fn has_all_of(new: &Document, old: &Document) -> bool {
    let places: HashSet<&str> = links::ids(&new.body, &new.text).collect();
    links::ids(&old.body, &old.text).all(|id| places.contains(id))
        && (new.body.may_hold_more() || !old.body.may_hold_more())
}
