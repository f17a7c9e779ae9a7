//! Renders the site with its theme: [`Site`] and templates in, finished files out.
//!
//! Pure, and run on all cores. Templates see the site through lazy objects: what a template
//! reads is what it costs.

mod context;
mod error;
mod feed;
mod files;
mod filters;
mod functions;
mod groups;
mod html;
mod lists;
mod minify;
mod now;
mod shortcodes;
mod theme;
mod world;

use std::sync::Arc;

use jiff::civil::Date;
use minijinja::{Environment, Value, context};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::assets::Manifest;
use crate::config::Config;
use crate::diag::Diagnostic;
use crate::load::{Layer, RawFile, TextFile};
use crate::model::{Attachment, PageId, SectionId, Site};
use crate::output::{Output, OutputKind};
use crate::path::{OutputPath, SourcePath, UrlPath};

use self::files::Files;
use self::lists::Pages;
use self::now::Now;
use self::theme::Theme;
use self::world::World;

/// All that rendering needs.
#[derive(Debug)]
pub struct Input {
    /// The content.
    pub site: Site,
    /// The configuration.
    pub config: Config,
    /// Templates and static files, the strongest layer first.
    pub layers: Vec<Layer>,
    /// `content/data/`.
    pub data: Vec<TextFile>,
    /// `data/`, for templates that ask for its files by name.
    pub shelf: Vec<RawFile>,
    /// Where the assets are.
    pub manifest: Manifest,
    /// What counts as today; `now` in templates.
    pub today: Date,
}

/// Renders everything: pages, sections, terms, `404.html`, and the files that are copied.
///
/// # Errors
/// Every template that cannot be parsed; else every page that cannot be rendered.
pub fn render(input: Input) -> Result<Vec<Output>, Vec<Diagnostic>> {
    let Input {
        site,
        config,
        layers,
        data,
        shelf,
        manifest,
        today,
    } = input;
    let files = Files::new(layers, data, shelf);
    let world = Arc::new(World::new(site, config, files, manifest, today)?);
    let theme = Theme::new(&world.files.layers, &world)?;
    let jobs = jobs(&world, &theme)?;
    let answers = shortcodes::answer(&world, &theme)?;
    world.answers.get_or_init(|| answers);
    let rendered: Vec<_> = jobs
        .into_par_iter()
        .map(|job| job.run(&world, &theme))
        .collect();
    let mut outputs = Vec::with_capacity(rendered.len());
    let mut told = Vec::new();
    for outcome in rendered {
        match outcome {
            Ok(output) => outputs.push(output),
            Err(error) => told.push(error),
        }
    }
    if !told.is_empty() {
        return Err(merged(told));
    }
    outputs.extend(feed::outputs(&world, &theme).map_err(merged)?);
    outputs.extend(robots(&world, &theme).map_err(|told| vec![told])?);
    outputs.extend(attachments(&world.site));
    outputs.extend(static_files(&world.files.layers)?);
    Ok(outputs)
}

/// One mistake in a template is told once, however many pages it spoils.
fn merged(told: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut merged: Vec<(Diagnostic, usize)> = Vec::new();
    for next in told {
        let same = |first: &Diagnostic| first.message == next.message && first.place == next.place;
        match merged
            .iter_mut()
            .find(|(first, _)| first.place.is_some() && same(first))
        {
            Some((_, more)) => *more += 1,
            None => merged.push((next, 0)),
        }
    }
    let with_count = |(first, more): (Diagnostic, usize)| match more {
        0 => first,
        1 => first.note("and one more page"),
        more => first.note(format!("and {more} more pages")),
    };
    merged.into_iter().map(with_count).collect()
}

/// One page to render.
struct Job {
    output: OutputPath,
    url: UrlPath,
    template: String,
    subject: Subject,
}

/// What a page is about.
#[derive(Clone, Copy)]
enum Subject {
    Page(PageId),
    /// A section, and its pager's place in the list where it has pagers.
    Section(SectionId, Option<usize>),
    Taxonomy(usize),
    /// A taxonomy's term, and its pager's place in the list where it has pagers.
    Term(usize, usize, Option<usize>),
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

    fn run(&self, world: &Arc<World>, theme: &Theme) -> Result<Output, Diagnostic> {
        let source = self.subject.source(world);
        let failed = |error| theme.diagnose(&error, source.as_ref());
        let template = theme
            .environment()
            .get_template(&self.template)
            .map_err(failed)?;
        let html = template.render(self.context(world)).map_err(failed)?;
        let html = if world.config.minify_html {
            minify::minified(&html)
        } else {
            html
        };
        Ok(Output {
            path: self.output.clone(),
            bytes: html.into(),
            kind: OutputKind::Page,
            made_from: source
                .into_iter()
                .chain(theme.source(&self.template))
                .collect(),
        })
    }

    fn context(&self, world: &Arc<World>) -> Value {
        let path = world.config.base_url.rooted(&self.url);
        let shared = context! {
            current_path => path,
            current_url => world.config.base_url.join(&self.url),
        };
        let own = match self.subject {
            Subject::Page(id) => context! { page => world.page_value(id) },
            Subject::Section(id, None) => context! { section => world.section_value(id) },
            Subject::Section(id, Some(at)) => context! {
                section => world.section_value(id),
                paginator => lists::paginator(world, Pages::of_section(id), &world.site.section(id).pagers, at),
            },
            Subject::Taxonomy(at) => context! {
                taxonomy => world.taxonomy_value(at),
                terms => world.terms_value(at),
            },
            Subject::Term(at, term, pager) => context! {
                taxonomy => world.taxonomy_value(at),
                term => world.term_value(at, term),
                paginator => pager.map(|pager| {
                    let pagers = &world.site.taxonomies[at].terms[term].pagers;
                    lists::paginator(world, Pages::of_term(at, term), pagers, pager)
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
    fn source(self, world: &World) -> Option<SourcePath> {
        match self {
            Self::Page(id) => Some(world.site.page(id).source.clone()),
            Self::Section(id, _) => world.site.section(id).source.clone(),
            Self::Taxonomy(_) | Self::Term(..) | Self::NotFound => None,
        }
    }
}

fn jobs(world: &World, theme: &Theme) -> Result<Vec<Job>, Vec<Diagnostic>> {
    let mut jobs = Vec::with_capacity(world.site.pages.len());
    let mut told = Vec::new();
    for id in world.site.section_ids() {
        section_jobs(world, id, &mut jobs);
    }
    for id in world.site.page_ids() {
        let page = world.site.page(id);
        if page.front.render {
            let template = page_template(world, id);
            jobs.push(Job::new(&page.url, template, Subject::Page(id)));
        }
    }
    taxonomy_jobs(world, theme, &mut jobs);
    if let Ok(output) = OutputPath::new("404.html") {
        jobs.push(Job {
            url: UrlPath::from(&output),
            output,
            template: "404.html".to_owned(),
            subject: Subject::NotFound,
        });
    }
    for job in &jobs {
        if !theme.has(&job.template) {
            told.push(theme.missing(&job.template, job.subject.source(world)));
        }
    }
    told.dedup();
    if told.is_empty() { Ok(jobs) } else { Err(told) }
}

fn section_jobs(world: &World, id: SectionId, jobs: &mut Vec<Job>) {
    let section = world.site.section(id);
    if !section.front.render || section.front.redirect_to.is_some() {
        return;
    }
    let usual = if section.folder.is_empty() {
        "index.html"
    } else {
        "section.html"
    };
    let template = section
        .front
        .template
        .clone()
        .unwrap_or_else(|| usual.to_owned());
    if section.pagers.is_empty() {
        jobs.push(Job::new(&section.url, template, Subject::Section(id, None)));
        return;
    }
    for (at, pager) in section.pagers.iter().enumerate() {
        jobs.push(Job::new(
            &pager.url,
            template.clone(),
            Subject::Section(id, Some(at)),
        ));
    }
}

/// Its own, else the one that the nearest section above asks for, else `page.html`.
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

fn taxonomy_jobs(world: &World, theme: &Theme, jobs: &mut Vec<Job>) {
    for (at, taxonomy) in world.site.taxonomies.iter().enumerate() {
        if !taxonomy.config.render {
            continue;
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
        jobs.push(Job::new(&taxonomy.url, list, Subject::Taxonomy(at)));
        for (number, term) in taxonomy.terms.iter().enumerate() {
            if term.pagers.is_empty() {
                jobs.push(Job::new(
                    &term.url,
                    single.clone(),
                    Subject::Term(at, number, None),
                ));
            }
            for (pager, place) in term.pagers.iter().enumerate() {
                let subject = Subject::Term(at, number, Some(pager));
                jobs.push(Job::new(&place.url, single.clone(), subject));
            }
        }
    }
}

/// `robots.txt`, where a template says it otherwise than the generator would.
fn robots(world: &World, theme: &Theme) -> Result<Option<Output>, Diagnostic> {
    let source = theme.source("robots.txt");
    let (true, Some(source)) = (world.config.generate_robots_txt, source) else {
        return Ok(None);
    };
    let failed = |error| theme.diagnose(&error, None);
    let template = theme
        .environment()
        .get_template("robots.txt")
        .map_err(failed)?;
    let text = template.render(()).map_err(failed)?;
    let path = OutputPath::new("robots.txt");
    Ok(path.ok().map(|path| Output {
        path,
        bytes: text.into(),
        kind: OutputKind::Meta,
        made_from: vec![source],
    }))
}

fn attachments(site: &Site) -> impl Iterator<Item = Output> + '_ {
    let copied = |file: &Attachment| Output {
        path: file.output.clone(),
        bytes: file.bytes.clone(),
        kind: OutputKind::Static,
        made_from: vec![file.source.clone()],
    };
    let pages = site.pages.iter().flat_map(|page| &page.attachments);
    let sections = site
        .sections
        .iter()
        .flat_map(|section| &section.attachments);
    pages.chain(sections).map(copied)
}

/// The strongest layer's file of each name.
fn static_files(layers: &[Layer]) -> Result<Vec<Output>, Vec<Diagnostic>> {
    let mut outputs: Vec<Output> = Vec::new();
    for layer in layers {
        for (name, file) in &layer.static_files {
            let path = OutputPath::new(name.clone())
                .map_err(|error| vec![Diagnostic::error(error.to_string()).in_file(&file.path)])?;
            if outputs.iter().all(|output| output.path != path) {
                outputs.push(Output {
                    path,
                    bytes: file.bytes.clone(),
                    kind: OutputKind::Static,
                    made_from: vec![file.path.clone()],
                });
            }
        }
    }
    Ok(outputs)
}

/// Registers what every template may call.
fn equip(environment: &mut Environment<'static>, world: &Arc<World>) {
    functions::add(environment, world);
    filters::add(environment, world);
    environment.add_global("config", world.config_value());
    environment.add_global("data", world.data.clone());
    environment.add_global("lang", world.config.default_language.as_str());
    environment.add_global("now", Value::from_object(Now(world.today)));
}
