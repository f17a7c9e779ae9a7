//! A finished site in memory.

use bytes::Bytes;

use super::rules::{HeaderRules, Redirects};
use crate::fingerprint::Table;
use crate::output::{self, Output};
use crate::path::OutputPath;

/// All files of a finished site, with the rules for headers and redirects.
#[derive(Debug, Default)]
pub struct Snapshot {
    files: Table<OutputPath, Bytes>,
    pub(super) headers: HeaderRules,
    pub(super) redirects: Redirects,
}

impl Snapshot {
    /// Makes a snapshot of what a build produced.
    #[must_use]
    pub fn new(outputs: Vec<Output>) -> Self {
        let mut files: Table<OutputPath, Bytes> = outputs
            .into_iter()
            .map(|output| (output.path, output.bytes))
            .collect();
        let mut rules = |name| {
            let bytes = files.remove(name).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let headers = HeaderRules::parse(&rules("_headers"));
        let redirects = Redirects::parse(&rules("_redirects"));
        Self {
            files,
            headers,
            redirects,
        }
    }

    /// The file with that path in the output folder.
    pub(super) fn file(&self, name: &str) -> Option<&Bytes> {
        self.files.get(name)
    }

    /// The paths of the files that differ from those of `before`, including deleted ones.
    pub(super) fn differing<'a>(&'a self, before: &'a Self) -> Vec<&'a str> {
        let is_new = |name: &OutputPath, now: &Bytes| {
            let then = before.files.get(name);
            then.is_none_or(|then| !output::same(now, then))
        };
        let new = self.files.iter().filter(|(name, now)| is_new(name, now));
        let is_gone = |name: &&OutputPath| !self.files.contains_key(*name);
        let gone = before.files.keys().filter(is_gone);
        let differing = new.map(|(name, _)| name).chain(gone);
        let mut differing: Vec<&str> = differing.map(OutputPath::as_str).collect();
        differing.sort_unstable();
        differing
    }
}
