//! Keeps pages with their policies inserted, for the next deployment to reuse.

use std::sync::Arc;

use bytes::Bytes;

use super::csp::{Policy, Styles};
use crate::check::Facts;
use crate::config::Config;
use crate::fingerprint::{self, Table};
use crate::output::Output;
use crate::path::OutputPath;

/// What one deployment leaves for the next, which must have the same configuration. The default is
/// empty.
#[derive(Debug, Default)]
pub struct Cache {
    pages: Table<OutputPath, Guarded>,
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
        let pages = outputs.iter().zip(guarded);
        let pages = pages.filter_map(|(output, page)| Some((output.path.clone(), page?)));
        Self {
            pages: pages.collect(),
            styles,
        }
    }

    /// The page at `path`, if it has not changed. `facts` must be the very same value as before:
    /// pages with equal facts can still differ.
    pub(super) fn guarded(
        &self,
        path: &OutputPath,
        facts: &Arc<Facts>,
        styles: &Styles,
    ) -> Option<Guarded> {
        let page = self.pages.get(path)?;
        let same = Arc::ptr_eq(&page.facts, facts) && self.styles == *styles;
        same.then(|| page.clone())
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
