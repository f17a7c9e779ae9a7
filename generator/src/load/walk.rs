//! Finds files, in the same order on every machine.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

use rayon::slice::ParallelSliceMut as _;

use super::LoadError;
use crate::path::{PathError, SourcePath};

/// How deeply folders may be nested.
const DEEPEST: usize = 64;

/// How many folders may lie behind links: links beside one another to folders that hold such
/// links make more paths than there is time.
const MOST_BEHIND_LINKS: usize = 10_000;

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) path: SourcePath,
    /// Whether it is a symbolic link, or lies in a folder that is one.
    pub(super) linked: bool,
}

/// What is made of files and folders whose names start with a dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    /// They are not the site's.
    Skip,
    /// They are, such as `.well-known/`, but for what tools and systems leave behind.
    Keep,
}

/// Names that are never meant to be published.
const LEFT_BEHIND: [&str; 6] = [
    ".DS_Store",
    ".git",
    ".gitattributes",
    ".gitignore",
    ".gitkeep",
    ".hg",
];

impl Hidden {
    fn is_left_out(self, name: &OsStr) -> bool {
        let Some(name) = name.to_str().filter(|name| name.starts_with('.')) else {
            return false;
        };
        let is_swap = [".swp", ".swo", ".swx"]
            .iter()
            .any(|end| name.ends_with(end));
        self == Self::Skip || is_swap || LEFT_BEHIND.contains(&name)
    }
}

/// The files below `folder`, which lies below `root`, sorted; none if the folder does not exist.
/// Those that are refused are told by the errors.
pub(super) fn files(root: &Path, folder: &str, hidden: Hidden) -> (Vec<Found>, Vec<LoadError>) {
    let mut walk = Walk {
        root,
        hidden,
        errors: Vec::new(),
        found: Vec::new(),
        links: 0,
        behind_links: 0,
    };
    let start = root.join(folder);
    if start.is_dir() {
        walk.links = usize::from(start.is_symlink());
        walk.folder(&start, 0);
    }
    walk.found.par_sort_unstable();
    (walk.found, walk.errors)
}

/// Whether [`Hidden::Skip`] leaves out the file at `path`.
pub(super) fn is_hidden(path: &Path) -> bool {
    path.iter().any(|name| Hidden::Skip.is_left_out(name))
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
    hidden: Hidden,
    errors: Vec<LoadError>,
    found: Vec<Found>,
    /// How many symbolic links there are on the path to the folder being read.
    links: usize,
    /// How many folders behind links were looked at.
    behind_links: usize,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) {
        if depth > DEEPEST {
            let path = self.shown(folder);
            self.errors.push(LoadError::TooDeep { path });
            return;
        }
        if self.links > 0 && !self.may_go_behind_links(folder) {
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
        if self.hidden.is_left_out(&entry.file_name()) {
            return;
        }
        let kind = entry.file_type().ok();
        let is_link = kind.is_some_and(|kind| kind.is_symlink());
        // The kind of a link is the kind of what it leads to.
        let kind = if is_link {
            fs::metadata(&path).ok().map(|found| found.file_type())
        } else {
            kind
        };
        let is_folder = kind.is_some_and(|kind| kind.is_dir());
        let is_special = kind.is_some_and(|kind| !kind.is_dir() && !kind.is_file());
        self.links += usize::from(is_link);
        let outside = is_link.then(|| self.stays_inside(&path).err()).flatten();
        if let Some(error) = outside {
            self.errors.push(error);
        } else if is_folder {
            if is_link && self.leads_up(&path) {
                let path = self.shown(&path);
                self.errors.push(LoadError::TooDeep { path });
            } else {
                self.folder(&path, depth + 1);
            }
        } else if is_special {
            let path = self.shown(&path);
            self.errors.push(LoadError::NotAFile { path });
        } else {
            match SourcePath::from_disk(self.root, &path) {
                Ok(path) => self.found.push(Found {
                    path,
                    linked: self.links > 0,
                }),
                Err(error) => self.bad_name(&path, error),
            }
        }
        self.links -= usize::from(is_link);
    }

    /// The path relative to the root, for messages.
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

    /// Refuses a link that leads out of the root, or to nothing.
    fn stays_inside(&self, link: &Path) -> Result<(), LoadError> {
        let path = self.shown(link);
        let target = link.canonicalize().map_err(|error| {
            let path = path.clone();
            match error.kind() {
                io::ErrorKind::PermissionDenied => LoadError::Unreadable { path, error },
                // The target is missing, or the links form a circle.
                _ => LoadError::DeadLink { path },
            }
        })?;
        match self.root.canonicalize() {
            Ok(root) if target.starts_with(&root) => Ok(()),
            _ => Err(LoadError::LeavesRoot { path }),
        }
    }

    /// Whether the link leads to a folder that the way to it leads through.
    fn leads_up(&self, link: &Path) -> bool {
        let Ok(target) = link.canonicalize() else {
            return true;
        };
        let above = link.ancestors().skip(1);
        let mut way = above.take_while(|folder| folder.starts_with(self.root));
        way.any(|folder| {
            let folder = folder.canonicalize();
            folder.is_ok_and(|folder| folder.starts_with(&target))
        })
    }

    fn may_go_behind_links(&mut self, folder: &Path) -> bool {
        self.behind_links += 1;
        if self.behind_links == MOST_BEHIND_LINKS + 1 {
            let path = self.shown(folder);
            let most = MOST_BEHIND_LINKS;
            self.errors.push(LoadError::TooManyLinks { path, most });
        }
        self.behind_links <= MOST_BEHIND_LINKS
    }
}
