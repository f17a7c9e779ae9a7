//! Notices changes of files.
//!
//! Editors write a file in several steps, and switching a branch touches hundreds of files. So
//! changes that follow one another within [`QUIET`] count as one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::load::Changes;

/// How long nothing must happen before a change counts as complete.
const QUIET: Duration = Duration::from_millis(15);

/// How often files are compared with `--poll`.
const POLL: Duration = Duration::from_millis(500);

/// Why files cannot be watched.
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

/// Watches files until it is dropped.
pub struct Watching {
    changes: mpsc::UnboundedReceiver<Changes>,
    _watcher: Box<dyn Watcher + Send>,
}

/// Watches the existing ones of `folders`, with everything below them. With `poll`, files are
/// compared regularly, for disks that do not report changes.
///
/// # Errors
/// [`WatchError`] if the system refuses.
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
    /// Waits until a change has happened and is complete. `None` if there can be no more.
    pub async fn changed(&mut self) -> Option<Changes> {
        let mut changes = self.changes.recv().await?;
        while let Ok(Some(more)) = tokio::time::timeout(QUIET, self.changes.recv()).await {
            changes = changes.and(more);
        }
        Some(changes)
    }
}

/// The changes that an event reports. Reading a file is not one.
fn changes_of(event: notify::Result<Event>) -> Option<Changes> {
    match event {
        Ok(event) if matches!(event.kind, EventKind::Access(_)) => None,
        Ok(event) if !event.need_rescan() && !event.paths.is_empty() => {
            Some(Changes::Only(event.paths.into_iter().collect()))
        }
        // Events may have been lost.
        _ => Some(Changes::Anything),
    }
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watching").finish_non_exhaustive()
    }
}
