//! A finished site in memory.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::rules::{HeaderRules, Redirects};
use crate::output::{self, Output};

/// All files of a finished site, with the rules for headers and redirects.
#[derive(Debug, Default)]
pub struct Snapshot {
    files: BTreeMap<String, Bytes>,
    pub(super) headers: HeaderRules,
    pub(super) redirects: Redirects,
}

impl Snapshot {
    /// Makes a snapshot of what a build produced.
    #[must_use]
    pub fn new(outputs: Vec<Output>) -> Self {
        let mut files: BTreeMap<String, Bytes> = outputs
            .into_iter()
            .map(|output| (output.path.to_string(), output.bytes))
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
        let is_new = |name: &str, now: &Bytes| {
            let then = before.files.get(name);
            then.is_none_or(|then| !output::same(now, then))
        };
        let new = self.files.iter().filter(|(name, now)| is_new(name, now));
        let is_gone = |name: &&String| !self.files.contains_key(*name);
        let gone = before.files.keys().filter(is_gone);
        let mut differing: Vec<&str> = new.map(|(name, _)| name.as_str()).collect();
        differing.extend(gone.map(String::as_str));
        differing.sort_unstable();
        differing
    }
}
