//! Finds the page behind every `@/` link, and who links to whom.

use std::sync::Arc;

use super::section::Bodies;
use super::{PageId, SectionId, Site, Target};
use crate::config::AnchorLinks;
use crate::diag::{Diagnostic, nearest};
use crate::fingerprint;
use crate::parse::{Body, Call, CallBody, CallId, Document, Heading, InternalLink, Piece, anchor};

/// A body whose every link has a target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    /// HTML and addresses.
    pub parts: Vec<Part>,
    /// The shortcodes' calls that the parts name, each behind those in its own body.
    pub calls: Vec<Call<Part>>,
    /// How many of the parts are the summary, where there is one.
    pub summary: Option<usize>,
    /// The headings, in the order of the text.
    pub headings: Arc<[Heading]>,
    /// How many words a reader reads.
    pub words: usize,
    /// The body's hash; where its links lead is not in it.
    pub fingerprint: u64,
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
    /// The place of a shortcode's call.
    Call(CallId),
}

pub(super) fn resolve(
    site: &mut Site,
    bodies: Bodies,
    default: AnchorLinks,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let anchors = Anchors::of(&bodies);
    let mut linked = Vec::new();
    for (at, document) in bodies.pages.iter().enumerate() {
        let target = Target::Page(PageId::new(at));
        let content = Linker::new(site, &anchors, target, default, diagnostics)
            .content(&document.body, &mut linked);
        site.pages[at].content = content;
    }
    for (at, document) in bodies.sections.iter().enumerate() {
        let Some(document) = document else { continue };
        let target = Target::Section(SectionId::new(at));
        let content = Linker::new(site, &anchors, target, default, diagnostics)
            .content(&document.body, &mut linked);
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
struct Anchors<'a> {
    pages: Vec<&'a [Heading]>,
    sections: Vec<&'a [Heading]>,
}

impl<'a> Anchors<'a> {
    fn of(bodies: &'a Bodies) -> Self {
        let headings = |document: &'a Arc<Document>| &*document.body.headings;
        let section =
            |document: &'a Option<Arc<Document>>| document.as_ref().map_or(&[][..], headings);
        Self {
            pages: bodies.pages.iter().map(headings).collect(),
            sections: bodies.sections.iter().map(section).collect(),
        }
    }

    fn at(&self, target: Target) -> impl Iterator<Item = &'a str> + use<'a> {
        let headings = match target {
            Target::Page(id) => self.pages[id.index()],
            Target::Section(id) => self.sections[id.index()],
        };
        headings.iter().map(|heading| heading.id.as_str())
    }
}

/// Finds the targets of one page's or section's links.
struct Linker<'a> {
    site: &'a Site,
    anchors: &'a Anchors<'a>,
    from: Target,
    /// Where the headings of this body link to themselves.
    links: AnchorLinks,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Linker<'a> {
    fn new(
        site: &'a Site,
        anchors: &'a Anchors<'a>,
        from: Target,
        default: AnchorLinks,
        diagnostics: &'a mut Vec<Diagnostic>,
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
            diagnostics,
        }
    }

    fn content(&mut self, body: &Body, linked: &mut Vec<(Target, Target)>) -> Content {
        let calls = body.calls.iter().map(|call| self.call(call, linked));
        let calls = calls.collect();
        Content {
            parts: self.parts(&body.pieces, linked),
            calls,
            summary: body.summary,
            headings: Arc::clone(&body.headings),
            words: body.words,
            // Anchors are the only thing in a body that its section decides.
            fingerprint: fingerprint::of(&(body.fingerprint, std::mem::discriminant(&self.links))),
        }
    }

    fn parts(&mut self, pieces: &[Piece], linked: &mut Vec<(Target, Target)>) -> Vec<Part> {
        let part = |piece: &Piece| match piece {
            Piece::Html(html) => Part::Html(Arc::clone(html)),
            Piece::Link(link) => self.address(link, linked),
            Piece::Anchor { heading, behind } => {
                let (before, after) = anchor(&heading.id, &heading.title, self.links);
                Part::Html(if *behind { after } else { before }.into())
            }
            Piece::Call(id) => Part::Call(*id),
        };
        pieces.iter().map(part).collect()
    }

    fn call(&mut self, call: &Call<Piece>, linked: &mut Vec<(Target, Target)>) -> Call<Part> {
        Call {
            name: call.name.clone(),
            arguments: call.arguments.clone(),
            body: call.body.as_ref().map(|body| CallBody {
                raw: self.parts(&body.raw, linked),
                html: self.parts(&body.html, linked),
            }),
            number: call.number,
            span: call.span.clone(),
        }
    }

    fn address(&mut self, link: &InternalLink, linked: &mut Vec<(Target, Target)>) -> Part {
        match find(self.site, link, self.anchors) {
            Ok(target) => {
                linked.push((target, self.from));
                Part::Address {
                    target,
                    anchor: link.anchor.clone(),
                }
            }
            Err(lost) => {
                self.diagnostics
                    .push(diagnostic(self.site, self.from, link, lost));
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

fn find(site: &Site, link: &InternalLink, anchors: &Anchors<'_>) -> Result<Target, Lost> {
    let Some(target) = site.by_source.get(&link.target).copied() else {
        let known = site.by_source.keys().map(String::as_str);
        return Err(Lost::Page {
            near: nearest(&link.target, known).map(str::to_owned),
        });
    };
    let Some(anchor) = &link.anchor else {
        return Ok(target);
    };
    let mut known = anchors.at(target);
    if anchor.is_empty() || known.any(|id| id == anchor) || has_raw_id(site, target, anchor) {
        return Ok(target);
    }
    Err(Lost::Anchor {
        anchor: anchor.clone(),
        near: nearest(anchor, anchors.at(target)).map(str::to_owned),
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
    let diagnostic = Diagnostic::error(message).hint_if(near);
    match from {
        Target::Page(id) => {
            let page = site.page(id);
            diagnostic.at(&page.source, &page.text, link.span.clone())
        }
        Target::Section(id) => {
            let section = site.section(id);
            let file = section
                .source
                .as_ref()
                .map_or("content", |source| source.as_str());
            diagnostic.at(file, &section.text, link.span.clone())
        }
    }
}
