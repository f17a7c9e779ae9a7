//! The exit codes, for scripts and service managers.

/// Why the program ends with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It could not do what it was asked, or failed while it ran.
    Failed,
    /// The command line or a setting is wrong; trying again will not help.
    Usage,
    /// The database, the keys, another file or a port cannot be used.
    Unavailable,
}

/// The exit codes, as the help shows them.
pub const CODES: &str = "Exit codes: 0 ended well, 1 failed while running, 2 wrong usage or configuration, \
                         3 the database, the keys, another file or a port cannot be used.";

impl Ending {
    /// Its exit code; clap's own for wrong usage is 2 as well.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Unavailable => 3,
        }
    }
}
