//! Sessions in SQLite. One thread owns the connection; everybody else sends it work through a
//! bounded queue, so that a slow disk is answered with "busy" and never with a pile of memory.
//!
//! A method that has returned without an error has its change on the disk.

pub mod database;
pub mod opening;
mod sealed;
mod worker;

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;

use tokio::sync::{oneshot, watch};

use crate::clock::{Clock, Day};
use crate::config::StoreConfig;
use crate::cookie::id::IdHash;
use crate::kept::{Basis, Kept};
use crate::keys::{Keys, SealError};
use crate::secret::Secret;
use crate::store::database::Database;
use crate::store::opening::{OpenError, OpenReason};
use crate::store::worker::{Job, Worker};

/// How much work may wait.
const QUEUE: usize = 1024;

/// Every column of the table of sessions, on what grounds it is kept.
pub const KEPT: [Kept; 6] = [
    Kept {
        field: "id_hash",
        purpose: "finds your session when your browser shows its cookie",
        form: "SHA-256 of the cookie's unique ID, which itself is not stored",
        basis: Basis::Policy(
            "State is a unique ID, which allows us to serve you the correct account credential.",
        ),
    },
    Kept {
        field: "refresh_token",
        purpose: "gets a short-lived access token when one of your pages needs it, and nothing else",
        form: "sealed with XChaCha20-Poly1305",
        basis: Basis::Policy(
            "This is necessary to grant you a new temporary token from Spotify, which is used for authentication to Spotify",
        ),
    },
    Kept {
        field: "scopes",
        purpose: "tells which permissions you granted",
        form: "as the provider names them",
        basis: Basis::Exception(
            "the refresh token comes with them, and you have a right to know what it allows",
        ),
    },
    Kept {
        field: "authorized_on",
        purpose: "ends the session when it is too old",
        form: "a date without a time, so that it cannot be matched with the log",
        basis: Basis::Exception("without it nothing could be deleted in time"),
    },
    Kept {
        field: "last_used_on",
        purpose: "ends the session when it has not been used for long",
        form: "a date without a time, so that it cannot be matched with the log",
        basis: Basis::Exception("without it nothing could be deleted in time"),
    },
    Kept {
        field: "restricted",
        purpose: "remembers that you asked us not to use your token",
        form: "yes or no",
        basis: Basis::Exception(
            "your right to restrict processing needs a place where the restriction is kept",
        ),
    },
];

/// What the thread remembers of logins, and forgets when it ends.
pub const REMEMBERED: [Kept; 1] = [Kept {
    field: "login_attempt",
    purpose: "makes each login attempt work once",
    form: "a hash of its random secret, for an hour",
    basis: Basis::Exception("without it a login could be replayed"),
}];

/// A session to be added; its dates are today.
#[derive(Debug)]
pub struct NewSession {
    /// The hash of its id.
    pub id: IdHash,
    /// The provider's refresh token.
    pub refresh_token: Secret,
    /// The scopes that were granted, separated by spaces.
    pub scopes: String,
    /// The session that it takes the place of, restriction included.
    pub replaces: Option<IdHash>,
}

/// What is held about a session.
#[derive(Debug)]
pub struct Session {
    /// The provider's refresh token; `None` where the key that sealed it was retired.
    pub refresh_token: Option<Secret>,
    /// The scopes that were granted, separated by spaces.
    pub scopes: String,
    /// When the visitor logged in.
    pub authorized_on: Day,
    /// When it was used last; `None` until its cookie has come back once.
    pub last_used_on: Option<Day>,
    /// The last day of its life.
    pub expires_on: Day,
    /// Whether that day has passed, if today's date is right: refuse it, and destroy nothing.
    pub expired: bool,
    /// Whether its token must not be used.
    pub restricted: bool,
}

/// How many sessions there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub sessions: u64,
    /// Those that are restricted.
    pub restricted: u64,
}

/// Why the store could not answer. The row is as it was, or as it should be.
#[derive(Debug)]
pub enum StoreError {
    /// Too much work is waiting.
    Busy,
    /// The thread has ended.
    Stopped,
    /// SQLite could not.
    Sqlite(rusqlite::Error),
    /// The database could not be opened again after a failure.
    Open(OpenError),
    /// A token could not be sealed.
    Seal(SealError),
}

/// Sends work to the thread that owns the database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    jobs: SyncSender<Job>,
    outside: watch::Receiver<u64>,
    /// Held until the store is closed, or as long as anybody can still write.
    lock: Arc<File>,
}

impl Store {
    /// Opens the database for `serve`, which is the only one of its kind on it, and starts the
    /// thread.
    ///
    /// # Errors
    ///
    /// Where the database cannot be opened or another `serve` works on it.
    pub fn open(config: &StoreConfig, keys: Keys, clock: Clock) -> Result<Self, OpenError> {
        let lock = lock_beside(&config.path)?;
        let database = Database::open(config)?;
        let (jobs, queue) = sync_channel(QUEUE);
        let (announce, outside) = watch::channel(0);
        let worker = Worker::new(config.clone(), database, keys, clock, announce);
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || worker.run(&queue))
            .map_err(|error| OpenError {
                path: config.path.clone(),
                reason: OpenReason::Io(error),
            })?;
        Ok(Self {
            jobs,
            outside,
            lock: Arc::new(lock),
        })
    }

    /// Takes a login attempt for the one use it has: true for the first who asks, and only while
    /// no session has come of it. The first use counts whatever its outcome.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn claim(&self, id: IdHash) -> Result<bool, StoreError> {
        self.call(move |worker| worker.claim(id)).await
    }

    /// Adds a session, in one transaction with the end of the one it replaces.
    ///
    /// # Errors
    ///
    /// [`StoreError`], also where there is one of this id.
    pub async fn insert(&self, session: NewSession) -> Result<(), StoreError> {
        self.call(move |worker| worker.insert(&session)).await
    }

    /// What is held about a session, if there is one.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn get(&self, id: IdHash) -> Result<Option<Session>, StoreError> {
        self.call(move |worker| {
            let (ring, today) = (worker.ring(), worker.today());
            worker.database()?.get(&ring, &id, today)
        })
        .await
    }

    /// Notes that the session's cookie came back today; writes once a day at most.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn touch(&self, id: IdHash) -> Result<(), StoreError> {
        self.call(move |worker| worker.touch(&id)).await
    }

    /// Replaces the refresh token `old` by `new`; false where the row is gone or holds another.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn rotate(&self, id: IdHash, old: Secret, new: Secret) -> Result<bool, StoreError> {
        self.call(move |worker| {
            let ring = worker.ring();
            worker.database()?.rotate(&ring, &id, &old, &new)
        })
        .await
    }

    /// Erases the session if it still holds `token`; false where it does not.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn delete_if(&self, id: IdHash, token: Secret) -> Result<bool, StoreError> {
        self.call(move |worker| {
            let ring = worker.ring();
            worker.erase(|database| database.delete_if(&ring, &id, &token))
        })
        .await
    }

    /// Erases the session; false where there was none.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn delete(&self, id: IdHash) -> Result<bool, StoreError> {
        self.call(move |worker| worker.erase(|database| database.delete(&id)))
            .await
    }

    /// Restricts the session or lifts that: whether it changed, or `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn set_restricted(
        &self,
        id: IdHash,
        restricted: bool,
    ) -> Result<Option<bool>, StoreError> {
        self.call(move |worker| worker.database()?.set_restricted(&id, restricted))
            .await
    }

    /// Whether the database can be written now.
    ///
    /// # Errors
    ///
    /// [`StoreError`] that says why not.
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.call(|worker| worker.database()?.probe()).await
    }

    /// How many sessions there are.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.call(|worker| worker.database()?.counts()).await
    }

    /// Of `ids`, those that are there and not restricted.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn usable(&self, ids: Vec<IdHash>) -> Result<Vec<IdHash>, StoreError> {
        self.call(move |worker| worker.database()?.usable(ids))
            .await
    }

    /// Changes whenever somebody else (an operator's command, the daily purge) has changed rows:
    /// what is remembered of them has to be checked with [`Store::usable`].
    #[must_use]
    pub fn outside_changes(&self) -> watch::Receiver<u64> {
        self.outside.clone()
    }

    /// Closes the database in good order and releases its lock; what is asked afterwards is
    /// refused.
    pub async fn close(&self) {
        let closed = self.call(|worker| {
            worker.close();
            Ok(())
        });
        if let Err(error) = closed.await {
            tracing::warn!(%error, "the database was not closed");
            return;
        }
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the database's lock was not released");
        }
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |worker| {
            let result = work(worker);
            if let Err(error) = &result {
                worker.fail(error);
            }
            // Nobody listens any more where the client has left; the work is done all the same.
            drop(answer.send(result));
        });
        self.jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Stopped,
        })?;
        answered.await.unwrap_or(Err(StoreError::Stopped))
    }
}

/// A lock of its own: SQLite's locks come and go with transactions.
fn lock_beside(path: &Path) -> Result<File, OpenError> {
    let failed = |reason| OpenError {
        path: path.to_owned(),
        reason,
    };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(PathBuf::from(beside))
        .map_err(|error| failed(OpenReason::Io(error)))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(failed(OpenReason::InUse)),
        Err(TryLockError::Error(error)) => Err(failed(OpenReason::Io(error))),
    }
}

impl std::error::Error for StoreError {}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too much work is waiting for the database"),
            Self::Stopped => f.write_str("the database thread has ended"),
            Self::Sqlite(error) => write!(f, "database: {error}"),
            Self::Open(error) => error.fmt(f),
            Self::Seal(error) => error.fmt(f),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<SealError> for StoreError {
    fn from(error: SealError) -> Self {
        Self::Seal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, NewSession, Store, StoreError};
    use crate::clock::{Clock, Hands, Timestamp};
    use crate::config::StoreConfig;
    use crate::cookie::id::IdHash;
    use crate::keys::{Keys, file};
    use crate::secret::Secret;
    use crate::store::database::Database;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;
    use std::time::Duration;
    use tempfile::TempDir;

    const DAY: Duration = Duration::from_secs(86_400);

    struct Bench {
        folder: TempDir,
        config: StoreConfig,
        keys: Keys,
        clock: Clock,
        hands: Hands,
    }

    fn bench() -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let (clock, hands) = Clock::manual(Timestamp::from_seconds(1_795_000_000));
        file::generate(&path, clock.today()).expect("generated");
        Bench {
            config: StoreConfig {
                path: folder.path().join("db"),
                provider: "spotify".to_owned(),
                session_ttl: 180,
                idle_ttl: 90,
            },
            keys: Keys::load(&path).expect("keys"),
            folder,
            clock,
            hands,
        }
    }

    impl Bench {
        fn open(&self) -> Store {
            Store::open(&self.config, self.keys.clone(), self.clock.clone()).expect("a store")
        }

        fn keys_path(&self) -> PathBuf {
            self.folder.path().join("keys")
        }

        /// Whether `bytes` are anywhere in the database or the files beside it.
        fn holds(&self, bytes: &[u8]) -> bool {
            let files = fs::read_dir(self.folder.path()).expect("a folder");
            files.map(|file| file.expect("a file").path()).any(|path| {
                let content = fs::read(path).expect("content");
                content.windows(bytes.len()).any(|window| window == bytes)
            })
        }
    }

    fn id(number: u8) -> IdHash {
        IdHash::from_bytes([number; 32])
    }

    fn token(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn session(number: u8, refresh_token: &str) -> NewSession {
        NewSession {
            id: id(number),
            refresh_token: token(refresh_token),
            scopes: "one two".to_owned(),
            replaces: None,
        }
    }

    /// Waits for what the thread does by itself.
    async fn eventually(mut what: impl AsyncFnMut() -> bool) {
        for _ in 0..100 {
            if what().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it did not happen within five seconds");
    }

    #[tokio::test]
    async fn a_session_is_there_also_after_a_restart() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        drop(store);
        let store = bench.open();
        let held = store.get(id(1)).await.expect("read").expect("a session");
        assert_eq!(held.refresh_token, Some(token("first")));
        assert_eq!(held.scopes, "one two");
        assert_eq!(held.authorized_on, bench.clock.today());
        assert_eq!(held.last_used_on, None);
        assert!(!held.restricted && !held.expired);
        assert!(store.get(id(2)).await.expect("read").is_none());
    }

    #[tokio::test]
    async fn files_are_private_and_wider_ones_are_refused() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        for name in ["db", "db-wal", "db-shm", "db.lock"] {
            let path = bench.folder.path().join(name);
            let mode = fs::metadata(path).expect(name).permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        drop(store);
        fs::set_permissions(&bench.config.path, fs::Permissions::from_mode(0o640)).expect("set");
        let error = Store::open(&bench.config, bench.keys.clone(), bench.clock.clone());
        let error = error.expect_err("refused").to_string();
        assert!(error.contains("mode 0640"), "{error}");
    }

    #[tokio::test]
    async fn a_closed_store_leaves_one_file_and_refuses_work() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        store.close().await;
        assert!(!bench.folder.path().join("db-wal").exists());
        let next = bench.open();
        assert!(next.get(id(1)).await.expect("read").is_some());
        // The thread ends after its last answer.
        let stopped = async || matches!(store.get(id(1)).await, Err(StoreError::Stopped));
        eventually(stopped).await;
    }

    #[tokio::test]
    async fn a_second_serve_is_refused_and_a_command_is_not() {
        let bench = bench();
        let _store = bench.open();
        let second = Store::open(&bench.config, bench.keys.clone(), bench.clock.clone());
        let error = second.expect_err("refused").to_string();
        assert!(error.contains("another `serve`"), "{error}");
        assert!(Database::open(&bench.config).is_ok());
    }

    #[tokio::test]
    async fn what_is_no_database_is_refused_and_left_alone() {
        let bench = bench();
        fs::write(&bench.config.path, "my shopping list, which is long enough").expect("written");
        fs::set_permissions(&bench.config.path, fs::Permissions::from_mode(0o600)).expect("set");
        let error = Store::open(&bench.config, bench.keys.clone(), bench.clock.clone());
        let error = error.expect_err("refused").to_string();
        assert!(error.contains("not a database"), "{error}");
        let left = fs::read_to_string(&bench.config.path).expect("content");
        assert!(left.starts_with("my shopping list"));
    }

    #[tokio::test]
    async fn a_database_of_a_newer_program_is_refused() {
        let bench = bench();
        drop(bench.open());
        let connection = rusqlite::Connection::open(&bench.config.path).expect("opened");
        connection
            .pragma_update(None, "user_version", 99)
            .expect("set");
        let error = Database::open(&bench.config)
            .expect_err("refused")
            .to_string();
        assert!(error.contains("newer program"), "{error}");
    }

    #[tokio::test]
    async fn an_attempt_is_claimed_once_also_after_a_restart() {
        let bench = bench();
        let store = bench.open();
        assert!(store.claim(id(1)).await.expect("claimed"));
        assert!(!store.claim(id(1)).await.expect("claimed"));
        store.insert(session(1, "first")).await.expect("inserted");
        drop(store);
        assert!(!bench.open().claim(id(1)).await.expect("claimed"));
    }

    #[tokio::test]
    async fn a_new_session_replaces_the_old_one_and_inherits_its_restriction() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        store.set_restricted(id(1), true).await.expect("set");
        let next = NewSession {
            replaces: Some(id(1)),
            ..session(2, "second")
        };
        store.insert(next).await.expect("inserted");
        assert!(store.get(id(1)).await.expect("read").is_none());
        let held = store.get(id(2)).await.expect("read").expect("a session");
        assert!(held.restricted);
    }

    #[tokio::test]
    async fn a_replacement_that_fails_keeps_the_old_session() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        store.insert(session(2, "second")).await.expect("inserted");
        let clash = NewSession {
            replaces: Some(id(1)),
            ..session(2, "third")
        };
        assert!(store.insert(clash).await.is_err());
        assert!(store.get(id(1)).await.expect("read").is_some());
        let held = store.get(id(2)).await.expect("read").expect("a session");
        assert_eq!(held.refresh_token, Some(token("second")));
    }

    #[tokio::test]
    async fn a_token_is_rotated_and_deleted_only_by_its_value() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        let rotate = |old, new| store.rotate(id(1), token(old), token(new));
        assert!(rotate("first", "second").await.expect("rotated"));
        assert!(!rotate("first", "third").await.expect("refused"));
        assert!(!store.delete_if(id(1), token("first")).await.expect("kept"));
        let held = store.get(id(1)).await.expect("read").expect("a session");
        assert_eq!(held.refresh_token, Some(token("second")));
        assert!(
            store
                .delete_if(id(1), token("second"))
                .await
                .expect("deleted")
        );
        assert!(store.get(id(1)).await.expect("read").is_none());
        assert!(!rotate("second", "third").await.expect("refused"));
    }

    #[tokio::test]
    async fn restriction_tells_whether_it_changed() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        assert_eq!(
            store.set_restricted(id(1), true).await.expect("set"),
            Some(true)
        );
        assert_eq!(
            store.set_restricted(id(1), true).await.expect("set"),
            Some(false)
        );
        assert_eq!(store.set_restricted(id(2), true).await.expect("set"), None);
        assert_eq!(store.usable(vec![id(1), id(2)]).await.expect("read"), []);
        assert_eq!(
            store.set_restricted(id(1), false).await.expect("set"),
            Some(true)
        );
        assert_eq!(
            store.usable(vec![id(1), id(2)]).await.expect("read"),
            [id(1)]
        );
        let counts = store.counts().await.expect("counted");
        assert_eq!((counts.sessions, counts.restricted), (1, 0));
    }

    #[tokio::test]
    async fn nothing_of_an_erased_token_is_left_in_any_file() {
        let bench = bench();
        let store = bench.open();
        for number in 1..=50 {
            let text = format!("token {number}");
            store
                .insert(session(number, &text))
                .await
                .expect("inserted");
        }
        let connection = rusqlite::Connection::open(&bench.config.path).expect("opened");
        let sealed: Vec<u8> = connection
            .query_row(
                "SELECT refresh_token FROM sessions WHERE id_hash = ?1",
                [id(7).bytes()],
                |row| row.get(0),
            )
            .expect("read");
        drop(connection);
        assert!(bench.holds(&sealed), "the test would see it");
        assert!(!bench.holds(b"token 7"), "a token is never there unsealed");
        assert!(store.delete(id(7)).await.expect("deleted"));
        eventually(async || !bench.holds(&sealed) && !bench.holds(id(7).bytes())).await;
    }

    #[tokio::test]
    async fn an_erasure_that_a_reader_holds_up_is_completed_when_it_ends() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(7, "first")).await.expect("inserted");
        let reader = rusqlite::Connection::open(&bench.config.path).expect("opened");
        reader
            .execute_batch("BEGIN; SELECT count(*) FROM sessions;")
            .expect("begun");
        assert!(store.delete(id(7)).await.expect("deleted"));
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(bench.holds(id(7).bytes()), "the reader stands in the way");
        reader.execute_batch("COMMIT").expect("ended");
        eventually(async || !bench.holds(id(7).bytes())).await;
    }

    #[tokio::test]
    async fn a_stolen_database_opens_with_its_own_keys_alone() {
        let (bench, thief) = (bench(), bench());
        let store = bench.open();
        store
            .insert(session(1, "precious"))
            .await
            .expect("inserted");
        assert!(!bench.holds(b"precious"));
        drop(store);
        let stolen = Database::open(&bench.config).expect("opened");
        let ring = thief.keys.current();
        let held = stolen
            .get(&ring, &id(1), bench.clock.today())
            .expect("read");
        assert_eq!(held.expect("a session").refresh_token, None);
    }

    #[tokio::test]
    async fn a_token_opens_in_its_own_row_and_for_its_own_provider_alone() {
        let mut bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        store.insert(session(2, "second")).await.expect("inserted");
        let connection = rusqlite::Connection::open(&bench.config.path).expect("opened");
        let swap = "UPDATE sessions SET refresh_token = (SELECT refresh_token FROM sessions \
                    WHERE id_hash = ?1) WHERE id_hash = ?2";
        let swapped = connection.execute(swap, [id(1).bytes(), id(2).bytes()]);
        assert_eq!(swapped.expect("swapped"), 1);
        let token_of = async |store: &Store, number| {
            let held = store.get(id(number)).await.expect("read");
            held.expect("a session").refresh_token
        };
        assert_eq!(token_of(&store, 1).await, Some(token("first")));
        assert_eq!(token_of(&store, 2).await, None);
        store.close().await;
        bench.config.provider = "another".to_owned();
        assert_eq!(token_of(&bench.open(), 1).await, None);
    }

    #[tokio::test]
    async fn rotated_keys_open_old_tokens_and_rekey_frees_the_old_key() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        let old = bench.keys.current().first().id().to_string();
        file::rotate(&bench.keys_path(), bench.clock.today()).expect("rotated");
        bench.keys.reload().expect("reloaded");
        let mut database = Database::open(&bench.config).expect("opened");
        let ring = bench.keys.current();
        assert_eq!(database.rekey(&ring).expect("resealed"), (1, 0));
        assert_eq!(database.rekey(&ring).expect("resealed"), (0, 0));
        let text = fs::read_to_string(bench.keys_path()).expect("keys");
        let kept: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with(&old))
            .collect();
        fs::write(bench.keys_path(), kept.join("\n")).expect("written");
        bench.keys.reload().expect("reloaded");
        let held = store.get(id(1)).await.expect("read").expect("a session");
        assert_eq!(held.refresh_token, Some(token("first")));
    }

    #[tokio::test]
    async fn commands_are_noticed() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        let mut changes = store.outside_changes();
        changes.mark_unchanged();
        let command = Database::open(&bench.config).expect("opened");
        command.set_restricted(&id(1), true).expect("set");
        let told = tokio::time::timeout(Duration::from_secs(5), changes.changed()).await;
        told.expect("in time").expect("a change");
        assert_eq!(store.usable(vec![id(1)]).await.expect("read"), []);
    }

    #[tokio::test]
    async fn a_session_that_is_never_taken_up_goes_after_an_hour() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        store.insert(session(2, "second")).await.expect("inserted");
        store.touch(id(2)).await.expect("touched");
        bench.hands.advance(Duration::from_secs(3700));
        eventually(async || store.get(id(1)).await.expect("read").is_none()).await;
        assert!(store.get(id(2)).await.expect("read").is_some());
    }

    #[tokio::test]
    async fn old_and_idle_sessions_go_and_restricted_ones_may_be_idle() {
        let bench = bench();
        let store = bench.open();
        for number in 1..=3 {
            store
                .insert(session(number, "token"))
                .await
                .expect("inserted");
            store.touch(id(number)).await.expect("touched");
        }
        store.set_restricted(id(2), true).await.expect("set");
        bench.hands.advance(91 * DAY);
        store.touch(id(3)).await.expect("touched");
        eventually(async || store.get(id(1)).await.expect("read").is_none()).await;
        assert!(store.get(id(2)).await.expect("read").is_some());
        assert!(store.get(id(3)).await.expect("read").is_some());
        store.touch(id(3)).await.expect("touched");
        bench.hands.advance(90 * DAY);
        eventually(async || store.counts().await.expect("counted").sessions == 0).await;
    }

    #[tokio::test]
    async fn a_jump_that_is_undone_destroys_nothing() {
        let bench = bench();
        let store = bench.open();
        store.insert(session(1, "first")).await.expect("inserted");
        store.touch(id(1)).await.expect("touched");
        let look = || tokio::time::sleep(Duration::from_millis(700));
        // The first purge after the start is over, and the next one is about to come.
        bench.hands.advance(Duration::from_secs(3700));
        look().await;
        bench.hands.advance(Duration::from_secs(23 * 3600));
        look().await;
        for year in [365, -365] {
            bench.hands.jump(year * 86_400);
            look().await;
            bench.hands.advance(Duration::from_secs(2 * 3600));
            look().await;
            let held = store.get(id(1)).await.expect("read").expect("a session");
            assert_eq!(held.expired, year > 0);
            bench.hands.jump(-year * 86_400);
            look().await;
        }
        let held = store.get(id(1)).await.expect("read").expect("a session");
        assert!(!held.expired);
    }

    #[tokio::test]
    async fn a_locked_database_is_an_error_and_then_works_again() {
        let bench = bench();
        let store = bench.open();
        let other = rusqlite::Connection::open(&bench.config.path).expect("opened");
        other.execute_batch("BEGIN IMMEDIATE").expect("locked");
        assert!(matches!(
            store.insert(session(1, "first")).await,
            Err(StoreError::Sqlite(_))
        ));
        assert!(store.probe().await.is_err());
        other.execute_batch("ROLLBACK").expect("unlocked");
        store.probe().await.expect("writable");
        store.insert(session(1, "first")).await.expect("inserted");
    }

    #[tokio::test]
    async fn more_work_than_the_queue_holds_is_refused_and_the_rest_fails_at_once() {
        let bench = bench();
        let store = bench.open();
        // Once the thread has seen to the log, the next it does is to wait for the lock.
        store.probe().await.expect("writable");
        let other = rusqlite::Connection::open(&bench.config.path).expect("opened");
        other.execute_batch("BEGIN IMMEDIATE").expect("locked");
        let waiting: Vec<_> = (0..super::QUEUE + 100)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.delete(id(1)).await })
            })
            .collect();
        let mut busy = 0;
        let started = std::time::Instant::now();
        for task in waiting {
            match task.await.expect("no panic") {
                Err(StoreError::Busy) => busy += 1,
                result => assert!(matches!(result, Err(StoreError::Sqlite(_)))),
            }
        }
        assert!((90..=100).contains(&busy), "{busy} were refused");
        assert!(
            started.elapsed() < Duration::from_secs(4),
            "nobody waits in line"
        );
        other.execute_batch("ROLLBACK").expect("unlocked");
        store.delete(id(1)).await.expect("it works again");
    }

    #[test]
    fn every_column_is_in_the_inventory() {
        let bench = bench();
        drop(bench.open());
        let connection = rusqlite::Connection::open(&bench.config.path).expect("opened");
        let names = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).expect("prepared");
            let rows = statement.query_map([], |row| row.get(0)).expect("read");
            rows.map(|name| name.expect("a name")).collect()
        };
        assert_eq!(
            names("SELECT name FROM sqlite_schema WHERE type = 'table'"),
            ["sessions"]
        );
        let columns = names("SELECT name FROM pragma_table_info('sessions')");
        let kept: Vec<&str> = KEPT.iter().map(|kept| kept.field).collect();
        assert_eq!(columns, kept);
    }
}
