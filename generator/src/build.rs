//! Builds a site: once, twice to compare the results, or repeatedly in a [`Workshop`].

mod workshop;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::civil::Date;

use crate::config::{Config, Overrides};
use crate::deploy::Server;
use crate::diag::{self, Diagnostic};
use crate::load::{self, Changes, LoadError, TextFile};
use crate::output::{Output, OutputKind};
use crate::path::{OutputPath, SourcePath};
use crate::write::{self, WriteError, Written};

pub use self::workshop::Workshop;

/// What to build and how.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// The site's root, in which `content/` and `themes/` lie.
    pub root: PathBuf,
    /// The configuration file, below the root.
    pub config: SourcePath,
    /// The output folder.
    pub out: PathBuf,
    /// What overrides the configuration file.
    pub overrides: Overrides,
    /// Whether drafts are included.
    pub drafts: bool,
    /// Whether pages dated after today are included.
    pub future: bool,
    /// What counts as today.
    pub today: Date,
    /// The number of threads; `None` for one per core.
    pub jobs: Option<usize>,
    /// Servers for which headers and redirects are also written in their own format.
    pub emit: Vec<Server>,
    /// Whether compressed copies of the files are written.
    pub compress: bool,
}

/// A finished site, not yet written.
#[derive(Debug)]
pub struct Product {
    /// All its files.
    pub outputs: Vec<Output>,
    /// The warnings.
    pub warnings: Vec<Diagnostic>,
}

/// The result of a build.
#[derive(Debug)]
pub struct Report {
    /// The number of HTML pages.
    pub pages: usize,
    /// What was written.
    pub written: Written,
    /// The warnings.
    pub warnings: Vec<Diagnostic>,
    /// How long it took.
    pub elapsed: Duration,
}

/// Why a build failed. The output folder is unchanged, unless writing itself failed.
#[derive(Debug)]
pub enum Failure {
    /// The configuration is wrong.
    Configuration(Vec<Diagnostic>),
    /// Content or templates are wrong.
    Content(Vec<Diagnostic>),
    /// A file could not be read or written.
    Io(Vec<Diagnostic>),
}

impl Failure {
    /// The diagnostics, sorted by file and line.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Configuration(diagnostics)
            | Self::Content(diagnostics)
            | Self::Io(diagnostics) => diagnostics,
        }
    }

    fn content(mut diagnostics: Vec<Diagnostic>) -> Self {
        diag::sort(&mut diagnostics);
        // A `.md` shortcode is read as a template too.
        diagnostics.dedup();
        Self::Content(diag::merge_by_cause(diagnostics))
    }

    /// The same, told together with mistakes of content found `earlier`, if it is one of content.
    fn behind(self, mut earlier: Vec<Diagnostic>) -> Self {
        match self {
            Self::Content(more) => {
                earlier.extend(more);
                Self::content(earlier)
            }
            other => other,
        }
    }

    fn writing(error: &WriteError) -> Self {
        let diagnostics = vec![Diagnostic::from(error)];
        match error {
            WriteError::Twice { .. } => Self::Content(diagnostics),
            WriteError::OutIsSource(_) => Self::Configuration(diagnostics),
            WriteError::Refused { .. } => Self::Io(diagnostics),
        }
    }

    fn loading(errors: &[LoadError]) -> Self {
        let diagnostics = errors.iter().map(Diagnostic::from).collect();
        if errors
            .iter()
            .any(|error| matches!(error, LoadError::NoTheme { .. }))
        {
            Self::Configuration(diagnostics)
        } else if errors.iter().any(LoadError::is_io) {
            Self::Io(diagnostics)
        } else {
            Self::content(diagnostics)
        }
    }
}

/// Builds the site and writes it.
///
/// # Errors
/// [`Failure`], with everything that is wrong.
pub fn build(options: &BuildOptions) -> Result<Report, Failure> {
    let started = Instant::now();
    let product = produce(options)?;
    let (root, config, out) = (&options.root, &options.config, &options.out);
    let written = write::write(&product.outputs, root, config, out)
        .map_err(|error| Failure::writing(&error))?;
    let is_page = |output: &&Output| output.kind == OutputKind::Page;
    Ok(Report {
        pages: product.outputs.iter().filter(is_page).count(),
        written,
        warnings: product.warnings,
        elapsed: started.elapsed(),
    })
}

/// Builds the site and writes nothing.
///
/// # Errors
/// [`Failure`], with everything that is wrong.
pub fn produce(options: &BuildOptions) -> Result<Product, Failure> {
    Workshop::once(options.clone())
}

/// Builds the site twice, with one thread and with several, and compares the results.
///
/// # Errors
/// [`Failure`]; if the results differ, with the files that do.
pub fn verify(options: &BuildOptions) -> Result<(), Failure> {
    let produced = |jobs| {
        let jobs = Some(jobs);
        produce(&BuildOptions {
            jobs,
            ..options.clone()
        })
    };
    let (one, other) = (produced(1)?, produced(options.jobs.unwrap_or(0).max(3))?);
    let files = |product: &Product| -> BTreeMap<OutputPath, Bytes> {
        let outputs = product.outputs.iter();
        outputs
            .map(|output| (output.path.clone(), output.bytes.clone()))
            .collect()
    };
    let (one, other) = (files(&one), files(&other));
    let paths: BTreeSet<&OutputPath> = one.keys().chain(other.keys()).collect();
    let diagnostics: Vec<Diagnostic> = paths
        .into_iter()
        .filter(|path| one.get(*path) != other.get(*path))
        .map(|path| Diagnostic::error(format!("two builds differ in `{path}`")))
        .collect();
    if diagnostics.is_empty() {
        Ok(())
    } else {
        Err(Failure::content(diagnostics))
    }
}

/// The inputs that the output file `path` is made from, the content file and its template first;
/// `None` where the site has no such file. A folder means its `index.html`, and the path may
/// begin with the output folder.
///
/// # Errors
/// [`Failure`], where the site cannot be built.
pub fn explain(options: &BuildOptions, path: &str) -> Result<Option<Vec<SourcePath>>, Failure> {
    let mut workshop = Workshop::new(options.clone());
    let product = workshop.build(Changes::Anything)?;
    let path = path.trim_start_matches("./");
    let find = |path: &str| {
        let wanted = path.trim_matches('/');
        let index = format!("{wanted}/index.html");
        let index = index.trim_start_matches('/');
        let named = |one: &&Output| one.path.as_str() == wanted || one.path.as_str() == index;
        product.outputs.iter().find(named)
    };
    let below_out = || {
        let folder = options.out.strip_prefix(&options.root).ok()?;
        Path::new(path).strip_prefix(folder).ok()?.to_str()
    };
    let Some(output) = find(path).or_else(|| below_out().and_then(find)) else {
        return Ok(None);
    };
    let mut inputs = output.made_from.to_vec();
    for input in workshop.inputs(&output.path) {
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    Ok(Some(inputs))
}

/// The configuration of a site.
#[derive(Debug)]
pub struct Configured {
    /// The configuration, with the settings of the site's themes.
    pub config: Config,
    /// The file that it was read from.
    pub settings: TextFile,
    /// Warnings about it.
    pub warnings: Vec<Diagnostic>,
}

/// Reads the configuration of the site.
///
/// # Errors
/// [`Failure`] if it cannot be read or is wrong.
pub fn configuration(options: &BuildOptions) -> Result<Configured, Failure> {
    let file = load::text(&options.root, &options.config).map_err(|error| {
        let foreign = load::foreign_configuration(&options.root).map(|name| {
            let here = &options.config;
            format!("is this a site that moves over? Then move {name} to {here}, or pass --config {name}")
        });
        Failure::Configuration(vec![Diagnostic::from(&error).hint_if(foreign)])
    })?;
    let (mut config, warnings) = Config::parse(&file.text, &options.config, &options.overrides)
        .map_err(Failure::Configuration)?;
    for settings in load::theme_settings(&options.root, &config)
        .map_err(|error| Failure::Configuration(vec![Diagnostic::from(&error)]))?
    {
        config
            .fill_in(&settings.text, &settings.path)
            .map_err(|error| Failure::Configuration(vec![error]))?;
    }
    Ok(Configured {
        config,
        settings: file,
        warnings,
    })
}
