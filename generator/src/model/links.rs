//! Finds the page or section behind every `@/` link, and collects backlinks.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::section::Bodies;
use super::selection::LeftOut;
use super::{PageId, SectionId, Site, Target};
use crate::config::AnchorLinks;
use crate::diag::{self, Diagnostic, MOST_IN_A_FILE, nearest};
use crate::fingerprint;
use crate::parse::{
    Body, Call, CallBody, CallId, Document, Heading, InternalLink, Piece, Summary, anchor,
};
use crate::path::{SourcePath, percent_decode};

/// How many broken links are given a did-you-mean: each costs a look at the whole site.
const SUGGESTED: usize = 200;

/// A body in which every `@/` link has a target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    /// Finished HTML, addresses and calls.
    pub parts: Vec<Part>,
    /// The shortcode calls that the parts refer to. A call stands behind the calls in its own body.
    pub calls: Vec<Call<Part>>,
    /// The summary, where there is one; its pieces are as many parts.
    pub summary: Option<Summary>,
    /// The headings, in the order of the text.
    pub headings: Arc<[Heading]>,
    /// The number of words, without code blocks.
    pub words: usize,
    /// A hash of the body. The targets' addresses are not in it.
    pub fingerprint: u64,
}

/// A part of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Finished HTML.
    Html(Arc<str>),
    /// The address of a page or section.
    Address {
        /// The page or section.
        target: Target,
        /// The anchor on it.
        anchor: Option<String>,
    },
    /// The address that a relative one behind it starts from: that of the page or section whose
    /// body it is. On its own page nothing need be written.
    Beside(Target),
    /// What a shortcode call comes to.
    Call(CallId),
}

/// Gives all pages and sections their content and backlinks. Returns the links that lead nowhere.
pub(super) fn resolve(
    site: &mut Site,
    bodies: Bodies,
    left_out: &BTreeMap<String, LeftOut>,
    default: AnchorLinks,
) -> Vec<Diagnostic> {
    let known = Known::of(&bodies, left_out);
    let mut followed = Followed::default();
    for (at, document) in bodies.pages.iter().enumerate() {
        let target = Target::Page(PageId::new(at));
        let linker = Linker::new(site, &known, target, default, &mut followed);
        let content = linker.content(&document.body);
        site.pages[at].content = content;
    }
    for (at, document) in bodies.sections.iter().enumerate() {
        let Some(document) = document else { continue };
        let target = Target::Section(SectionId::new(at));
        let linker = Linker::new(site, &known, target, default, &mut followed);
        let content = linker.content(&document.body);
        site.sections[at].content = content;
    }
    followed.links.sort();
    followed.links.dedup();
    for (to, from) in followed.links {
        match to {
            Target::Page(id) => site.pages[id.index()].backlinks.push(from),
            Target::Section(id) => site.sections[id.index()].backlinks.push(from),
        }
    }
    followed.diagnostics
}

/// What the links of the whole site have come to so far.
#[derive(Default)]
struct Followed {
    /// The links that lead somewhere: to what, from where.
    links: Vec<(Target, Target)>,
    diagnostics: Vec<Diagnostic>,
}

/// What links are measured against: the places in every body, and the files that are left out.
struct Known<'a> {
    pages: Vec<Ids<'a>>,
    sections: Vec<Ids<'a>>,
    left_out: &'a BTreeMap<String, LeftOut>,
}

/// The ids in one body, gathered when the first link asks for them.
#[derive(Default)]
struct Ids<'a> {
    headings: &'a [Heading],
    text: &'a str,
    gathered: OnceCell<HashSet<&'a str>>,
}

impl<'a> Known<'a> {
    fn of(bodies: &'a Bodies, left_out: &'a BTreeMap<String, LeftOut>) -> Self {
        let ids = |document: &'a Arc<Document>| Ids {
            headings: &document.body.headings,
            text: &document.text,
            gathered: OnceCell::new(),
        };
        let section =
            |document: &'a Option<Arc<Document>>| document.as_ref().map_or_else(Ids::default, ids);
        Self {
            pages: bodies.pages.iter().map(ids).collect(),
            sections: bodies.sections.iter().map(section).collect(),
            left_out,
        }
    }

    fn at(&self, target: Target) -> &Ids<'a> {
        match target {
            Target::Page(id) => &self.pages[id.index()],
            Target::Section(id) => &self.sections[id.index()],
        }
    }
}

impl<'a> Ids<'a> {
    fn headings(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.headings.iter().map(|heading| heading.id.as_str())
    }

    fn has(&self, id: &str) -> bool {
        let gather = || self.headings().chain(raw_ids(self.text)).collect();
        self.gathered.get_or_init(gather).contains(id)
    }
}

/// The ids that a text gives to something in raw HTML.
fn raw_ids(text: &str) -> impl Iterator<Item = &str> {
    ["id=", "name="].into_iter().flat_map(move |attribute| {
        text.match_indices(attribute).filter_map(move |(at, _)| {
            let value = &text[at + attribute.len()..];
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            value[1..].split(quote).next()
        })
    })
}

/// Finds the targets of the links on one page or section.
struct Linker<'a, 'b> {
    site: &'a Site,
    known: &'a Known<'b>,
    from: Target,
    /// Where the headings of this body get a link to themselves.
    links: AnchorLinks,
    /// How many of its links lead nowhere.
    lost: usize,
    followed: &'a mut Followed,
}

impl<'a, 'b> Linker<'a, 'b> {
    fn new(
        site: &'a Site,
        known: &'a Known<'b>,
        from: Target,
        default: AnchorLinks,
        followed: &'a mut Followed,
    ) -> Self {
        let section = match from {
            Target::Page(id) => site.page(id).section,
            Target::Section(id) => Some(id),
        };
        let asked = section.and_then(|id| site.section(id).front.insert_anchor_links);
        Self {
            site,
            known,
            from,
            links: asked.unwrap_or(default),
            lost: 0,
            followed,
        }
    }

    fn content(mut self, body: &Body) -> Content {
        let content = Content {
            parts: self.parts(&body.pieces),
            calls: body.calls.iter().map(|call| self.call(call)).collect(),
            summary: body.summary.clone(),
            headings: Arc::clone(&body.headings),
            words: body.words,
            // The section decides about heading links, and nothing else in a body.
            fingerprint: fingerprint::of(&(body.fingerprint, std::mem::discriminant(&self.links))),
        };
        if let Some(more @ 1..) = self.lost.checked_sub(MOST_IN_A_FILE) {
            let (file, _) = origin(self.site, self.from);
            let more = Diagnostic::error(diag::and_more(more)).in_file(file);
            self.followed.diagnostics.push(more);
        }
        content
    }

    fn parts(&mut self, pieces: &[Piece]) -> Vec<Part> {
        let part = |piece: &Piece| match piece {
            Piece::Html(html) => Part::Html(Arc::clone(html)),
            Piece::Link(link) => self.address(link),
            Piece::Beside => Part::Beside(self.from),
            Piece::Anchor { heading, behind } => {
                let (before, after) = anchor(&heading.id, &heading.title, self.links);
                Part::Html(if *behind { after } else { before }.into())
            }
            Piece::Call(id) => Part::Call(*id),
        };
        pieces.iter().map(part).collect()
    }

    fn call(&mut self, call: &Call<Piece>) -> Call<Part> {
        Call {
            name: call.name.clone(),
            arguments: call.arguments.clone(),
            body: call.body.as_ref().map(|body| CallBody {
                raw: self.parts(&body.raw),
                html: self.parts(&body.html),
            }),
            number: call.number,
            span: call.span.clone(),
        }
    }

    fn address(&mut self, link: &InternalLink) -> Part {
        match find(self.site, link, self.known) {
            Ok(target) => {
                self.followed.links.push((target, self.from));
                Part::Address {
                    target,
                    anchor: link.anchor.clone(),
                }
            }
            Err(Lost::LeftOut(LeftOut::Wrong)) => Part::Html(Arc::from("")),
            Err(lost) => {
                self.lost += 1;
                if self.lost <= MOST_IN_A_FILE {
                    let diagnostic = self.diagnostic(link, &lost);
                    self.followed.diagnostics.push(diagnostic);
                }
                Part::Html(Arc::from(""))
            }
        }
    }

    fn diagnostic(&self, link: &InternalLink, lost: &Lost) -> Diagnostic {
        let (file, text) = origin(self.site, self.from);
        let remedy = (self.followed.diagnostics.len() < SUGGESTED)
            .then(|| lost.remedy(self.site, link, self.known))
            .flatten();
        Diagnostic::error(lost.message(link))
            .at(file, text, link.span.clone())
            .hint_if(remedy)
    }
}

/// Why a link leads nowhere.
enum Lost {
    Page,
    LeftOut(LeftOut),
    Anchor(Target),
}

impl Lost {
    fn message(&self, link: &InternalLink) -> String {
        let InternalLink { target, anchor, .. } = link;
        match self {
            Self::Page => format!("no content file is called `{target}`"),
            Self::LeftOut(reason) => reason.message(target),
            Self::Anchor(_) => {
                let anchor = anchor.as_deref().unwrap_or_default();
                format!("`{target}` has no heading with the id `{anchor}`")
            }
        }
    }

    /// What may have been meant, or be done.
    fn remedy(&self, site: &Site, link: &InternalLink, known: &Known<'_>) -> Option<String> {
        match self {
            Self::Page => {
                let name = percent_decode(&link.target);
                let near = nearest(&name, site.by_source.keys().map(String::as_str))?;
                Some(format!("did you mean `@/{}`?", near.replace(' ', "%20")))
            }
            Self::LeftOut(reason) => Some(reason.remedy().to_owned()),
            Self::Anchor(target) => {
                let near = nearest(link.anchor.as_deref()?, known.at(*target).headings())?;
                Some(format!("did you mean `#{near}`?"))
            }
        }
    }
}

/// A name may be written percent-encoded: markdown has no other way to write a space.
fn find(site: &Site, link: &InternalLink, known: &Known<'_>) -> Result<Target, Lost> {
    let decoded = percent_decode(&link.target);
    let by_name = |name: &String| site.by_source.get(name).copied();
    let Some(target) = by_name(&link.target).or_else(|| by_name(&decoded)) else {
        let left_out = known.left_out.get(&format!("content/{decoded}"));
        return Err(left_out.map_or(Lost::Page, |reason| Lost::LeftOut(*reason)));
    };
    let ids = known.at(target);
    match link.anchor.as_deref() {
        None | Some("") => Ok(target),
        Some(anchor) if ids.has(anchor) || ids.has(&percent_decode(anchor)) => Ok(target),
        Some(_) => Err(Lost::Anchor(target)),
    }
}

/// The file of a page or section, and its text.
fn origin(site: &Site, of: Target) -> (&str, &str) {
    match of {
        Target::Page(id) => {
            let page = site.page(id);
            (page.source.as_str(), &page.text)
        }
        Target::Section(id) => {
            let section = site.section(id);
            let file = section.source.as_ref();
            (file.map_or("content", SourcePath::as_str), &section.text)
        }
    }
}
