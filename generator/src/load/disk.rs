//! Reads files and collects what goes wrong, so that all of it is told together.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::changes::Touched;
use super::walk::{self, Found, Hidden};
use super::{Layer, LoadError, RawFile, Sources, TextFile, USUAL_CONFIG, matches_any, text};
use crate::config::Config;
use crate::fingerprint::Table;
use crate::path::{OutputPath, PathError, Segments, SourcePath};

/// The site on the disk, and what could not be read there so far.
pub(super) struct Disk<'r> {
    root: &'r Path,
    errors: Vec<LoadError>,
}

impl<'r> Disk<'r> {
    pub(super) fn new(root: &'r Path) -> Self {
        Self {
            root,
            errors: Vec::new(),
        }
    }

    /// What could not be read.
    pub(super) fn errors(self) -> Vec<LoadError> {
        self.errors
    }

    /// The files below `content/`, in `Sources` that hold nothing else. Those that are not
    /// `touched` are taken from `before`.
    pub(super) fn content(
        &mut self,
        config: &Config,
        config_file: &SourcePath,
        before: &Sources,
        touched: Option<&Touched>,
    ) -> Sources {
        let ignored = |path: &SourcePath| {
            path == config_file
                || path.as_str() == USUAL_CONFIG
                || matches_any(&config.ignored_content, path.below_content())
        };
        let mut found = self.find("content", Hidden::Skip);
        let has_links = found.iter().any(|found| found.linked);
        found.retain(|found| !ignored(&found.path));
        let (data, rest): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|found| found.path.as_str().starts_with("content/data/"));
        let (markdown, others): (Vec<_>, Vec<_>) = rest
            .into_iter()
            .partition(|found| found.path.markdown_stem().is_some());
        Sources {
            content: self.read(markdown, spared(touched, &before.content)),
            attachments: self.read(others, spared(touched, &before.attachments)),
            data: self.read(data, Table::default()),
            has_links,
            ..Sources::default()
        }
    }

    /// The files `before`, of which those that are `touched` are read again.
    pub(super) fn read_again<T: SourceFile>(&mut self, before: &[T], touched: &Touched) -> Vec<T> {
        let mut files = before.to_vec();
        for path in touched.within("content") {
            let Some(at) = position(before, path) else {
                continue;
            };
            match T::read(self.root, before[at].path()) {
                Ok(file) => files[at] = file,
                Err(error) => self.errors.push(error),
            }
        }
        files
    }

    /// The files below `folder`.
    pub(super) fn find(&mut self, folder: &str, hidden: Hidden) -> Vec<Found> {
        let (found, errors) = walk::files(self.root, folder, hidden);
        self.errors.extend(errors);
        found
    }

    /// Reads the files in `found` that are not in `known`. Files that are reached through a link
    /// are always read, because the watcher reports their changes under the link's target.
    pub(super) fn read<T: SourceFile>(
        &mut self,
        found: Vec<Found>,
        known: Table<&SourcePath, &T>,
    ) -> Vec<T> {
        let root = self.root;
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
                Err(error) => self.errors.push(error),
            }
        }
        files
    }

    /// The site's own layer, then its themes.
    pub(super) fn layers(&mut self, config: &Config) -> Vec<Layer> {
        let mut layers = Vec::with_capacity(config.theme.len() + 1);
        layers.push(self.layer("", "", config));
        for name in &config.theme {
            let folder = format!("themes/{name}");
            if name.contains(['/', '\\']) || !self.root.join(&folder).is_dir() {
                self.errors.push(LoadError::NoTheme {
                    name: name.clone(),
                    available: walk::folders(self.root, "themes"),
                });
                continue;
            }
            layers.push(self.layer(name, &format!("{folder}/"), config));
        }
        layers
    }

    fn layer(&mut self, name: &str, folder: &str, config: &Config) -> Layer {
        let folder = |below: &str| format!("{folder}{below}");
        let mut layer = Layer {
            name: name.to_owned(),
            templates: self.below(&folder("templates"), Hidden::Skip, Ok),
            assets: self.below(&folder("assets"), Hidden::Skip, Segments::new),
            static_files: self.below(&folder("static"), Hidden::Keep, OutputPath::new),
        };
        let is_ignored = |path: &OutputPath| matches_any(&config.ignored_static, path.as_str());
        layer.static_files.retain(|path, _| !is_ignored(path));
        layer
    }

    /// The files below `folder`, each by what `place` makes of its path there.
    fn below<T: SourceFile, P: Ord>(
        &mut self,
        folder: &str,
        hidden: Hidden,
        place: impl Fn(String) -> Result<P, PathError>,
    ) -> BTreeMap<P, T> {
        let found = self.find(folder, hidden);
        let mut files = BTreeMap::new();
        for file in self.read::<T>(found, Table::default()) {
            match place(file.path().as_str()[folder.len() + 1..].to_owned()) {
                Ok(place) => {
                    files.insert(place, file);
                }
                Err(error) => self.errors.push(LoadError::NoPlace {
                    path: file.path().clone(),
                    error,
                }),
            }
        }
        files
    }
}

/// The index of the file at `path`. `files` are sorted by path.
pub(super) fn position<T: SourceFile>(files: &[T], path: &str) -> Option<usize> {
    let found = files.binary_search_by(|file| file.path().as_str().cmp(path));
    found.ok()
}

/// Whether there are files in a folder at `path`.
pub(super) fn is_folder<T: SourceFile>(files: &[T], path: &str) -> bool {
    let start = format!("{path}/");
    let first = files.partition_point(|file| file.path().as_str() < start.as_str());
    let first = files.get(first);
    first.is_some_and(|file| file.path().as_str().starts_with(&start))
}

fn spared<'f, T: SourceFile>(
    touched: Option<&Touched>,
    files: &'f [T],
) -> Table<&'f SourcePath, &'f T> {
    touched
        .map(|touched| touched.spared(files))
        .unwrap_or_default()
}

/// A file as this stage reads it.
pub(super) trait SourceFile: Clone + Send + Sync {
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
