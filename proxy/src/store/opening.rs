//! Opens the database: makes the file private, sets how it is written, migrates it forward.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Row, TransactionBehavior};

/// Forward-only; the position is the version that the statements start from.
const MIGRATIONS: [&str; 1] = [include_str!("schema.sql")];
/// How long a lock of another process is waited for.
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
    /// The file cannot be made or read.
    Io(io::Error),
    /// Others than its owner may read it.
    TooWide {
        /// Its permissions.
        mode: u32,
    },
    /// Another `serve` works on it.
    InUse,
    /// A newer program made it.
    Newer,
    /// SQLite refuses it.
    Sqlite(rusqlite::Error),
}

/// Opens the database at `path`, making or migrating it where that is needed.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    let path = settle(path)?;
    let failed = |reason| OpenError {
        path: path.clone(),
        reason,
    };
    let sqlite = |error| failed(OpenReason::Sqlite(error));
    let mut connection = Connection::open(&path).map_err(sqlite)?;
    prepare(&connection).map_err(sqlite)?;
    let version = version_of(&connection).map_err(sqlite)?;
    if version > MIGRATIONS.len() {
        return Err(failed(OpenReason::Newer));
    }
    if version < MIGRATIONS.len() {
        migrate(&mut connection).map_err(sqlite)?;
    }
    Ok(connection)
}

/// The version that an open database has.
pub(super) fn latest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Makes the file where it is missing, and private before SQLite sees it. Gives its own path: the
/// files beside it are beside that one, whichever links lead there.
pub(super) fn settle(path: &Path) -> Result<PathBuf, OpenError> {
    let failed = |error| OpenError {
        path: path.to_owned(),
        reason: OpenReason::Io(error),
    };
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    let path = path.canonicalize().map_err(failed)?;
    // New ones inherit the permissions; those that are there may have had others.
    for ending in ["", "-wal", "-shm"] {
        require_private(beside(&path, ending))?;
    }
    Ok(path)
}

/// The file of the same name with an ending.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Refuses a file that others than its owner may read or write.
fn require_private(path: PathBuf) -> Result<(), OpenError> {
    let mode = match fs::metadata(&path) {
        Ok(metadata) => metadata.permissions().mode() & 0o777,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            let reason = OpenReason::Io(error);
            return Err(OpenError { path, reason });
        }
    };
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let reason = OpenReason::TooWide { mode };
    Err(OpenError { path, reason })
}

fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;",
    )
}

fn version_of(connection: &Connection) -> Result<usize, rusqlite::Error> {
    let read = |row: &Row<'_>| row.get::<_, u32>(0);
    let version = connection.pragma_query_value(None, "user_version", read)?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

fn migrate(connection: &mut Connection) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have migrated while this one waited for its turn.
    let version = version_of(&transaction)?;
    for migration in MIGRATIONS.get(version..).unwrap_or_default() {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", latest())?;
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
            Self::Io(error) => write!(f, "{error}; its folder has to exist and be writable"),
            Self::TooWide { mode } => write!(
                f,
                "others may read it (mode {mode:04o}); chmod 0600 it and the files beside it"
            ),
            Self::InUse => f.write_str("another `serve` works on it; stop that one first"),
            Self::Newer => f.write_str("a newer program made it; run that one"),
            Self::Sqlite(error) => write!(
                f,
                "{error}; if it is damaged, move it away: a new one is made, and each visitor logs in once more"
            ),
        }
    }
}
