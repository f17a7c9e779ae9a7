//! Requests the links that leave the site, for `check --external`.
//!
//! It is polite: every address is requested once, a few hosts at a time, and each host gets one
//! request at a time with a pause in between. Addresses that were fine are remembered, so that the
//! next check requests only the others.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::time::Duration;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use ureq::Agent;
use ureq::http::Response;
use ureq::http::header::CONTENT_TYPE;

use crate::check::{self, Facts, Pages, Role};
use crate::config::Config;
use crate::diag::Diagnostic;
use crate::path::{OutputPath, percent_decode};

/// How many hosts get requests at the same time.
const HOSTS: usize = 8;

/// The pause between two requests to a host.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest time to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// How much of a page is read to find an anchor, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The `User-Agent` of all requests.
const NAME: &str = concat!("spotifinfo/", env!("CARGO_PKG_VERSION"), " (link check)");

/// The result of a check.
#[derive(Debug, Default)]
pub struct Checked {
    /// How many addresses were requested.
    pub asked: usize,
    /// The addresses that are fine, including those that were known to be.
    pub fine: BTreeSet<String>,
    /// A diagnostic for each address that is not fine.
    pub broken: Vec<Diagnostic>,
}

/// Requests every external link in `facts`, except for the addresses in `known`, which are fine.
///
/// # Errors
/// If the threads for the requests cannot be created.
pub fn check(
    facts: &Pages,
    config: &Config,
    known: &BTreeSet<String>,
) -> Result<Checked, Diagnostic> {
    let links = links(facts, config);
    let mut by_host: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    let mut fine = BTreeSet::new();
    for url in links.keys() {
        if known.contains(url) {
            fine.insert(url.clone());
        } else {
            by_host.entry(host(url)).or_default().push(url);
        }
    }
    let asked = by_host.values().map(Vec::len).sum();
    let agent = agent();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(HOSTS)
        .build()
        .map_err(|error| Diagnostic::error(format!("no threads: {error}")))?;
    let answers: Vec<(&String, Result<(), Trouble>)> = pool.install(|| {
        let hosts = by_host.into_par_iter();
        hosts
            .flat_map_iter(|(_, urls)| of_one_host(&agent, urls, config))
            .collect()
    });
    let mut broken = Vec::new();
    for (url, answer) in answers {
        match answer {
            Ok(()) => {
                fine.insert(url.clone());
            }
            Err(trouble) => broken.push(trouble.diagnostic(url, &links[url], config)),
        }
    }
    Ok(Checked {
        asked,
        fine,
        broken,
    })
}

/// The external addresses, each with the pages that link to it.
fn links<'f>(facts: &'f Pages, config: &Config) -> BTreeMap<String, Vec<&'f OutputPath>> {
    let mut links: BTreeMap<String, Vec<&OutputPath>> = BTreeMap::new();
    let skipped = &config.link_checker.skip_prefixes;
    let facts: BTreeMap<&OutputPath, &Facts> =
        facts.iter().map(|(page, facts)| (page, &**facts)).collect();
    for (page, facts) in facts {
        for reference in &facts.references {
            let url = match reference.url.strip_prefix("//") {
                Some(rest) => format!("https://{rest}"),
                None => reference.url.clone(),
            };
            let is_external = url.starts_with("https://") || url.starts_with("http://");
            let is_own = config.base_url.below_origin(&url).is_some();
            let is_skipped = skipped.iter().any(|prefix| url.starts_with(prefix));
            // Forms are for people to send, and early fetches are no links.
            let is_asked = !matches!(reference.role, Role::Form | Role::Fetch);
            if is_external && !is_own && !is_skipped && is_asked {
                let pages = links.entry(url).or_default();
                if pages.last() != Some(&page) {
                    pages.push(page);
                }
            }
        }
    }
    links
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

fn agent() -> Agent {
    Agent::config_builder()
        .user_agent(NAME)
        .timeout_global(Some(PATIENCE))
        .max_redirects(8)
        .build()
        .into()
}

fn of_one_host<'u>(
    agent: &Agent,
    urls: Vec<&'u String>,
    config: &Config,
) -> Vec<(&'u String, Result<(), Trouble>)> {
    let mut answers = Vec::with_capacity(urls.len());
    for (nth, url) in urls.into_iter().enumerate() {
        if nth > 0 {
            std::thread::sleep(PAUSE);
        }
        answers.push((url, ask(agent, url, config)));
    }
    answers
}

/// Why a link is broken.
enum Trouble {
    /// The server answered with this error status.
    Status(u16),
    /// There was no answer.
    NoAnswer(String),
    /// The page exists, but not the anchor.
    NoAnchor(String),
}

impl Trouble {
    fn diagnostic(&self, url: &str, pages: &[&OutputPath], config: &Config) -> Diagnostic {
        let reason = match self {
            Self::Status(status) => format!("it answers {status}"),
            Self::NoAnswer(reason) => format!("no answer: {reason}"),
            Self::NoAnchor(anchor) => format!("its page has no anchor `{anchor}`"),
        };
        let message = format!("broken external link `{url}`: {reason}");
        let diagnostic = if config.link_checker.external_warn {
            Diagnostic::warning(message)
        } else {
            Diagnostic::error(message)
        };
        let first = pages.first().map_or(String::new(), ToString::to_string);
        let diagnostic = diagnostic.note(match pages.len() {
            0 | 1 => format!("it stands in {first}"),
            2 => format!("it stands in {first} and one more page"),
            more => format!("it stands in {first} and {} more pages", more - 1),
        });
        diagnostic.hint("mend the link, or add its start to `skip_prefixes` in [link_checker]")
    }
}

fn ask(agent: &Agent, url: &str, config: &Config) -> Result<(), Trouble> {
    let (address, anchor) = url.split_once('#').unwrap_or((url, ""));
    let skipped = &config.link_checker.skip_anchor_prefixes;
    let is_skipped = skipped.iter().any(|prefix| url.starts_with(prefix));
    // An anchor that begins with `:~:` is a text for the browser to search for.
    if anchor.is_empty() || anchor.starts_with(":~:") || is_skipped {
        return match agent.head(address).call() {
            Ok(_) => Ok(()),
            // Some servers do not answer HEAD requests.
            Err(_) => agent.get(address).call().map(drop).map_err(trouble),
        };
    }
    let mut response = agent.get(address).call().map_err(trouble)?;
    if !may_be_html(&response) {
        return Ok(());
    }
    let mut bytes = Vec::new();
    let body = response.body_mut().as_reader().take(LARGEST);
    { body }
        .read_to_end(&mut bytes)
        .map_err(|error| Trouble::NoAnswer(error.to_string()))?;
    let ids = check::facts(&bytes).ids;
    let has = |anchor: &str| ids.iter().any(|id| id == anchor);
    if has(anchor) || has(&percent_decode(anchor)) {
        Ok(())
    } else {
        Err(Trouble::NoAnchor(anchor.to_owned()))
    }
}

/// Whether anchors can be looked for in it: what they mean in a PDF or a picture is not known here.
fn may_be_html<B>(response: &Response<B>) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    kind.is_none_or(|kind| kind.contains("html"))
}

fn trouble(error: ureq::Error) -> Trouble {
    match error {
        ureq::Error::StatusCode(status) => Trouble::Status(status),
        other => Trouble::NoAnswer(other.to_string()),
    }
}
