//! HTML as a template's value: markup where the template writes HTML, text that is escaped where
//! it writes XML, such as a feed.

use std::cell::Cell;

use minijinja::Value;

thread_local! {
    /// Whether what is rendered on this thread is XML.
    static IN_XML: Cell<bool> = const { Cell::new(false) };
}

/// `html`, for the template that is being rendered on this thread.
pub(super) fn value(html: String) -> Value {
    if IN_XML.get() {
        Value::from(html)
    } else {
        Value::from_safe_string(html)
    }
}

/// Does `work`, which renders the template `name`.
pub(super) fn rendering<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let outer = IN_XML.replace(name.ends_with(".xml"));
    let done = work();
    IN_XML.set(outer);
    done
}
