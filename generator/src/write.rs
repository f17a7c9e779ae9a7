//! Writes the finished files into the output folder. No other stage writes files.
//!
//! Only files that differ are written, each to a temporary file that is then renamed, so that no
//! half-written file is ever seen. Assets are written first, then pages, and deletions come last.
//! Only files that an earlier build wrote are ever deleted. Nothing is synced to the disk: after a
//! power failure the next build finds what differs, because it compares bytes.

mod error;
mod guard;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::output::{self, Output, OutputKind};
use crate::path::{OutputPath, SourcePath};

use self::guard::Guard;
use self::record::Record;

pub use self::error::WriteError;

/// The folder, below the site's root, for what the generator remembers between runs.
pub const MEMORY_FOLDER: &str = ".spotifinfo";

/// The beginning of the names of temporary files. After a crash, the next build deletes what is
/// left of them.
const TEMPORARY: &str = ".spotifinfo-tmp-";

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// The number of files that were new or differed.
    pub written: usize,
    /// The number of files that were up to date.
    pub unchanged: usize,
    /// The number of files of an earlier build that were deleted.
    pub removed: usize,
    /// The size of the whole output, in bytes.
    pub bytes: u64,
}

/// Brings the folder `out` up to date, so that it holds `outputs`. The site lies at `root` and has
/// the configuration file `config`. What was written is recorded below `root`.
///
/// # Errors
/// [`WriteError`] if two outputs have the same path, if `out` overlaps with the site's own sources,
/// or if the system refuses to write. Files that were not reached stay as they were.
pub fn write(
    outputs: &[Output],
    root: &Path,
    config: &SourcePath,
    out: &Path,
) -> Result<Written, WriteError> {
    let paths = claims(outputs)?;
    let guard = Guard::new(root, config);
    guard.refuse_sources(out)?;
    guard.refuse_links_to_sources(paths.keys().copied(), out)?;
    fs::create_dir_all(out).map_err(|error| WriteError::refused(out, error))?;
    let record_file = record::file(root, out);
    let before = Record::read(&record_file)?;
    if before.unfinished {
        sweep(out);
    }
    let after = before.next(&paths);
    let changes = before != after;
    if changes {
        before.joined(&after).store(&record_file)?;
    }
    let mut removed = remove(&in_the_way(&before, &paths), out)?;
    let mut written = Written::default();
    for kind in [
        OutputKind::Asset,
        OutputKind::Static,
        OutputKind::Page,
        OutputKind::Meta,
    ] {
        written.add(place_all(outputs, kind, out)?);
    }
    removed += remove(&before.gone(&after), out)?;
    if changes {
        after.store(&record_file)?;
    }
    Ok(Written { removed, ..written })
}

impl Written {
    fn add(&mut self, other: Self) {
        self.written += other.written;
        self.unchanged += other.unchanged;
        self.removed += other.removed;
        self.bytes += other.bytes;
    }
}

/// The path and kind of every output, if no two want one place.
fn claims(outputs: &[Output]) -> Result<BTreeMap<&OutputPath, OutputKind>, WriteError> {
    match output::clashes(outputs).first() {
        Some(clash) => Err(WriteError::twice(clash)),
        None => Ok(outputs.iter().map(|one| (&one.path, one.kind)).collect()),
    }
}

fn place_all(outputs: &[Output], kind: OutputKind, out: &Path) -> Result<Written, WriteError> {
    let chosen: Vec<&Output> = outputs.iter().filter(|one| one.kind == kind).collect();
    let counter = AtomicUsize::new(0);
    chosen
        .par_iter()
        .map(|output| place(output, out, &counter))
        .try_reduce(Written::default, |mut sum, one| {
            sum.add(one);
            Ok(sum)
        })
}

fn place(output: &Output, out: &Path, counter: &AtomicUsize) -> Result<Written, WriteError> {
    let file = output.path.below(out);
    let bytes = output.bytes.len() as u64;
    if holds(&file, &output.bytes) {
        return Ok(Written {
            unchanged: 1,
            bytes,
            ..Written::default()
        });
    }
    let folder = file.parent().unwrap_or(out);
    let number = counter.fetch_add(1, Ordering::Relaxed);
    // Two builds at once must not share a name.
    let temporary = folder.join(format!("{TEMPORARY}{}-{number}", process::id()));
    let outcome = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&temporary, &output.bytes))
        .and_then(|()| fs::rename(&temporary, &file));
    outcome.map_err(|error| {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
        WriteError::refused(&file, error)
    })?;
    Ok(Written {
        written: 1,
        bytes,
        ..Written::default()
    })
}

fn holds(file: &Path, bytes: &[u8]) -> bool {
    fs::symlink_metadata(file)
        .is_ok_and(|found| found.is_file() && found.len() == bytes.len() as u64)
        && fs::read(file).is_ok_and(|found| found == bytes)
}

/// Files of earlier builds that lie where a folder is needed now, or in a folder that becomes a
/// file.
fn in_the_way(before: &Record, paths: &BTreeMap<&OutputPath, OutputKind>) -> BTreeSet<OutputPath> {
    let needed: BTreeSet<&str> = paths.keys().flat_map(|path| path.folders()).collect();
    let files: BTreeSet<&str> = paths.keys().map(|path| path.as_str()).collect();
    let lies_in_a_file = |path: &OutputPath| path.folders().any(|one| files.contains(one));
    before
        .paths()
        .filter(|path| needed.contains(path.as_str()) || lies_in_a_file(path))
        .cloned()
        .collect()
}

/// Deletes files, and then the folders that are empty. Returns how many files it deleted.
fn remove(paths: &BTreeSet<OutputPath>, out: &Path) -> Result<usize, WriteError> {
    let mut removed = 0;
    for path in paths {
        let file = path.below(out);
        match fs::remove_file(&file) {
            Ok(()) => removed += 1,
            Err(error) if is_gone(&error) => continue,
            Err(error) => return Err(WriteError::refused(&file, error)),
        }
        let mut folder = file.parent().map(PathBuf::from);
        while let Some(empty) = folder.filter(|folder| folder != out) {
            if fs::remove_dir(&empty).is_err() {
                break;
            }
            folder = empty.parent().map(PathBuf::from);
        }
    }
    Ok(removed)
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}

/// Deletes temporary files that a crash has left, where it can.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder {
            sweep(&entry.path());
        } else if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests;
