//! Reads everything that a build needs from the disk into [`Sources`]. No other stage reads files.
//!
//! Nothing is interpreted here. The errors of all files are collected and reported together.

mod changes;
mod disk;
mod error;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use crate::config::Config;
use crate::fingerprint::Table;
use crate::path::{OutputPath, Segments, SourcePath};

use self::changes::Touched;
use self::disk::Disk;
use self::walk::Hidden;

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
    /// Whether some of the files below `content/` were reached through links.
    has_links: bool,
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
/// `changes` does not touch are taken from `before` instead of the disk, and where none has come or
/// gone, its folders are not walked.
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
    let mut disk = Disk::new(root);
    let touched = changes.below(root);
    let below_content = match &touched {
        Some(touched) if before.lie_where_they_lay(root, touched) => Sources {
            content: disk.read_again(&before.content, touched),
            attachments: disk.read_again(&before.attachments, touched),
            data: disk.read_again(&before.data, touched),
            ..Sources::default()
        },
        _ => disk.content(config, config_file, before, touched.as_ref()),
    };
    let shelf = disk.find("data", Hidden::Skip);
    let sources = Sources {
        shelf: disk.read(shelf, Table::default()),
        layers: disk.layers(config),
        ..below_content
    };
    let errors = disk.errors();
    if errors.is_empty() {
        Ok(sources)
    } else {
        Err(errors)
    }
}

impl Sources {
    /// Whether the same files lie below `content/` as before, although those at the paths `touched`
    /// may hold something else. A file behind a link may do so at any time: the watcher tells of the
    /// link's target.
    fn lie_where_they_lay(&self, root: &Path, touched: &Touched) -> bool {
        let Self {
            content,
            attachments,
            data,
            ..
        } = self;
        let was_file = |path: &str| {
            disk::position(content, path).is_some()
                || disk::position(attachments, path).is_some()
                || disk::position(data, path).is_some()
        };
        let was_folder = |path: &str| {
            disk::is_folder(content, path)
                || disk::is_folder(attachments, path)
                || disk::is_folder(data, path)
        };
        let stays = |path: &str| match fs::symlink_metadata(root.join(path)) {
            Ok(now) => now.is_file() && was_file(path),
            Err(_) => !was_file(path) && !was_folder(path),
        };
        !self.has_links && touched.within("content").all(stays)
    }

    /// The files that are copied from `static/`, the strongest layer's of each path.
    pub fn static_files(&self) -> impl Iterator<Item = (&OutputPath, &RawFile)> {
        let mut taken = BTreeSet::new();
        let all = self.layers.iter().flat_map(|layer| &layer.static_files);
        all.filter(move |(path, _)| taken.insert(*path))
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
