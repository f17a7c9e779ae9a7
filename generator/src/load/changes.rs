//! Which files may have changed on the disk since they were last read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::disk::SourceFile;
use super::walk;
use crate::fingerprint::Table;
use crate::path::SourcePath;

/// Which files may have changed on the disk since they were last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// Any file may have changed.
    Anything,
    /// Only the files at these paths or below them may have changed.
    Only(BTreeSet<PathBuf>),
}

impl Changes {
    /// No changes.
    #[must_use]
    pub fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// These changes and `more`.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        match (self, more) {
            (Self::Only(mut paths), Self::Only(others)) => {
                paths.extend(others);
                Self::Only(paths)
            }
            _ => Self::Anything,
        }
    }

    /// The paths, relative to `root`; `None` if any file may have changed.
    pub(super) fn below(&self, root: &Path) -> Option<Touched> {
        let Self::Only(paths) = self else {
            return None;
        };
        let absolute = std::path::absolute(root).ok()?;
        let relative = |path: &PathBuf| {
            let below = path
                .strip_prefix(root)
                .or_else(|_| path.strip_prefix(&absolute));
            Some(below.ok()?.to_str()?.to_owned())
        };
        let paths: Option<BTreeSet<String>> = paths.iter().map(relative).collect();
        paths.map(Touched)
    }
}

/// The paths, relative to the root, at which files may have changed.
#[derive(Debug)]
pub(super) struct Touched(BTreeSet<String>);

impl Touched {
    /// The files that cannot have changed, of `files`.
    pub(super) fn spared<'a, T: SourceFile>(&self, files: &'a [T]) -> Table<&'a SourcePath, &'a T> {
        let files = files.iter().map(|file| (file.path(), file));
        files.filter(|(path, _)| !self.touches(path)).collect()
    }

    /// Those at which something can be that belongs into `folder`: `folder` itself, what lies in it
    /// and is not hidden, and all folders above.
    pub(super) fn within(&self, folder: &str) -> impl Iterator<Item = &str> {
        let paths = self.0.iter().map(String::as_str);
        paths.filter(move |path| {
            path.is_empty()
                || Path::new(folder).starts_with(path)
                || Path::new(path)
                    .strip_prefix(folder)
                    .is_ok_and(|below| !walk::is_hidden(below))
        })
    }

    fn touches(&self, path: &SourcePath) -> bool {
        let path = path.as_str();
        let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        self.0.contains("")
            || self.0.contains(path)
            || folders.any(|folder| self.0.contains(folder))
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use bytes::Bytes;

    use super::Changes;
    use crate::load::RawFile;
    use crate::path::SourcePath;

    fn only(paths: &[&str]) -> Changes {
        Changes::Only(paths.iter().map(PathBuf::from).collect())
    }

    fn check(changes: &Changes, unchanged: &[&str]) {
        let files = ["content/a.md", "content/b/c.md", "content/b.md"].map(|path| RawFile {
            path: SourcePath::new(path).unwrap(),
            bytes: Bytes::new(),
        });
        let touched = changes.below(Path::new("/site"));
        let kept = touched
            .map(|touched| touched.spared(&files))
            .unwrap_or_default();
        let mut kept: Vec<&str> = kept.keys().map(|path| path.as_str()).collect();
        kept.sort_unstable();
        assert_eq!(kept, unchanged, "{changes:?}");
    }

    #[test]
    fn a_folder_touches_what_lies_in_it() {
        check(
            &only(&[]),
            &["content/a.md", "content/b.md", "content/b/c.md"],
        );
        check(
            &only(&["/site/content/b"]),
            &["content/a.md", "content/b.md"],
        );
        check(
            &only(&["/site/content/b.md"]),
            &["content/a.md", "content/b/c.md"],
        );
        check(&only(&["/site"]), &[]);
    }

    #[test]
    fn what_lies_elsewhere_may_be_anything() {
        check(&only(&["/private/site/content/a.md"]), &[]);
        check(&Changes::Anything, &[]);
        check(&only(&["/site/x"]).and(Changes::Anything), &[]);
        check(
            &only(&["/site/content/a.md"]).and(only(&["/site/content/b"])),
            &["content/b.md"],
        );
    }
}
