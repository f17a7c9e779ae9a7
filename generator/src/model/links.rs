//! Finds the page behind every `@/` link, and who links to whom.

use std::sync::Arc;

use super::section::Bodies;
use super::{PageId, SectionId, Site, Target};
use crate::config::AnchorLinks;
use crate::diag::{Diagnostic, nearest};
use crate::parse::{Body, Call, CallBody, Heading, InternalLink, Piece, anchor};

/// A body whose every link has a target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    /// HTML and addresses.
    pub parts: Vec<Part>,
    /// How many of the parts are the summary, where there is one.
    pub summary: Option<usize>,
    /// The headings, in the order of the text.
    pub headings: Arc<[Heading]>,
    /// How many words a reader reads.
    pub words: usize,
}

/// A part of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Finished.
    Html(Arc<str>),
    /// The address of a page or section.
    Address {
        /// Whose.
        target: Target,
        /// The place on it.
        anchor: Option<String>,
    },
    /// A shortcode's call.
    Call(Box<Call<Part>>),
}

pub(super) fn resolve(
    site: &mut Site,
    bodies: Bodies,
    default: AnchorLinks,
    told: &mut Vec<Diagnostic>,
) {
    let anchors = Anchors::of(&bodies);
    let mut linked = Vec::new();
    for (at, body) in bodies.pages.into_iter().enumerate() {
        let content = Linker::new(site, &anchors, Target::Page(PageId::new(at)), default, told)
            .content(body, &mut linked);
        site.pages[at].content = content;
    }
    for (at, body) in bodies.sections.into_iter().enumerate() {
        let content = Linker::new(
            site,
            &anchors,
            Target::Section(SectionId::new(at)),
            default,
            told,
        )
        .content(body, &mut linked);
        site.sections[at].content = content;
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

/// Finds the targets of one page's or section's links.
struct Linker<'a> {
    site: &'a Site,
    anchors: &'a Anchors,
    from: Target,
    /// Where the headings of this body link to themselves.
    links: AnchorLinks,
    told: &'a mut Vec<Diagnostic>,
}

impl<'a> Linker<'a> {
    fn new(
        site: &'a Site,
        anchors: &'a Anchors,
        from: Target,
        default: AnchorLinks,
        told: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let section = match from {
            Target::Page(id) => site.page(id).section,
            Target::Section(id) => Some(id),
        };
        let asked = section.and_then(|id| site.section(id).front.insert_anchor_links);
        Self {
            site,
            anchors,
            from,
            links: asked.unwrap_or(default),
            told,
        }
    }

    fn content(&mut self, body: Body, linked: &mut Vec<(Target, Target)>) -> Content {
        Content {
            parts: self.parts(body.pieces, linked),
            summary: body.summary,
            headings: body.headings,
            words: body.words,
        }
    }

    fn parts(&mut self, pieces: Vec<Piece>, linked: &mut Vec<(Target, Target)>) -> Vec<Part> {
        let part = |piece| match piece {
            Piece::Html(html) => Part::Html(html),
            Piece::Link(link) => self.address(link, linked),
            Piece::Anchor { heading, behind } => {
                let (before, after) = anchor(&heading.id, &heading.title, self.links);
                Part::Html(if behind { after } else { before }.into())
            }
            Piece::Call(call) => Part::Call(Box::new(Call {
                name: call.name,
                arguments: call.arguments,
                body: call.body.map(|body| CallBody {
                    raw: self.parts(body.raw, linked),
                    html: self.parts(body.html, linked),
                }),
                number: call.number,
                span: call.span,
            })),
        };
        pieces.into_iter().map(part).collect()
    }

    fn address(&mut self, link: InternalLink, linked: &mut Vec<(Target, Target)>) -> Part {
        match find(self.site, &link, self.anchors) {
            Ok(target) => {
                linked.push((target, self.from));
                Part::Address {
                    target,
                    anchor: link.anchor,
                }
            }
            Err(lost) => {
                self.told
                    .push(diagnostic(self.site, self.from, &link, lost));
                Part::Html(Arc::from(""))
            }
        }
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
