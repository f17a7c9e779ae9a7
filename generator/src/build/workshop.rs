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
use crate::load::{self, Changes, Layer, Sources};
use crate::model::{self, Selection, Site};
use crate::output::Output;
use crate::parse::{self, Parsed};
use crate::path::SourcePath;
use crate::render::{self, Rendered};

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

    /// Builds once, keeping nothing.
    pub(super) fn once(options: BuildOptions) -> Result<Product, Failure> {
        let mut workshop = Self::new(options);
        workshop.stays_open = false;
        workshop.build(Changes::Anything)
    }

    fn stages(&mut self) -> Result<Product, Failure> {
        let (config, mut warnings) = self.configuration()?;
        let site = self.site(&config)?;
        warnings.extend(self.kept.parsed.warnings());
        let listing = Listing::of(&site);
        let outputs = self.files(site, &config, &listing)?;
        let pages = check::read(&outputs, &self.kept.checked);
        let before = std::mem::take(&mut self.kept.checked);
        let text = |source: &SourcePath| listing.text(source);
        let checked = check::check(&outputs, &pages, &listing.redirects, &config, &before, text);
        if self.stays_open {
            let sound = checked.as_ref().ok().copied();
            self.kept.checked = check::Cache::new(&outputs, &pages, sound);
        }
        match checked {
            Err(diagnostics) if config.link_checker.internal_warn => {
                warnings.extend(diagnostics.into_iter().map(Diagnostic::softened));
            }
            checked => drop(checked.map_err(Failure::content)?),
        }
        let (emit, before) = (&self.options.emit, &self.kept.deployed);
        let Deployed {
            mut outputs,
            warnings: more,
            cache,
        } = deploy::deploy(outputs, &pages, &listing, &config, emit, before);
        self.kept.deployed = cache;
        warnings.extend(more);
        if self.options.compress {
            let twins = compress::twins(&outputs);
            outputs.extend(twins);
        }
        Ok(Product { outputs, warnings })
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

    /// Loads, parses and assembles the site.
    fn site(&mut self, config: &Config) -> Result<Site, Failure> {
        let (options, kept) = (&self.options, &mut self.kept);
        let (root, file) = (&options.root, &options.config);
        let sources = load::load(root, config, file, &kept.sources, &self.unread)
            .map_err(|errors| Failure::loading(&errors))?;
        if sources.data != kept.sources.data {
            // Templates see data as plain values, whose reads are not noted.
            kept.rendered = render::Cache::default();
        }
        kept.sources = sources;
        self.unread = Changes::none();
        let Sources {
            content, layers, ..
        } = &kept.sources;
        let lenient = options.overrides.lenient;
        kept.parsed = parse::parse(content, layers, config, lenient, &kept.parsed)
            .map_err(Failure::content)?;
        let selection = Selection {
            drafts: options.drafts,
            future: options.future,
            today: options.today,
        };
        let attachments = &kept.sources.attachments;
        model::assemble(&kept.parsed.documents, attachments, config, selection)
            .map_err(Failure::content)
    }

    /// Processes the assets and renders.
    fn files(
        &mut self,
        site: Site,
        config: &Config,
        listing: &Listing,
    ) -> Result<Vec<Output>, Failure> {
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
        let assets = assets::process(files).map_err(Failure::content)?;
        let input = render::Input {
            site,
            config: config.clone(),
            layers: layers.clone(),
            data: data.clone(),
            shelf: shelf.clone(),
            manifest: assets.manifest,
            today: self.options.today,
        };
        let Rendered { mut outputs, cache } =
            render::render(input, &kept.rendered).map_err(Failure::content)?;
        if self.stays_open {
            kept.rendered = cache;
        } else {
            kept.sources = Sources::default();
        }
        outputs.extend(assets.outputs);
        outputs.extend(deploy::redirect_pages(listing, config));
        Ok(outputs)
    }
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
        one.name.ends_with(".css") && mentioned(&String::from_utf8_lossy(&one.bytes))
    };
    let wanted = layers.iter().any(in_templates) || files.iter().any(in_styles);
    if !wanted || files.iter().any(|one| one.name == CODE_STYLE) {
        return Ok(None);
    }
    let style = highlight::stylesheet(&config.markdown.highlighting)
        .map_err(|unknown| Diagnostic::from(unknown).in_file(file))
        .map_err(|unknown| Failure::Configuration(vec![unknown]))?;
    Ok(Some(AssetFile {
        name: CODE_STYLE.to_owned(),
        path: file.clone(),
        bytes: style.into(),
    }))
}
