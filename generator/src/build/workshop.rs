//! Runs the stages in order, and keeps what the next build can reuse.
//!
//! Each stage gets its results of the last build and reuses everything that would come out the
//! same, so that rebuilding after one edit among thousands of pages takes little more than that one
//! page. A single build is the first build of a workshop that keeps nothing.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;

use super::{BuildOptions, Configured, Failure, Product, configuration};
use crate::assets::{self, AssetFile, Assets};
use crate::check::{self, Pages};
use crate::compress;
use crate::config::Config;
use crate::deploy::{self, Listing};
use crate::diag::Diagnostic;
use crate::highlight;
use crate::load::{self, Changes, Layer, Sources, TextFile};
use crate::model::{self, Assembled, Bodies, Selection, Site};
use crate::output::{self, Output};
use crate::parse::{self, Parsed};
use crate::path::{OutputPath, Segments, SourcePath};
use crate::render::{self, Material, Materials, Rendered};
use crate::threads;

/// The name of the asset that colours highlighted code.
const CODE_STYLE: &str = "highlight.css";

/// Builds one site again and again.
#[derive(Debug)]
pub struct Workshop {
    options: BuildOptions,
    /// Whether there will be a next build.
    stays_open: bool,
    /// Changes on the disk that were not read yet.
    unread: Changes,
    kept: Kept,
}

/// The results of the last build, per stage. They can only be reused with the same configuration.
#[derive(Debug, Default)]
struct Kept {
    config: Option<Arc<Config>>,
    sources: Arc<Sources>,
    parsed: Parsed,
    assembled: model::Cache,
    /// What was collected from the last site.
    listed: Option<(Arc<Site>, Arc<Listing>)>,
    rendered: render::Cache,
    checked: check::Cache,
    deployed: deploy::Cache,
}

impl Workshop {
    /// A workshop that has not built anything yet.
    #[must_use]
    pub fn new(options: BuildOptions) -> Self {
        Self {
            options,
            stays_open: true,
            unread: Changes::Anything,
            kept: Kept::default(),
        }
    }

    /// Builds the site. `changes` are the files that may have changed since the last build; for the
    /// first build they do not matter.
    ///
    /// # Errors
    /// [`Failure`], with everything that is wrong.
    pub fn build(&mut self, changes: Changes) -> Result<Product, Failure> {
        let unread = mem::replace(&mut self.unread, Changes::Anything);
        self.unread = unread.and(changes);
        match self.options.jobs {
            // Within the pool, where stacks are larger.
            None => rayon::scope(|_| self.stages()),
            Some(jobs) => threads::pool()
                .num_threads(jobs)
                .build()
                .map_err(|error| {
                    Failure::Io(vec![Diagnostic::error(format!("no threads: {error}"))])
                })?
                .install(|| self.stages()),
        }
    }

    /// The assets and files that templates loaded for the output file `path` of the last build.
    pub(super) fn inputs(&self, path: &OutputPath) -> BTreeSet<SourcePath> {
        let sources = &self.kept.sources;
        let materials = self.kept.rendered.materials(path).into_iter();
        let source = |material: Material| match material {
            Material::Asset(name) => sources.asset(&name).cloned(),
            Material::File(path) => sources.file(&path).cloned(),
        };
        materials.filter_map(source).collect()
    }

    /// Builds once, keeping nothing.
    pub(super) fn once(options: BuildOptions) -> Result<Product, Failure> {
        let mut workshop = Self::new(options);
        workshop.stays_open = false;
        workshop.build(Changes::Anything)
    }

    fn stages(&mut self) -> Result<Product, Failure> {
        let Configured {
            config,
            settings,
            warnings: mut diagnostics,
        } = configuration(&self.options)?;
        let config = self.configured(config);
        let Assembled {
            site,
            bodies,
            is_whole,
            diagnostics: more,
        } = self.site(&config)?;
        diagnostics.extend(more);
        let listing = self.listing(&site, &config);
        let sources = Arc::clone(&self.kept.sources);
        let with_gaps = self.kept.parsed.with_gaps.clone();
        let others = others(&sources);
        let mut outputs = match self.files((site, bodies), is_whole, &config, &diagnostics) {
            Ok(outputs) => outputs,
            Err(failure) => return Err(failure.behind(diagnostics)),
        };
        outputs.extend(deploy::redirect_pages(&listing, &config));
        // All that follows knows a file by its path.
        let clashes = output::clashes(&outputs);
        if !clashes.is_empty() {
            diagnostics.extend(clashes.into_iter().map(Diagnostic::from));
            return Err(Failure::content(diagnostics));
        }
        let pages = check::read(&outputs, &self.kept.checked);
        let input = check::Input {
            outputs: &outputs,
            pages: &pages,
            redirects: &listing.redirects,
            config: &config,
            content: &sources.content,
            with_gaps: &with_gaps,
            others: &others,
            settings: &settings,
        };
        let broken = self.broken_links(input, &diagnostics);
        diagnostics.extend(broken);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Failure::content(diagnostics));
        }
        let product = self.deployed(outputs, &pages, &listing, &config, diagnostics);
        let_go((pages, listing, sources));
        Ok(product)
    }

    /// Lets `store` keep something for the next build, if there will be one and nothing is wrong so
    /// far: of a body with mistakes not all is there that other pages can be made from again.
    /// `store` returns what that replaces.
    fn keep<T>(&mut self, so_far: &[Diagnostic], store: impl FnOnce(&mut Kept) -> T)
    where
        T: Send + 'static,
    {
        if self.stays_open && !so_far.iter().any(Diagnostic::is_error) {
            let_go(store(&mut self.kept));
        }
    }

    /// Begins a build with `config`. If that has changed, everything that was kept is discarded.
    fn configured(&mut self, config: Config) -> Arc<Config> {
        let config = Arc::new(config);
        if self.kept.config.as_ref() != Some(&config) {
            self.unread = Changes::Anything;
            self.kept = Kept {
                config: Some(Arc::clone(&config)),
                ..Kept::default()
            };
        }
        config
    }

    /// Loads, parses and assembles the site.
    fn site(&mut self, config: &Config) -> Result<Assembled, Failure> {
        let (options, kept) = (&self.options, &mut self.kept);
        let (root, file) = (&options.root, &options.config);
        let sources = load::load(root, config, file, &kept.sources, &self.unread)
            .map_err(|errors| Failure::loading(&errors))?;
        if sources.data != kept.sources.data {
            // What templates read in a data file is not noted, but for messages.
            kept.rendered = render::Cache::default();
        }
        self.unread = Changes::none();
        let lenient = options.overrides.lenient;
        let (content, layers) = (&sources.content, &sources.layers);
        let parsed = parse::parse(content, layers, config, lenient, &kept.parsed);
        let_go(mem::replace(&mut kept.parsed, parsed));
        let selection = Selection {
            drafts: options.drafts,
            future: options.future,
            today: options.today,
        };
        let (parsed, before) = (&kept.parsed, &kept.assembled);
        let mut assembled = model::assemble(parsed, &sources, config, selection, before);
        if self.stays_open {
            let cache = model::Cache::new(parsed, &sources, &assembled);
            let_go(mem::replace(&mut kept.assembled, cache));
        }
        let of_bodies = kept.parsed.diagnostics().cloned();
        assembled.diagnostics.splice(0..0, of_bodies);
        let_go(mem::replace(&mut kept.sources, Arc::new(sources)));
        Ok(assembled)
    }

    /// What hosts are told of the site itself.
    fn listing(&mut self, site: &Arc<Site>, config: &Config) -> Arc<Listing> {
        if let Some((known, listing)) = &self.kept.listed
            && Arc::ptr_eq(known, site)
        {
            return Arc::clone(listing);
        }
        let listing = Arc::new(Listing::of(site, config));
        if self.stays_open {
            let_go(
                self.kept
                    .listed
                    .replace((Arc::clone(site), Arc::clone(&listing))),
            );
        }
        listing
    }

    /// Renders the site and processes the assets. Fails with what is wrong, `so_far` apart; with
    /// nothing else where the site is not whole: its templates would ask for what is missing.
    fn files(
        &mut self,
        (site, bodies): (Arc<Site>, Bodies),
        is_whole: bool,
        config: &Arc<Config>,
        so_far: &[Diagnostic],
    ) -> Result<Vec<Output>, Failure> {
        let (materials, assets) = self.materials(config)?;
        if !is_whole {
            return Err(Failure::content(Vec::new()));
        }
        if !self.stays_open {
            // All that is needed from here on is in the site and the materials.
            let_go(mem::take(&mut self.kept));
        }
        let input = render::Input {
            site,
            bodies,
            config: Arc::clone(config),
            materials,
            manifest: assets.manifest,
            today: self.options.today,
            is_kept: self.stays_open,
        };
        let Rendered { mut outputs, cache } =
            render::render(input, &self.kept.rendered).map_err(Failure::content)?;
        self.keep(so_far, |kept| mem::replace(&mut kept.rendered, cache));
        outputs.extend(assets.outputs);
        Ok(outputs)
    }

    /// Compiles the templates and finishes the assets.
    fn materials(&self, config: &Config) -> Result<(Materials, Assets), Failure> {
        let sources = &self.kept.sources;
        let mut files = asset_files(&sources.layers);
        let style = code_style(&files, &sources.layers, config, &self.options.config)?;
        files.extend(style);
        match (Materials::new(Arc::clone(sources)), assets::process(files)) {
            (Ok(materials), Ok(assets)) => Ok((materials, assets)),
            (materials, assets) => {
                let mut all = materials.err().unwrap_or_default();
                all.extend(assets.err().into_iter().flatten());
                Err(Failure::content(all))
            }
        }
    }

    /// What is wrong with the links, `so_far` apart.
    fn broken_links(&mut self, input: check::Input<'_>, so_far: &[Diagnostic]) -> Vec<Diagnostic> {
        let checked = check::check(input, &self.kept.checked);
        self.keep(so_far, |kept| {
            let sound = checked.as_ref().ok().copied();
            mem::replace(&mut kept.checked, check::Cache::new(input, sound))
        });
        let broken = checked.err().unwrap_or_default().into_iter();
        if input.config.link_checker.internal_warn {
            broken.map(Diagnostic::softened).collect()
        } else {
            broken.collect()
        }
    }

    /// The finished site, with what hosts are told.
    fn deployed(
        &mut self,
        outputs: Vec<Output>,
        pages: &Pages,
        listing: &Listing,
        config: &Config,
        mut warnings: Vec<Diagnostic>,
    ) -> Product {
        let (emit, before) = (&self.options.emit, &self.kept.deployed);
        let deployed = deploy::deploy(outputs, pages, listing, config, emit, before);
        let cache = deployed.cache;
        self.keep(&warnings, |kept| mem::replace(&mut kept.deployed, cache));
        warnings.extend(deployed.warnings);
        let mut outputs = deployed.outputs;
        if self.options.compress {
            let twins = compress::twins(&outputs);
            outputs.extend(twins);
        }
        Product { outputs, warnings }
    }
}

/// Drops something large on another core, since nobody has to wait for it.
fn let_go(outdated: impl Send + 'static) {
    rayon::spawn(move || drop(outdated));
}

/// The templates of all layers and the data files.
fn others(sources: &Sources) -> Vec<TextFile> {
    let layers = sources.layers.iter();
    let templates = layers.flat_map(|layer| layer.templates.values());
    templates.chain(&sources.data).cloned().collect()
}

/// The assets of all layers. A file of an earlier layer hides the same file of later ones.
fn asset_files(layers: &[Layer]) -> Vec<AssetFile> {
    let mut taken = BTreeSet::new();
    let all = layers.iter().flat_map(|layer| &layer.assets);
    all.filter(|(name, _)| taken.insert(*name))
        .map(|(name, file)| AssetFile {
            name: name.clone(),
            path: file.path.clone(),
            bytes: file.bytes.clone(),
        })
        .collect()
}

/// The style sheet for highlighted code, if the theme refers to it and has none of its own.
fn code_style(
    files: &[AssetFile],
    layers: &[Layer],
    config: &Config,
    file: &SourcePath,
) -> Result<Option<AssetFile>, Failure> {
    let mentioned = |text: &str| text.contains(CODE_STYLE);
    let in_templates = |layer: &Layer| layer.templates.values().any(|one| mentioned(&one.text));
    let in_styles = |one: &AssetFile| {
        one.name.as_str().ends_with(".css") && mentioned(&String::from_utf8_lossy(&one.bytes))
    };
    let wanted = layers.iter().any(in_templates) || files.iter().any(in_styles);
    if !wanted || files.iter().any(|one| one.name.as_str() == CODE_STYLE) {
        return Ok(None);
    }
    let style = highlight::stylesheet(&config.markdown.highlighting)
        .map_err(|unknown| Diagnostic::from(unknown).in_file(file))
        .map_err(|unknown| Failure::Configuration(vec![unknown]))?;
    Ok(Some(AssetFile {
        name: Segments::fixed(CODE_STYLE),
        path: file.clone(),
        bytes: style.into(),
    }))
}
