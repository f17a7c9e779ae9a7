//! One connection to the database, used by one thread, and every statement about sessions.
//!
//! What is committed is on the disk (write-ahead log, `synchronous=FULL`). What is deleted is
//! overwritten (`secure_delete`), and the log is truncated afterwards.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior};

use crate::clock::Day;
use crate::config::StoreConfig;
use crate::cookie::id::{IdHash, Reference};
use crate::keys::KeyRing;
use crate::secret::Secret;
use crate::store::opening::{self, OpenError};
use crate::store::sealed;
use crate::store::{Counts, NewSession, Session, StoreError};

/// Whether a session is past its time: authorized before ?1, or idle since before ?2.
pub(super) const OVERDUE: &str = "(authorized_on < ?1
    OR (restricted = 0 AND coalesce(last_used_on, authorized_on) < ?2))";

/// An open database.
#[derive(Debug)]
pub struct Database {
    pub(super) connection: Connection,
    /// The `data_version` when the changes of others were looked for last.
    pub(super) seen: Option<i64>,
    config: StoreConfig,
}

/// What came of a change to a row that has to hold a certain token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was made.
    Made,
    /// There is no such row.
    Gone,
    /// The row holds another token.
    Other,
    /// None of our keys opens the row's token, so it cannot be compared.
    Locked,
}

impl Database {
    /// Opens the database. Makes or migrates it if needed.
    ///
    /// # Errors
    ///
    /// Its path and why it cannot be opened.
    pub fn open(config: &StoreConfig) -> Result<Self, OpenError> {
        Ok(Self {
            connection: opening::open(&config.path)?,
            seen: None,
            config: config.clone(),
        })
    }

    /// Adds a session in place of those it replaces, whose restriction it inherits.
    pub(super) fn insert(
        &self,
        ring: &KeyRing,
        session: &NewSession,
        today: Day,
    ) -> Result<(), StoreError> {
        let sealed = self.seal(ring, &session.id, &session.refresh_token)?;
        let transaction = self.begin()?;
        let mut restricted = false;
        for replaced in &session.replaces {
            restricted |= transaction
                .query_row(
                    "DELETE FROM sessions WHERE id_hash = ?1 RETURNING restricted",
                    [replaced.bytes()],
                    |row| row.get(0),
                )
                .optional()?
                .unwrap_or(false);
        }
        transaction.execute(
            "INSERT INTO sessions (id_hash, refresh_token, scopes, authorized_on, restricted)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                session.id.bytes(),
                sealed,
                &session.scopes,
                today.number(),
                restricted,
            ),
        )?;
        Ok(transaction.commit()?)
    }

    /// The session with this id's hash.
    pub fn get(
        &self,
        ring: &KeyRing,
        id: &IdHash,
        today: Day,
    ) -> Result<Option<Session>, StoreError> {
        let row = self
            .connection
            .prepare_cached(
                "SELECT refresh_token, scopes, authorized_on, last_used_on, restricted
                 FROM sessions WHERE id_hash = ?1",
            )?
            .query_row([id.bytes()], |row| self.session(ring, id, row, today))
            .optional()?;
        Ok(row)
    }

    /// Whether there is such a session, whatever its state.
    pub(super) fn has(&self, id: &IdHash) -> Result<bool, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT 1 FROM sessions WHERE id_hash = ?1")?;
        Ok(statement.exists([id.bytes()])?)
    }

    /// The hashes of all sessions.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn list(&self) -> Result<Vec<IdHash>, StoreError> {
        self.hashes(
            "SELECT id_hash FROM sessions ORDER BY authorized_on, id_hash",
            [],
        )
    }

    /// The hashes that begin with the bytes of `reference`: hardly ever more than one.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn find(&self, reference: Reference) -> Result<Vec<IdHash>, StoreError> {
        self.hashes(
            "SELECT id_hash FROM sessions WHERE substr(id_hash, 1, 8) = ?1",
            [reference.bytes()],
        )
    }

    /// Sessions whose cookie has not come back yet.
    pub(super) fn unconfirmed(&self) -> Result<Vec<IdHash>, StoreError> {
        self.hashes(
            "SELECT id_hash FROM sessions WHERE last_used_on IS NULL",
            [],
        )
    }

    /// Those of `ids` that exist and are not restricted.
    pub(super) fn usable(&self, ids: Vec<IdHash>) -> Result<Vec<IdHash>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT 1 FROM sessions WHERE id_hash = ?1 AND restricted = 0")?;
        let mut usable = Vec::new();
        for id in ids {
            if statement.exists([id.bytes()])? {
                usable.push(id);
            }
        }
        Ok(usable)
    }

    /// Notes that the session was used today. The day never goes back, because a date that is wrong
    /// for a while would otherwise make the session look idle.
    pub(super) fn touch(&self, id: &IdHash, today: Day) -> Result<(), StoreError> {
        self.connection.execute(
            "UPDATE sessions SET last_used_on = max(authorized_on, ?2)
             WHERE id_hash = ?1 AND (last_used_on IS NULL OR last_used_on < ?2)",
            (id.bytes(), today.number()),
        )?;
        Ok(())
    }

    /// Replaces the token `old` by `new`.
    pub(super) fn rotate(
        &self,
        ring: &KeyRing,
        id: &IdHash,
        old: &Secret,
        new: &Secret,
    ) -> Result<Change, StoreError> {
        let sealed = self.seal(ring, id, new)?;
        self.change_if(ring, id, old, || self.replace_token(id, &sealed))
    }

    /// Deletes the session if it still holds `token`.
    pub(super) fn delete_if(
        &self,
        ring: &KeyRing,
        id: &IdHash,
        token: &Secret,
    ) -> Result<Change, StoreError> {
        self.change_if(ring, id, token, || self.delete(id).map(drop))
    }

    /// Changes the row if it holds `token`. Both happen in one transaction.
    fn change_if(
        &self,
        ring: &KeyRing,
        id: &IdHash,
        token: &Secret,
        change: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<Change, StoreError> {
        let transaction = self.begin()?;
        let Some(held) = self.sealed_token(id)? else {
            return Ok(Change::Gone);
        };
        match self.unseal(ring, id, &held) {
            None => Ok(Change::Locked),
            Some(held) if held != *token => Ok(Change::Other),
            Some(_) => {
                change()?;
                transaction.commit()?;
                Ok(Change::Made)
            }
        }
    }

    /// Deletes the session; false if there was none.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn delete(&self, id: &IdHash) -> Result<bool, StoreError> {
        let deleted = self
            .connection
            .execute("DELETE FROM sessions WHERE id_hash = ?1", [id.bytes()])?;
        Ok(deleted > 0)
    }

    /// Deletes those of these sessions whose cookie has never come back. Returns how many.
    pub(super) fn delete_unconfirmed(&self, ids: &[IdHash]) -> Result<usize, StoreError> {
        let transaction = self.begin()?;
        let mut deleted = 0;
        for id in ids {
            deleted += transaction
                .prepare_cached("DELETE FROM sessions WHERE id_hash = ?1 AND last_used_on IS NULL")?
                .execute([id.bytes()])?;
        }
        transaction.commit()?;
        Ok(deleted)
    }

    /// Restricts the session or lifts the restriction. Returns whether that changed anything, or
    /// `None` if there is no such session.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn set_restricted(
        &self,
        id: &IdHash,
        restricted: bool,
    ) -> Result<Option<bool>, StoreError> {
        let changed = self.connection.execute(
            "UPDATE sessions SET restricted = ?2 WHERE id_hash = ?1 AND restricted <> ?2",
            (id.bytes(), restricted),
        )?;
        if changed > 0 {
            return Ok(Some(true));
        }
        Ok(self.has(id)?.then_some(false))
    }

    /// Deletes sessions that are too old, or unused for too long and not restricted. Returns how
    /// many.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn purge(&self, today: Day) -> Result<usize, StoreError> {
        let sql = format!("DELETE FROM sessions WHERE {OVERDUE}");
        Ok(self.connection.execute(&sql, self.limits(today))?)
    }

    /// The parameters of [`OVERDUE`].
    pub(super) fn limits(&self, today: Day) -> (i64, i64) {
        let before = |days: u32| today.number().saturating_sub(i64::from(days));
        (
            before(self.config.session_ttl),
            before(self.config.idle_ttl),
        )
    }

    /// Seals every token with the first key that an older key has sealed. Returns how many those
    /// were, and how many tokens none of the keys opens.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn rekey(&self, ring: &KeyRing) -> Result<(usize, usize), StoreError> {
        let (mut resealed, mut lost) = (0, 0);
        for id in self.list()? {
            let transaction = self.begin()?;
            let Some(held) = self.sealed_token(&id)? else {
                continue;
            };
            if held.starts_with(ring.first().id().bytes()) {
                continue;
            }
            match self.unseal(ring, &id, &held) {
                Some(token) => {
                    self.replace_token(&id, &self.seal(ring, &id, &token)?)?;
                    transaction.commit()?;
                    resealed += 1;
                }
                None => lost += 1,
            }
        }
        Ok((resealed, lost))
    }

    /// How many sessions there are.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let sql = "SELECT count(*), coalesce(sum(restricted), 0) FROM sessions";
        let (sessions, restricted): (i64, i64) = self
            .connection
            .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Counts {
            sessions: sessions.unsigned_abs(),
            restricted: restricted.unsigned_abs(),
        })
    }

    fn hashes(&self, sql: &str, params: impl rusqlite::Params) -> Result<Vec<IdHash>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params, |row| Ok(IdHash::from_bytes(row.get(0)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn session(
        &self,
        ring: &KeyRing,
        id: &IdHash,
        row: &Row<'_>,
        today: Day,
    ) -> Result<Session, rusqlite::Error> {
        let sealed: Vec<u8> = row.get(0)?;
        let authorized_on = Day::from_number(row.get(2)?);
        let expires_on = authorized_on.plus(self.config.session_ttl);
        let last_used_on: Option<i64> = row.get(3)?;
        Ok(Session {
            refresh_token: self.unseal(ring, id, &sealed),
            scopes: row.get(1)?,
            authorized_on,
            last_used_on: last_used_on.map(Day::from_number),
            expires_on,
            expired: today > expires_on,
            restricted: row.get(4)?,
        })
    }

    fn sealed_token(&self, id: &IdHash) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT refresh_token FROM sessions WHERE id_hash = ?1")?;
        Ok(statement
            .query_row([id.bytes()], |row| row.get(0))
            .optional()?)
    }

    fn replace_token(&self, id: &IdHash, sealed: &[u8]) -> Result<(), StoreError> {
        self.connection.execute(
            "UPDATE sessions SET refresh_token = ?2 WHERE id_hash = ?1",
            (id.bytes(), sealed),
        )?;
        Ok(())
    }

    /// Begins a transaction: without a commit, none of its changes are made.
    pub(super) fn begin(&self) -> Result<Transaction<'_>, StoreError> {
        let behavior = TransactionBehavior::Immediate;
        Ok(Transaction::new_unchecked(&self.connection, behavior)?)
    }

    fn seal(&self, ring: &KeyRing, id: &IdHash, token: &Secret) -> Result<Vec<u8>, StoreError> {
        Ok(sealed::seal(ring, &self.config.provider, id, token)?)
    }

    fn unseal(&self, ring: &KeyRing, id: &IdHash, sealed: &[u8]) -> Option<Secret> {
        sealed::open(ring, &self.config.provider, id, sealed)
    }
}
