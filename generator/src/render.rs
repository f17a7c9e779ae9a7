//! Renders the site with its theme: takes a [`Site`] and templates, and returns finished files.
//!
//! This stage is pure and runs on all cores. Templates see the site through lazy objects, so that
//! only what a template reads is ever computed.

mod cache;
mod context;
mod data;
mod error;
mod feed;
mod fields;
mod files;
mod filters;
mod fingerprints;
mod functions;
mod groups;
mod holder;
mod html;
mod jobs;
mod limit;
mod lists;
mod markup;
mod minify;
mod names;
mod now;
mod object;
mod reads;
mod shortcodes;
mod theme;
mod wholes;
mod world;

use std::sync::Arc;

use jiff::civil::Date;
use minijinja::{Environment, Value};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use crate::assets::Manifest;
use crate::config::Config;
use crate::diag::{self, Diagnostic};
use crate::load::Sources;
use crate::model::{Attachment, Bodies, Site};
use crate::output::{Output, OutputKind};
use crate::path::OutputPath;
use crate::tera::nowhere;

use self::files::Files;
use self::now::Now;
use self::theme::Theme;
use self::world::World;

pub use self::cache::{Cache, Material};

/// Everything that rendering needs.
#[derive(Debug)]
pub struct Input {
    /// The site.
    pub site: Arc<Site>,
    /// The bodies of its pages and sections.
    pub bodies: Bodies,
    /// The configuration.
    pub config: Arc<Config>,
    /// Templates, static files and data.
    pub materials: Materials,
    /// The finished assets.
    pub manifest: Manifest,
    /// What counts as today: `now` in templates.
    pub today: Date,
    /// Whether there will be a next rendering, which can reuse what this one leaves.
    pub is_kept: bool,
}

/// What the site is rendered with, looked at by itself.
#[derive(Debug)]
pub struct Materials {
    files: Files,
    theme: Theme,
    data: Value,
}

impl Materials {
    /// Compiles the templates of all layers and reads `content/data/`. The other files are there
    /// for templates that ask for them by name.
    ///
    /// # Errors
    /// All templates that cannot be parsed and all data files that cannot be read.
    pub fn new(sources: Arc<Sources>) -> Result<Self, Vec<Diagnostic>> {
        match (Theme::new(&sources.layers), data::value(&sources.data)) {
            (Ok(theme), Ok(data)) => Ok(Self {
                files: Files::new(sources),
                theme,
                data,
            }),
            (theme, data) => {
                let mut all = theme.err().unwrap_or_default();
                all.extend(data.err().into_iter().flatten());
                Err(all)
            }
        }
    }
}

/// Everything that was rendered.
#[derive(Debug)]
pub struct Rendered {
    /// The files.
    pub outputs: Vec<Output>,
    /// What the next rendering can reuse.
    pub cache: Cache,
}

/// Renders everything: pages, sections, terms, `404.html` and feeds, and adds the files that are
/// copied. Files in `before` for which nothing has changed are reused.
///
/// # Errors
/// Every missing template that a page asks for; if there is none, every page that cannot be
/// rendered.
pub fn render(input: Input, before: &Cache) -> Result<Rendered, Vec<Diagnostic>> {
    let (world, mut theme) = World::new(input, before);
    let world = Arc::new(world);
    theme.equip(&world);
    let jobs = jobs::jobs(&world, &theme)?;
    let answers = shortcodes::answer(&world, &theme, before)?;
    world.answers.get_or_init(|| answers);
    let mut rendered: Vec<_> = jobs
        .into_par_iter()
        .enumerate()
        .map(|(place, job)| job.output_from(place, &world, &theme, before))
        .collect();
    rendered.extend(feed::outputs(rendered.len(), &world, &theme, before));
    let made = diag::collect(rendered).map_err(diag::merge_by_place)?;
    let mut outputs: Vec<Output> = made.iter().map(|kept| kept.value.clone()).collect();
    outputs.extend(robots(&world, &theme).map_err(|error| vec![error])?);
    outputs.extend(attachments(&world.site));
    outputs.extend(static_files(&world.files.sources));
    let cache = Cache::new(made, &world);
    // This takes a while for a large site, and nobody has to wait for it.
    rayon::spawn(move || drop((theme, world)));
    Ok(Rendered { outputs, cache })
}

/// `robots.txt`, if there is a template for it.
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
    let rendered = world.limits.render(&template, Value::from(()), None);
    let text = rendered.map_err(failed)?;
    Ok(Some(Output {
        path: OutputPath::fixed("robots.txt"),
        bytes: text.into(),
        kind: OutputKind::Meta,
        made_from: [source].into(),
    }))
}

fn attachments(site: &Site) -> impl Iterator<Item = Output> + '_ {
    let copied = |file: &Attachment| Output {
        path: file.output.clone(),
        bytes: file.bytes.clone(),
        kind: OutputKind::Static,
        made_from: [file.source.clone()].into(),
    };
    let pages = site.pages.iter().flat_map(|page| &page.attachments);
    let sections = site
        .sections
        .iter()
        .flat_map(|section| &section.attachments);
    pages.chain(sections).map(copied)
}

fn static_files(sources: &Sources) -> impl Iterator<Item = Output> + '_ {
    sources.static_files().map(|(path, file)| Output {
        path: path.clone(),
        bytes: file.bytes.clone(),
        kind: OutputKind::Static,
        made_from: [file.path.clone()].into(),
    })
}

/// Registers the functions, filters and variables of all templates.
fn equip(environment: &mut Environment<'static>, world: &Arc<World>) {
    functions::add(environment, world);
    filters::add(environment, world);
    environment.add_global("config", world.config_value());
    environment.add_global("data", world.data.clone());
    environment.add_global("lang", world.config.default_language.as_str());
    environment.add_global("now", Value::from_object(Now(world.today)));
    // One template serves pages and sections: `{% if page.title %}` is false where there is none.
    for subject in ["page", "section", "paginator", "taxonomy", "term", "terms"] {
        environment.add_global(subject, nowhere(subject));
    }
}
