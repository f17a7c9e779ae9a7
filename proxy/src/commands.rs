//! What an operator does from a shell, while `serve` runs or does not: each command reads the
//! settings it needs and no others, does one thing and says so.

pub mod sessions;

use std::fmt;
use std::io::{self, Write};

use crate::clock::Clock;
use crate::commands::sessions::SessionsCommand;
use crate::config::flags::Settings;
use crate::config::problem::ConfigErrors;
use crate::config::{self, Config, RetentionConfig};
use crate::cookie::id::{NotAReference, Reference};
use crate::inventory::Inventory;
use crate::keys::file::{self, KeyError};
use crate::store::StoreError;
use crate::store::opening::OpenError;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Reads configuration and keys, and connects to nothing.
    Check,
    /// Makes the file of keys.
    KeysGenerate,
    /// Adds a key in front of the others.
    KeysRotate,
    /// Lists ids and dates of the keys.
    KeysList,
    /// Looks at sessions or changes them.
    Sessions(SessionsCommand),
    /// Prints what is kept, as JSON.
    Inventory,
}

/// Why a command failed.
#[derive(Debug)]
pub enum CommandError {
    /// The configuration is wrong.
    Config(ConfigErrors),
    /// The file of keys is wrong.
    Key(KeyError),
    /// The database cannot be opened.
    Open(OpenError),
    /// The database could not do it.
    Store(StoreError),
    /// A reference is not one.
    Reference(NotAReference),
    /// No session has this reference.
    NoSession(Reference),
    /// Several sessions have this reference.
    SeveralSessions(Reference),
    /// The answer could not be written.
    Output(io::Error),
    /// The audit line could not be written.
    Audit(io::Error),
}

/// Does `command` and writes its answer to `output`.
///
/// # Errors
///
/// Why it could not be done.
pub fn run(
    command: &Command,
    settings: &Settings,
    clock: &Clock,
    output: &mut dyn Write,
) -> Result<(), CommandError> {
    match command {
        Command::Check => check(settings, output),
        Command::KeysGenerate => {
            let path = config::keys_file(settings)?;
            let id = file::generate(&path, clock.today())?;
            writeln!(output, "Made {} with the key {id}.", path.display())?;
            Ok(())
        }
        Command::KeysRotate => {
            let path = config::keys_file(settings)?;
            let id = file::rotate(&path, clock.today())?;
            writeln!(
                output,
                "The key {id} now signs; the others still verify. Send SIGHUP to a running `serve`, \
                 and run `sessions rekey` before you delete an old line."
            )?;
            Ok(())
        }
        Command::KeysList => {
            let ring = file::load(&config::keys_file(settings)?)?;
            for (number, key) in ring.iter().enumerate() {
                let role = if number == 0 { "signs" } else { "verifies" };
                writeln!(output, "{}  {}  {role}", key.id(), key.created())?;
            }
            Ok(())
        }
        Command::Sessions(command) => sessions::run(command, settings, clock, output),
        Command::Inventory => {
            let inventory = Inventory::new(&RetentionConfig::from_settings(settings)?);
            let json = inventory.to_json().map_err(io::Error::other)?;
            output.write_all(json.as_bytes())?;
            Ok(())
        }
    }
}

fn check(settings: &Settings, output: &mut dyn Write) -> Result<(), CommandError> {
    let config = Config::from_settings(settings)?;
    let ring = file::load(&config.keys_file)?;
    for warning in config.warnings() {
        writeln!(output, "warning: {warning}")?;
    }
    writeln!(
        output,
        "The redirect URI to register at {}: {}",
        config.provider.name,
        config.redirect_uri()
    )?;
    writeln!(
        output,
        "The key that signs: {} of {}",
        ring.first().id(),
        ring.first().created()
    )?;
    writeln!(output, "The configuration is complete.")?;
    Ok(())
}

impl std::error::Error for CommandError {}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::Open(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Reference(error) => error.fmt(f),
            Self::NoSession(reference) => write!(
                f,
                "no session has the reference {reference}; `sessions list` shows those there are"
            ),
            Self::SeveralSessions(reference) => write!(
                f,
                "several sessions have the reference {reference}; nothing was done"
            ),
            Self::Output(error) => write!(f, "cannot write the answer: {error}"),
            Self::Audit(error) => write!(
                f,
                "nothing was done, since the audit file beside the database cannot be written: {error}"
            ),
        }
    }
}

impl From<ConfigErrors> for CommandError {
    fn from(error: ConfigErrors) -> Self {
        Self::Config(error)
    }
}

impl From<KeyError> for CommandError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NotAReference> for CommandError {
    fn from(error: NotAReference) -> Self {
        Self::Reference(error)
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
