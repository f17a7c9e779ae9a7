//! The thread that owns the connection. It takes work from the queue and, between two pieces of
//! work, does what is due: it purges old sessions, truncates the log after an erasure, notices
//! changes by others, and reopens the database after a failure.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::ErrorCode;
use tokio::sync::watch;

use crate::clock::steady::Steady;
use crate::clock::{Clock, Day};
use crate::config::StoreConfig;
use crate::cookie::id::IdHash;
use crate::keys::{KeyRing, Keys};
use crate::secret::Secret;
use crate::store::claims::Claims;
use crate::store::database::{Change, Database};
use crate::store::{NewSession, StoreError};

/// A piece of work.
pub(super) type Job = Box<dyn FnOnce(&mut Worker) + Send>;

/// How often the thread looks for what is due.
const TICK: Duration = Duration::from_millis(500);
const HOUR: Duration = Duration::from_secs(3600);
/// How many sessions that were never taken up are deleted at a time, while other work waits.
const MOST_AT_ONCE: usize = 1000;

/// The database and what the thread remembers about it.
pub(super) struct Worker {
    config: StoreConfig,
    state: State,
    keys: Keys,
    clock: Clock,
    claims: Claims,
    /// Sessions whose cookie has not come back yet, and since when we know that.
    unconfirmed: BTreeMap<IdHash, Duration>,
    log: Log,
    purge: Steady,
    announce: watch::Sender<u64>,
}

/// How the database is.
enum State {
    /// It works.
    Working(Database),
    /// Something has failed, and writing has not worked since. Work is still tried, on the
    /// connection that is left or on a new one.
    Failing(Option<Database>),
    /// SQLite has found damage. Nothing is read or written until the file is found whole again.
    Damaged,
    /// It was closed for good.
    Closed,
}

/// What the write-ahead log may still hold of erased rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Log {
    Clean,
    Dirty,
    /// It could not be truncated because of a reader.
    Blocked,
}

impl Worker {
    pub(super) fn new(
        config: StoreConfig,
        database: Database,
        keys: Keys,
        clock: Clock,
        announce: watch::Sender<u64>,
    ) -> Self {
        let now = clock.monotonic();
        let waiting = database.unconfirmed().unwrap_or_default();
        Self {
            config,
            state: State::Working(database),
            keys,
            purge: Steady::new(&clock),
            clock,
            claims: Claims::default(),
            unconfirmed: waiting.into_iter().map(|id| (id, now)).collect(),
            // The previous process may have ended in the middle of an erasure.
            log: Log::Dirty,
            announce,
        }
    }

    /// Works until it is closed or nobody is left who could send work.
    pub(super) fn run(mut self, queue: &Receiver<Job>) {
        let mut looked = Instant::now();
        self.contained(Self::doubt_the_date);
        self.contained(Self::look_around);
        loop {
            match queue.recv_timeout(TICK) {
                Ok(job) => self.contained(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if matches!(self.state, State::Closed) {
                break;
            }
            if self.log == Log::Dirty || looked.elapsed() >= TICK {
                looked = Instant::now();
                self.contained(Self::look_around);
            }
        }
    }

    /// A panic ends its piece of work and no other. It also ends the connection, which may have
    /// been in the middle of something.
    fn contained(&mut self, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            tracing::error!("work on the database panicked; this is a bug");
            self.state = State::Failing(None);
        }
    }

    /// Closing the last connection moves the log into the database and removes it.
    pub(super) fn close(&mut self) {
        self.state = State::Closed;
    }

    pub(super) fn ring(&self) -> Arc<KeyRing> {
        self.keys.current()
    }

    pub(super) fn today(&self) -> Day {
        self.clock.today()
    }

    /// The connection, or a new one where it broke.
    pub(super) fn database(&mut self) -> Result<&mut Database, StoreError> {
        match &mut self.state {
            State::Working(database) | State::Failing(Some(database)) => Ok(database),
            State::Failing(missing) => {
                let database = Database::open(&self.config).map_err(StoreError::Open)?;
                Ok(missing.insert(database))
            }
            State::Damaged => Err(StoreError::Damaged),
            State::Closed => Err(StoreError::Stopped),
        }
    }

    /// Logs that the database begins to fail, and drops a connection that would go on failing. One
    /// that is kept no longer waits for locks, or work would pile up behind it.
    pub(super) fn fail(&mut self, error: &StoreError) {
        if matches!(self.state, State::Working(_)) {
            tracing::error!(path = %self.config.path.display(), %error, "the database fails");
        }
        let code = match error {
            StoreError::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        };
        self.state = match std::mem::replace(&mut self.state, State::Closed) {
            State::Working(_) | State::Failing(_) if code.is_some_and(is_damage) => State::Damaged,
            State::Working(_) | State::Failing(_) if code.is_some_and(breaks_connection) => {
                State::Failing(None)
            }
            State::Working(database) | State::Failing(Some(database)) => {
                database.set_patience(false);
                State::Failing(Some(database))
            }
            state => state,
        };
    }

    pub(super) fn claim(&mut self, id: IdHash) -> Result<bool, StoreError> {
        if self.database()?.has(&id)? {
            return Ok(false);
        }
        Ok(self.claims.take(id, self.clock.monotonic()))
    }

    pub(super) fn insert(&mut self, session: &NewSession) -> Result<(), StoreError> {
        let (ring, today) = (self.ring(), self.today());
        self.database()?.insert(&ring, session, today)?;
        self.unconfirmed.insert(session.id, self.clock.monotonic());
        for replaced in &session.replaces {
            self.unconfirmed.remove(replaced);
            self.log = Log::Dirty;
        }
        Ok(())
    }

    /// Whether writing works now.
    pub(super) fn probe(&mut self) -> Result<(), StoreError> {
        self.recover()?;
        self.database()?.probe()
    }

    /// Notes that the session was used today. Where this works, writing works, so that a token
    /// which the provider hands out next can be kept.
    pub(super) fn touch(&mut self, id: &IdHash) -> Result<(), StoreError> {
        if matches!(self.state, State::Failing(_)) {
            self.database()?.probe()?;
        }
        let today = self.today();
        self.database()?.touch(id, today)?;
        self.unconfirmed.remove(id);
        Ok(())
    }

    pub(super) fn delete(&mut self, id: &IdHash) -> Result<bool, StoreError> {
        let erased = self.database()?.delete(id)?;
        if erased {
            self.finish_erasure();
        }
        Ok(erased)
    }

    pub(super) fn delete_if(&mut self, id: &IdHash, token: &Secret) -> Result<Change, StoreError> {
        let ring = self.ring();
        let change = self.database()?.delete_if(&ring, id, token)?;
        if change == Change::Made {
            self.finish_erasure();
        }
        Ok(change)
    }

    /// Truncates the log after an erasure, before anyone is answered. If a reader prevents that, it
    /// is tried again until it works.
    fn finish_erasure(&mut self) {
        self.log = Log::Dirty;
        if let Err(error) = self.truncate_log() {
            // The row is gone, as was asked; the truncation is tried again.
            self.fail(&error);
        }
    }

    fn look_around(&mut self) {
        self.claims.forget_old(self.clock.monotonic());
        let result = self
            .recover()
            .and_then(|()| self.notice_changes())
            .and_then(|()| self.end_unconfirmed())
            .and_then(|()| self.end_old())
            .and_then(|()| self.truncate_log());
        if let Err(error) = result {
            self.fail(&error);
        }
    }

    /// Checks whether a database that has failed can be written again.
    fn recover(&mut self) -> Result<(), StoreError> {
        match self.state {
            State::Working(_) => return Ok(()),
            State::Failing(_) => self.database()?.probe()?,
            State::Damaged => {
                let database = Database::open(&self.config).map_err(StoreError::Open)?;
                database.check()?;
                database.probe()?;
                self.state = State::Failing(Some(database));
            }
            State::Closed => return Err(StoreError::Stopped),
        }
        if let State::Failing(connection) = &mut self.state
            && let Some(database) = connection.take()
        {
            database.set_patience(true);
            self.state = State::Working(database);
            tracing::info!("the database works again");
        }
        Ok(())
    }

    /// A date that does not fit the sessions' days may have jumped while nothing ran: purges wait
    /// for a day.
    fn doubt_the_date(&mut self) {
        let today = self.today();
        let State::Working(database) = &self.state else {
            return;
        };
        let Ok(ages) = database.ages(today) else {
            return;
        };
        if let Some(last) = ages.last {
            self.purge.doubt(last, &self.clock);
        }
        if ages.are_unusual() {
            self.purge.postpone(&self.clock);
        }
    }

    fn notice_changes(&mut self) -> Result<(), StoreError> {
        if self.database()?.has_changed()? {
            self.log = Log::Dirty;
            self.tell();
        }
        Ok(())
    }

    /// Deletes sessions whose cookie has not come back within an hour: no browser has taken them
    /// up.
    fn end_unconfirmed(&mut self) -> Result<(), StoreError> {
        let now = self.clock.monotonic();
        let late = |since: &Duration| now.saturating_sub(*since) > HOUR;
        let ids: Vec<IdHash> = self
            .unconfirmed
            .iter()
            .filter(|(_, since)| late(since))
            .map(|(id, _)| *id)
            .take(MOST_AT_ONCE)
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let erased = self.database()?.delete_unconfirmed(&ids)?;
        for id in &ids {
            self.unconfirmed.remove(id);
        }
        if erased > 0 {
            tracing::info!(erased, "erased sessions that were never taken up");
            self.log = Log::Dirty;
            self.tell();
        }
        Ok(())
    }

    fn end_old(&mut self) -> Result<(), StoreError> {
        if let Some(seconds) = self.purge.look(&self.clock) {
            tracing::warn!(seconds, "the date has jumped; purges wait for a day");
        }
        if !self.purge.is_due() {
            return Ok(());
        }
        let today = self.today();
        let erased = self.database()?.purge(today)?;
        self.purge.postpone(&self.clock);
        if erased > 0 {
            tracing::info!(erased, "erased expired sessions");
            self.log = Log::Dirty;
            self.tell();
        }
        Ok(())
    }

    fn truncate_log(&mut self) -> Result<(), StoreError> {
        if self.log != Log::Clean {
            let truncated = self.database()?.truncate_log()?;
            self.log = if truncated { Log::Clean } else { Log::Blocked };
        }
        Ok(())
    }

    fn tell(&self) {
        self.announce.send_modify(|changes| *changes += 1);
    }
}

/// Failures after which a connection has to be replaced.
fn breaks_connection(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
    )
}

/// Failures that show that the file is damaged.
fn is_damage(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
}
