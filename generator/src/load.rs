//! Reads everything that a build needs from the disk into [`Sources`]. No other stage reads files.
//!
//! Nothing is interpreted here. The errors of all files are collected and reported together.

mod changes;
mod error;
mod walk;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::config::Config;
use crate::path::{OutputPath, PathError, Segments, SourcePath};

use self::walk::{Found, Hidden};

pub use self::changes::Changes;
pub use self::error::LoadError;

/// The usual configuration file. It is never content, even when `--config` names another one.
const USUAL_CONFIG: &str = "content/site.toml";

/// The folders of a site in which its own files lie; its configuration may lie elsewhere.
pub const SOURCE_FOLDERS: [&str; 6] =
    ["content", "data", "themes", "templates", "assets", "static"];

/// The largest text file that is read, in bytes. A larger one is a mistake or an attack.
const LARGEST_TEXT: u64 = 16 * 1024 * 1024;

/// The largest page that is read, in bytes: rendering markdown can take a hundred times its size in
/// memory.
const LARGEST_PAGE: u64 = 4 * 1024 * 1024;

/// Everything that was read.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The markdown files below `content/`, sorted by path.
    pub content: Vec<TextFile>,
    /// The other files below `content/`, sorted by path, except `content/data/` and the
    /// configuration.
    pub attachments: Vec<RawFile>,
    /// The files below `content/data/`, sorted by path.
    pub data: Vec<TextFile>,
    /// The files below `data/`, beside `content/`, sorted by path. Templates load them by name.
    pub shelf: Vec<RawFile>,
    /// The site's own layer, then its themes. A file of an earlier layer hides the same file of
    /// later ones.
    pub layers: Vec<Layer>,
}

/// A text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Its path.
    pub path: SourcePath,
    /// Its text, without a byte-order mark; a clone shares the memory.
    pub text: Arc<str>,
}

/// A file of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFile {
    /// Its path.
    pub path: SourcePath,
    /// Its bytes; a clone shares the memory.
    pub bytes: Bytes,
}

/// A theme, or the site's own `templates/`, `assets/` and `static/`.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// The theme's name; empty for the site's own layer.
    pub name: String,
    /// Templates, by their path below `templates/`.
    pub templates: BTreeMap<String, TextFile>,
    /// Assets, by their path below `assets/`.
    pub assets: BTreeMap<Segments, RawFile>,
    /// Files that are copied, by their path below `static/`.
    pub static_files: BTreeMap<OutputPath, RawFile>,
}

/// Reads one text file below `root`.
///
/// # Errors
/// [`LoadError`] where it cannot be read, is too large or is not UTF-8.
pub fn text(root: &Path, path: &SourcePath) -> Result<TextFile, LoadError> {
    let file = path.below(root);
    let unreadable = |error| LoadError::unreadable(path, error);
    let limit = match path.markdown_stem() {
        Some(_) => LARGEST_PAGE,
        None => LARGEST_TEXT,
    };
    if fs::metadata(&file).map_err(unreadable)?.len() > limit {
        return Err(LoadError::TooLarge {
            path: path.clone(),
            limit,
        });
    }
    let bytes = fs::read(&file).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|error| LoadError::not_utf8(path, &error))?;
    Ok(TextFile {
        path: path.clone(),
        text: Arc::from(text.strip_prefix('\u{feff}').unwrap_or(&text)),
    })
}

/// The name of another generator's configuration file that lies at `root`, if there is one.
#[must_use]
pub fn foreign_configuration(root: &Path) -> Option<&'static str> {
    let names = ["zola.toml", "config.toml", "hugo.toml"];
    names.into_iter().find(|name| root.join(name).is_file())
}

/// Reads the content, the data and the theme chain of the site at `root`. Content files that
/// `changes` does not touch are taken from `before` instead of the disk.
///
/// # Errors
/// All files that cannot be read, and all file names that are not allowed.
pub fn load(
    root: &Path,
    config: &Config,
    config_file: &SourcePath,
    before: &Sources,
    changes: &Changes,
) -> Result<Sources, Vec<LoadError>> {
    let mut errors = Vec::new();
    let found = walk::files(root, "content", Hidden::Skip, &mut errors);
    let ignored = |path: &SourcePath| {
        let below = path.below_content();
        path == config_file
            || path.as_str() == USUAL_CONFIG
            || matches_any(&config.ignored_content, below)
    };
    let (data, rest): (Vec<_>, Vec<_>) = found
        .into_iter()
        .filter(|found| !ignored(&found.path))
        .partition(|found| found.path.as_str().starts_with("content/data/"));
    let (markdown, others): (Vec<_>, Vec<_>) = rest
        .into_iter()
        .partition(|found| found.path.markdown_stem().is_some());
    let shelf = walk::files(root, "data", Hidden::Skip, &mut errors);
    let known_pages = changes.unchanged(root, &before.content);
    let known_others = changes.unchanged(root, &before.attachments);
    let mut sources = Sources {
        content: collect(root, markdown, known_pages, &mut errors),
        attachments: collect(root, others, known_others, &mut errors),
        data: collect(root, data, HashMap::new(), &mut errors),
        shelf: collect(root, shelf, HashMap::new(), &mut errors),
        layers: layers(root, config, &mut errors),
    };
    for layer in &mut sources.layers {
        let ignored = &config.ignored_static;
        layer
            .static_files
            .retain(|path, _| !matches_any(ignored, path.as_str()));
    }
    if errors.is_empty() {
        Ok(sources)
    } else {
        Err(errors)
    }
}

impl Sources {
    /// The file of the template `name`: the strongest layer's, or that of the theme it names.
    #[must_use]
    pub fn template(&self, name: &str) -> Option<&SourcePath> {
        let mut layers = self.layers.iter();
        let strongest = layers.find_map(|layer| layer.templates.get(name));
        let named = || {
            let (theme, name) = name.split_once('/')?;
            let layer = self.layers.iter().find(|layer| layer.name == theme)?;
            layer.templates.get(name)
        };
        strongest.or_else(named).map(|file| &file.path)
    }

    /// The file of the asset `name`, the strongest layer's.
    #[must_use]
    pub fn asset(&self, name: &str) -> Option<&SourcePath> {
        let mut layers = self.layers.iter();
        let found = layers.find_map(|layer| layer.assets.get(name));
        found.map(|file| &file.path)
    }

    /// The file that a template means by `path`: as it is, else below `static/`, else below
    /// `content/`, else below a theme's `static/`. `@/` stands for `content/`.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&SourcePath> {
        let path = match path.strip_prefix("@/") {
            Some(below) => format!("content/{below}"),
            None => path.trim_start_matches('/').to_owned(),
        };
        let of_layers = self.layers.iter().flat_map(|layer| {
            let statics = layer.static_files.values();
            statics.chain(layer.assets.values()).map(|file| &file.path)
        });
        let beside = self.attachments.iter().chain(&self.shelf);
        let data = self.data.iter().map(|file| &file.path);
        let all: Vec<&SourcePath> = data
            .chain(beside.map(|file| &file.path))
            .chain(of_layers)
            .collect();
        let called = |name: String| all.iter().copied().find(|one| one.as_str() == name);
        called(path.clone())
            .or_else(|| called(format!("static/{path}")))
            .or_else(|| called(format!("content/{path}")))
            .or_else(|| {
                let mut layers = self.layers.iter();
                let found = layers.find_map(|layer| layer.static_files.get(path.as_str()));
                found.map(|file| &file.path)
            })
    }
}

/// Whether one of `globs` matches `path`. As in Zola, `*` stands for slashes too, and `**/` for
/// no folder at all.
fn matches_any(globs: &[String], path: &str) -> bool {
    const SLASH: &str = "\u{1}";
    let across = path.replace('/', SLASH);
    globs.iter().any(|glob| {
        fast_glob::glob_match(glob, path)
            || fast_glob::glob_match(glob.replace('/', SLASH), &across)
    })
}

/// The `theme.toml` of each theme that has one, in the order of the themes.
///
/// # Errors
/// [`LoadError`] for the first that exists and cannot be read.
pub fn theme_settings(root: &Path, config: &Config) -> Result<Vec<TextFile>, LoadError> {
    let mut found = Vec::new();
    for name in &config.theme {
        let path = SourcePath::new(format!("themes/{name}/theme.toml"));
        let Some(path) = path.ok().filter(|path| path.below(root).is_file()) else {
            continue;
        };
        found.push(text(root, &path)?);
    }
    Ok(found)
}

/// A file as this stage reads it.
trait SourceFile: Clone + Send + Sync {
    fn read(root: &Path, path: &SourcePath) -> Result<Self, LoadError>;

    fn path(&self) -> &SourcePath;
}

impl SourceFile for TextFile {
    fn read(root: &Path, path: &SourcePath) -> Result<Self, LoadError> {
        text(root, path)
    }

    fn path(&self) -> &SourcePath {
        &self.path
    }
}

impl SourceFile for RawFile {
    fn read(root: &Path, path: &SourcePath) -> Result<Self, LoadError> {
        let bytes =
            fs::read(path.below(root)).map_err(|error| LoadError::unreadable(path, error))?;
        Ok(Self {
            path: path.clone(),
            bytes: Bytes::from(bytes),
        })
    }

    fn path(&self) -> &SourcePath {
        &self.path
    }
}

/// Reads the files in `found` that are not in `known`. Files that are reached through a link are
/// always read, because the watcher reports their changes under the link's target.
fn collect<T: SourceFile>(
    root: &Path,
    found: Vec<Found>,
    known: HashMap<&SourcePath, &T>,
    errors: &mut Vec<LoadError>,
) -> Vec<T> {
    let read: Vec<_> = found
        .into_par_iter()
        .map(|found| match known.get(&found.path) {
            Some(file) if !found.linked => Ok(T::clone(file)),
            _ => T::read(root, &found.path),
        })
        .collect();
    let mut files = Vec::with_capacity(read.len());
    for outcome in read {
        match outcome {
            Ok(file) => files.push(file),
            Err(error) => errors.push(error),
        }
    }
    files
}

fn layers(root: &Path, config: &Config, errors: &mut Vec<LoadError>) -> Vec<Layer> {
    let mut layers = Vec::with_capacity(config.theme.len() + 1);
    layers.push(layer(root, "", "", errors));
    for name in &config.theme {
        let folder = format!("themes/{name}");
        if name.contains(['/', '\\']) || !root.join(&folder).is_dir() {
            errors.push(LoadError::NoTheme {
                name: name.clone(),
                available: walk::folders(root, "themes"),
            });
            continue;
        }
        layers.push(layer(root, name, &format!("{folder}/"), errors));
    }
    layers
}

fn layer(root: &Path, name: &str, folder: &str, errors: &mut Vec<LoadError>) -> Layer {
    let folder = |below: &str| format!("{folder}{below}");
    Layer {
        name: name.to_owned(),
        templates: below(root, &folder("templates"), Hidden::Skip, Ok, errors),
        assets: below(root, &folder("assets"), Hidden::Skip, Segments::new, errors),
        static_files: below(
            root,
            &folder("static"),
            Hidden::Keep,
            OutputPath::new,
            errors,
        ),
    }
}

/// The files below `folder`, each by what `place` makes of its path there.
fn below<T: SourceFile, P: Ord>(
    root: &Path,
    folder: &str,
    hidden: Hidden,
    place: impl Fn(String) -> Result<P, PathError>,
    errors: &mut Vec<LoadError>,
) -> BTreeMap<P, T> {
    let found = walk::files(root, folder, hidden, errors);
    let mut files = BTreeMap::new();
    for file in collect::<T>(root, found, HashMap::new(), errors) {
        match place(file.path().as_str()[folder.len() + 1..].to_owned()) {
            Ok(place) => {
                files.insert(place, file);
            }
            Err(error) => errors.push(LoadError::NoPlace {
                path: file.path().clone(),
                error,
            }),
        }
    }
    files
}
