//! Finds files, in the same order on every machine.

use std::fs;
use std::path::Path;

use super::LoadError;
use crate::path::{PathError, SourcePath};

/// How deeply folders may be nested.
const DEEPEST: usize = 64;

/// The files below `folder`, itself below `root`, sorted; none where it is not there.
pub(super) fn files(root: &Path, folder: &str, errors: &mut Vec<LoadError>) -> Vec<SourcePath> {
    let mut walk = Walk {
        root,
        errors,
        found: Vec::new(),
    };
    if root.join(folder).is_dir() {
        walk.folder(&root.join(folder), 0);
    }
    walk.found.sort();
    walk.found
}

/// The names of the folders directly below `folder`, sorted.
pub(super) fn folders(root: &Path, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root.join(folder))
        .into_iter()
        .flatten()
        .flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

struct Walk<'a> {
    root: &'a Path,
    errors: &'a mut Vec<LoadError>,
    found: Vec<SourcePath>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) {
        if depth > DEEPEST {
            let path = self.shown(folder);
            self.errors.push(LoadError::TooDeep { path });
            return;
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let path = self.shown(folder);
                self.errors.push(LoadError::Unreadable { path, error });
                return;
            }
        };
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(&entry, depth),
                Err(error) => {
                    let path = self.shown(folder);
                    self.errors.push(LoadError::Unreadable { path, error });
                }
            }
        }
    }

    fn entry(&mut self, entry: &fs::DirEntry, depth: usize) {
        let path = entry.path();
        if entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with('.'))
        {
            return;
        }
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        if is_link && !self.stays_inside(&path) {
            let path = self.shown(&path);
            self.errors.push(LoadError::LeavesRoot { path });
        } else if path.is_dir() {
            if is_link && self.leads_up(&path) {
                let path = self.shown(&path);
                self.errors.push(LoadError::TooDeep { path });
            } else {
                self.folder(&path, depth + 1);
            }
        } else if path.exists() && !path.is_file() {
            let path = self.shown(&path);
            self.errors.push(LoadError::NotAFile { path });
        } else {
            match SourcePath::from_disk(self.root, &path) {
                Ok(source) => self.found.push(source),
                Err(error) => self.bad_name(&path, error),
            }
        }
    }

    /// The path as the site's owner knows it: below the root.
    fn shown(&self, path: &Path) -> String {
        let below = path.strip_prefix(self.root).unwrap_or(path);
        below.display().to_string()
    }

    fn bad_name(&mut self, path: &Path, error: PathError) {
        let shown = self.shown(path);
        self.errors.push(LoadError::BadName(match error {
            PathError::NotUtf8(_) => PathError::NotUtf8(shown),
            other => other,
        }));
    }

    fn stays_inside(&self, link: &Path) -> bool {
        match (link.canonicalize(), self.root.canonicalize()) {
            (Ok(target), Ok(root)) => target.starts_with(root),
            _ => false,
        }
    }

    fn leads_up(&self, link: &Path) -> bool {
        let parent = link.parent().and_then(|parent| parent.canonicalize().ok());
        match (link.canonicalize(), parent) {
            (Ok(target), Some(parent)) => parent.starts_with(target),
            _ => true,
        }
    }
}
