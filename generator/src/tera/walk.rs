//! Tables that may be walked into where nothing is: `extra.hero.image` of a page whose front
//! matter has no `hero`.
//!
//! What is met there counts as false and as not defined; to print it or loop over it is an
//! error all the same.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind};

/// `value`, which templates know as `name`, as one that may be walked into.
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
/// Where `value` is what is met where nothing is.
pub fn present(value: &Value) -> Result<(), Error> {
    match value.downcast_object_ref::<Nowhere>() {
        Some(Nowhere(name)) => Err(Error::new(
            ErrorKind::UndefinedError,
            format!("`{name}` is undefined"),
        )),
        None => Ok(()),
    }
}

/// Whether there is no value: undefined, none, or met where nothing is.
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
    /// What `in` and a key in brackets ask for: only what is there.
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = self.value.get_item(key).ok()?;
        let name = format!("{}.{key}", self.name);
        (!found.is_undefined()).then(|| walkable(found, &name))
    }

    /// What a name behind a dot asks for.
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

/// What is met where nothing is; its name.
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
