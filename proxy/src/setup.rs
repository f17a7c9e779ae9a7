//! What `serve` needs before it can start: settings, keys, database, access log. They are checked
//! before anything is bound, opened or made, and everything that is wrong is reported at once.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::flags::Settings;
use crate::config::paths::Paths;
use crate::config::problem::ConfigErrors;
use crate::config::{AccessLog, AdminListen, Config};
use crate::ending::Ending;
use crate::fault::{self, FileFault};
use crate::keys::KeyRing;
use crate::keys::file::{self, KeyError};
use crate::provider::ClientError;
use crate::store::opening::{self, OpenError};

/// What is needed to serve.
#[derive(Debug)]
pub struct Setup {
    /// The valid configuration.
    pub config: Config,
    /// The keys that were read from the file.
    pub ring: KeyRing,
    /// What is allowed but probably not meant.
    pub warnings: Vec<String>,
}

/// All the reasons why it cannot start.
#[derive(Debug)]
pub struct StartErrors(Vec<StartError>);

/// One reason why it cannot start.
#[derive(Debug)]
pub enum StartError {
    /// Settings are missing or wrong.
    Config(ConfigErrors),
    /// The keys cannot be read.
    Keys(KeyError),
    /// The database cannot be opened.
    Database(OpenError),
    /// The access log cannot be written.
    AccessLog {
        /// Where it should be.
        target: AccessLog,
        /// Why it cannot be.
        fault: FileFault,
    },
    /// The port cannot be used.
    Listen {
        /// Where it should listen.
        address: SocketAddr,
        /// Why it cannot.
        error: io::Error,
    },
    /// The private listener cannot be opened.
    Admin {
        /// Where it should listen.
        listen: AdminListen,
        /// Why it cannot.
        error: io::Error,
    },
    /// Outgoing connections cannot be made.
    Outgoing(ClientError),
    /// The operational log cannot be started.
    OperationalLog(io::Error),
    /// The system gives no threads.
    Threads {
        /// How many it should give.
        threads: usize,
        /// Why it does not.
        error: io::Error,
    },
    /// Signals cannot be waited for.
    Signals(io::Error),
}

impl Setup {
    /// Reads the settings and the keys, and looks at every other file that the settings name.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, as far as it can be known without making or changing anything.
    pub fn look(settings: &Settings) -> Result<Self, StartErrors> {
        let paths = Paths::from_settings(settings);
        let mut errors = Vec::new();
        let config = Config::from_settings(settings);
        let config = config.map_err(|error| errors.push(StartError::Config(error)));
        let ring = paths.keys_file.as_deref().map(file::load).transpose();
        let ring = ring.map_err(|error| errors.push(StartError::Keys(error)));
        if let Some(Err(error)) = paths.database.as_deref().map(opening::foresee) {
            errors.push(StartError::Database(error));
        }
        if let Some(target @ AccessLog::File(path)) = &paths.access_log
            && let Some(fault) = FileFault::foreseen(path)
        {
            errors.push(StartError::AccessLog {
                target: target.clone(),
                fault,
            });
        }
        match (config, ring) {
            (Ok(config), Ok(Some(ring))) if errors.is_empty() => {
                let mut warnings = config.warnings();
                warnings.extend(paths.secrets.iter().filter_map(readable_secret));
                Ok(Self {
                    config,
                    ring,
                    warnings,
                })
            }
            _ => Err(StartErrors(errors)),
        }
    }
}

fn readable_secret((flag, path): &(&'static str, PathBuf)) -> Option<String> {
    let mode = fault::open_to_all(path)?;
    let path = path.display();
    Some(format!(
        "--{flag}: everybody on this machine may read {path} (mode {mode:04o}); chmod 0600 it"
    ))
}

impl StartErrors {
    /// How the program ends because of them.
    #[must_use]
    pub fn ending(&self) -> Ending {
        let endings = || self.0.iter().map(StartError::ending);
        // A wrong setting decides, because then starting again cannot help.
        [Ending::Usage, Ending::Unavailable]
            .into_iter()
            .find(|ending| endings().any(|other| other == *ending))
            .unwrap_or(Ending::Failed)
    }
}

impl StartError {
    fn ending(&self) -> Ending {
        match self {
            Self::Config(_) => Ending::Usage,
            Self::OperationalLog(_)
            | Self::Outgoing(_)
            | Self::Threads { .. }
            | Self::Signals(_) => Ending::Failed,
            Self::Keys(_)
            | Self::Database(_)
            | Self::AccessLog { .. }
            | Self::Listen { .. }
            | Self::Admin { .. } => Ending::Unavailable,
        }
    }
}

impl<E: Into<StartError>> From<E> for StartErrors {
    fn from(error: E) -> Self {
        Self(vec![error.into()])
    }
}

impl From<ConfigErrors> for StartError {
    fn from(error: ConfigErrors) -> Self {
        Self::Config(error)
    }
}

impl From<KeyError> for StartError {
    fn from(error: KeyError) -> Self {
        Self::Keys(error)
    }
}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        Self::Database(error)
    }
}

impl From<ClientError> for StartError {
    fn from(error: ClientError) -> Self {
        Self::Outgoing(error)
    }
}

impl std::error::Error for StartErrors {}

impl fmt::Display for StartErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for StartError {}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Keys(error) => error.fmt(f),
            Self::Database(error) => error.fmt(f),
            Self::AccessLog { target, fault } => match target {
                AccessLog::File(path) => {
                    let path = path.display();
                    write!(
                        f,
                        "access log {path}: {fault}; or set --access-log to `-` or `off`"
                    )
                }
                AccessLog::Stdout | AccessLog::Off => write!(f, "access log: {fault}"),
            },
            Self::Listen { address, error } => {
                write!(f, "--listen {address}: {error}{}", port_remedy(error))
            }
            Self::Admin { listen, error } => {
                write!(
                    f,
                    "--admin-listen {listen}: {error}; choose another address or path"
                )
            }
            Self::OperationalLog(error) => {
                write!(f, "cannot start the thread of the operational log: {error}")
            }
            Self::Outgoing(error) => error.fmt(f),
            Self::Threads { threads, error } => {
                write!(
                    f,
                    "cannot start {threads} threads: {error}; lower --threads"
                )
            }
            Self::Signals(error) => write!(f, "cannot wait for signals: {error}"),
        }
    }
}

fn port_remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::AddrInUse => "; another program listens there, choose another port or 0",
        ErrorKind::PermissionDenied => "; ports below 1024 need a privilege, choose a higher one",
        ErrorKind::AddrNotAvailable => "; this machine does not have the address",
        _ => "",
    }
}
