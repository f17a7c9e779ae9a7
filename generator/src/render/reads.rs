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

/// Notes a look; outside of [`Kept::renew`] nothing happens.
pub(super) fn note(read: impl FnOnce() -> Read) {
    NOTES.with_borrow_mut(|notes| {
        if let Some(notes) = notes {
            notes.push(read());
        }
    });
}

/// Something made, with all that was looked at for it.
#[derive(Debug)]
pub(super) struct Kept<T> {
    pub(super) made: T,
    /// What told it what to make.
    order: u64,
    looks: Vec<(Read, Option<u64>)>,
}

impl<T> Kept<T> {
    /// What `known` holds, where it was made by the same `order` and would turn out the same;
    /// else what `make` makes.
    pub(super) fn renew(
        known: Option<&Arc<Self>>,
        order: u64,
        world: &World,
        make: impl FnOnce() -> Result<T, Diagnostic>,
    ) -> Result<Arc<Self>, Diagnostic> {
        if let Some(kept) = known
            && kept.order == order
            && kept.is_fresh(world)
        {
            return Ok(Arc::clone(kept));
        }
        let (made, mut reads) = record(make);
        reads.sort_unstable();
        reads.dedup();
        let looks = reads.into_iter().map(|read| {
            let print = world.print(&read);
            (read, print)
        });
        Ok(Arc::new(Self {
            made: made?,
            order,
            looks: looks.collect(),
        }))
    }

    fn is_fresh(&self, world: &World) -> bool {
        let same =
            |(read, print): &(Read, Option<u64>)| print.is_some() && world.print(read) == *print;
        self.looks.iter().all(same)
    }
}

fn record<T>(work: impl FnOnce() -> T) -> (T, Vec<Read>) {
    let outer = NOTES.replace(Some(Vec::new()));
    let made = work();
    (made, NOTES.replace(outer).unwrap_or_default())
}
