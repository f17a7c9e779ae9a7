//! Why the system refuses a file, in words that say what to do about it. It looks at what is
//! there, makes nothing and changes nothing.

use std::fmt;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::file::{folder_of, own_id};

/// Why a file cannot be made, read or written.
#[derive(Debug)]
pub enum FileFault {
    /// The folder that it should be in is not there.
    NoFolder(PathBuf),
    /// What should be the folder is a file.
    NotAFolder(PathBuf),
    /// The file is a folder itself.
    IsFolder,
    /// The file belongs to somebody else.
    Foreign {
        /// To whom it belongs.
        owner: u32,
        /// Who runs this.
        own: u32,
    },
    /// Its permissions keep even its owner out.
    Closed {
        /// They.
        mode: u32,
    },
    /// This user may not make or replace files in its folder, or not even look into it.
    FolderClosed {
        /// The folder.
        folder: PathBuf,
        /// Who runs this.
        own: u32,
    },
    /// Its bytes are no text.
    NotText,
    /// Anything else.
    Other(io::Error),
}

impl FileFault {
    /// What `error` means, which the system gave for the file at `path`.
    #[must_use]
    pub fn of(path: &Path, error: io::Error) -> Self {
        let found = match error.kind() {
            ErrorKind::IsADirectory => Some(Self::IsFolder),
            ErrorKind::InvalidData => Some(Self::NotText),
            ErrorKind::NotFound | ErrorKind::NotADirectory => missing_folder(path),
            ErrorKind::PermissionDenied => Some(denied(path)),
            _ => None,
        };
        found.unwrap_or(Self::Other(error))
    }

    /// What would keep this program from writing the file at `path`, or from making it, as far as
    /// that can be known without trying.
    #[must_use]
    pub fn foreseen(path: &Path) -> Option<Self> {
        match fs::metadata(path) {
            Ok(there) if there.is_dir() => Some(Self::IsFolder),
            Ok(there) if there.is_file() => {
                let opened = OpenOptions::new().append(true).open(path);
                opened.err().map(|error| Self::of(path, error))
            }
            Ok(_) => None,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                missing_folder(path).or_else(|| closed_folder(path))
            }
            Err(error) => Some(Self::of(path, error)),
        }
    }
}

/// Whether everybody on the machine may read the file at `path`: then its permissions.
#[must_use]
pub fn open_to_all(path: &Path) -> Option<u32> {
    let there = fs::metadata(path).ok().filter(Metadata::is_file)?;
    (mode(&there) & 0o004 != 0).then(|| mode(&there))
}

fn missing_folder(path: &Path) -> Option<FileFault> {
    let folder = folder_of(path);
    match fs::metadata(folder) {
        Ok(there) if there.is_dir() => None,
        Ok(_) => Some(FileFault::NotAFolder(folder.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Some(FileFault::NoFolder(folder.to_owned()))
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => missing_folder(folder),
        Err(_) => None,
    }
}

fn denied(path: &Path) -> FileFault {
    let own = own_id();
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => FileFault::IsFolder,
        Ok(there) if there.uid() != own => FileFault::Foreign {
            owner: there.uid(),
            own,
        },
        Ok(there) => FileFault::Closed { mode: mode(&there) },
        Err(_) => FileFault::FolderClosed {
            folder: reachable(folder_of(path)).to_owned(),
            own,
        },
    }
}

/// The innermost of the folders around `folder`, itself included, that can be looked at.
fn reachable(folder: &Path) -> &Path {
    let mut around = folder.ancestors();
    around
        .find(|folder| fs::metadata(folder).is_ok())
        .unwrap_or(folder)
}

/// Only what is sure: a folder of somebody else into which nobody else may write.
fn closed_folder(path: &Path) -> Option<FileFault> {
    let (folder, own) = (folder_of(path), own_id());
    let there = fs::metadata(folder).ok()?;
    let is_closed = own != 0 && there.uid() != own && mode(&there) & 0o022 == 0;
    is_closed.then(|| FileFault::FolderClosed {
        folder: folder.to_owned(),
        own,
    })
}

fn mode(metadata: &Metadata) -> u32 {
    metadata.permissions().mode() & 0o777
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFolder(folder) => {
                let folder = folder.display();
                write!(
                    f,
                    "the folder {folder} does not exist: install -d -m 0700 {folder}"
                )
            }
            Self::NotAFolder(path) => write!(
                f,
                "{} is a file and no folder; name a path in a folder",
                path.display()
            ),
            Self::IsFolder => f.write_str("it is a folder; name a file in it"),
            Self::Foreign { owner, own } => write!(
                f,
                "it belongs to another user (uid {owner}, while this runs as uid {own}): \
                 chown it and the files beside it"
            ),
            Self::Closed { mode } => write!(
                f,
                "its permissions (mode {mode:04o}) keep its owner out: chmod 0600 it"
            ),
            Self::FolderClosed { folder, own } => write!(
                f,
                "the folder {} is closed to the user that this runs as (uid {own}); \
                 name a place in a folder of that user",
                folder.display()
            ),
            Self::NotText => f.write_str("it is not text"),
            Self::Other(error) => match error.kind() {
                ErrorKind::ReadOnlyFilesystem => {
                    write!(f, "{error}; name a place that can be written")
                }
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    write!(f, "{error}; make room there")
                }
                _ => error.fmt(f),
            },
        }
    }
}
