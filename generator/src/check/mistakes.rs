//! Makes one error of each broken link, however many pages it stands on: also of a relative one in
//! a template, which leads somewhere else from each of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::mem::{self, Discriminant};

use super::Input;
use super::broken::{Broken, BrokenLink, Mistake, content_link};
use super::origin::Origins;
use super::places::Places;
use crate::config::Config;
use crate::diag::{self, Diagnostic, MOST_IN_A_FILE};
use crate::output::Output;
use crate::path::{OutputPath, SourcePath, percent_encode};

/// How many broken links get a suggestion. Each one takes a search through the whole site.
const SUGGESTED: usize = 200;

/// The pages of each broken link, in their order.
type Mistakes<'a> = BTreeMap<(String, Broken), Vec<&'a Output>>;

/// The errors about the links that are `broken`.
pub(super) fn diagnostics<'a>(
    input: Input<'a>,
    places: &Places<'a>,
    broken: Vec<BrokenLink<'a>>,
) -> Vec<Diagnostic> {
    let mut found = Found {
        origins: Origins::new(input),
        told: Vec::new(),
        shared: HashMap::new(),
        left_out: HashSet::new(),
        counts: BTreeMap::new(),
    };
    for ((url, why), pages) in mistakes(input, broken) {
        if let [first, others @ ..] = pages.as_slice() {
            found.add(url, why, first, others);
        }
    }
    found.diagnostics(places)
}

/// An address as it is written, and the kind of what is wrong with it: a relative address of a
/// template leads to another missing target from each page.
type Alike = (String, Discriminant<Broken>);

/// The mistakes, with the places in which they were written.
struct Found<'a> {
    origins: Origins<'a>,
    told: Vec<Mistake<'a>>,
    /// The places in `told` of those that were written in what several pages are made with.
    shared: HashMap<Alike, Vec<usize>>,
    /// Those that are only counted.
    left_out: HashSet<Alike>,
    counts: BTreeMap<&'a OutputPath, (&'a Output, usize)>,
}

impl<'a> Found<'a> {
    fn add(&mut self, url: String, why: Broken, first: &'a Output, others: &[&'a Output]) {
        let alike = (url, mem::discriminant(&why));
        let url = alike.0.as_str();
        if self.left_out.contains(&alike) && !self.origins.is_of_page(url, &why, first) {
            return;
        }
        let (_, count) = self.counts.entry(&first.path).or_insert((first, 0));
        if *count >= MOST_IN_A_FILE {
            *count += 1;
            self.left_out.insert(alike);
            return;
        }
        let origin = self.origins.find(url, &why, first);
        if let Some(place) = origin.as_ref().filter(|origin| !origin.tells_page) {
            let known = self.shared.entry(alike.clone()).or_default();
            let is_same =
                |one: &Mistake<'_>| one.origin.as_ref().is_some_and(|at| at.is_same(place));
            if let Some(same) = known.iter().find(|one| is_same(&self.told[**one])) {
                let pages = &mut self.told[*same].others;
                pages.push(first);
                pages.extend(others);
                return;
            }
            known.push(self.told.len());
        }
        *count += 1;
        self.told.push(Mistake {
            url: alike.0,
            why,
            first,
            others: others.to_vec(),
            origin,
        });
    }

    fn diagnostics(mut self, places: &Places<'a>) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::with_capacity(self.told.len());
        for one in &self.told {
            let hint = (diagnostics.len() < SUGGESTED)
                .then(|| {
                    let has = |path: &SourcePath| self.origins.has(path);
                    content_link(&one.url, &one.first.made_from, has)
                        .or_else(|| places.hint(&one.why))
                        .or_else(|| one.remedy())
                })
                .flatten();
            diagnostics.push(one.diagnostic(&mut self.origins).hint_if(hint));
        }
        for (page, count) in self.counts.into_values() {
            let file = page.made_from.first();
            let file = file.map_or(page.path.as_str(), SourcePath::as_str);
            diagnostics.extend(diag::surplus(count, file));
        }
        diagnostics
    }
}

fn mistakes<'a>(input: Input<'a>, broken: Vec<BrokenLink<'a>>) -> Mistakes<'a> {
    let outputs: BTreeMap<&OutputPath, &Output> =
        input.outputs.iter().map(|one| (&one.path, one)).collect();
    let mut mistakes = Mistakes::new();
    for BrokenLink { url, why, page } in broken {
        let pages = mistakes.entry((url, why)).or_default();
        pages.extend(outputs.get(page));
    }
    let all: Vec<(String, Broken)> = mistakes.keys().cloned().collect();
    for one in all {
        let elsewhere = shown_elsewhere(&one, &mut mistakes, input.config);
        if let Some(pages) = mistakes.get_mut(&one) {
            pages.extend(elsewhere);
        }
    }
    mistakes
}

/// Takes the pages out of `mistakes` that have the link `one` from the body in which it was
/// written: where another page shows that body, a relative address has the page's own before it.
fn shown_elsewhere<'a>(
    one: &(String, Broken),
    mistakes: &mut Mistakes<'a>,
    config: &Config,
) -> Vec<&'a Output> {
    let (url, why) = one;
    let first = mistakes.get(one).and_then(|pages| pages.first());
    let written = first.and_then(|page| Some((page, page.made_from.first()?)));
    let Some((page, body)) = written else {
        return Vec::new();
    };
    let whole = format!("{}{url}", address(&page.path, config));
    let mut elsewhere = Vec::new();
    if let Some(pages) = mistakes.get_mut(&(whole, why.clone())) {
        let shows = |page: &&Output| page.made_from.contains(body);
        elsewhere = pages.iter().copied().filter(shows).collect();
        pages.retain(|page| !shows(page));
    }
    elsewhere
}

/// The address of `page`, as other pages link to it.
fn address(page: &OutputPath, config: &Config) -> String {
    let mut address = format!("{}/", config.base_url.sub_path());
    let path = page.as_str();
    percent_encode(
        path.strip_suffix("index.html").unwrap_or(path),
        &mut address,
    );
    address
}
