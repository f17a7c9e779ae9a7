//! Lazy objects: what templates hold of a page, section, taxonomy or term. A field is computed
//! when it is read, and each read is noted.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object};

use super::fields::FieldKind;
use super::reads::{self, Key, Read};
use super::world::World;
use crate::tera;

/// What templates see as an object with fields.
pub(super) trait HasFields: Copy + fmt::Debug + Send + Sync + 'static {
    /// Its fields.
    type Field: FieldKind;

    /// What templates call it, as in `page.title`.
    const NAME: &'static str;

    /// What is printed in its place: what template functions take to find it.
    const PRINTED: Self::Field;

    fn key(self, world: &World) -> Key;

    fn field(self, world: &Arc<World>, field: Self::Field) -> Value;
}

impl World {
    /// `subject` as templates see it.
    pub(super) fn object(self: &Arc<Self>, subject: impl HasFields) -> Value {
        Value::from_object(Lazy {
            world: Arc::clone(self),
            subject,
        })
    }
}

#[derive(Debug)]
struct Lazy<S> {
    world: Arc<World>,
    subject: S,
}

impl<S: HasFields> Lazy<S> {
    fn read(&self, field: S::Field) -> Value {
        reads::note(|| Read::Field(self.subject.key(&self.world), field.into()));
        self.subject.field(&self.world, field)
    }

    fn read_by_name(&self, name: &str) -> Option<Value> {
        S::Field::parse(name).map(|field| self.read(field))
    }
}

impl<S: HasFields> Object for Lazy<S> {
    /// What `in` and a key in brackets ask for: only what is there.
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.read_by_name(key.as_str()?)
    }

    /// What a name behind a dot asks for: it may be tested and walked into although nothing is
    /// there.
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let missing = || tera::nowhere(format!("{}.{key}", S::NAME));
        Some(self.read_by_name(key).unwrap_or_else(missing))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(S::Field::NAMES)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.read(S::PRINTED))
    }
}
