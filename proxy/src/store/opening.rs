//! Opens the database: makes the file private, checks that it is ours, sets how SQLite writes it,
//! and migrates it. A file that is refused is not changed.

use std::fmt;
use std::fs::{self, File, Metadata, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, TransactionBehavior};
use url::Url;

use crate::fault::FileFault;
use crate::file::{beside, private_options};

/// The statements at each position migrate from that version to the next.
const MIGRATIONS: [&str; LATEST as usize] =
    [include_str!("schema.sql"), include_str!("unconfirmed.sql")];
/// The version that an open database has.
const LATEST: u32 = 2;
/// The endings of the files that SQLite keeps beside an open database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];
/// How long to wait for another process's lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a database cannot be opened.
#[derive(Debug)]
pub struct OpenError {
    /// The file.
    pub path: PathBuf,
    /// Why not.
    pub reason: OpenReason,
}

/// Why a database cannot be opened.
#[derive(Debug)]
pub enum OpenReason {
    /// The system refuses to make, read or write it.
    File(FileFault),
    /// It does not exist, and a command does not make one.
    NotThere,
    /// Users other than its owner may read it.
    TooWide {
        /// Its permissions.
        mode: u32,
    },
    /// Another `serve` uses it.
    InUse,
    /// A newer program made it.
    Newer,
    /// It is not a database of sessions.
    Foreign,
    /// SQLite refuses it.
    Sqlite(rusqlite::Error),
}

/// Opens the database at `path`. Makes or migrates it if needed.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    let path = settle(path)?;
    let failed = |reason| OpenError {
        path: path.clone(),
        reason,
    };
    let sqlite = |error| refused_beside(&path).unwrap_or_else(|| failed(OpenReason::Sqlite(error)));
    let mut connection = Connection::open(&path).map_err(sqlite)?;
    let version = recognize_untouched(&connection).map_err(failed)?;
    prepare(&connection).map_err(sqlite)?;
    if version < LATEST {
        migrate(&mut connection).map_err(sqlite)?;
    }
    Ok(connection)
}

/// What would keep the database at `path` from being opened or made, as far as that can be known
/// without making or changing anything.
///
/// # Errors
///
/// What is in the way.
pub fn foresee(path: &Path) -> Result<(), OpenError> {
    let failed = |reason| OpenError {
        path: path.to_owned(),
        reason,
    };
    if let Some(fault) = FileFault::foreseen(path) {
        return Err(failed(OpenReason::File(fault)));
    }
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(());
    };
    private(&metadata).map_err(failed)?;
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    private_beside(path)?;
    // A database that is being written may look broken; opening it will show whether it is.
    match recognize_at_rest(path) {
        Err(OpenReason::Sqlite(error))
            if error.sqlite_error_code() != Some(ErrorCode::NotADatabase) =>
        {
            Ok(())
        }
        result => result.map_err(failed),
    }
}

/// Makes the file if it is missing, private before SQLite sees it. Returns its real path: if links
/// lead there, SQLite's other files are beside that one.
pub(super) fn settle(path: &Path) -> Result<PathBuf, OpenError> {
    let refused = |error| OpenError {
        path: path.to_owned(),
        reason: OpenReason::File(FileFault::of(path, error)),
    };
    private_options()
        .read(true)
        .append(true)
        .create(true)
        .open(path)
        .map_err(refused)?;
    let path = path.canonicalize().map_err(refused)?;
    require_private(path.clone())?;
    private_beside(&path)?;
    Ok(path)
}

/// SQLite makes new files with the permissions of the database; those that exist may have others.
fn private_beside(path: &Path) -> Result<(), OpenError> {
    let endings = ["-wal", "-shm"];
    endings
        .into_iter()
        .try_for_each(|ending| require_private(beside(path, ending)))
}

/// Locks a file beside the database. SQLite's own locks are held only during transactions.
pub(super) fn lock_beside(path: &Path) -> Result<File, OpenError> {
    let lock_path = beside(path, ".lock");
    let refused = |error| OpenError {
        path: lock_path.clone(),
        reason: OpenReason::File(FileFault::of(&lock_path, error)),
    };
    let file = private_options()
        .append(true)
        .create(true)
        .open(&lock_path)
        .map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError {
            path: path.to_owned(),
            reason: OpenReason::InUse,
        }),
        Err(TryLockError::Error(error)) => Err(refused(error)),
    }
}

/// Refuses a file that other users may read or write.
fn require_private(path: PathBuf) -> Result<(), OpenError> {
    let checked = match fs::metadata(&path) {
        Ok(metadata) => private(&metadata),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(OpenReason::File(FileFault::of(&path, error))),
    };
    checked.map_err(|reason| OpenError { path, reason })
}

fn private(metadata: &Metadata) -> Result<(), OpenReason> {
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(OpenReason::TooWide { mode })
    }
}

/// Finds the file beside the database that the system refuses; SQLite does not say which it is.
fn refused_beside(path: &Path) -> Option<OpenError> {
    BESIDE.into_iter().find_map(|ending| {
        let path = beside(path, ending);
        let fault = path.exists().then(|| FileFault::foreseen(&path))??;
        Some(OpenError {
            path,
            reason: OpenReason::File(fault),
        })
    })
}

/// Checks whose database this is without taking locks or reading the files beside it.
fn recognize_at_rest(path: &Path) -> Result<(), OpenReason> {
    let refused = |error| OpenReason::File(FileFault::of(path, error));
    let path = std::path::absolute(path).map_err(refused)?;
    let Ok(mut url) = Url::from_file_path(path) else {
        return Ok(());
    };
    // sqlite.org/uri.html#uriimmutable
    url.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection =
        Connection::open_with_flags(url.as_str(), flags).map_err(OpenReason::Sqlite)?;
    recognize(&connection).map(drop)
}

/// The version of an open database. If it is refused, closing it must not change it either.
fn recognize_untouched(connection: &Connection) -> Result<u32, OpenReason> {
    let tidy = |tidy: bool| {
        let set = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !tidy);
        set.map(drop).map_err(OpenReason::Sqlite)
    };
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(OpenReason::Sqlite)?;
    tidy(false)?;
    let version = recognize(connection)?;
    tidy(true)?;
    Ok(version)
}

/// Checks that the database is ours, in one transaction. Returns its version, 0 if it is empty.
fn recognize(connection: &Connection) -> Result<u32, OpenReason> {
    let count = |sql| connection.query_row(sql, [], |row| row.get::<_, u32>(0));
    let look = || {
        let moment = connection.unchecked_transaction()?;
        let version = version_of(connection)?;
        let tables = count("SELECT count(*) FROM sqlite_schema")?;
        let ours = count("SELECT count(*) FROM sqlite_schema WHERE name = 'sessions'")?;
        moment.finish()?;
        Ok((version, tables, ours))
    };
    match look().map_err(OpenReason::Sqlite)? {
        (0, 0, _) => Ok(0),
        (0, ..) | (_, _, 0) => Err(OpenReason::Foreign),
        (version, ..) if version > LATEST => Err(OpenReason::Newer),
        (version, ..) => Ok(version),
    }
}

fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;",
    )
}

/// The version that a database says it has.
pub(super) fn version_of(connection: &Connection) -> Result<u32, rusqlite::Error> {
    let read = |row: &Row<'_>| row.get(0);
    connection.pragma_query_value(None, "user_version", read)
}

fn migrate(connection: &mut Connection) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have migrated while this one waited for its turn.
    let version = version_of(&transaction)?;
    for migration in MIGRATIONS.iter().skip(version as usize) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", LATEST)?;
    transaction.commit()
}

impl std::error::Error for OpenError {}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "database {}: {}", self.path.display(), self.reason)
    }
}

impl fmt::Display for OpenReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(fault) => fault.fmt(f),
            Self::NotThere => {
                f.write_str("it does not exist; set --db to the database that `serve` uses")
            }
            Self::TooWide { mode } => write!(
                f,
                "others may read it (mode {mode:04o}); chmod 0600 it and the files beside it"
            ),
            Self::InUse => f.write_str("another `serve` is using it; stop that one first"),
            Self::Newer => f.write_str(
                "a newer spotifinfo-proxy made it, and this one cannot read it; run the newer one",
            ),
            Self::Foreign => f.write_str(
                "it belongs to another program and was not changed; set --db to another file",
            ),
            Self::Sqlite(error) => {
                let remedy = match error.sqlite_error_code() {
                    Some(ErrorCode::NotADatabase) => {
                        "set --db to another file; if this one was the database of sessions, it is damaged: move it away, and \
                         a new one is made and each visitor logs in again"
                    }
                    Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                        "another program has locked it, such as a forgotten `sqlite3`; end that program"
                    }
                    Some(ErrorCode::DiskFull) => "free some space on its disk",
                    Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                        "this user has to be able to write to it, to the files beside it and to their folder"
                    }
                    _ => {
                        "if it is damaged, move it away: a new one is made, and each visitor logs in again"
                    }
                };
                write!(f, "{error}; {remedy}")
            }
        }
    }
}
