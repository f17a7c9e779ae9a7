//! Finds the page behind every `@/` link, and who links to whom.

use super::section::Bodies;
use super::{PageId, SectionId, Site, Target};
use crate::diag::{Diagnostic, nearest};
use crate::parse::{Body, Heading, InternalLink, Piece};

/// A body whose every link has a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// HTML and addresses.
    pub parts: Vec<Part>,
    /// How many of the parts are the summary, where there is one.
    pub summary: Option<usize>,
    /// The headings, in the order of the text.
    pub headings: Vec<Heading>,
    /// How many words a reader reads.
    pub words: usize,
}

/// A part of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Finished.
    Html(String),
    /// The address of a page or section.
    Address {
        /// Whose.
        target: Target,
        /// The place on it.
        anchor: Option<String>,
    },
}

pub(super) fn resolve(site: &mut Site, bodies: Bodies, told: &mut Vec<Diagnostic>) {
    let anchors = Anchors::of(&bodies);
    let mut linked = Vec::new();
    for (at, body) in bodies.pages.into_iter().enumerate() {
        let from = Target::Page(PageId::new(at));
        site.pages[at].content = content(site, from, body, &anchors, &mut linked, told);
    }
    for (at, body) in bodies.sections.into_iter().enumerate() {
        let from = Target::Section(SectionId::new(at));
        site.sections[at].content = content(site, from, body, &anchors, &mut linked, told);
    }
    linked.sort();
    linked.dedup();
    for (to, from) in linked {
        match to {
            Target::Page(id) => site.pages[id.index()].backlinks.push(from),
            Target::Section(id) => site.sections[id.index()].backlinks.push(from),
        }
    }
}

/// The heading ids of every body.
struct Anchors {
    pages: Vec<Vec<String>>,
    sections: Vec<Vec<String>>,
}

impl Anchors {
    fn of(bodies: &Bodies) -> Self {
        let ids = |bodies: &[Body]| {
            let ids = |body: &Body| {
                body.headings
                    .iter()
                    .map(|heading| heading.id.clone())
                    .collect()
            };
            bodies.iter().map(ids).collect()
        };
        Self {
            pages: ids(&bodies.pages),
            sections: ids(&bodies.sections),
        }
    }

    fn at(&self, target: Target) -> &[String] {
        match target {
            Target::Page(id) => &self.pages[id.index()],
            Target::Section(id) => &self.sections[id.index()],
        }
    }
}

fn content(
    site: &Site,
    from: Target,
    body: Body,
    anchors: &Anchors,
    linked: &mut Vec<(Target, Target)>,
    told: &mut Vec<Diagnostic>,
) -> Content {
    let mut parts = Vec::with_capacity(body.pieces.len());
    for piece in body.pieces {
        let link = match piece {
            Piece::Html(html) => {
                parts.push(Part::Html(html));
                continue;
            }
            Piece::Link(link) => link,
        };
        match find(site, &link, anchors) {
            Ok(target) => {
                linked.push((target, from));
                parts.push(Part::Address {
                    target,
                    anchor: link.anchor,
                });
            }
            Err(lost) => {
                told.push(diagnostic(site, from, &link, lost));
                parts.push(Part::Html(String::new()));
            }
        }
    }
    Content {
        parts,
        summary: body.summary,
        headings: body.headings,
        words: body.words,
    }
}

enum Lost {
    Page {
        near: Option<String>,
    },
    Anchor {
        anchor: String,
        near: Option<String>,
    },
}

fn find(site: &Site, link: &InternalLink, anchors: &Anchors) -> Result<Target, Lost> {
    let Some(target) = site.by_source.get(&link.target).copied() else {
        let known = site.by_source.keys().map(String::as_str);
        return Err(Lost::Page {
            near: nearest(&link.target, known).map(str::to_owned),
        });
    };
    let Some(anchor) = &link.anchor else {
        return Ok(target);
    };
    let known = anchors.at(target);
    if anchor.is_empty() || known.contains(anchor) || has_raw_id(site, target, anchor) {
        return Ok(target);
    }
    Err(Lost::Anchor {
        anchor: anchor.clone(),
        near: nearest(anchor, known.iter().map(String::as_str)).map(str::to_owned),
    })
}

/// Whether the target's own text gives something that id in raw HTML.
fn has_raw_id(site: &Site, target: Target, anchor: &str) -> bool {
    let text = match target {
        Target::Page(id) => &site.page(id).text,
        Target::Section(id) => &site.section(id).text,
    };
    ["id", "name"].iter().any(|attribute| {
        text.contains(&format!("{attribute}=\"{anchor}\""))
            || text.contains(&format!("{attribute}='{anchor}'"))
    })
}

fn diagnostic(site: &Site, from: Target, link: &InternalLink, lost: Lost) -> Diagnostic {
    let (message, near) = match lost {
        Lost::Page { near } => {
            let hint = near.map(|near| format!("did you mean `@/{near}`?"));
            (format!("no content file is called `{}`", link.target), hint)
        }
        Lost::Anchor { anchor, near } => {
            let hint = near.map(|near| format!("did you mean `#{near}`?"));
            (
                format!("`{}` has no heading with the id `{anchor}`", link.target),
                hint,
            )
        }
    };
    let told = Diagnostic::error(message).hint_if(near);
    match from {
        Target::Page(id) => {
            let page = site.page(id);
            told.at(&page.source, &page.text, link.span.clone())
        }
        Target::Section(id) => {
            let section = site.section(id);
            let file = section
                .source
                .as_ref()
                .map_or("content", |source| source.as_str());
            told.at(file, &section.text, link.span.clone())
        }
    }
}
