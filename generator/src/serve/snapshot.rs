//! A finished site in memory.

use bytes::Bytes;

use super::rules::{HeaderRules, Redirects};
use crate::lineup::Lineup;
use crate::output::{self, Output};
use crate::path::OutputPath;

/// The files with rules, which no visitor gets.
const HEADERS: &str = "_headers";
const REDIRECTS: &str = "_redirects";

/// All files of a finished site, with the rules for headers and redirects.
#[derive(Debug, Default)]
pub struct Snapshot {
    files: Lineup<Bytes>,
    pub(super) headers: HeaderRules,
    pub(super) redirects: Redirects,
}

impl Snapshot {
    /// Makes a snapshot of what a build produced.
    #[must_use]
    pub fn new(outputs: Vec<Output>) -> Self {
        let rules = |name| {
            let file = outputs.iter().find(|output| output.path.as_str() == name);
            let text = file.map(|output| String::from_utf8_lossy(&output.bytes));
            text.unwrap_or_default().into_owned()
        };
        let headers = HeaderRules::parse(&rules(HEADERS));
        let redirects = Redirects::parse(&rules(REDIRECTS));
        let files = outputs.into_iter().filter(|output| {
            let name = output.path.as_str();
            name != HEADERS && name != REDIRECTS
        });
        Self {
            files: files.map(|output| (output.path, output.bytes)).collect(),
            headers,
            redirects,
        }
    }

    /// The file with that path in the output folder.
    pub(super) fn file(&self, name: &str) -> Option<&Bytes> {
        self.files.find(name)
    }

    /// The paths of the files that differ from those of `before`, including deleted ones.
    pub(super) fn differing<'a>(&'a self, before: &'a Self) -> Vec<&'a str> {
        let is_new = |(place, (name, now)): &(usize, (&OutputPath, &Bytes))| {
            let then = before.files.get(*place, name);
            then.is_none_or(|then| !output::same(now, then))
        };
        let new = self.files.iter().enumerate().filter(is_new);
        let new = new.map(|(_, (name, _))| name.as_str());
        let old = before.files.iter().enumerate();
        let gone = old.filter(|(place, (name, _))| self.files.get(*place, name).is_none());
        let gone = gone.map(|(_, (name, _))| name.as_str());
        let mut differing: Vec<&str> = new.chain(gone).collect();
        differing.sort_unstable();
        differing
    }
}
