//! Notes what is read while something is rendered, so that the next build only renders again what
//! depends on a change.
//!
//! While a page is rendered, every read of the site, its assets and its templates is noted, with a
//! hash of what was read. If all these hashes are the same in the next build, the page would be the
//! same too; with other data, nothing is reused. Notes are kept per thread, so one page must be
//! rendered on one thread.
//!
//! The files that the page is made from are noted for every build: messages about it look into them.

use std::cell::RefCell;
use std::sync::Arc;

use super::fields::Field;
use super::world::World;
use crate::diag::Diagnostic;
use crate::path::SourcePath;

/// Identifies a page, section, taxonomy or term across builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(pub(super) u64);

/// Something that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Read {
    /// A field of a page, section, taxonomy or term.
    Field(Key, Field),
    /// How many pages a section or term has.
    Count(Key),
    /// Which page has that index in the list of a section or term.
    Item(Key, usize),
    /// The values of the pager with that index.
    Pager(Key, usize),
    /// The page or section of a content file.
    Source(Box<str>),
    /// The address, integrity and imports of an asset.
    Asset(Box<str>),
    /// The bytes of a file.
    File(Box<str>),
    /// A template, whether it exists or not.
    Template(Box<str>),
}

thread_local! {
    /// The notes for what is being rendered on this thread, if anything is.
    static NOTES: RefCell<Option<Notes>> = const { RefCell::new(None) };
}

struct Notes {
    /// The reads, where a next build will ask for them.
    reads: Option<Vec<Read>>,
    /// The templates, content files and data files that were used.
    sources: Vec<SourcePath>,
}

/// Notes a read. Outside of [`Cached::reuse_or`] this does nothing.
pub(super) fn note(read: impl FnOnce() -> Read) {
    NOTES.with_borrow_mut(|notes| {
        if let Some(reads) = notes.as_mut().and_then(|notes| notes.reads.as_mut()) {
            reads.push(read());
        }
    });
}

/// Notes that something in `file` goes into what is being rendered.
pub(super) fn note_source(file: &SourcePath) {
    NOTES.with_borrow_mut(|notes| {
        if let Some(Notes { sources, .. }) = notes
            && sources.last() != Some(file)
        {
            sources.push(file.clone());
        }
    });
}

/// The files `first`, and behind them, sorted, the others that went into what is being rendered.
pub(super) fn made_from(first: impl IntoIterator<Item = SourcePath>) -> Vec<SourcePath> {
    let noted = |notes: &Option<Notes>| notes.as_ref().map(|notes| notes.sources.clone());
    let mut rest = NOTES.with_borrow(noted).unwrap_or_default();
    rest.sort_unstable();
    rest.dedup();
    let mut all: Vec<SourcePath> = first.into_iter().collect();
    rest.retain(|file| !all.contains(file));
    all.append(&mut rest);
    all
}

/// A value that was made for an earlier build, with everything that was read to make it.
#[derive(Debug)]
pub(super) struct Cached<T> {
    pub(super) value: T,
    /// A hash of what was to be made. The value must not be used for anything else.
    job: u64,
    /// Each read with the hash of what it saw, or `None` if it saw nothing.
    reads: Vec<(Read, Option<u64>)>,
}

impl<T> Cached<T> {
    /// The value in `known`, if it was made for the same `job` and every read of it would see the
    /// same in `world`. Otherwise `make` makes a new one.
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
        let (value, mut reads) = record(world.is_kept, make);
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

    pub(super) fn reads(&self) -> impl Iterator<Item = &Read> {
        self.reads.iter().map(|(read, _)| read)
    }

    fn is_fresh(&self, world: &World) -> bool {
        self.reads.iter().all(|(read, before)| {
            before.is_some() && (world.changed.spares(read) || world.fingerprint(read) == *before)
        })
    }
}

/// Runs `work`. Returns its result, and the reads that were noted on this thread meanwhile, if they
/// are `kept`.
fn record<T>(kept: bool, work: impl FnOnce() -> T) -> (T, Vec<Read>) {
    let notes = Notes {
        reads: kept.then(Vec::new),
        sources: Vec::new(),
    };
    let outer = NOTES.replace(Some(notes));
    let value = work();
    let notes = NOTES.replace(outer);
    (
        value,
        notes.and_then(|notes| notes.reads).unwrap_or_default(),
    )
}
