//! What can be wrong with a configuration: the place, the reason, the remedy.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::fault::FileFault;

/// All problems of a configuration, one a line.
#[derive(Debug)]
pub struct ConfigErrors(pub Vec<Problem>);

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// One problem.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The flag or the variable: `--db`, `SPOTIFINFO_DB`.
    pub place: String,
    /// What is wrong with it.
    pub reason: Reason,
}

impl Problem {
    pub(crate) fn unknown(place: String) -> Self {
        Self {
            place,
            reason: Reason::Unknown,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// Why a setting is refused.
#[derive(Debug, Clone)]
pub enum Reason {
    /// It has to be given.
    Missing {
        /// The shape it has to have.
        shape: &'static str,
        /// Its name in the environment.
        variable: String,
    },
    /// No flag is called so.
    Unknown,
    /// The text is not of the expected shape.
    NotA {
        /// What was expected, with its unit.
        expected: &'static str,
        /// What was given.
        given: String,
    },
    /// Plain HTTP to another machine.
    NotHttps {
        /// What was given.
        given: String,
    },
    /// Browsers would not send the session cookie from the one to the other.
    NotSameSite {
        /// The proxy's origin.
        public: String,
        /// The site's origin.
        site: String,
    },
    /// Something beyond this machine could reach the admin listener.
    NotLoopback {
        /// What was given.
        given: String,
    },
    /// A file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        fault: Arc<FileFault>,
    },
    /// A file holds nothing, or more than a line.
    NotOneLine {
        /// The file.
        path: PathBuf,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { shape, variable } => {
                write!(f, "is not set; set it, or {variable}, to {shape}")
            }
            Self::Unknown => f.write_str("there is no such setting; `--help` lists them"),
            Self::NotA { expected, given } if given.trim().is_empty() => {
                write!(f, "is empty; give {expected}")
            }
            Self::NotA { expected, given } => write!(f, "`{given}` is not {expected}"),
            Self::NotHttps { given } => {
                write!(
                    f,
                    "`{given}` has to begin with https:// (http:// is for loopback only)"
                )
            }
            Self::NotSameSite { public, site } => write!(
                f,
                "{site} and {public} are not the same site, so browsers would never send the cookie; \
                 serve both below one domain of yours"
            ),
            Self::NotLoopback { given } => write!(
                f,
                "`{given}` can be reached from other machines; take 127.0.0.1, [::1] or unix:PATH"
            ),
            Self::File { path, fault } => write!(f, "cannot read {}: {fault}", path.display()),
            Self::NotOneLine { path } => write!(
                f,
                "{} has to hold the secret in its first and only line, and nothing else",
                path.display()
            ),
        }
    }
}
