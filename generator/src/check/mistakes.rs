//! Makes one error of each broken link, however many pages it stands on.

use std::collections::BTreeMap;

use super::Input;
use super::broken::{Broken, BrokenLink, content_link};
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
    let mistakes = mistakes(input, broken);
    let mut origins = Origins::new(input);
    let mut diagnostics = Vec::with_capacity(mistakes.len());
    let mut counts: BTreeMap<&OutputPath, (&Output, usize)> = BTreeMap::new();
    for ((url, why), pages) in &mistakes {
        let [first, others @ ..] = pages.as_slice() else {
            continue;
        };
        let (_, count) = counts.entry(&first.path).or_insert((first, 0));
        *count += 1;
        if *count > MOST_IN_A_FILE {
            continue;
        }
        let hint = (diagnostics.len() < SUGGESTED)
            .then(|| {
                let has = |path: &SourcePath| origins.has(path);
                content_link(url, &first.made_from, has).or_else(|| places.hint(why))
            })
            .flatten();
        let diagnostic = why.diagnostic(url, first, others, &mut origins);
        diagnostics.push(diagnostic.hint_if(hint));
    }
    for (page, count) in counts.into_values() {
        let file = page.made_from.first();
        let file = file.map_or(page.path.as_str(), SourcePath::as_str);
        diagnostics.extend(diag::surplus(count, file));
    }
    diagnostics
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
