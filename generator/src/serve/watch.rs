//! Notices changes of files.
//!
//! Editors write a file in several steps, and switching a branch touches hundreds of files. So
//! changes that follow one another within [`QUIET`] count as one.

use std::collections::BTreeSet;
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
    watcher: Box<dyn Watcher + Send>,
    sources: Vec<Source>,
}

/// A file or folder that a build reads, if it exists.
struct Source {
    path: PathBuf,
    /// Whether it is a folder, and watched with everything below it.
    is_watched: bool,
}

/// Watches the files and folders `sources`, with everything below them, also those that do not
/// exist yet. With `poll`, files are compared regularly, for disks that do not report changes.
///
/// # Errors
/// [`WatchError`] if the system refuses.
pub fn watch(sources: &[PathBuf], poll: bool) -> Result<Watching, WatchError> {
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
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let mut sources: Vec<Source> = sources
        .iter()
        .map(|path| Source {
            path: absolute(path),
            is_watched: false,
        })
        .collect();
    let parents: BTreeSet<&Path> = sources.iter().filter_map(|one| one.path.parent()).collect();
    for parent in parents.into_iter().filter(|parent| parent.is_dir()) {
        watcher
            .watch(parent, RecursiveMode::NonRecursive)
            .map_err(failed(parent))?;
    }
    for source in sources.iter_mut().filter(|source| source.path.is_dir()) {
        watcher
            .watch(&source.path, RecursiveMode::Recursive)
            .map_err(failed(&source.path))?;
        source.is_watched = true;
    }
    Ok(Watching {
        changes,
        watcher,
        sources,
    })
}

impl Watching {
    /// Waits until a source has changed and the change is complete. `None` if there can be no more.
    pub async fn changed(&mut self) -> Option<Changes> {
        loop {
            let mut changes = self.changes.recv().await?;
            while let Ok(Some(more)) = tokio::time::timeout(QUIET, self.changes.recv()).await {
                changes = changes.and(more);
            }
            if let Some(changes) = self.of_sources(changes) {
                return Some(changes);
            }
        }
    }

    /// What of `changes` concerns the sources.
    fn of_sources(&mut self, changes: Changes) -> Option<Changes> {
        if self.watch_new() {
            // What was in a new folder before it was watched has told nothing.
            return Some(Changes::Anything);
        }
        let Changes::Only(mut paths) = changes else {
            return Some(changes);
        };
        let sources = &self.sources;
        paths.retain(|path| sources.iter().any(|source| path.starts_with(&source.path)));
        (!paths.is_empty()).then_some(Changes::Only(paths))
    }

    /// Watches folders that have come to be, or have come back; says whether there are any.
    fn watch_new(&mut self) -> bool {
        let mut found = false;
        for source in &mut self.sources {
            if !source.path.is_dir() {
                source.is_watched = false;
            } else if !source.is_watched {
                let watched = self.watcher.watch(&source.path, RecursiveMode::Recursive);
                source.is_watched = watched.is_ok();
                found = true;
            }
        }
        found
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
