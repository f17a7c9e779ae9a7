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
        let names = self.files.keys().chain(before.files.keys());
        let mut differing: Vec<&str> = names
            .filter(
                |name| match (self.files.get(*name), before.files.get(*name)) {
                    (Some(now), Some(then)) => !output::same(now, then),
                    _ => true,
                },
            )
            .map(String::as_str)
            .collect();
        differing.sort_unstable();
        differing.dedup();
        differing
    }
}
