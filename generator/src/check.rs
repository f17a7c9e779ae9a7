//! Checks the links in the finished HTML: every page, file and anchor of this site that it refers
//! to must exist, whether markdown or a template wrote the link.

mod html;
mod links;
mod origin;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::config::Config;
use crate::diag::{self, Diagnostic, MOST_IN_A_FILE, nearest};
use crate::fingerprint;
use crate::load::TextFile;
use crate::model::Redirect;
use crate::output::{self, Output};
use crate::path::{OutputPath, SourcePath, percent_decode};

use self::origin::Origins;

pub use self::html::{Facts, Inline, Reference, Role};
pub use self::links::{Meant, meant};

/// How many broken links get a suggestion. Each one takes a search through the whole site.
const SUGGESTED: usize = 200;

/// The facts about all HTML pages.
pub type Pages = BTreeMap<OutputPath, Arc<Facts>>;

/// What one check leaves for the next one to reuse.
#[derive(Debug, Clone, Default)]
pub struct Cache {
    files: HashMap<OutputPath, (Bytes, Arc<Facts>)>,
    /// A hash of everything that links can lead to, if no link was broken.
    sound: Option<u64>,
}

impl Cache {
    /// Keeps the facts about `outputs`. `sound` is what [`check`] returned for them, if it found no
    /// mistakes.
    #[must_use]
    pub fn new(outputs: &[Output], pages: &Pages, sound: Option<u64>) -> Self {
        let kept = outputs.iter().filter_map(|one| {
            let facts = Arc::clone(pages.get(&one.path)?);
            Some((one.path.clone(), (one.bytes.clone(), facts)))
        });
        Self {
            files: kept.collect(),
            sound,
        }
    }

    /// Whether the page was checked with these very facts.
    fn knows(&self, page: &OutputPath, facts: &Arc<Facts>) -> bool {
        let known = self.files.get(page);
        known.is_some_and(|(_, known)| Arc::ptr_eq(known, facts))
    }

    /// The facts about `output`, if the same bytes have been read before.
    fn facts(&self, output: &Output) -> Option<Arc<Facts>> {
        let (bytes, facts) = self.files.get(&output.path)?;
        let same = output::same(bytes, &output.bytes);
        same.then(|| Arc::clone(facts))
    }
}

/// Reads every HTML file among `outputs`.
#[must_use]
pub fn read(outputs: &[Output], before: &Cache) -> Pages {
    let pages: Vec<&Output> = outputs.iter().filter(|one| is_html(&one.path)).collect();
    pages
        .par_iter()
        .map(|output| {
            let known = before.facts(output);
            let facts = known.unwrap_or_else(|| Arc::new(html::read(&output.bytes)));
            (output.path.clone(), facts)
        })
        .collect()
}

/// Whether `path` is an HTML file.
#[must_use]
pub fn is_html(path: &OutputPath) -> bool {
    matches!(path.extension(), Some("html" | "htm"))
}

/// Why a link is broken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// The target does not exist.
    NoTarget {
        /// The path of the missing target.
        file: String,
    },
    /// The page exists, but not the anchor.
    NoAnchor {
        /// The page.
        file: OutputPath,
        /// The anchor.
        anchor: String,
    },
    /// The link would be right if it began with the folder of the base URL.
    NoSubPath,
    /// The link leads above the site's root.
    Escapes,
}

/// Checks the links of all pages. Returns a hash of everything that links can lead to. `text`
/// returns the text of a content file; `templates` are all templates, the strongest first.
///
/// If links can lead to the same targets as `before`, pages that have not changed since are not
/// checked again.
///
/// # Errors
/// Every broken link, once, with its first page and the number of other pages.
pub fn check<'a>(
    outputs: &[Output],
    facts: &Pages,
    redirects: &[Redirect],
    config: &'a Config,
    before: &Cache,
    text: impl Fn(&SourcePath) -> Option<&'a str>,
    templates: &'a [TextFile],
) -> Result<u64, Vec<Diagnostic>> {
    let site = Places::new(outputs, facts, redirects, config);
    let places = site.fingerprint();
    let are_the_same = before.sound == Some(places);
    let pages: Vec<(&OutputPath, &Arc<Facts>)> = facts
        .iter()
        .filter(|(page, facts)| !(are_the_same && before.knows(page, facts)))
        .collect();
    let broken: Vec<(String, Broken, &OutputPath)> = pages
        .par_iter()
        .flat_map_iter(|(page, facts)| site.broken(page, facts))
        .collect();
    if broken.is_empty() {
        return Ok(places);
    }
    let mut grouped: BTreeMap<(String, Broken), Vec<&OutputPath>> = BTreeMap::new();
    for (url, why, page) in broken {
        grouped.entry((url, why)).or_default().push(page);
    }
    let made_from: BTreeMap<&OutputPath, &[SourcePath]> = outputs
        .iter()
        .map(|one| (&one.path, one.made_from.as_slice()))
        .collect();
    let mut origins = Origins::new(text, templates, config);
    let mut diagnostics = Vec::with_capacity(grouped.len());
    let mut counts: BTreeMap<&OutputPath, usize> = BTreeMap::new();
    for ((url, why), pages) in &grouped {
        let count = counts.entry(pages[0]).or_default();
        *count += 1;
        if *count > MOST_IN_A_FILE {
            continue;
        }
        let from = made_from.get(pages[0]).copied().unwrap_or_default();
        let hint = (diagnostics.len() < SUGGESTED)
            .then(|| {
                let has = |path: &SourcePath| origins.has(path);
                content_link(url, from, has).or_else(|| site.hint(why))
            })
            .flatten();
        let diagnostic = why.diagnostic(url, pages, from, &mut origins);
        diagnostics.push(diagnostic.hint_if(hint));
    }
    for (page, count) in counts {
        if let Some(more @ 1..) = count.checked_sub(MOST_IN_A_FILE) {
            let from = made_from.get(page).and_then(|from| from.first());
            let file = from.map_or(page.as_str(), SourcePath::as_str);
            diagnostics.push(Diagnostic::error(diag::and_more(more)).in_file(file));
        }
    }
    Err(diagnostics)
}

/// Everything on the site that a link can lead to.
struct Places<'a> {
    files: BTreeMap<&'a str, &'a OutputPath>,
    facts: &'a Pages,
    redirects: BTreeSet<&'a str>,
    config: &'a Config,
}

impl<'a> Places<'a> {
    fn new(
        outputs: &'a [Output],
        facts: &'a Pages,
        redirects: &'a [Redirect],
        config: &'a Config,
    ) -> Self {
        let trimmed = |one: &'a Redirect| one.from.as_str().trim_matches('/');
        Self {
            files: outputs
                .iter()
                .map(|one| (one.path.as_str(), &one.path))
                .collect(),
            facts,
            redirects: redirects.iter().map(trimmed).collect(),
            config,
        }
    }

    /// A hash of everything that links can lead to. The configuration is not in it.
    fn fingerprint(&self) -> u64 {
        let ids: Vec<(&OutputPath, &[String])> = self
            .facts
            .iter()
            .map(|(page, facts)| (page, facts.ids.as_slice()))
            .collect();
        let files: Vec<&str> = self.files.keys().copied().collect();
        fingerprint::of(&(files, &self.redirects, ids))
    }

    fn broken(&self, page: &'a OutputPath, facts: &Facts) -> Vec<(String, Broken, &'a OutputPath)> {
        facts
            .references
            .iter()
            .filter_map(|one| {
                let why = self.wrong_with(page, &one.url)?;
                Some((one.url.clone(), why, page))
            })
            .collect()
    }

    fn wrong_with(&self, page: &OutputPath, url: &str) -> Option<Broken> {
        let (path, anchor) = match meant(page, url, &self.config.base_url) {
            Meant::Elsewhere => return None,
            Meant::Escapes => return Some(Broken::Escapes),
            Meant::BesideTheSite { path } => {
                return self.file(&path).map(|_| Broken::NoSubPath);
            }
            Meant::Here { path, anchor } => (path, anchor),
        };
        let ignored = &self.config.link_checker.ignored_paths;
        let rooted = format!("/{path}");
        if ignored
            .iter()
            .any(|start| rooted.starts_with(start.as_str()))
        {
            return None;
        }
        let Some(file) = self.file(&path) else {
            let leads_on = self.redirects.contains(path.trim_matches('/'));
            return (!leads_on).then_some(Broken::NoTarget { file: path });
        };
        let facts = self.facts.get(file)?;
        let has = |anchor: &str| {
            facts
                .ids
                .binary_search_by(|id| id.as_str().cmp(anchor))
                .is_ok()
        };
        let found = anchor.is_empty() || anchor.eq_ignore_ascii_case("top") || has(&anchor);
        (!found).then(|| Broken::NoAnchor {
            file: file.clone(),
            anchor,
        })
    }

    /// The file that a web host sends for `path`.
    fn file(&self, path: &str) -> Option<&'a OutputPath> {
        let folder = path.trim_end_matches('/');
        let index = match folder {
            "" => "index.html".to_owned(),
            folder => format!("{folder}/index.html"),
        };
        let named = self.files.get(path).filter(|_| !path.ends_with('/'));
        named.or_else(|| self.files.get(index.as_str())).copied()
    }

    fn hint(&self, why: &Broken) -> Option<String> {
        match why {
            Broken::NoTarget { file } => {
                let wanted = file.trim_end_matches('/');
                if let Some(lost) = self.lost_section(wanted) {
                    return Some(lost);
                }
                let shown = |path: &&'a str| path.strip_suffix("/index.html").unwrap_or(path);
                let near = nearest(wanted, self.files.keys().map(shown))?;
                let slash = if file.ends_with('/') { "/" } else { "" };
                let sub_path = self.config.base_url.sub_path();
                Some(format!("did you mean `{sub_path}/{near}{slash}`?"))
            }
            Broken::NoAnchor { file, anchor } => {
                let ids = self.facts.get(file)?.ids.iter().map(String::as_str);
                Some(format!("did you mean `#{}`?", nearest(anchor, ids)?))
            }
            Broken::NoSubPath => Some(format!(
                "the site lies below `{}`: begin the link with it, or use `get_url`",
                self.config.base_url.sub_path()
            )),
            Broken::Escapes => None,
        }
    }

    /// What to do where the folder `wanted` holds pages and has none itself.
    fn lost_section(&self, wanted: &str) -> Option<String> {
        let below = format!("{wanted}/");
        let (first, _) = self.files.range(below.as_str()..).next()?;
        let is_page = first.starts_with(&below) && first.ends_with("/index.html");
        is_page.then(|| {
            format!("there are pages below it: `content/{wanted}/_index.md` would make it a page")
        })
    }
}

/// What to write instead of a relative link to a content file, which would not lead to its page.
fn content_link(
    url: &str,
    made_from: &[SourcePath],
    has: impl Fn(&SourcePath) -> bool,
) -> Option<String> {
    let (file, anchor) = url.split_at(url.find('#').unwrap_or(url.len()));
    let file = percent_decode(Some(file).filter(|file| !file.contains(':'))?);
    let folder = made_from.first()?.parent();
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let path = SourcePath::new(parts.join("/")).ok()?;
    path.markdown_stem().filter(|_| has(&path))?;
    let below = path.as_str().strip_prefix("content/")?.replace(' ', "%20");
    Some(format!(
        "to lead to that file's page, write `@/{below}{anchor}`"
    ))
}

impl Broken {
    fn diagnostic<'a>(
        &self,
        url: &str,
        pages: &[&OutputPath],
        made_from: &[SourcePath],
        origins: &mut Origins<'a, impl Fn(&SourcePath) -> Option<&'a str>>,
    ) -> Diagnostic {
        let diagnostic = Diagnostic::error(match self {
            Self::NoTarget { .. } | Self::NoSubPath => {
                format!("broken link `{url}`: nothing is there")
            }
            Self::NoAnchor { file, anchor } => {
                format!("broken link `{url}`: `{file}` has no anchor `{anchor}`")
            }
            Self::Escapes => format!("broken link `{url}`: it leads above the site's root"),
        });
        let diagnostic = match (origins.find(url, made_from), made_from.first()) {
            (Some(origin), _) => {
                let told = diagnostic.at(&origin.file, origin.text, origin.span);
                if origin.is_template {
                    told.note(format!("it stands in {}", pages[0]))
                } else {
                    told
                }
            }
            (None, Some(source)) => diagnostic
                .in_file(source)
                .note(format!("a template wrote it, into {}", pages[0])),
            (None, None) => diagnostic.in_file(pages[0]),
        };
        let mut others: Vec<&OutputPath> = pages[1..].to_vec();
        others.retain(|page| *page != pages[0]);
        others.dedup();
        match others.as_slice() {
            [] => diagnostic,
            [other] => diagnostic.note(format!("it also stands in {other}")),
            [other, rest @ ..] => {
                diagnostic.note(format!("it also stands in {other} and {} more", rest.len()))
            }
        }
    }
}
