//! Assembles the documents into one immutable [`Site`]: gives each its URL, its section and its
//! place among its neighbours, and finds the page behind every link.
//!
//! Pages and sections are kept in two lists and refer to one another by ids.

mod bodies;
mod cache;
mod collisions;
mod content;
mod links;
mod pager;
mod place;
mod section;
mod selection;
mod taxonomy;

use std::sync::Arc;

use crate::config::{AnchorLinks, Config};
use crate::diag::Diagnostic;
use crate::fingerprint::Table;
use crate::load::Sources;
use crate::parse::Parsed;
use crate::path::{SourcePath, percent_decode};

pub use self::bodies::Bodies;
pub use self::cache::Cache;
pub use self::content::{
    Attachment, Content, Page, PageId, Redirect, Section, SectionId, Target, TaxonomyId, TermId,
};
pub use self::pager::Pager;
pub use self::selection::Selection;
pub use self::taxonomy::{Taxonomy, Term};

use self::selection::{LeftOut, Selected};

/// The whole site, but for the bodies of its pages and sections.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// All pages, sorted by path.
    pub pages: Vec<Page>,
    /// All sections, sorted by path; the root is the first.
    pub sections: Vec<Section>,
    /// All taxonomies, in the order of the configuration.
    pub taxonomies: Vec<Taxonomy>,
    /// All redirects.
    pub redirects: Vec<Redirect>,
    /// First pages of lists by their number, which lead to the lists.
    pub numbered_firsts: Vec<Redirect>,
    /// The page or section of each content file, by its path below `content/`, as in `@/` links.
    pub by_source: Table<String, Target>,
}

impl Site {
    /// The page with that id.
    #[must_use]
    pub fn page(&self, id: PageId) -> &Page {
        &self.pages[id.index()]
    }

    /// The section with that id.
    #[must_use]
    pub fn section(&self, id: SectionId) -> &Section {
        &self.sections[id.index()]
    }

    /// Where the headings of a page or section get a link to themselves.
    fn anchors(&self, of: Target) -> AnchorLinks {
        match of {
            Target::Page(id) => self.page(id).anchors,
            Target::Section(id) => self.section(id).anchors,
        }
    }

    /// The content file of a page or section; only the root section can be without one.
    #[must_use]
    pub fn source(&self, of: Target) -> Option<&SourcePath> {
        match of {
            Target::Page(id) => Some(&self.page(id).source),
            Target::Section(id) => self.section(id).source.as_ref(),
        }
    }

    /// The page or section of the content file that an `@/` link names, as it is or else
    /// percent-encoded: markdown has no other way to write a space.
    #[must_use]
    pub fn linked(&self, name: &str) -> Option<Target> {
        let by_name = |name: &str| self.by_source.get(name).copied();
        by_name(name).or_else(|| by_name(&percent_decode(name)))
    }

    /// The ids of all pages.
    pub fn page_ids(&self) -> impl Iterator<Item = PageId> + use<> {
        (0..self.pages.len()).map(PageId::new)
    }

    /// The ids of all sections.
    pub fn section_ids(&self) -> impl Iterator<Item = SectionId> + use<> {
        (0..self.sections.len()).map(SectionId::new)
    }

    /// The taxonomy with that id.
    #[must_use]
    pub fn taxonomy(&self, id: TaxonomyId) -> &Taxonomy {
        &self.taxonomies[id.index()]
    }

    /// The term with that id.
    #[must_use]
    pub fn term(&self, id: TermId) -> &Term {
        &self.taxonomy(id.taxonomy).terms[id.index()]
    }

    /// The ids of all taxonomies.
    pub fn taxonomy_ids(&self) -> impl Iterator<Item = TaxonomyId> + use<> {
        (0..self.taxonomies.len()).map(TaxonomyId::new)
    }

    /// The term of a taxonomy with that slug, if there is one.
    #[must_use]
    pub fn term_of_slug(&self, taxonomy: TaxonomyId, slug: &str) -> Option<TermId> {
        let terms = &self.taxonomy(taxonomy).terms;
        let found = terms.binary_search_by(|term| term.slug.as_str().cmp(slug));
        found.ok().map(|index| TermId::new(taxonomy, index))
    }

    /// The ids of all terms of a taxonomy.
    pub fn term_ids(&self, taxonomy: TaxonomyId) -> impl Iterator<Item = TermId> + use<> {
        let count = self.taxonomy(taxonomy).terms.len();
        (0..count).map(move |index| TermId::new(taxonomy, index))
    }
}

/// The site, as far as it could be assembled.
#[derive(Debug)]
pub struct Assembled {
    /// The site.
    pub site: Arc<Site>,
    /// The bodies of its pages and sections.
    pub bodies: Bodies,
    /// Whether every page is in it, at its URL. If so, only links are wrong, or nothing is.
    pub is_whole: bool,
    /// All conflicts about URLs, all `@/` links that lead nowhere, and all unknown taxonomies.
    pub diagnostics: Vec<Diagnostic>,
}

/// Assembles the site of what was `parsed` and of the other files in `sources`. A link to a file that exists, but could not be read, is not reported:
/// what is wrong with that file already is. The site `before` is taken where bodies alone differ.
#[must_use]
pub fn assemble(
    parsed: &Parsed,
    sources: &Sources,
    config: &Config,
    selection: Selection,
    before: &Cache,
) -> Assembled {
    if let Some(assembled) = before.revised(parsed, sources) {
        return assembled;
    }
    let Selected {
        documents,
        mut left_out,
    } = selection.of(&parsed.documents);
    let mut placed = place::place(documents, &sources.attachments, config);
    let absent = std::mem::take(&mut placed.absent);
    let wrong = absent.iter().map(|(source, _)| source);
    let wrong = wrong.chain(&parsed.unreadable);
    left_out.extend(wrong.map(|source| (source.to_string(), LeftOut::Wrong)));
    let mut site = section::build(placed, config.markdown.insert_anchor_links);
    let (taxonomies, unnamed) = taxonomy::collect(&site, config);
    site.taxonomies = taxonomies;
    site.numbered_firsts = pager::numbered_firsts(&site);
    let mut diagnostics: Vec<Diagnostic> = absent.into_iter().map(|(_, why)| why).collect();
    diagnostics.extend(unnamed);
    diagnostics.extend(collisions::check(&site, sources));
    let is_whole = diagnostics.is_empty() && parsed.is_whole();
    let bodies = Bodies::of(&site, &parsed.documents);
    let (bodies, lost) = links::resolve(&site, bodies, &left_out);
    diagnostics.extend(lost);
    Assembled {
        site: Arc::new(site),
        bodies,
        is_whole,
        diagnostics,
    }
}
