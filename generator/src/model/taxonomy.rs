//! Taxonomies: pages grouped by term.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{PageId, Pager, Site, pager};
use crate::config::{Config, TaxonomyConfig};
use crate::diag::Diagnostic;
use crate::fingerprint::Table;
use crate::parse::slugify;
use crate::path::{PathError, Segments, UrlPath};

/// A way to group pages.
#[derive(Debug, Clone)]
pub struct Taxonomy {
    /// Its configuration.
    pub config: TaxonomyConfig,
    /// Its URL.
    pub url: UrlPath,
    /// Its terms, sorted by name.
    pub terms: Vec<Term>,
}

/// A term, with its pages.
#[derive(Debug, Clone)]
pub struct Term {
    /// Its name, as its first page writes it.
    pub name: String,
    /// The last segment of its URL.
    pub slug: String,
    /// Its URL.
    pub url: UrlPath,
    /// Its pages, latest first.
    pub pages: Vec<PageId>,
    /// Its pagers; empty if it is not paginated.
    pub pagers: Vec<Pager>,
}

/// All taxonomies, and the names that no URL can be made of.
pub(super) fn collect(site: &Site, config: &Config) -> (Vec<Taxonomy>, Vec<Diagnostic>) {
    let mut taxonomies = Vec::with_capacity(config.taxonomies.len());
    let mut diagnostics = Vec::new();
    for taxonomy in &config.taxonomies {
        match base(taxonomy, config) {
            Ok(url) => {
                let (taxonomy, unnamed) = group(site, taxonomy, url, config);
                taxonomies.push(taxonomy);
                diagnostics.extend(unnamed);
            }
            Err(error) => diagnostics.push(no_url("taxonomy", &taxonomy.name, &error)),
        }
    }
    (taxonomies, diagnostics)
}

fn no_url(what: &str, name: &str, error: &PathError) -> Diagnostic {
    Diagnostic::error(format!(
        "no URL can be made for the {what} `{}`: {error}",
        name.escape_debug()
    ))
    .hint("give it another name, or set `slugify.taxonomies` to \"on\"")
}

fn group(
    site: &Site,
    taxonomy: &TaxonomyConfig,
    url: UrlPath,
    config: &Config,
) -> (Taxonomy, Vec<Diagnostic>) {
    let mut groups: BTreeMap<String, (String, Vec<PageId>)> = BTreeMap::new();
    let mut slugs: Table<&str, String> = Table::default();
    for id in site.page_ids().filter(|id| site.page(*id).front.render) {
        let names = site.page(id).front.taxonomies.get(&taxonomy.name);
        for name in names.into_iter().flatten() {
            let slug = slugs
                .entry(name)
                .or_insert_with(|| slugify(name, config.slugify.taxonomies));
            let (_, pages) = groups
                .entry(slug.clone())
                .or_insert_with(|| (name.clone(), Vec::new()));
            if pages.last() != Some(&id) {
                pages.push(id);
            }
        }
    }
    let mut terms = Vec::with_capacity(groups.len());
    let mut diagnostics = Vec::new();
    for (slug, (name, pages)) in groups {
        match Segments::new(slug) {
            Ok(slug) => terms.push(term(site, taxonomy, &url, name, &slug, pages)),
            Err(error) => {
                let first = pages.first().map(|id| &site.page(*id).source);
                let diagnostic = no_url("term", &name, &error);
                diagnostics.push(match first {
                    Some(source) => diagnostic.in_file(source),
                    None => diagnostic,
                });
            }
        }
    }
    let taxonomy = Taxonomy {
        config: taxonomy.clone(),
        url,
        terms,
    };
    (taxonomy, diagnostics)
}

fn base(taxonomy: &TaxonomyConfig, config: &Config) -> Result<UrlPath, PathError> {
    let name = Segments::new(slugify(&taxonomy.name, config.slugify.taxonomies))?;
    let root = UrlPath::root();
    let root = config
        .taxonomy_root
        .as_ref()
        .map_or_else(|| root.clone(), |folder| root.folder(folder));
    Ok(root.folder(&name))
}

fn term(
    site: &Site,
    taxonomy: &TaxonomyConfig,
    base: &UrlPath,
    name: String,
    slug: &Segments,
    mut pages: Vec<PageId>,
) -> Term {
    pages.sort_by_key(|id| {
        let date = site.page(*id).front.date.as_ref();
        (Reverse(date.map(crate::parse::PageDate::moment)), *id)
    });
    let url = base.folder(slug);
    let pagers = taxonomy.paginate_by.map_or_else(Vec::new, |by| {
        pager::split(pages.len(), by, &url, taxonomy.paginate_path.as_ref())
    });
    Term {
        name,
        slug: slug.as_str().to_owned(),
        url,
        pages,
        pagers,
    }
}
