//! Why the output folder cannot be brought up to date.

use std::io;
use std::path::{Path, PathBuf};

use crate::claims::Clash;
use crate::diag::Diagnostic;
use crate::output::Origin;

/// Why the output folder cannot be brought up to date.
#[derive(Debug)]
pub enum WriteError {
    /// Two outputs have the same path, or one lies in a folder that the other is a file of.
    Twice {
        /// The path.
        path: String,
        /// What the one was made from.
        one: String,
        /// What the other was made from.
        other: String,
    },
    /// The output folder overlaps with the site's own sources.
    OutIsSource(PathBuf),
    /// The operating system refused to write or delete something.
    Refused {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

impl WriteError {
    pub(super) fn refused(path: &Path, error: io::Error) -> Self {
        Self::Refused {
            path: path.to_owned(),
            error,
        }
    }

    pub(super) fn twice(clash: &Clash<'_, Origin<'_>>) -> Self {
        Self::Twice {
            path: clash.path.to_owned(),
            one: clash.first.to_string(),
            other: clash.other.to_string(),
        }
    }
}

impl From<&WriteError> for Diagnostic {
    fn from(error: &WriteError) -> Self {
        match error {
            WriteError::Twice { path, one, other } => {
                Self::error(format!("two files want to be `{path}`"))
                    .note(format!("one is made from {one}"))
                    .note(format!("the other is made from {other}"))
                    .hint("rename one of them, or give one another `path`")
            }
            WriteError::OutIsSource(out) => Self::error(format!(
                "the output folder {} holds the site's own sources",
                out.display()
            ))
            .hint("choose a folder of its own with `--out`, such as `dist`"),
            WriteError::Refused { path, error } => {
                let (path, kind) = (path.display(), error.kind());
                Self::error(format!("cannot write {path}: {error}")).hint(match kind {
                    io::ErrorKind::PermissionDenied => "give this user the right to write there",
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                        "make room on the disk and build again; no file was left half written"
                    }
                    io::ErrorKind::ReadOnlyFilesystem => "choose another folder with `--out`",
                    io::ErrorKind::IsADirectory
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::AlreadyExists => {
                        "something that the generator did not write stands in its way: move it"
                    }
                    _ => "look at the folder and the disk, and build again",
                })
            }
        }
    }
}
