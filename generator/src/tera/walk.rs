//! Tables in which looking up a missing key is no error, at any depth: a template may say `{% if
//! page.extra.hero.image %}` where the front matter has no `hero`.
//!
//! What such a lookup returns counts as false and as undefined. Printing it or looping over it is
//! an error nevertheless.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind};

/// `value` as a table of that kind; error messages call it `name`.
#[must_use]
pub fn walkable(value: Value, name: &str) -> Value {
    if value.kind() != ValueKind::Map {
        return value;
    }
    let name = name.to_owned();
    Value::from_object(Walkable { value, name })
}

/// What stands for `name`, which may be tested and walked into although nothing is there.
#[must_use]
pub fn nowhere(name: impl Into<String>) -> Value {
    Value::from_object(Nowhere(name.into()))
}

/// # Errors
/// Where `value` came from looking up a missing key.
pub fn present(value: &Value) -> Result<(), Error> {
    match value.downcast_object_ref::<Nowhere>() {
        Some(Nowhere(name)) => Err(Error::new(
            ErrorKind::UndefinedError,
            format!("`{name}` is undefined"),
        )),
        None => Ok(()),
    }
}

/// Whether there is no value: it is undefined, none, or came from looking up a missing key.
pub(super) fn is_absent(value: &Value) -> bool {
    value.kind() == ValueKind::None || !is_defined(value)
}

pub(super) fn is_defined(value: &Value) -> bool {
    !value.is_undefined() && present(value).is_ok()
}

#[derive(Debug)]
struct Walkable {
    value: Value,
    name: String,
}

impl Object for Walkable {
    /// For `in` and for keys in brackets: missing keys are missing.
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = self.value.get_item(key).ok()?;
        let name = format!("{}.{key}", self.name);
        (!found.is_undefined()).then(|| walkable(found, &name))
    }

    /// For names behind a dot: missing keys give a [`Nowhere`].
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let name = format!("{}.{key}", self.name);
        match self.value.get_attr(key).ok() {
            Some(found) if !found.is_undefined() => Some(walkable(found, &name)),
            _ => Some(nowhere(name)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let keys = self.value.try_iter().map(Iterator::collect);
        Enumerator::Values(keys.unwrap_or_default())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)
    }
}

/// The result of looking up a missing key; it holds the path, for messages.
#[derive(Debug)]
struct Nowhere(String);

impl Object for Nowhere {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(nowhere(format!("{}.{key}", self.0)))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}
