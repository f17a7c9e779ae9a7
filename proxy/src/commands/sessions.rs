//! The commands on sessions, by the short reference that a visitor can quote. They also work while
//! `serve` runs, which notices their changes. Each command that changes something first writes a
//! line to the audit file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::clock::{Clock, Day, Timestamp};
use crate::commands::CommandError;
use crate::config::flags::Settings;
use crate::config::{self, StoreConfig};
use crate::cookie::id::{IdHash, Reference};
use crate::fault::FileFault;
use crate::file::{beside, own_id, private_options};
use crate::keys::KeyRing;
use crate::keys::file as key_file;
use crate::store::Session;
use crate::store::database::Database;
use crate::store::opening::{OpenError, OpenReason};

/// How often to try to truncate the write-ahead log, and how long to wait in between.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// What to do with sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionsCommand {
    /// One line each.
    List,
    /// Everything that is stored about one.
    Show(String),
    /// The same as JSON, for a visitor who asks for their data.
    Export(String),
    /// Stops the use of its token.
    Restrict(String),
    /// Allows the use of its token again.
    Unrestrict(String),
    /// Deletes it.
    Erase(String),
    /// Deletes the expired ones now.
    Purge,
    /// Seals every token with the first key.
    Rekey,
}

/// The database, opened for a command.
struct Desk<'a> {
    database: Database,
    config: StoreConfig,
    ring: KeyRing,
    clock: &'a Clock,
    output: &'a mut dyn Write,
}

/// Does `command` and writes its answer to `output`.
///
/// # Errors
///
/// Why it could not be done.
pub fn run(
    command: &SessionsCommand,
    settings: &Settings,
    clock: &Clock,
    output: &mut dyn Write,
) -> Result<(), CommandError> {
    let config = StoreConfig::from_settings(settings)?;
    let ring = key_file::load(&config::keys_file(settings)?)?;
    let mut desk = Desk {
        database: open_existing(&config)?,
        config,
        ring,
        clock,
        output,
    };
    match command {
        SessionsCommand::List => desk.list(),
        SessionsCommand::Show(reference) => desk.show(reference),
        SessionsCommand::Export(reference) => desk.export(reference),
        SessionsCommand::Restrict(reference) => desk.restrict(reference, true),
        SessionsCommand::Unrestrict(reference) => desk.restrict(reference, false),
        SessionsCommand::Erase(reference) => desk.erase(reference),
        SessionsCommand::Purge => desk.purge(),
        SessionsCommand::Rekey => desk.rekey(),
    }
}

impl Desk<'_> {
    fn list(&mut self) -> Result<(), CommandError> {
        for id in self.database.list()? {
            if let Some(session) = self.database.get(&self.ring, &id, self.clock.today())? {
                let line = line(id.reference(), &session);
                writeln!(self.output, "{line}")?;
            }
        }
        Ok(())
    }

    fn show(&mut self, reference: &str) -> Result<(), CommandError> {
        let (id, session) = self.find(reference)?;
        let opens = session.refresh_token.is_some();
        writeln!(self.output, "reference      {}", id.reference())?;
        writeln!(self.output, "provider       {}", self.config.provider)?;
        writeln!(self.output, "scopes         {}", session.scopes)?;
        writeln!(self.output, "authorized on  {}", session.authorized_on)?;
        writeln!(self.output, "last used on   {}", date(session.last_used_on))?;
        writeln!(self.output, "expires on     {}", session.expires_on)?;
        writeln!(self.output, "restricted     {}", yes(session.restricted))?;
        writeln!(
            self.output,
            "refresh token  encrypted; one of the keys opens it: {}",
            yes(opens)
        )?;
        Ok(())
    }

    fn export(&mut self, reference: &str) -> Result<(), CommandError> {
        let (id, session) = self.find(reference)?;
        let scopes: Vec<&str> = session.scopes.split_whitespace().collect();
        let held = json!({
            "reference": id.reference().to_string(),
            "provider": self.config.provider,
            "scopes": scopes,
            "authorized_on": session.authorized_on.to_string(),
            "last_used_on": session.last_used_on.map(|day| day.to_string()),
            "expires_on": session.expires_on.to_string(),
            "restricted": session.restricted,
        });
        writeln!(self.output, "{held:#}")?;
        Ok(())
    }

    fn restrict(&mut self, reference: &str, restricted: bool) -> Result<(), CommandError> {
        let (id, _) = self.find(reference)?;
        let action = if restricted { "restrict" } else { "unrestrict" };
        self.audit(action)?;
        let changed = self.database.set_restricted(&id, restricted)?;
        let state = match (changed, restricted) {
            (None, _) => return Err(CommandError::NoSession(id.reference())),
            (Some(true), true) => "is restricted now",
            (Some(true), false) => "is no longer restricted",
            (Some(false), true) => "was restricted already",
            (Some(false), false) => "was not restricted",
        };
        writeln!(self.output, "{} {state}.", id.reference())?;
        Ok(())
    }

    fn erase(&mut self, reference: &str) -> Result<(), CommandError> {
        let (id, _) = self.find(reference)?;
        self.audit("erase")?;
        self.database.delete(&id)?;
        self.finish_erasure()?;
        writeln!(self.output, "Erased {}.", id.reference())?;
        Ok(())
    }

    fn purge(&mut self) -> Result<(), CommandError> {
        self.audit("purge")?;
        let erased = self.database.purge(self.clock.today())?;
        self.finish_erasure()?;
        writeln!(self.output, "Erased {erased} expired sessions.")?;
        Ok(())
    }

    fn rekey(&mut self) -> Result<(), CommandError> {
        self.audit("rekey")?;
        let (resealed, lost) = self.database.rekey(&self.ring)?;
        self.finish_erasure()?;
        let first = self.ring.first().id();
        writeln!(
            self.output,
            "Encrypted {resealed} tokens with the key {first}."
        )?;
        if resealed > 0 {
            writeln!(
                self.output,
                "A `serve` that has not read this key yet opens none of them: reload it (SIGHUP)."
            )?;
        }
        if lost > 0 {
            writeln!(
                self.output,
                "{lost} tokens were encrypted with keys that are gone; their visitors have to log in again."
            )?;
        }
        Ok(())
    }

    fn find(&self, reference: &str) -> Result<(IdHash, Session), CommandError> {
        let reference: Reference = reference.parse()?;
        let found = self.database.find(reference)?;
        let [id] = found.as_slice() else {
            return Err(match found.len() {
                0 => CommandError::NoSession(reference),
                _ => CommandError::SeveralSessions(reference),
            });
        };
        let session = self.database.get(&self.ring, id, self.clock.today())?;
        session
            .map(|session| (*id, session))
            .ok_or(CommandError::NoSession(reference))
    }

    /// Truncates the write-ahead log, so that nothing erased is left in it. If a running `serve`
    /// prevents that, it truncates the log itself.
    fn finish_erasure(&mut self) -> Result<(), CommandError> {
        for _ in 0..TRIES {
            if self.database.truncate_log()? {
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
        writeln!(
            self.output,
            "Another program is reading the database; traces stay in the -wal file beside it until that program ends."
        )?;
        Ok(())
    }

    fn audit(&self, action: &str) -> Result<(), CommandError> {
        let path = beside(&self.config.path, ".audit");
        let line = || {
            append(
                open_audit(&path, &self.config.path)?,
                self.clock.now(),
                action,
            )
        };
        line().map_err(|error| CommandError::Audit {
            fault: FileFault::of(&path, error),
            path,
        })
    }
}

/// Opens a database that exists: a mistyped path must not become an empty database.
fn open_existing(config: &StoreConfig) -> Result<Database, OpenError> {
    let failed = |reason| OpenError {
        path: config.path.clone(),
        reason,
    };
    match fs::metadata(&config.path) {
        Ok(_) => Database::open(config),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(failed(OpenReason::NotThere)),
        Err(error) => {
            let fault = FileFault::of(&config.path, error);
            Err(failed(OpenReason::File(fault)))
        }
    }
}

/// Opens the audit file. Made by root, it belongs to the owner of the database like everything
/// beside it; what is there already, which may be a link, is given to nobody.
fn open_audit(path: &Path, database: &Path) -> io::Result<File> {
    let mut options = private_options();
    options.append(true);
    let file = match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return options.open(path),
        made => made?,
    };
    let owner = fs::metadata(database)?;
    if owner.uid() != file.metadata()?.uid() {
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(file)
}

/// Appends who does what and when to the audit file, before it is done. The session is not named:
/// the file is kept, and an erased session must leave no trace in it.
fn append(mut file: File, now: Timestamp, action: &str) -> io::Result<()> {
    writeln!(file, "{now} uid={} sessions {action}", own_id())?;
    file.sync_all()
}

fn line(reference: Reference, session: &Session) -> String {
    format!(
        "{reference}  authorized {}  last used {}  {}",
        session.authorized_on,
        date(session.last_used_on),
        word(session.restricted),
    )
}

fn date(day: Option<Day>) -> String {
    day.map_or_else(|| "never".to_owned(), |day| day.to_string())
}

fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn word(restricted: bool) -> &'static str {
    if restricted { "restricted" } else { "in use" }
}
