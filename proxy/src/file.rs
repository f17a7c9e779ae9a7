//! What every module that keeps a file needs: the names of the files beside it, its folder, the
//! permissions that keep it private, and the user that owns what this program writes.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The path of the file in the same folder whose name is that of `path` and then `ending`:
/// `sessions.db` and `.lock` give `sessions.db.lock`.
#[must_use]
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The folder of the file at `path`: `.` where the path has no folder in it.
#[must_use]
pub(crate) fn folder_of(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Options under which a new file is readable and writable by its owner alone. They do not change
/// the permissions of a file that exists.
#[must_use]
pub(crate) fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// The id of the user that runs this program.
#[must_use]
pub(crate) fn own_id() -> u32 {
    fs::metadata("/proc/self").map_or(0, |process| process.uid())
}
