//! What `serve` needs before it can start: settings, keys, database, access log. They are checked
//! before anything is bound, opened or made, and everything that is wrong is reported at once.

use std::fmt;
use std::path::PathBuf;

use crate::config::flags::Settings;
use crate::config::paths::Paths;
use crate::config::problem::ConfigErrors;
use crate::config::{AccessLog, Config};
use crate::ending::Ending;
use crate::fault::{self, FileFault};
use crate::keys::KeyRing;
use crate::keys::file::{self, KeyError};
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

/// All that is wrong with a set-up.
#[derive(Debug)]
pub struct SetupErrors(Vec<SetupError>);

/// One part of a set-up that is wrong.
#[derive(Debug)]
pub enum SetupError {
    /// Settings.
    Config(ConfigErrors),
    /// The file of keys.
    Keys(KeyError),
    /// The database.
    Database(OpenError),
    /// The access log.
    AccessLog {
        /// Where it should be.
        path: PathBuf,
        /// Why it cannot be.
        fault: FileFault,
    },
}

impl Setup {
    /// Reads the settings and the keys, and looks at every other file that the settings name.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, as far as it can be known without making or changing anything.
    pub fn look(settings: &Settings) -> Result<Self, SetupErrors> {
        let paths = Paths::from_settings(settings);
        let mut errors = Vec::new();
        let config = Config::from_settings(settings);
        let config = config.map_err(|error| errors.push(SetupError::Config(error)));
        let ring = paths.keys_file.as_deref().map(file::load).transpose();
        let ring = ring.map_err(|error| errors.push(SetupError::Keys(error)));
        if let Some(Err(error)) = paths.database.as_deref().map(opening::foresee) {
            errors.push(SetupError::Database(error));
        }
        if let Some(AccessLog::File(path)) = paths.access_log
            && let Some(fault) = FileFault::foreseen(&path)
        {
            errors.push(SetupError::AccessLog { path, fault });
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
            _ => Err(SetupErrors(errors)),
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

impl SetupErrors {
    /// How the program ends because of them.
    #[must_use]
    pub fn ending(&self) -> Ending {
        let is_config = |error: &SetupError| matches!(error, SetupError::Config(_));
        if self.0.iter().any(is_config) {
            Ending::Usage
        } else {
            Ending::Unavailable
        }
    }
}

impl std::error::Error for SetupErrors {}

impl fmt::Display for SetupErrors {
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

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Keys(error) => error.fmt(f),
            Self::Database(error) => error.fmt(f),
            Self::AccessLog { path, fault } => {
                write!(
                    f,
                    "access log {}: {fault}; or give `-` or `off`",
                    path.display()
                )
            }
        }
    }
}
