//! A record of what earlier builds wrote, in a file outside of the output folder. Only files in it
//! are ever deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::hex::Hex;
use crate::output::OutputKind;
use crate::path::OutputPath;

use super::{MEMORY_FOLDER, WriteError};

const FIRST_LINE: &str = "spotifinfo wrote, 1";
const UNFINISHED: &str = "unfinished";

/// What an earlier build wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    files: BTreeMap<OutputPath, Role>,
    /// Whether the build that wrote it was interrupted.
    pub(super) unfinished: bool,
}

/// How long a recorded file stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A page or another file that is deleted as soon as no build makes it.
    File,
    /// An asset of the last build.
    Asset,
    /// An asset of the build before, which pages that were loaded then may still request.
    OldAsset,
}

/// The record for the output folder `out`. Each output folder of a site has its own.
pub(super) fn file(root: &Path, out: &Path) -> PathBuf {
    let out = fs::canonicalize(out).unwrap_or_else(|_| out.to_owned());
    let root_real = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let shown = out.strip_prefix(&root_real).unwrap_or(&out);
    let digest = Sha256::digest(shown.to_string_lossy().as_bytes());
    let name = Hex::of(&digest[..6]);
    root.join(MEMORY_FOLDER).join(format!("wrote-{name}"))
}

impl Record {
    /// Reads a record. If the file is missing or cannot be understood, the record is empty.
    pub(super) fn read(file: &Path) -> Result<Self, WriteError> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(Self::default()),
            Err(error) => return Err(WriteError::refused(file, error)),
        };
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Ok(Self::default());
        }
        let mut record = Self::default();
        for line in lines {
            if line == UNFINISHED {
                record.unfinished = true;
            }
            let role = match line.split_once(' ') {
                Some(("file", path)) => (path, Role::File),
                Some(("asset", path)) => (path, Role::Asset),
                Some(("old", path)) => (path, Role::OldAsset),
                _ => continue,
            };
            // No build writes a path that leaves the folder, so this line was forged.
            if let Ok(path) = OutputPath::new(role.0) {
                record.files.insert(path, role.1);
            }
        }
        Ok(record)
    }

    /// Stores the record. The file is replaced as a whole.
    pub(super) fn store(&self, file: &Path) -> Result<(), WriteError> {
        let mut text = format!("{FIRST_LINE}\n");
        if self.unfinished {
            let _ = writeln!(text, "{UNFINISHED}");
        }
        for (path, role) in &self.files {
            let role = match role {
                Role::File => "file",
                Role::Asset => "asset",
                Role::OldAsset => "old",
            };
            let _ = writeln!(text, "{role} {path}");
        }
        let folder = file.parent().unwrap_or(file);
        let temporary = file.with_extension("tmp");
        let ignore = folder.join(".gitignore");
        let stored = fs::create_dir_all(folder)
            .and_then(|()| match ignore.exists() {
                true => Ok(()),
                false => fs::write(&ignore, "*\n"),
            })
            .and_then(|()| fs::write(&temporary, text))
            .and_then(|()| fs::rename(&temporary, file));
        stored.map_err(|error| WriteError::refused(file, error))
    }

    /// The record for when `outputs` are written.
    ///
    /// Assets that are no longer made stay in it until the assets change again.
    pub(super) fn next(&self, outputs: &BTreeMap<&OutputPath, OutputKind>) -> Self {
        let mut files: BTreeMap<OutputPath, Role> = outputs
            .iter()
            .map(|(path, kind)| match kind {
                OutputKind::Asset => ((*path).clone(), Role::Asset),
                _ => ((*path).clone(), Role::File),
            })
            .collect();
        let assets = |files: &BTreeMap<OutputPath, Role>| -> BTreeSet<OutputPath> {
            files
                .iter()
                .filter(|(_, role)| **role == Role::Asset)
                .map(|(path, _)| path.clone())
                .collect()
        };
        let kept = if assets(&self.files) == assets(&files) {
            Role::OldAsset
        } else {
            Role::Asset
        };
        for (path, role) in &self.files {
            if *role == kept {
                files.entry(path.clone()).or_insert(Role::OldAsset);
            }
        }
        Self {
            files,
            unfinished: false,
        }
    }

    /// The record to store while the files are being written: everything of both.
    pub(super) fn joined(&self, next: &Self) -> Self {
        let mut files = self.files.clone();
        files.extend(next.files.iter().map(|(path, role)| (path.clone(), *role)));
        Self {
            files,
            unfinished: true,
        }
    }

    /// The files that are in this record but not in `next`.
    pub(super) fn gone(&self, next: &Self) -> BTreeSet<OutputPath> {
        self.files
            .keys()
            .filter(|path| !next.files.contains_key(*path))
            .cloned()
            .collect()
    }

    /// All recorded files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &OutputPath> {
        self.files.keys()
    }
}
