//! Finds the page or section behind every `@/` link, and collects backlinks.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::selection::LeftOut;
use super::{Bodies, Content, Site, Target};
use crate::diag::{self, Diagnostic, MOST_IN_A_FILE, nearest};
use crate::parse::{Body, InternalLink};
use crate::path::{SourcePath, percent_decode};

/// How many broken links are given a did-you-mean: each costs a look at the whole site.
const SUGGESTED: usize = 200;

/// Gives all bodies their backlinks, and the links that are lost. Returns them with what is wrong
/// with those.
pub(super) fn resolve(
    site: &Site,
    mut bodies: Bodies,
    left_out: &BTreeMap<String, LeftOut>,
) -> (Bodies, Vec<Diagnostic>) {
    let known = Known::of(site, &bodies, left_out);
    let all: Vec<Linked<'_>> = known
        .targets()
        .into_par_iter()
        .map(|from| Linked::of(from, &known))
        .collect();
    let mut diagnostics = Vec::new();
    for one in &all {
        let suggestions = SUGGESTED.saturating_sub(diagnostics.len());
        diagnostics.extend(one.report(&known, suggestions));
    }
    let mut backlinks: Vec<(Target, Target)> = all.iter().flat_map(Linked::backlinks).collect();
    backlinks.sort_unstable();
    backlinks.dedup();
    let lost: Vec<(Target, InternalLink)> = all.iter().flat_map(Linked::lost).collect();
    for (to, from) in backlinks {
        bodies.content_mut(to).backlinks.push(from);
    }
    for (on, link) in lost {
        bodies.content_mut(on).lose(link);
    }
    (bodies, diagnostics)
}

/// What links are measured against: the site, the places in every body, and the files that are
/// left out.
struct Known<'a> {
    site: &'a Site,
    bodies: &'a Bodies,
    pages: Vec<Ids<'a>>,
    sections: Vec<Ids<'a>>,
    left_out: &'a BTreeMap<String, LeftOut>,
}

/// The ids in one body, gathered when the first link asks for them.
type Ids<'a> = OnceLock<HashSet<&'a str>>;

impl<'a> Known<'a> {
    fn of(site: &'a Site, bodies: &'a Bodies, left_out: &'a BTreeMap<String, LeftOut>) -> Self {
        Self {
            site,
            bodies,
            pages: site.pages.iter().map(|_| Ids::new()).collect(),
            sections: site.sections.iter().map(|_| Ids::new()).collect(),
            left_out,
        }
    }

    fn targets(&self) -> Vec<Target> {
        let pages = self.site.page_ids().map(Target::Page);
        let sections = self.site.section_ids().map(Target::Section);
        pages.chain(sections).collect()
    }

    fn headings(&self, on: Target) -> impl Iterator<Item = &'a str> + use<'a> {
        headings(&self.bodies.content(on).body)
    }

    fn has(&self, on: Target, id: &str) -> bool {
        let known = match on {
            Target::Page(id) => &self.pages[id.index()],
            Target::Section(id) => &self.sections[id.index()],
        };
        let Content { body, text, .. } = self.bodies.content(on);
        known.get_or_init(|| ids(body, text).collect()).contains(id)
    }

    /// The page or section that `link` leads to.
    fn find(&self, link: &InternalLink) -> Result<Target, Lost> {
        let Some(target) = self.site.linked(&link.target) else {
            let name = format!("content/{}", percent_decode(&link.target));
            let left_out = self.left_out.get(&name);
            return Err(left_out.map_or(Lost::Page, |reason| Lost::LeftOut(*reason)));
        };
        match link.anchor.as_deref() {
            None | Some("") => Ok(target),
            Some(id) if self.has(target, id) || self.has(target, &percent_decode(id)) => Ok(target),
            // The finished page will tell.
            Some(_) if self.bodies.content(target).body.may_hold_more() => Ok(target),
            Some(_) => Err(Lost::Anchor(target)),
        }
    }
}

/// The places in a body that a link can lead to.
pub(super) fn ids<'a>(body: &'a Body, text: &'a str) -> impl Iterator<Item = &'a str> {
    headings(body).chain(raw_ids(text))
}

fn headings(body: &Body) -> impl Iterator<Item = &str> {
    body.headings.iter().map(|heading| heading.id.as_str())
}

/// The ids that a text gives to something in raw HTML.
fn raw_ids(text: &str) -> impl Iterator<Item = &str> {
    ["id=", "name="].into_iter().flat_map(move |attribute| {
        text.match_indices(attribute).filter_map(move |(at, _)| {
            let value = &text[at + attribute.len()..];
            match value.chars().next()? {
                quote @ ('"' | '\'') => value[1..].split(quote).next(),
                _ => value.split(|c: char| c == '>' || c.is_whitespace()).next(),
            }
        })
    })
}

/// A page or section whose links were followed.
struct Linked<'a> {
    from: Target,
    /// Where its links lead.
    targets: Vec<Target>,
    /// The links that lead nowhere.
    lost: Vec<(&'a InternalLink, Lost)>,
}

impl<'a> Linked<'a> {
    fn of(from: Target, known: &Known<'a>) -> Self {
        let mut linked = Self {
            from,
            targets: Vec::new(),
            lost: Vec::new(),
        };
        for link in known.bodies.content(from).body.links() {
            match known.find(link) {
                Ok(target) => linked.targets.push(target),
                Err(Lost::LeftOut(LeftOut::Wrong)) => {}
                Err(lost) => linked.lost.push((link, lost)),
            }
        }
        linked
    }

    /// Each target, with where it is linked from.
    fn backlinks(&self) -> impl Iterator<Item = (Target, Target)> {
        self.targets.iter().map(|to| (*to, self.from))
    }

    /// Each lost link, with where it stands.
    fn lost(&self) -> impl Iterator<Item = (Target, InternalLink)> {
        let lost = self.lost.iter();
        lost.map(|(link, _)| (self.from, (*link).clone()))
    }

    /// What is wrong with its links; only the first `suggestions` are given a did-you-mean.
    fn report(&self, known: &Known<'_>, suggestions: usize) -> Vec<Diagnostic> {
        let file = known.site.source(self.from);
        let file = file.map_or("content", SourcePath::as_str);
        let text = &known.bodies.content(self.from).text;
        let first = self.lost.iter().take(MOST_IN_A_FILE);
        let diagnostics = first.enumerate().map(|(at, (link, lost))| {
            let diagnostic =
                Diagnostic::error(lost.message(link)).at(file, text, link.span.clone());
            let remedy = (at < suggestions).then(|| lost.remedy(link, known));
            diagnostic.hint_if(remedy.flatten())
        });
        let surplus = diag::surplus(self.lost.len(), file);
        diagnostics.chain(surplus).collect()
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
    fn remedy(&self, link: &InternalLink, known: &Known<'_>) -> Option<String> {
        match self {
            Self::Page => {
                let name = percent_decode(&link.target);
                let near = nearest(&name, known.site.by_source.keys().map(String::as_str))?;
                Some(format!("did you mean `@/{}`?", near.replace(' ', "%20")))
            }
            Self::LeftOut(reason) => Some(reason.remedy().to_owned()),
            Self::Anchor(target) => {
                let near = nearest(link.anchor.as_deref()?, known.headings(*target))?;
                Some(format!("did you mean `#{near}`?"))
            }
        }
    }
}
