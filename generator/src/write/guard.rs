//! Keeps a build from overwriting the site's own sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::load::SOURCE_FOLDERS;
use crate::path::{OutputPath, SourcePath};

use super::WriteError;

/// The places of a site's own sources, with all links resolved.
pub(super) struct Guard {
    root: PathBuf,
    sources: Vec<PathBuf>,
    config: PathBuf,
}

impl Guard {
    /// Guards the site at `root`, whose configuration is the file `config`.
    pub(super) fn new(root: &Path, config: &SourcePath) -> Self {
        Self {
            root: real(root),
            sources: SOURCE_FOLDERS
                .iter()
                .map(|name| real(&root.join(name)))
                .collect(),
            config: real(&config.below(root)),
        }
    }

    /// Refuses an output folder that is, contains or lies in a source folder, or that contains the
    /// configuration or the whole site.
    pub(super) fn refuse_sources(&self, out: &Path) -> Result<(), WriteError> {
        let target = real(out);
        let overlaps = |source: &PathBuf| target.starts_with(source) || source.starts_with(&target);
        if self.root.starts_with(&target)
            || self.config.starts_with(&target)
            || self.sources.iter().any(overlaps)
        {
            return Err(WriteError::OutIsSource(out.to_owned()));
        }
        Ok(())
    }

    /// Refuses links in the output folder through which `paths` would be written among the sources.
    pub(super) fn refuse_links_to_sources<'p>(
        &self,
        paths: impl Iterator<Item = &'p OutputPath>,
        out: &Path,
    ) -> Result<(), WriteError> {
        let needed: BTreeSet<&str> = paths.flat_map(OutputPath::folders).collect();
        for folder in needed {
            let folder = out.join(folder);
            if folder.is_symlink() {
                self.refuse_sources(&folder)?;
            }
        }
        Ok(())
    }
}

/// `path` as an absolute path without links and `..`. Its last segments need not exist.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut real = PathBuf::new();
    for part in absolute.components() {
        if part == Component::ParentDir {
            real.pop();
        } else {
            real.push(part);
            real = fs::canonicalize(&real).unwrap_or(real);
        }
    }
    real
}
