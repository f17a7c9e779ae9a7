//! `now` in templates: the day of the build.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use minijinja::value::{Kwargs, Object, ObjectRepr, from_args};
use minijinja::{Error, State, Value};

/// The day as a text. It can be called as in Tera: `now()` gives the same text, and
/// `now(timestamp=true)` the seconds from 1970 to the beginning of the day in UTC.
#[derive(Debug)]
pub(super) struct Now(pub(super) Date);

impl Object for Now {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let (kwargs,): (Kwargs,) = from_args(args)?;
        let timestamp: Option<bool> = kwargs.get("timestamp")?;
        let _: Option<bool> = kwargs.get("utc")?;
        kwargs.assert_all_used()?;
        let midnight = TimeZone::UTC.to_timestamp(self.0.at(0, 0, 0, 0)).ok();
        Ok(match midnight.filter(|_| timestamp == Some(true)) {
            Some(midnight) => Value::from(midnight.as_second()),
            None => Value::from(self.0.to_string()),
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
