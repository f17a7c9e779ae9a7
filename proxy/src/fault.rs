//! Says why the system refuses a file and what to do about it. To find out, it only looks at files
//! and folders; it makes and changes nothing.

use std::fmt;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::file::{folder_of, own_id};

/// Why a file cannot be made, read or written.
#[derive(Debug)]
pub enum FileFault {
    /// Its folder does not exist.
    NoFolder(PathBuf),
    /// What should be its folder is a file.
    NotAFolder(PathBuf),
    /// It is a folder.
    IsFolder,
    /// It belongs to another user.
    Foreign {
        /// The id of that user.
        owner: u32,
        /// The id of the user that runs this program.
        own: u32,
    },
    /// Its permissions allow not even its owner to use it.
    Closed {
        /// Its permissions.
        mode: u32,
    },
    /// This user may not make files in its folder, or not even look into it.
    FolderClosed {
        /// The folder.
        folder: PathBuf,
        /// The id of the user that runs this program.
        own: u32,
    },
    /// It is not text.
    NotText,
    /// Anything else.
    Other(io::Error),
}

impl FileFault {
    /// Explains the `error` that the system gave for the file at `path`.
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

    /// What would keep this program from writing or making the file at `path`, as far as that can
    /// be known without trying.
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

/// The permissions of the file at `path`, if every user of the machine may read it.
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

/// The innermost folder on the way to `folder` that this user can see.
fn reachable(folder: &Path) -> &Path {
    let mut around = folder.ancestors();
    around
        .find(|folder| fs::metadata(folder).is_ok())
        .unwrap_or(folder)
}

/// Finds only the certain case: a folder of another user that nobody else may write to.
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
                "{} is a file, not a folder; name a path in a folder",
                path.display()
            ),
            Self::IsFolder => f.write_str("it is a folder; name a file"),
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
                "the folder {} is closed to this user (uid {own}); \
                 name a file in a folder that is not",
                folder.display()
            ),
            Self::NotText => f.write_str("it is not text"),
            Self::Other(error) => match error.kind() {
                ErrorKind::ReadOnlyFilesystem => {
                    write!(f, "{error}; name a file on another disk")
                }
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    write!(f, "{error}; free some space there")
                }
                _ => error.fmt(f),
            },
        }
    }
}
