//! What rendering looked at, so that the next build renders again only what can have changed.
//!
//! While something is made, every look at the site, its data, assets and templates is noted,
//! with a hash of what was seen. As long as all of it looks the same, so does what was made.
//! Notes belong to the thread: what is made must be made on one.

use std::cell::RefCell;
use std::sync::Arc;

use super::world::World;
use crate::diag::Diagnostic;

/// A page, section, taxonomy or term, by what it keeps from build to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(pub(super) u64);

/// A look at something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Read {
    /// A field of a page, section, taxonomy or term.
    Field(Key, &'static str),
    /// How many pages a section or term has.
    Count(Key),
    /// Which page stands at a place in a section's or term's list.
    Item(Key, usize),
    /// A paginator's own values.
    Pager(Key, usize),
    /// What an `@/` path leads to.
    Source(Box<str>),
    /// An asset's address and what comes with it.
    Asset(Box<str>),
    /// A file that is no template.
    File(Box<str>),
    /// A template, be it there or not.
    Template(Box<str>),
}

thread_local! {
    /// The notes of what is being made on this thread, if anything is.
    static NOTES: RefCell<Option<Vec<Read>>> = const { RefCell::new(None) };
}

/// Notes a look; outside of [`Cached::reuse_or`] nothing happens.
pub(super) fn note(read: impl FnOnce() -> Read) {
    NOTES.with_borrow_mut(|notes| {
        if let Some(notes) = notes {
            notes.push(read());
        }
    });
}

/// A value that was made for an earlier build, with everything that was read to make it.
#[derive(Debug)]
pub(super) struct Cached<T> {
    pub(super) value: T,
    /// The hash of what was asked for. The same question may only be answered from here.
    job: u64,
    /// Each read, with the hash of what it saw; `None` where nothing has a hash for it.
    reads: Vec<(Read, Option<u64>)>,
}

impl<T> Cached<T> {
    /// The value in `known`, where it was made for the same `job` and every read would see the
    /// same in `world`; else a new one, by `make`.
    pub(super) fn reuse_or(
        known: Option<&Arc<Self>>,
        job: u64,
        world: &World,
        make: impl FnOnce() -> Result<T, Diagnostic>,
    ) -> Result<Arc<Self>, Diagnostic> {
        if let Some(cached) = known
            && cached.job == job
            && cached.is_fresh(world)
        {
            return Ok(Arc::clone(cached));
        }
        let (value, mut reads) = record(make);
        reads.sort_unstable();
        reads.dedup();
        let reads = reads.into_iter().map(|read| {
            let fingerprint = world.fingerprint(&read);
            (read, fingerprint)
        });
        Ok(Arc::new(Self {
            value: value?,
            job,
            reads: reads.collect(),
        }))
    }

    fn is_fresh(&self, world: &World) -> bool {
        self.reads
            .iter()
            .all(|(read, before)| before.is_some() && world.fingerprint(read) == *before)
    }
}

/// What `work` returns, and what was noted on this thread meanwhile.
fn record<T>(work: impl FnOnce() -> T) -> (T, Vec<Read>) {
    let outer = NOTES.replace(Some(Vec::new()));
    let value = work();
    (value, NOTES.replace(outer).unwrap_or_default())
}
