//! Remembers for a day which external links were fine, in a folder that git ignores.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use generator::write::MEMORY_FOLDER;

/// How long an address counts as fine.
const LASTS: Duration = Duration::from_secs(24 * 60 * 60);

/// When each address last answered, in seconds since 1970.
pub(crate) struct Remembered {
    file: PathBuf,
    answered: BTreeMap<String, u64>,
    now: u64,
}

impl Remembered {
    /// Reads what is remembered for the site at `root`. If the file is missing or broken, nothing
    /// is.
    pub(crate) fn at(root: &Path) -> Self {
        let file = root.join(MEMORY_FOLDER).join("links.json");
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs();
        let text = fs::read_to_string(&file).unwrap_or_default();
        let mut answered: BTreeMap<String, u64> = serde_json::from_str(&text).unwrap_or_default();
        answered.retain(|_, at| now.saturating_sub(*at) < LASTS.as_secs());
        Self {
            file,
            answered,
            now,
        }
    }

    pub(crate) fn fine(&self) -> BTreeSet<String> {
        self.answered.keys().cloned().collect()
    }

    /// Remembers the addresses in `fine` and forgets all others. Errors are ignored: the next check
    /// just requests the addresses again.
    pub(crate) fn keep(mut self, fine: BTreeSet<String>) {
        let now = self.now;
        let old = std::mem::take(&mut self.answered);
        self.answered = fine
            .into_iter()
            .map(|url| {
                let at = old.get(&url).copied().unwrap_or(now);
                (url, at)
            })
            .collect();
        let Some(folder) = self.file.parent() else {
            return;
        };
        let _ = fs::create_dir_all(folder).and_then(|()| {
            let text = serde_json::to_string_pretty(&self.answered).unwrap_or_default();
            fs::write(&self.file, text)
        });
    }
}
