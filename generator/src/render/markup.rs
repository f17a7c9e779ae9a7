//! What HTML that templates get depends on: whether the template writes HTML, or XML in which
//! HTML is text, and where what it writes will be read, from which links lead on.

use std::cell::Cell;

use minijinja::Value;

use crate::model::Target;

/// Where something will be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standpoint {
    /// On this page's or section's own address.
    On(Target),
    /// Somewhere on the site.
    Site,
    /// In a reader of feeds, where only whole addresses lead back.
    Elsewhere,
}

thread_local! {
    /// Whether the template that is being rendered on this thread writes XML.
    static IN_XML: Cell<bool> = const { Cell::new(false) };
    static STANDPOINT: Cell<Standpoint> = const { Cell::new(Standpoint::Site) };
}

/// `html` as a value for the template that is being rendered on this thread.
pub(super) fn value(html: String) -> Value {
    if is_xml() {
        Value::from(html)
    } else {
        Value::from_safe_string(html)
    }
}

/// Whether the template that is being rendered on this thread writes XML.
pub(super) fn is_xml() -> bool {
    IN_XML.get()
}

/// Where what is being rendered on this thread will be read.
pub(super) fn standpoint() -> Standpoint {
    STANDPOINT.get()
}

/// Does `work`, which renders the template `name` for a reader at `standpoint`.
pub(super) fn rendering<T>(name: &str, standpoint: Standpoint, work: impl FnOnce() -> T) -> T {
    let outer = IN_XML.replace(name.ends_with(".xml"));
    let outer_standpoint = STANDPOINT.replace(standpoint);
    let done = work();
    IN_XML.set(outer);
    STANDPOINT.set(outer_standpoint);
    done
}
