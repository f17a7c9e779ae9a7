//! The operator's commands, which also work while `serve` runs. Each reads only the settings it
//! needs, does one thing and says what it did.

pub mod sessions;

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::clock::Clock;
use crate::commands::sessions::SessionsCommand;
use crate::config;
use crate::config::flags::Settings;
use crate::config::retention::RetentionConfig;
use crate::cookie::id::{NotAReference, Reference};
use crate::ending::Ending;
use crate::fault::FileFault;
use crate::inventory::Inventory;
use crate::keys::file;
use crate::setup::{Setup, StartErrors};
use crate::store::StoreError;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Reads configuration and keys, and connects to nothing.
    Check,
    /// Makes the file of keys.
    KeysGenerate,
    /// Adds a key, which signs from then on.
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
    /// The settings, or the files that they name, do not allow it to start.
    Start(StartErrors),
    /// The database has failed.
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
    Audit {
        /// The file beside the database.
        path: PathBuf,
        /// Why not.
        fault: FileFault,
    },
}

impl CommandError {
    /// How the program ends because of it.
    #[must_use]
    pub fn ending(&self) -> Ending {
        match self {
            Self::Start(errors) => errors.ending(),
            Self::Reference(_) => Ending::Usage,
            Self::NoSession(_) | Self::SeveralSessions(_) => Ending::Failed,
            Self::Store(_) | Self::Output(_) | Self::Audit { .. } => Ending::Unavailable,
        }
    }
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
    let setup = Setup::look(settings)?;
    let Setup { config, ring, .. } = setup;
    for warning in setup.warnings {
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
        "The key that signs: {}, made on {}",
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
            Self::Start(errors) => errors.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Reference(error) => write!(f, "REFERENCE: {error}"),
            Self::NoSession(reference) => write!(
                f,
                "no session has the reference {reference}; `sessions list` shows them all"
            ),
            Self::SeveralSessions(reference) => write!(
                f,
                "several sessions have the reference {reference}, so nothing was done; `sessions list` shows them"
            ),
            Self::Output(error) => write!(f, "cannot write the answer: {error}"),
            Self::Audit { path, fault } => write!(
                f,
                "nothing was done, since the audit file {} cannot be written: {fault}",
                path.display()
            ),
        }
    }
}

impl<E: Into<StartErrors>> From<E> for CommandError {
    fn from(error: E) -> Self {
        Self::Start(error.into())
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

#[cfg(test)]
mod tests;
