//! Keeps pages with their policies inserted, for the next deployment to reuse.

use std::sync::Arc;

use bytes::Bytes;

use super::csp::{Policy, Styles};
use crate::check::Facts;
use crate::config::Config;
use crate::fingerprint;
use crate::lineup::Lineup;
use crate::output::Output;
use crate::path::OutputPath;

/// What one deployment leaves for the next, which must have the same configuration. The default is
/// empty.
#[derive(Debug, Default)]
pub struct Cache {
    /// The pages, among all other files.
    files: Lineup<Option<Guarded>>,
    styles: Styles,
}

/// A page into which its policy was inserted.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    facts: Arc<Facts>,
    pub(super) policy: Arc<Policy>,
    /// The policy's hash: few differ.
    pub(super) fingerprint: u64,
    pub(super) bytes: Bytes,
}

impl Cache {
    pub(super) fn new(outputs: &[Output], guarded: Vec<Option<Guarded>>, styles: Styles) -> Self {
        let paths = outputs.iter().map(|output| output.path.clone());
        Self {
            files: paths.zip(guarded).collect(),
            styles,
        }
    }

    /// Whether pages with the same facts have the same policies with these `styles`.
    pub(super) fn knows(&self, styles: &Styles) -> bool {
        self.styles == *styles
    }

    /// The page at `path`, likely at that `place`, if it has not changed. `facts` must be the very
    /// same value as before: pages with equal facts can still differ.
    pub(super) fn guarded(
        &self,
        (place, path): (usize, &OutputPath),
        facts: &Arc<Facts>,
    ) -> Option<Guarded> {
        let page = self.files.get(place, path)?.as_ref()?;
        Arc::ptr_eq(&page.facts, facts).then(|| page.clone())
    }
}

impl Guarded {
    pub(super) fn new(
        output: &Output,
        facts: &Arc<Facts>,
        styles: &Styles,
        config: &Config,
    ) -> Self {
        let policy = Policy::of_page(&output.path, facts, styles, config);
        let html = &output.bytes;
        let bytes = match facts.head {
            Some(head) => {
                let tag = policy.meta_tag();
                Bytes::from([&html[..head], tag.as_bytes(), &html[head..]].concat())
            }
            None => html.clone(),
        };
        Self {
            facts: Arc::clone(facts),
            fingerprint: fingerprint::of(&policy),
            policy: Arc::new(policy),
            bytes,
        }
    }
}
