//! HTML as a value for templates. A template for HTML prints it as markup; a template for XML, such
//! as a feed's, prints it escaped.

use std::cell::Cell;

use minijinja::Value;

thread_local! {
    /// Whether the template that is being rendered on this thread writes XML.
    static IN_XML: Cell<bool> = const { Cell::new(false) };
}

/// `html` as a value for the template that is being rendered on this thread.
pub(super) fn value(html: String) -> Value {
    if IN_XML.get() {
        Value::from(html)
    } else {
        Value::from_safe_string(html)
    }
}

/// Runs `work`, which renders the template `name`.
pub(super) fn rendering<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let outer = IN_XML.replace(name.ends_with(".xml"));
    let done = work();
    IN_XML.set(outer);
    done
}
