//! The list of HTML pages to render, each with its template and its subject.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::{Value, context};

use super::cache::Cache;
use super::holder::Holder;
use super::lists;
use super::markup::{self, Standpoint};
use super::minify;
use super::reads::{self, Cached, Key};
use super::theme::Theme;
use super::world::World;
use crate::diag::Diagnostic;
use crate::fingerprint;
use crate::model::{PageId, SectionId, Target, TaxonomyId};
use crate::output::{Output, OutputKind};
use crate::path::{OutputPath, SourcePath, UrlPath};

/// An HTML page to render.
pub(super) struct Job {
    output: OutputPath,
    url: UrlPath,
    template: String,
    subject: Subject,
}

/// The subject of an HTML page.
#[derive(Clone, Copy)]
enum Subject {
    Page(PageId),
    /// A section or term, with the index of the pager if it is paginated.
    Holder(Holder, Option<usize>),
    Taxonomy(TaxonomyId),
    NotFound,
}

impl Job {
    fn new(url: &UrlPath, template: String, subject: Subject) -> Self {
        Self {
            output: url.output(),
            url: url.clone(),
            template,
            subject,
        }
    }

    /// The rendered page, at that `place` among all files. It is taken from `before` if nothing that
    /// it depends on has changed.
    pub(super) fn output_from(
        &self,
        place: usize,
        world: &Arc<World>,
        theme: &Theme,
        before: &Cache,
    ) -> Result<Arc<Cached<Output>>, Diagnostic> {
        let job = fingerprint::of(&(&self.template, &self.url, self.subject.key(world)));
        before.reuse_or((place, &self.output), job, world, || self.run(world, theme))
    }

    fn run(&self, world: &Arc<World>, theme: &Theme) -> Result<Output, Diagnostic> {
        let source = self.subject.source(world);
        let failed = |error| theme.diagnose(&error, source.as_ref());
        let template = theme.read(&self.template).map_err(failed)?;
        let standpoint = self.standpoint(world);
        let html = markup::rendering(&self.template, standpoint, || {
            let context = self.context(world);
            world.limits.render(&template, context, source.clone())
        });
        let html = html.map_err(failed)?;
        let html = if world.config.minify_html {
            minify::minified(&html)
        } else {
            html
        };
        Ok(Output {
            path: self.output.clone(),
            bytes: html.into(),
            kind: OutputKind::Page,
            made_from: reads::made_from(source.into_iter().chain(theme.source(&self.template)))
                .into(),
        })
    }

    fn standpoint(&self, world: &World) -> Standpoint {
        let (target, url) = match self.subject {
            Subject::Page(id) => (Target::Page(id), &world.site.page(id).url),
            Subject::Holder(Holder::Section(id), _) => {
                (Target::Section(id), &world.site.section(id).url)
            }
            _ => return Standpoint::Site,
        };
        if *url == self.url {
            Standpoint::On(target)
        } else {
            Standpoint::Site
        }
    }

    fn context(&self, world: &Arc<World>) -> Value {
        let shared = context! {
            current_path => self.url.to_string(),
            current_url => world.config.base_url.join(&self.url),
        };
        let own = match self.subject {
            Subject::Page(id) => context! { page => world.object(id) },
            Subject::Holder(whose, None) => whose.context(world),
            Subject::Holder(whose, Some(at)) => context! {
                paginator => lists::paginator(world, whose, at),
                ..whose.context(world)
            },
            Subject::Taxonomy(id) => context! {
                taxonomy => world.object(id),
                terms => world.terms_value(id),
            },
            Subject::NotFound => return shared,
        };
        context! { ..own, ..shared }
    }
}

impl Subject {
    fn key(self, world: &World) -> (Option<Key>, Option<usize>) {
        match self {
            Self::Page(id) => (Some(world.page_key(id)), None),
            Self::Holder(whose, pager) => (Some(whose.key(world)), pager),
            Self::Taxonomy(id) => (Some(world.taxonomy_key(id)), None),
            Self::NotFound => (None, None),
        }
    }

    fn source(self, world: &World) -> Option<SourcePath> {
        match self {
            Self::Page(id) => Some(world.site.page(id).source.clone()),
            Self::Holder(whose, _) => whose.source(world).cloned(),
            Self::Taxonomy(_) | Self::NotFound => None,
        }
    }
}

/// All pages to render.
///
/// # Errors
/// Every template that a page asks for and that does not exist.
pub(super) fn jobs(world: &World, theme: &Theme) -> Result<Vec<Job>, Vec<Diagnostic>> {
    let site = &world.site;
    let mut jobs = Vec::with_capacity(site.pages.len());
    jobs.extend(site.section_ids().flat_map(|id| section_jobs(world, id)));
    for id in site.page_ids() {
        let page = site.page(id);
        if page.front.render {
            let template = page_template(world, id);
            jobs.push(Job::new(&page.url, template, Subject::Page(id)));
        }
    }
    let taxonomies = site.taxonomy_ids();
    jobs.extend(taxonomies.flat_map(|id| taxonomy_jobs(world, theme, id)));
    let output = OutputPath::fixed("404.html");
    jobs.push(Job {
        url: UrlPath::from(&output),
        output,
        template: "404.html".to_owned(),
        subject: Subject::NotFound,
    });
    let missing = missing(world, theme, &jobs);
    if missing.is_empty() {
        Ok(jobs)
    } else {
        Err(missing)
    }
}

fn missing(world: &World, theme: &Theme, jobs: &[Job]) -> Vec<Diagnostic> {
    let mut missing: BTreeMap<&str, Vec<SourcePath>> = BTreeMap::new();
    for job in jobs.iter().filter(|job| !theme.has(&job.template)) {
        let pages = missing.entry(&job.template).or_default();
        // The parts of a section that is cut into several come from the same file.
        pages.extend(
            job.subject
                .source(world)
                .filter(|page| pages.last() != Some(page)),
        );
    }
    let diagnostics = missing
        .iter()
        .map(|(name, pages)| theme.missing(name, pages));
    diagnostics.collect()
}

fn section_jobs(world: &World, id: SectionId) -> Vec<Job> {
    let section = world.site.section(id);
    if !section.front.render || section.front.redirect_to.is_some() {
        return Vec::new();
    }
    let usual = if section.folder.is_empty() {
        "index.html"
    } else {
        "section.html"
    };
    let template = section.front.template.as_deref().unwrap_or(usual);
    holder_jobs(world, Holder::Section(id), template)
}

/// The job for the pages of `whose`; where they are cut into parts, one for each part.
fn holder_jobs(world: &World, whose: Holder, template: &str) -> Vec<Job> {
    let job = |url, pager| Job::new(url, template.to_owned(), Subject::Holder(whose, pager));
    let pagers = whose.pagers(world);
    if pagers.is_empty() {
        return vec![job(whose.url(world), None)];
    }
    let numbered = pagers.iter().enumerate();
    numbered
        .map(|(at, pager)| job(&pager.url, Some(at)))
        .collect()
}

/// The template that the page asks for, else the `page_template` of the nearest section above it,
/// else `page.html`.
fn page_template(world: &World, id: PageId) -> String {
    let page = world.site.page(id);
    let above = page.ancestors.iter().rev();
    page.front
        .template
        .clone()
        .or_else(|| {
            above
                .into_iter()
                .find_map(|id| world.site.section(*id).front.page_template.clone())
        })
        .unwrap_or_else(|| "page.html".to_owned())
}

fn taxonomy_jobs(world: &World, theme: &Theme, id: TaxonomyId) -> Vec<Job> {
    let taxonomy = world.site.taxonomy(id);
    if !taxonomy.config.render {
        return Vec::new();
    }
    let pick = |own: &str, usual: &str| {
        let own = format!("{}/{own}", taxonomy.config.name);
        if theme.has(&own) {
            own
        } else {
            usual.to_owned()
        }
    };
    let list = pick("list.html", "taxonomy_list.html");
    let single = pick("single.html", "taxonomy_single.html");
    let mut jobs = vec![Job::new(&taxonomy.url, list, Subject::Taxonomy(id))];
    let terms = world.site.term_ids(id).map(Holder::Term);
    jobs.extend(terms.flat_map(|term| holder_jobs(world, term, &single)));
    jobs
}
