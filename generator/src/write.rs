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

use crate::output::{Output, OutputKind};
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

/// The path and kind of every output. Two outputs with one path are an error, and so is an output
/// whose folder is the path of another output.
fn claims(outputs: &[Output]) -> Result<BTreeMap<&OutputPath, OutputKind>, WriteError> {
    let mut claims: BTreeMap<&OutputPath, &Output> = BTreeMap::new();
    for output in outputs {
        if let Some(other) = claims.insert(&output.path, output) {
            return Err(WriteError::twice(other, output));
        }
    }
    for output in outputs {
        for folder in folders(output.path.as_str()) {
            let file = OutputPath::new(folder).ok();
            if let Some(other) = file.and_then(|file| claims.get(&file)) {
                return Err(WriteError::twice(other, output));
            }
        }
    }
    Ok(claims
        .into_iter()
        .map(|(path, output)| (path, output.kind))
        .collect())
}

/// The folders that `path` lies in, the outermost first: `a`, `a/b` for `a/b/c`.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
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
    let needed: BTreeSet<&str> = paths
        .keys()
        .flat_map(|path| folders(path.as_str()))
        .collect();
    before
        .paths()
        .filter(|path| {
            needed.contains(path.as_str())
                || folders(path.as_str()).any(|folder| {
                    OutputPath::new(folder).is_ok_and(|folder| paths.contains_key(&folder))
                })
        })
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
mod tests {
    use std::fs;
    use std::path::Path;

    use tempfile::TempDir;

    use super::{WriteError, Written, write};
    use crate::diag::Diagnostic;
    use crate::output::{Output, OutputKind};
    use crate::path::{OutputPath, SourcePath};

    fn output(path: &str, text: &str) -> Output {
        let kind = if path.starts_with("assets/") {
            OutputKind::Asset
        } else {
            OutputKind::Page
        };
        Output {
            path: OutputPath::new(path).unwrap(),
            bytes: text.to_owned().into(),
            kind,
            made_from: vec![SourcePath::new(format!("content/{path}")).unwrap()],
        }
    }

    fn outputs(files: &[(&str, &str)]) -> Vec<Output> {
        files
            .iter()
            .map(|(path, text)| output(path, text))
            .collect()
    }

    fn build(root: &Path, files: &[(&str, &str)]) -> Result<Written, WriteError> {
        write_into(root, &root.join("dist"), files)
    }

    fn write_into(root: &Path, out: &Path, files: &[(&str, &str)]) -> Result<Written, WriteError> {
        let config = SourcePath::new("settings/site.toml").unwrap();
        write(&outputs(files), root, &config, out)
    }

    fn check(root: &Path, files: &[(&str, &str)], counts: (usize, usize, usize)) {
        let done = build(root, files).unwrap();
        assert_eq!((done.written, done.unchanged, done.removed), counts);
        for (path, text) in files {
            assert_eq!(
                fs::read_to_string(root.join("dist").join(path)).unwrap(),
                *text
            );
        }
    }

    #[test]
    fn only_what_differs_is_touched() {
        let root = TempDir::new().unwrap();
        let root = root.path();
        check(root, &[("a/index.html", "1"), ("b.txt", "1")], (2, 0, 0));
        check(root, &[("a/index.html", "2"), ("b.txt", "1")], (1, 1, 0));
        check(root, &[("b.txt", "1")], (0, 1, 1));
        assert!(!root.join("dist/a").exists());
    }

    #[test]
    fn what_others_put_there_stays() {
        let root = TempDir::new().unwrap();
        let root = root.path();
        check(root, &[("a/b/index.html", "1")], (1, 0, 0));
        fs::write(root.join("dist/.gitignore"), "*").unwrap();
        fs::write(root.join("dist/a/mine.txt"), "mine").unwrap();
        check(root, &[("c.html", "1")], (1, 0, 1));
        assert!(root.join("dist/.gitignore").exists());
        assert!(root.join("dist/a/mine.txt").exists());
        assert!(!root.join("dist/a/b").exists());
    }

    #[test]
    fn the_assets_of_the_build_before_are_kept() {
        let root = TempDir::new().unwrap();
        let root = root.path();
        check(root, &[("assets/a.1.css", "1")], (1, 0, 0));
        check(root, &[("assets/a.2.css", "2")], (1, 0, 0));
        check(root, &[("assets/a.2.css", "2"), ("x.html", "")], (1, 1, 0));
        assert!(root.join("dist/assets/a.1.css").exists());
        check(root, &[("assets/a.3.css", "3")], (1, 0, 2));
        assert!(!root.join("dist/assets/a.1.css").exists());
        assert!(root.join("dist/assets/a.2.css").exists());
    }

    #[test]
    fn a_file_gives_way_to_a_folder_and_back() {
        let root = TempDir::new().unwrap();
        let root = root.path();
        check(root, &[("a", "1")], (1, 0, 0));
        check(root, &[("a/b", "1")], (1, 0, 1));
        check(root, &[("a", "1")], (1, 0, 1));
    }

    #[test]
    fn what_a_crash_left_is_swept() {
        let root = TempDir::new().unwrap();
        let root = root.path();
        check(root, &[("a.html", "1")], (1, 0, 0));
        let memory = fs::read_dir(root.join(".spotifinfo"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.file_name().unwrap() != ".gitignore")
            .unwrap();
        let text = fs::read_to_string(&memory).unwrap();
        fs::write(&memory, format!("{text}unfinished\nfile new.html\n")).unwrap();
        fs::write(root.join("dist/new.html"), "").unwrap();
        fs::write(root.join("dist/.spotifinfo-tmp-3"), "half").unwrap();
        check(root, &[("a.html", "1")], (0, 1, 1));
        assert!(!root.join("dist/.spotifinfo-tmp-3").exists());
    }

    #[test]
    fn a_forged_memory_deletes_nothing_outside() {
        let root = TempDir::new().unwrap();
        let root = root.path();
        fs::write(root.join("precious"), "").unwrap();
        check(root, &[("a.html", "1")], (1, 0, 0));
        for entry in fs::read_dir(root.join(".spotifinfo")).unwrap() {
            let forged = "spotifinfo wrote, 1\nfile ../precious\nfile a.html\n";
            fs::write(entry.unwrap().path(), forged).unwrap();
        }
        check(root, &[("b.html", "1")], (1, 0, 1));
        assert!(root.join("precious").exists());
    }

    fn message(outcome: Result<Written, WriteError>) -> String {
        Diagnostic::from(&outcome.unwrap_err()).to_string()
    }

    #[test]
    fn two_for_one_place_are_refused() {
        let root = TempDir::new().unwrap();
        let same = message(build(root.path(), &[("a", "1"), ("a", "2")]));
        assert!(same.contains("two files want to be `a`"), "{same}");
        assert!(same.contains("content/a"), "{same}");
        let folder = message(build(root.path(), &[("a/b/c", "1"), ("a", "2")]));
        assert!(folder.contains("content/a/b/c"), "{folder}");
        assert!(!root.path().join("dist").exists());
    }

    #[test]
    fn sources_are_not_overwritten() {
        let root = TempDir::new().unwrap();
        let root = root.path();
        fs::create_dir(root.join("content")).unwrap();
        for out in [
            "",
            "..",
            "content",
            "data",
            "themes",
            "templates",
            "assets",
            "static",
            "settings",
            "data/new",
            "not/there/../../data/new",
            "content/../themes",
        ] {
            let refused = message(write_into(root, &root.join(out), &[("a", "1")]));
            assert!(refused.contains("the site's own sources"), "{refused}");
        }
        let left: Vec<_> = fs::read_dir(root).unwrap().collect();
        assert_eq!(left.len(), 1, "something was made beside `content`");
    }

    #[test]
    fn a_folder_beside_the_configuration_may_be_the_output() {
        let root = TempDir::new().unwrap();
        let out = root.path().join("settings/dist");
        assert!(write_into(root.path(), &out, &[("a", "1")]).is_ok());
    }

    #[test]
    #[cfg(unix)]
    fn sources_are_found_behind_links() {
        let root = TempDir::new().unwrap();
        let elsewhere = TempDir::new().unwrap();
        let folder = elsewhere.path().join("texts/mine");
        fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(&folder, root.path().join("content")).unwrap();
        for out in [&folder, elsewhere.path()] {
            let refused = message(write_into(root.path(), out, &[("a", "1")]));
            assert!(refused.contains("the site's own sources"), "{refused}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_link_that_leads_back_to_sources_is_not_followed() {
        let root = TempDir::new().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("content")).unwrap();
        fs::create_dir_all(root.join("dist")).unwrap();
        fs::write(root.join("content/index.html"), "mine").unwrap();
        std::os::unix::fs::symlink("../content", root.join("dist/a")).unwrap();
        let refused = message(build(root, &[("a/index.html", "1")]));
        assert!(
            refused.contains("dist/a holds the site's own sources"),
            "{refused}"
        );
        let kept = fs::read_to_string(root.join("content/index.html")).unwrap();
        assert_eq!(kept, "mine");
    }

    #[test]
    fn a_folder_in_the_way_is_told() {
        let root = TempDir::new().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("dist/a/kept")).unwrap();
        let refused = message(build(root, &[("a", "1")]));
        assert!(refused.contains("stands in its way"), "{refused}");
        assert!(root.join("dist/a/kept").exists());
        let left: Vec<_> = fs::read_dir(root.join("dist")).unwrap().collect();
        assert_eq!(left.len(), 1, "a temporary file was left");
    }
}
