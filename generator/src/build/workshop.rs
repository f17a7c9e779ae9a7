//! Runs the stages in order, and keeps what the next build can reuse.
//!
//! Each stage gets its results of the last build and reuses everything that would come out the
//! same, so that rebuilding after one edit among thousands of pages takes little more than that one
//! page. A single build is the first build of a workshop that keeps nothing.

use std::collections::BTreeSet;

use super::{BuildOptions, Failure, Product, configuration};
use crate::assets::{self, AssetFile};
use crate::check;
use crate::compress;
use crate::config::Config;
use crate::deploy::{self, Deployed, Listing};
use crate::diag::Diagnostic;
use crate::highlight;
use crate::load::{self, Changes, Layer, Sources, TextFile};
use crate::model::{self, Selection, Site};
use crate::output::Output;
use crate::parse::{self, Parsed};
use crate::path::{OutputPath, Segments, SourcePath};
use crate::render::{self, Material, Materials, Rendered};

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
    config: Option<Config>,
    sources: Sources,
    parsed: Parsed,
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
        let unread = std::mem::replace(&mut self.unread, Changes::Anything);
        self.unread = unread.and(changes);
        match self.options.jobs {
            None => self.stages(),
            Some(jobs) => rayon::ThreadPoolBuilder::new()
                .num_threads(jobs)
                .build()
                .map_err(|error| {
                    Failure::Io(vec![Diagnostic::error(format!("no threads: {error}"))])
                })?
                .install(|| self.stages()),
        }
    }

    /// The files that templates read for the output file `path` of the last build.
    pub(super) fn inputs(&self, path: &OutputPath) -> BTreeSet<SourcePath> {
        let sources = &self.kept.sources;
        let materials = self.kept.rendered.materials(path).into_iter();
        let source = |material: Material| match material {
            Material::Template(name) => sources.template(&name).cloned(),
            Material::Asset(name) => sources.asset(&name).cloned(),
            Material::File(path) => sources.file(&path).cloned(),
            Material::Data(path) => Some(path),
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
        let (config, mut diagnostics) = self.configuration()?;
        let (site, is_whole) = self.site(&config, &mut diagnostics)?;
        let listing = Listing::of(&site);
        let templates = templates(&self.kept.sources.layers);
        let outputs = self.files(site, is_whole, &config, &listing, &mut diagnostics)?;
        // Of a body with mistakes not all is there that other pages can be made from again.
        let is_sound = !diagnostics.iter().any(Diagnostic::is_error);
        let pages = check::read(&outputs, &self.kept.checked);
        let input = check::Input {
            outputs: &outputs,
            pages: &pages,
            redirects: &listing.redirects,
            config: &config,
            texts: &listing.texts,
            templates: &templates,
        };
        let checked = check::check(input, &self.kept.checked);
        if self.stays_open && is_sound {
            let sound = checked.as_ref().ok().copied();
            self.kept.checked = check::Cache::new(&outputs, &pages, sound);
        }
        match checked {
            Err(broken) if config.link_checker.internal_warn => {
                diagnostics.extend(broken.into_iter().map(Diagnostic::softened));
            }
            checked => diagnostics.extend(checked.err().into_iter().flatten()),
        }
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Failure::content(diagnostics));
        }
        let (emit, before) = (&self.options.emit, &self.kept.deployed);
        let Deployed {
            mut outputs,
            warnings,
            cache,
        } = deploy::deploy(outputs, &pages, &listing, &config, emit, before);
        self.kept.deployed = cache;
        diagnostics.extend(warnings);
        if self.options.compress {
            let twins = compress::twins(&outputs);
            outputs.extend(twins);
        }
        Ok(Product {
            outputs,
            warnings: diagnostics,
        })
    }

    /// Reads the configuration. If it has changed, everything that was kept is discarded.
    fn configuration(&mut self) -> Result<(Config, Vec<Diagnostic>), Failure> {
        let (config, warnings) = configuration(&self.options)?;
        if self.kept.config.as_ref() != Some(&config) {
            self.unread = Changes::Anything;
            self.kept = Kept {
                config: Some(config.clone()),
                ..Kept::default()
            };
        }
        Ok((config, warnings))
    }

    /// Loads, parses and assembles the site. Returns also whether it is whole. Adds what is wrong
    /// with the content to `diagnostics`.
    fn site(
        &mut self,
        config: &Config,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<(Site, bool), Failure> {
        let (options, kept) = (&self.options, &mut self.kept);
        let (root, file) = (&options.root, &options.config);
        let sources = load::load(root, config, file, &kept.sources, &self.unread)
            .map_err(|errors| Failure::loading(&errors))?;
        if sources.data != kept.sources.data {
            // What templates read in a data file is not noted.
            kept.rendered = render::Cache::default();
        }
        kept.sources = sources;
        self.unread = Changes::none();
        let Sources {
            content, layers, ..
        } = &kept.sources;
        let lenient = options.overrides.lenient;
        kept.parsed = parse::parse(content, layers, config, lenient, &kept.parsed);
        let selection = Selection {
            drafts: options.drafts,
            future: options.future,
            today: options.today,
        };
        let attachments = &kept.sources.attachments;
        let assembled = model::assemble(&kept.parsed, attachments, config, selection);
        diagnostics.extend(kept.parsed.diagnostics().cloned());
        diagnostics.extend(assembled.diagnostics);
        Ok((assembled.site, assembled.is_whole))
    }

    /// Processes the assets and renders. What is wrong is told together with `diagnostics`; a
    /// site that is not whole is not rendered, since its templates would ask for what is missing.
    fn files(
        &mut self,
        site: Site,
        is_whole: bool,
        config: &Config,
        listing: &Listing,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Vec<Output>, Failure> {
        let mut failed = |more: Vec<Diagnostic>| {
            let mut all = std::mem::take(diagnostics);
            all.extend(more);
            Failure::content(all)
        };
        let kept = &mut self.kept;
        if !self.stays_open {
            kept.parsed = Parsed::default();
        }
        let Sources {
            layers,
            data,
            shelf,
            ..
        } = &kept.sources;
        let mut files = asset_files(layers);
        files.extend(code_style(&files, layers, config, &self.options.config)?);
        let materials = Materials::new(layers.clone(), data.clone(), shelf.clone());
        let (materials, assets) = match (materials, assets::process(files)) {
            (Ok(materials), Ok(assets)) if is_whole => (materials, assets),
            (materials, assets) => {
                let mut more = materials.err().unwrap_or_default();
                more.extend(assets.err().into_iter().flatten());
                return Err(failed(more));
            }
        };
        let input = render::Input {
            site,
            config: config.clone(),
            materials,
            manifest: assets.manifest,
            today: self.options.today,
        };
        let Rendered { mut outputs, cache } =
            render::render(input, &kept.rendered).map_err(&mut failed)?;
        if self.stays_open {
            if !diagnostics.iter().any(Diagnostic::is_error) {
                kept.rendered = cache;
            }
        } else {
            kept.sources = Sources::default();
        }
        outputs.extend(assets.outputs);
        outputs.extend(deploy::redirect_pages(listing, config));
        Ok(outputs)
    }
}

/// The templates of all layers, those of earlier ones first.
fn templates(layers: &[Layer]) -> Vec<TextFile> {
    let all = layers.iter().flat_map(|layer| layer.templates.values());
    all.cloned().collect()
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
