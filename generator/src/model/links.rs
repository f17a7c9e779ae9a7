//! Finds the page or section behind every `@/` link, and collects backlinks.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, OnceLock};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::section::Bodies;
use super::selection::LeftOut;
use super::{Site, Target};
use crate::config::AnchorLinks;
use crate::diag::{self, Diagnostic, MOST_IN_A_FILE, nearest};
use crate::fingerprint::{self, Table};
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
    let known = Known::of(site, &bodies, left_out);
    let documents: Vec<(Target, &Document)> = bodies.documents().collect();
    let all: Vec<Linked> = documents
        .par_iter()
        .map(|(from, document)| Linker::new(site, &known, *from, default).linked(&document.body))
        .collect();
    let mut diagnostics = Vec::new();
    for one in &all {
        let suggestions = SUGGESTED.saturating_sub(diagnostics.len());
        diagnostics.extend(one.report(site, &known, suggestions));
    }
    let to_each = |one: &Linked| -> Vec<(Target, Target)> {
        let from = one.from;
        one.targets.iter().map(|to| (*to, from)).collect()
    };
    let mut linked: Vec<(Target, Target)> = all.iter().flat_map(to_each).collect();
    linked.sort_unstable();
    linked.dedup();
    for Linked { from, content, .. } in all {
        match from {
            Target::Page(id) => site.pages[id.index()].content = content,
            Target::Section(id) => site.sections[id.index()].content = content,
        }
    }
    for (to, from) in linked {
        match to {
            Target::Page(id) => site.pages[id.index()].backlinks.push(from),
            Target::Section(id) => site.sections[id.index()].backlinks.push(from),
        }
    }
    diagnostics
}

/// What links are measured against: the files by their names, the places in every body, and the
/// files that are left out.
struct Known<'a> {
    by_name: Table<&'a str, Target>,
    pages: Vec<Ids<'a>>,
    sections: Vec<Ids<'a>>,
    left_out: &'a BTreeMap<String, LeftOut>,
}

/// The ids in one body, gathered when the first link asks for them.
#[derive(Default)]
struct Ids<'a> {
    headings: &'a [Heading],
    text: &'a str,
    gathered: OnceLock<HashSet<&'a str>>,
}

impl<'a> Known<'a> {
    fn of(site: &'a Site, bodies: &'a Bodies, left_out: &'a BTreeMap<String, LeftOut>) -> Self {
        let names = site.by_source.iter();
        let ids = |document: &'a Arc<Document>| Ids {
            headings: &document.body.headings,
            text: &document.text,
            gathered: OnceLock::new(),
        };
        let section =
            |document: &'a Option<Arc<Document>>| document.as_ref().map_or_else(Ids::default, ids);
        Self {
            by_name: names
                .map(|(name, target)| (name.as_str(), *target))
                .collect(),
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

/// A page or section whose links were followed.
struct Linked {
    from: Target,
    content: Content,
    /// Where its links lead.
    targets: Vec<Target>,
    /// The first links that lead nowhere.
    lost: Vec<(InternalLink, Lost)>,
    /// How many more do.
    more: usize,
}

impl Linked {
    /// What is wrong with its links; only the first `suggestions` are given a did-you-mean.
    fn report(&self, site: &Site, known: &Known<'_>, suggestions: usize) -> Vec<Diagnostic> {
        let (file, text) = origin(site, self.from);
        let diagnostics = self.lost.iter().enumerate().map(|(at, (link, lost))| {
            let diagnostic =
                Diagnostic::error(lost.message(link)).at(file, text, link.span.clone());
            let remedy = (at < suggestions).then(|| lost.remedy(site, link, known));
            diagnostic.hint_if(remedy.flatten())
        });
        let more = (self.more > 0).then(|| Diagnostic::error(diag::and_more(self.more)));
        diagnostics
            .chain(more.map(|more| more.in_file(file)))
            .collect()
    }
}

/// Finds the targets of the links on one page or section.
struct Linker<'a, 'b> {
    known: &'a Known<'b>,
    from: Target,
    /// Where the headings of this body get a link to themselves.
    links: AnchorLinks,
    targets: Vec<Target>,
    lost: Vec<(InternalLink, Lost)>,
    more: usize,
}

impl<'a, 'b> Linker<'a, 'b> {
    fn new(site: &Site, known: &'a Known<'b>, from: Target, default: AnchorLinks) -> Self {
        let section = match from {
            Target::Page(id) => site.page(id).section,
            Target::Section(id) => Some(id),
        };
        let asked = section.and_then(|id| site.section(id).front.insert_anchor_links);
        Self {
            known,
            from,
            links: asked.unwrap_or(default),
            targets: Vec::new(),
            lost: Vec::new(),
            more: 0,
        }
    }

    fn linked(mut self, body: &Body) -> Linked {
        let content = Content {
            parts: self.parts(&body.pieces),
            calls: body.calls.iter().map(|call| self.call(call)).collect(),
            summary: body.summary.clone(),
            headings: Arc::clone(&body.headings),
            words: body.words,
            // The section decides about heading links, and nothing else in a body.
            fingerprint: fingerprint::of(&(body.fingerprint, std::mem::discriminant(&self.links))),
        };
        Linked {
            from: self.from,
            content,
            targets: self.targets,
            lost: self.lost,
            more: self.more,
        }
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
        match find(link, self.known) {
            Ok(target) => {
                self.targets.push(target);
                return Part::Address {
                    target,
                    anchor: link.anchor.clone(),
                };
            }
            Err(Lost::LeftOut(LeftOut::Wrong)) => {}
            Err(lost) if self.lost.len() < MOST_IN_A_FILE => self.lost.push((link.clone(), lost)),
            Err(_) => self.more += 1,
        }
        Part::Html(Arc::from(""))
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
fn find(link: &InternalLink, known: &Known<'_>) -> Result<Target, Lost> {
    let by_name = |name: &str| known.by_name.get(name).copied();
    let decoded = || by_name(&percent_decode(&link.target));
    let Some(target) = by_name(&link.target).or_else(decoded) else {
        let name = format!("content/{}", percent_decode(&link.target));
        let left_out = known.left_out.get(&name);
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
