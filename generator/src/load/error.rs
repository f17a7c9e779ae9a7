//! Why something could not be read.

use std::io;
use std::string::FromUtf8Error;

use crate::diag::{Diagnostic, nearest};
use crate::path::{PathError, SourcePath};

/// Why something could not be read.
#[derive(Debug)]
pub enum LoadError {
    /// The operating system refused to read a file or folder.
    Unreadable {
        /// The file or folder.
        path: String,
        /// The system's error.
        error: io::Error,
    },
    /// A text file is not UTF-8.
    NotUtf8 {
        /// The file.
        path: SourcePath,
        /// The line of the first wrong byte, counted from 1.
        line: usize,
        /// The first wrong byte.
        byte: u8,
    },
    /// A text file is larger than the limit.
    TooLarge {
        /// The file.
        path: SourcePath,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The name of a file or folder is not allowed.
    BadName(PathError),
    /// A file can have no place in the output.
    NoPlace {
        /// The file.
        path: SourcePath,
        /// What is wrong with the place.
        error: PathError,
    },
    /// Folders are nested too deeply, for example through a link that leads back up.
    TooDeep {
        /// The deepest folder that was opened.
        path: String,
    },
    /// More folders behind links than any site needs, as links beside one another make that
    /// lead to folders with links.
    TooManyLinks {
        /// The first that was not looked at.
        path: String,
        /// How many are.
        most: usize,
    },
    /// Something is a pipe, a socket or a device, whose content may have no end.
    NotAFile {
        /// The file.
        path: String,
    },
    /// A link leads out of the site.
    LeavesRoot {
        /// The link.
        path: String,
    },
    /// A link leads to nothing.
    DeadLink {
        /// The link.
        path: String,
    },
    /// A theme does not exist.
    NoTheme {
        /// The name in the configuration.
        name: String,
        /// The themes that exist.
        available: Vec<String>,
    },
}

impl LoadError {
    pub(super) fn unreadable(path: &SourcePath, error: io::Error) -> Self {
        Self::Unreadable {
            path: path.to_string(),
            error,
        }
    }

    pub(super) fn not_utf8(path: &SourcePath, error: &FromUtf8Error) -> Self {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        Self::NotUtf8 {
            path: path.clone(),
            line: 1 + bytes[..valid].iter().filter(|byte| **byte == b'\n').count(),
            byte: bytes.get(valid).copied().unwrap_or_default(),
        }
    }

    /// Whether the disk caused the error rather than the content.
    #[must_use]
    pub fn is_io(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }
}

impl From<&LoadError> for Diagnostic {
    fn from(error: &LoadError) -> Self {
        match error {
            LoadError::Unreadable { path, error } => {
                Self::error(format!("cannot read {path}: {error}")).hint(match error.kind() {
                    io::ErrorKind::NotFound => "is it there, and is `--root` the right folder?",
                    io::ErrorKind::PermissionDenied => "give this user the right to read it",
                    _ => "try again; if it stays, look at the disk",
                })
            }
            LoadError::NotUtf8 { path, line, byte } => {
                Self::error(format!("not UTF-8: byte 0x{byte:02x} in line {line}"))
                    .in_file(path)
                    .hint("save the file as UTF-8")
            }
            LoadError::TooLarge { path, limit } => Self::error(format!(
                "the file is larger than {} MiB",
                limit / 1024 / 1024
            ))
            .in_file(path)
            .hint("split it, or keep it in `static/` if it is not a page"),
            LoadError::BadName(error) => {
                Self::error(error.to_string()).hint("rename the file or folder")
            }
            LoadError::NoPlace { path, error } => Self::error(error.to_string())
                .in_file(path)
                .hint("rename the file or folder"),
            LoadError::TooDeep { path } => {
                Self::error(format!("folders nested too deeply at {path}"))
                    .hint("does a link lead back to a folder above it?")
            }
            LoadError::TooManyLinks { path, most } => Self::error(format!(
                "more than {most} folders lie behind links; the first one too many is {path}"
            ))
            .hint("let links lead to folders that hold no links themselves"),
            LoadError::NotAFile { path } => {
                Self::error(format!("{path} is neither a file nor a folder"))
                    .hint("move it out of the site")
            }
            LoadError::LeavesRoot { path } => {
                Self::error(format!("the link {path} leads out of the site"))
                    .hint("copy what it points to into the site")
            }
            LoadError::DeadLink { path } => Self::error(format!("the link {path} leads nowhere"))
                .hint("delete it, or let it lead to a file of the site"),
            LoadError::NoTheme { name, available } => {
                let near = nearest(name, available.iter().map(String::as_str));
                Self::error(format!("there is no theme `{name}`")).hint(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if available.is_empty() => "put one into `themes/`".to_owned(),
                    None => format!("`themes/` holds: {}", available.join(", ")),
                })
            }
        }
    }
}
