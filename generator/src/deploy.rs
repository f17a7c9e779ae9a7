//! Makes the files that web hosts and search engines read: headers with the
//! Content-Security-Policy, redirects, the sitemap and `robots.txt`. Everything is computed from
//! the finished files.

mod cache;
mod csp;
mod headers;
mod redirects;
mod servers;
mod sitemap;

use jiff::civil::Date;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use crate::check::Pages;
use crate::config::Config;
use crate::diag::Diagnostic;
use crate::fingerprint::Table;
use crate::model::{Redirect, Site};
use crate::output::{Output, OutputKind};
use crate::parse::PageDate;
use crate::path::{OutputPath, UrlPath};

use self::cache::Guarded;
use self::csp::Policy;

pub use self::cache::Cache;

/// What hosts and search engines are told of the site itself, whatever its pages hold.
#[derive(Debug, Default)]
pub struct Listing {
    /// All redirects.
    pub redirects: Vec<Redirect>,
    numbered_firsts: Vec<Redirect>,
    /// The files for search engines that the configuration asks for.
    for_crawlers: Vec<Output>,
}

/// A web server with a configuration format of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    /// nginx: `nginx.conf`.
    Nginx,
    /// Caddy: `Caddyfile`.
    Caddy,
}

/// An entry of the sitemap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Url {
    url: UrlPath,
    changed: Option<Date>,
}

impl Listing {
    /// Collects it from the site.
    #[must_use]
    pub fn of(site: &Site, config: &Config) -> Self {
        Self {
            redirects: site.redirects.clone(),
            numbered_firsts: site.numbered_firsts.clone(),
            for_crawlers: for_crawlers(site, config),
        }
    }
}

/// A small page for each redirect, for hosts that do not read `_redirects`. First pages by
/// their number have that alone: there can be more than `_redirects` may hold.
#[must_use]
pub fn redirect_pages(listing: &Listing, config: &Config) -> Vec<Output> {
    let redirects = listing.redirects.iter().chain(&listing.numbered_firsts);
    redirects::pages(redirects, config)
}

/// A site that is ready to be written.
#[derive(Debug)]
pub struct Deployed {
    /// The files.
    pub outputs: Vec<Output>,
    /// The warnings.
    pub warnings: Vec<Diagnostic>,
    /// What the next deployment can reuse.
    pub cache: Cache,
}

/// Adds the files for hosts and for `servers`, and inserts into every page its
/// Content-Security-Policy. Unchanged pages are taken from `before`.
#[must_use]
pub fn deploy(
    mut outputs: Vec<Output>,
    pages: &Pages,
    listing: &Listing,
    config: &Config,
    servers: &[Server],
    before: &Cache,
) -> Deployed {
    let own_headers = take(&mut outputs, "_headers");
    let own_redirects = take(&mut outputs, "_redirects");
    let styles = csp::styles(&outputs, config);
    let before = Some(before).filter(|before| before.knows(&styles));
    let guard = |(place, output): (usize, Output)| {
        let known = |facts| before?.guarded((place, &output.path), facts);
        let guarded = pages.get(&output.path).map(|facts| {
            known(facts).unwrap_or_else(|| Guarded::new(&output, facts, &styles, config))
        });
        let bytes = guarded.as_ref().map(|one| one.bytes.clone());
        let bytes = bytes.unwrap_or_else(|| output.bytes.clone());
        (Output { bytes, ..output }, guarded)
    };
    let (mut outputs, guarded): (Vec<Output>, Vec<Option<Guarded>>) =
        outputs.into_par_iter().enumerate().map(guard).unzip();
    let pages = guarded.iter().flatten();
    let policies: Table<u64, &Policy> = pages.map(|one| (one.fingerprint, &*one.policy)).collect();
    let policy = Policy::of_site(policies.into_values(), config);
    let cache = Cache::new(&outputs, guarded, styles);
    for file in &listing.for_crawlers {
        if outputs.iter().all(|one| one.path != file.path) {
            outputs.push(file.clone());
        }
    }
    let snippets = servers
        .iter()
        .map(|server| server.snippet(&policy, &listing.redirects, config));
    outputs.extend(snippets.map(|(path, text)| meta(path, text)));
    let (headers, mut warnings) = headers::file(&policy, config);
    let (redirects, too_many) = redirects::file(&listing.redirects, config);
    warnings.extend(too_many);
    // Of two redirects the first counts; headers are joined wherever they stand.
    outputs.extend(joined("_headers", headers, own_headers, false));
    outputs.extend(joined("_redirects", redirects, own_redirects, true));
    Deployed {
        outputs,
        warnings,
        cache,
    }
}

/// The files for search engines that the configuration asks for.
fn for_crawlers(site: &Site, config: &Config) -> Vec<Output> {
    let mut files = Vec::new();
    if config.generate_sitemap {
        files.extend(sitemap::files(&urls(site), config));
    }
    if config.generate_robots_txt {
        files.push((OutputPath::fixed("robots.txt"), sitemap::robots(config)));
    }
    let files = files.into_iter();
    files.map(|(path, text)| meta(path, text)).collect()
}

/// The entries of the sitemap, in its order.
fn urls(site: &Site) -> Vec<Url> {
    let entry = |url: &UrlPath, changed| Url {
        url: url.clone(),
        changed,
    };
    let pages = site.pages.iter().filter(|page| page.front.render);
    let mut urls: Vec<Url> = pages
        .map(|page| {
            let changed = page.front.updated.as_ref().or(page.front.date.as_ref());
            entry(&page.url, changed.map(PageDate::day))
        })
        .collect();
    for section in &site.sections {
        if section.front.render && section.front.redirect_to.is_none() {
            urls.push(entry(&section.url, None));
        }
    }
    for taxonomy in site.taxonomies.iter().filter(|one| one.config.render) {
        urls.push(entry(&taxonomy.url, None));
        urls.extend(taxonomy.terms.iter().map(|term| entry(&term.url, None)));
    }
    urls.sort();
    urls
}

/// The site's own file of that name, from `static/`.
fn take(outputs: &mut Vec<Output>, name: &str) -> Option<Output> {
    let at = outputs.iter().position(|one| one.path.as_str() == name)?;
    Some(outputs.remove(at))
}

/// The rules that were made and the site's `own` in one file, where there are any.
fn joined(
    name: &'static str,
    made: String,
    own: Option<Output>,
    own_first: bool,
) -> Option<Output> {
    let path = OutputPath::fixed(name);
    let Some(own) = own else {
        return (!made.is_empty()).then(|| meta(path, made));
    };
    let mut rules = String::from_utf8_lossy(&own.bytes).into_owned();
    if !rules.is_empty() && !rules.ends_with('\n') {
        rules.push('\n');
    }
    let text = if own_first {
        rules + &made
    } else {
        made + &rules
    };
    Some(Output {
        made_from: own.made_from,
        ..meta(path, text)
    })
}

fn meta(path: OutputPath, text: String) -> Output {
    Output {
        path,
        bytes: text.into(),
        kind: OutputKind::Meta,
        made_from: [].into(),
    }
}
