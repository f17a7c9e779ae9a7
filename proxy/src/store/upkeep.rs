//! Checks whether the database is writable, whole, or changed by others, and truncates its log, so
//! that nothing erased is left there.

use std::time::Duration;

use rusqlite::{ErrorCode, Row};

use crate::clock::Day;
use crate::store::StoreError;
use crate::store::database::{Database, OVERDUE};
use crate::store::opening::{self, BUSY_TIMEOUT};

/// The sessions' days, seen from another.
#[derive(Debug)]
pub(super) struct Ages {
    /// When any of them was used or begun last.
    pub(super) last: Option<Day>,
    sessions: i64,
    /// How many are past their time.
    overdue: i64,
}

impl Ages {
    /// Whether a purge would erase half of all or more. No usual day does.
    pub(super) fn are_unusual(&self) -> bool {
        self.overdue > 0 && self.overdue.saturating_mul(2) >= self.sessions
    }
}

impl Database {
    /// Checks whether writing works, by writing the version that the database has. That may be the
    /// version of a newer program.
    pub(super) fn probe(&self) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        let version = opening::version_of(&transaction)?;
        transaction.pragma_update(None, "user_version", version)?;
        Ok(transaction.commit()?)
    }

    /// Checks the whole database, because damage may be in pages that have not been read yet.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let told = |row: &Row<'_>| row.get(0);
        let told: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], told)?;
        if told == "ok" {
            Ok(())
        } else {
            Err(StoreError::Damaged)
        }
    }

    /// What `today` would mean for the sessions, if it is today.
    pub(super) fn ages(&self, today: Day) -> Result<Ages, StoreError> {
        let sql = format!(
            "SELECT max(coalesce(last_used_on, authorized_on)), count(*),
             coalesce(sum({OVERDUE}), 0) FROM sessions"
        );
        let read = |row: &Row<'_>| {
            let last: Option<i64> = row.get(0)?;
            Ok(Ages {
                last: last.map(Day::from_number),
                sessions: row.get(1)?,
                overdue: row.get(2)?,
            })
        };
        Ok(self.connection.query_row(&sql, self.limits(today), read)?)
    }

    /// Whether another connection may have changed something since the last call. Changes from
    /// before this connection was opened are not noticed.
    pub(super) fn has_changed(&mut self) -> Result<bool, StoreError> {
        let read = |row: &Row<'_>| row.get(0);
        // It differs whenever another connection has committed something.
        let version = self
            .connection
            .pragma_query_value(None, "data_version", read)?;
        Ok(self.seen.replace(version) != Some(version))
    }

    /// Moves the write-ahead log into the database and truncates it, so that nothing erased is left
    /// in it; false if a reader prevents that.
    ///
    /// # Errors
    ///
    /// Where the database cannot be written.
    pub fn truncate_log(&self) -> Result<bool, StoreError> {
        self.connection.busy_timeout(Duration::ZERO)?;
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: Result<i64, _> = self.connection.query_row(sql, [], |row| row.get(0));
        self.connection.busy_timeout(BUSY_TIMEOUT)?;
        match busy {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(false),
            busy => Ok(busy? == 0),
        }
    }

    /// Sets whether to wait for locks. While another program keeps one, waiting would only make
    /// work pile up.
    pub(super) fn set_patience(&self, patient: bool) {
        let timeout = if patient {
            BUSY_TIMEOUT
        } else {
            Duration::ZERO
        };
        // If this fails, the next statement fails, too, and its error is handled.
        drop(self.connection.busy_timeout(timeout));
    }
}
