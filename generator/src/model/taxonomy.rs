//! Groups of pages by term.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{PageId, Pager, Site, pager};
use crate::config::{Config, TaxonomyConfig};
use crate::diag::{Diagnostic, nearest};
use crate::parse::slugify;
use crate::path::UrlPath;

/// A way to group pages.
#[derive(Debug, Clone)]
pub struct Taxonomy {
    /// How it is configured.
    pub config: TaxonomyConfig,
    /// Its URL.
    pub url: UrlPath,
    /// Its terms, by name.
    pub terms: Vec<Term>,
}

/// A group of pages.
#[derive(Debug, Clone)]
pub struct Term {
    /// Its name, as the first page wrote it.
    pub name: String,
    /// Its URL's last segment.
    pub slug: String,
    /// Its URL.
    pub url: UrlPath,
    /// Its pages, latest first.
    pub pages: Vec<PageId>,
    /// Its pagers; none where it is not paginated.
    pub pagers: Vec<Pager>,
}

pub(super) fn collect(site: &Site, config: &Config, told: &mut Vec<Diagnostic>) -> Vec<Taxonomy> {
    check_names(site, config, told);
    config
        .taxonomies
        .iter()
        .map(|taxonomy| group(site, taxonomy, config))
        .collect()
}

fn check_names(site: &Site, config: &Config, told: &mut Vec<Diagnostic>) {
    let known = || {
        config
            .taxonomies
            .iter()
            .map(|taxonomy| taxonomy.name.as_str())
    };
    for page in &site.pages {
        for name in page.front.taxonomies.keys() {
            if known().any(|other| other == name) {
                continue;
            }
            let at = page.text.find(name.as_str()).unwrap_or_default();
            let hint = match nearest(name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add {{ name = \"{name}\" }} to `taxonomies` in the configuration"),
            };
            told.push(
                Diagnostic::error(format!("the site has no taxonomy `{name}`"))
                    .at(&page.source, &page.text, at..at + name.len())
                    .hint(hint),
            );
        }
    }
}

fn group(site: &Site, taxonomy: &TaxonomyConfig, config: &Config) -> Taxonomy {
    let url = base(taxonomy, config);
    let mut groups: BTreeMap<String, (String, Vec<PageId>)> = BTreeMap::new();
    for id in site.page_ids() {
        let names = site.page(id).front.taxonomies.get(&taxonomy.name);
        for name in names.into_iter().flatten() {
            let slug = slugify(name, config.slugify.taxonomies);
            let (_, pages) = groups
                .entry(slug)
                .or_insert_with(|| (name.clone(), Vec::new()));
            if pages.last() != Some(&id) {
                pages.push(id);
            }
        }
    }
    let terms = groups
        .into_iter()
        .map(|(slug, (name, pages))| term(site, taxonomy, &url, name, slug, pages))
        .collect();
    Taxonomy {
        config: taxonomy.clone(),
        url,
        terms,
    }
}

fn base(taxonomy: &TaxonomyConfig, config: &Config) -> UrlPath {
    let name = slugify(&taxonomy.name, config.slugify.taxonomies);
    let root = config.taxonomy_root.as_deref().unwrap_or_default();
    UrlPath::root().child(root).child(&format!("{name}/"))
}

fn term(
    site: &Site,
    taxonomy: &TaxonomyConfig,
    base: &UrlPath,
    name: String,
    slug: String,
    mut pages: Vec<PageId>,
) -> Term {
    pages.sort_by_key(|id| {
        let date = site.page(*id).front.date.as_ref();
        (Reverse(date.map(crate::parse::PageDate::moment)), *id)
    });
    let url = base.child(&format!("{slug}/"));
    let pagers = taxonomy.paginate_by.map_or_else(Vec::new, |by| {
        pager::split(pages.len(), by, &url, &taxonomy.paginate_path)
    });
    Term {
        name,
        slug,
        url,
        pages,
        pagers,
    }
}
