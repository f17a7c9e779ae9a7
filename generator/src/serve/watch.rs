//! Notices that files have changed.
//!
//! Editors write a file in several steps, and a branch switch touches hundreds: what comes
//! within [`QUIET`] of each other is one change.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::load::Changes;

/// How long it must be quiet before a change counts as finished.
const QUIET: Duration = Duration::from_millis(15);

/// How often a disk without notifications is looked at.
const POLL: Duration = Duration::from_millis(500);

/// Why nothing can be watched.
#[derive(Debug)]
pub struct WatchError {
    folder: PathBuf,
    error: notify::Error,
}

impl fmt::Display for WatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot watch {}: {} (try --poll; on Linux, fs.inotify.max_user_watches may be too low)",
            self.folder.display(),
            self.error
        )
    }
}

impl std::error::Error for WatchError {}

/// Watches as long as it lives.
pub struct Watching {
    changes: mpsc::UnboundedReceiver<Changes>,
    _watcher: Box<dyn Watcher + Send>,
}

/// Watches `folders`, those that are there, and all that comes to be below them. `poll` looks
/// at the files now and then instead of waiting to be told, for disks that tell nothing.
///
/// # Errors
/// [`WatchError`] where the system refuses.
pub fn watch(folders: &[PathBuf], poll: bool) -> Result<Watching, WatchError> {
    let (sender, changes) = mpsc::unbounded_channel();
    let heard = move |event: notify::Result<Event>| {
        if let Some(changes) = changes_of(event) {
            let _ = sender.send(changes);
        }
    };
    let config = Config::default()
        .with_poll_interval(POLL)
        .with_compare_contents(true);
    let failed = |folder: &Path| {
        let folder = folder.to_owned();
        move |error| WatchError { folder, error }
    };
    let mut watcher: Box<dyn Watcher + Send> = if poll {
        Box::new(PollWatcher::new(heard, config).map_err(failed(Path::new(".")))?)
    } else {
        Box::new(RecommendedWatcher::new(heard, config).map_err(failed(Path::new(".")))?)
    };
    for folder in folders.iter().filter(|folder| folder.exists()) {
        watcher
            .watch(folder, RecursiveMode::Recursive)
            .map_err(failed(folder))?;
    }
    Ok(Watching {
        changes,
        _watcher: watcher,
    })
}

impl Watching {
    /// Waits for the next change, and until it is over. `None` when nothing more will come.
    pub async fn changed(&mut self) -> Option<Changes> {
        let mut changes = self.changes.recv().await?;
        while let Ok(Some(more)) = tokio::time::timeout(QUIET, self.changes.recv()).await {
            changes = changes.and(more);
        }
        Some(changes)
    }
}

/// What an event says; reading is no change.
fn changes_of(event: notify::Result<Event>) -> Option<Changes> {
    match event {
        Ok(event) if matches!(event.kind, EventKind::Access(_)) => None,
        Ok(event) if !event.need_rescan() && !event.paths.is_empty() => {
            Some(Changes::Only(event.paths.into_iter().collect()))
        }
        // Something may have been missed.
        _ => Some(Changes::Anything),
    }
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watching").finish_non_exhaustive()
    }
}
