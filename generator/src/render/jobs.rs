//! The list of HTML pages to render, each with its template and its subject.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::{Value, context};

use super::cache::Cache;
use super::limit;
use super::lists::{self, Pages};
use super::markup::{self, Standpoint};
use super::minify;
use super::reads::{self, Cached, Key};
use super::theme::Theme;
use super::world::World;
use crate::diag::Diagnostic;
use crate::fingerprint;
use crate::model::{PageId, Pager, SectionId, Target, TaxonomyId, TermId};
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
    /// A section, with the index of the pager if the section is paginated.
    Section(SectionId, Option<usize>),
    Taxonomy(TaxonomyId),
    /// A term, with the index of the pager if it is paginated.
    Term(TermId, Option<usize>),
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

    /// The rendered page. It is taken from `before` if nothing that it depends on has changed.
    pub(super) fn output_from(
        &self,
        world: &Arc<World>,
        theme: &Theme,
        before: &Cache,
    ) -> Result<Arc<Cached<Output>>, Diagnostic> {
        let job = fingerprint::of(&(&self.template, &self.url, self.subject.key(world)));
        before.reuse_or(&self.output, job, world, || self.run(world, theme))
    }

    fn run(&self, world: &Arc<World>, theme: &Theme) -> Result<Output, Diagnostic> {
        let source = self.subject.source(world);
        let failed = |error| theme.diagnose(&error, source.as_ref());
        let template = theme.read(&self.template).map_err(failed)?;
        let standpoint = self.standpoint(world);
        let html = markup::rendering(&self.template, standpoint, || {
            limit::render(&template, self.context(world))
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
            made_from: reads::made_from(source.into_iter().chain(theme.source(&self.template))),
        })
    }

    fn standpoint(&self, world: &World) -> Standpoint {
        let (target, url) = match self.subject {
            Subject::Page(id) => (Target::Page(id), &world.site.page(id).url),
            Subject::Section(id, _) => (Target::Section(id), &world.site.section(id).url),
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
            Subject::Section(id, None) => context! { section => world.object(id) },
            Subject::Section(id, Some(at)) => context! {
                section => world.object(id),
                paginator => lists::paginator(world, Pages::Section(id), &world.site.section(id).pagers, at),
            },
            Subject::Taxonomy(id) => context! {
                taxonomy => world.object(id),
                terms => world.terms_value(id),
            },
            Subject::Term(id, pager) => context! {
                taxonomy => world.object(id.taxonomy),
                term => world.object(id),
                paginator => pager.map(|pager| {
                    lists::paginator(world, Pages::Term(id), &world.site.term(id).pagers, pager)
                }),
            },
            Subject::NotFound => Value::from(()),
        };
        if matches!(self.subject, Subject::NotFound) {
            shared
        } else {
            context! { ..own, ..shared }
        }
    }
}

impl Subject {
    fn key(self, world: &World) -> (Option<Key>, Option<usize>) {
        match self {
            Self::Page(id) => (Some(world.page_key(id)), None),
            Self::Section(id, pager) => (Some(world.section_key(id)), pager),
            Self::Taxonomy(id) => (Some(world.taxonomy_key(id)), None),
            Self::Term(id, pager) => (Some(world.term_key(id)), pager),
            Self::NotFound => (None, None),
        }
    }

    fn source(self, world: &World) -> Option<SourcePath> {
        match self {
            Self::Page(id) => Some(world.site.page(id).source.clone()),
            Self::Section(id, _) => world.site.section(id).source.clone(),
            Self::Taxonomy(_) | Self::Term(..) | Self::NotFound => None,
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
    cut(&section.url, &section.pagers, |url, pager| {
        Job::new(url, template.to_owned(), Subject::Section(id, pager))
    })
}

/// The job at `url`; where what is listed there is cut into several, one for each of the `pagers`.
fn cut(url: &UrlPath, pagers: &[Pager], job: impl Fn(&UrlPath, Option<usize>) -> Job) -> Vec<Job> {
    if pagers.is_empty() {
        return vec![job(url, None)];
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
    for id in world.site.term_ids(id) {
        let term = world.site.term(id);
        jobs.extend(cut(&term.url, &term.pagers, |url, pager| {
            Job::new(url, single.clone(), Subject::Term(id, pager))
        }));
    }
    jobs
}
