//! Where the files are that the settings name, for whoever looks at them before anything is opened.

use std::path::PathBuf;

use crate::config::flags::{self, Flag, Settings};
use crate::config::{AccessLog, values};

/// The files that the settings name, whatever else is wrong with them.
#[derive(Debug)]
pub struct Paths {
    /// The master keys.
    pub keys_file: Option<PathBuf>,
    /// The database.
    pub database: Option<PathBuf>,
    /// Where the access log goes.
    pub access_log: Option<AccessLog>,
    /// The files that hold a secret, by their flags.
    pub secrets: Vec<(&'static str, PathBuf)>,
}

impl Paths {
    /// Those that `settings` name.
    #[must_use]
    pub fn from_settings(settings: &Settings) -> Self {
        let path = |flag: &Flag| values::path(settings.get(flag)?).ok();
        let secret = |flag: &'static Flag| Some((flag.name, path(flag)?));
        Self {
            keys_file: path(&flags::KEYS_FILE),
            database: path(&flags::DB),
            access_log: settings
                .get(&flags::ACCESS_LOG)
                .and_then(|text| values::access_log(text).ok()),
            secrets: [&flags::CLIENT_SECRET_FILE, &flags::RECAPTCHA_SECRET_FILE]
                .into_iter()
                .filter_map(secret)
                .collect(),
        }
    }
}
