//! Where to find each finished asset.

use std::collections::BTreeMap;

use crate::path::UrlPath;

/// The finished file of each asset, by its name in the theme.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    pub(super) entries: BTreeMap<String, ManifestEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ManifestEntry {
    pub(super) url: UrlPath,
    pub(super) integrity: String,
    pub(super) imports: Vec<String>,
}

impl Manifest {
    /// The path of the finished file, below the base URL.
    #[must_use]
    pub fn url(&self, name: &str) -> Option<&UrlPath> {
        self.entries.get(name).map(|entry| &entry.url)
    }

    /// The value for an `integrity` attribute: `sha384-…`.
    #[must_use]
    pub fn integrity(&self, name: &str) -> Option<&str> {
        self.entries.get(name).map(|entry| entry.integrity.as_str())
    }

    /// The modules that a script needs to run, dependencies first.
    #[must_use]
    pub fn imports(&self, name: &str) -> &[String] {
        self.entries
            .get(name)
            .map_or(&[], |entry| entry.imports.as_slice())
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }
}
