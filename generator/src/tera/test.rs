//! Tests, which templates write behind `is`.

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error};

use super::text::pattern;
use super::walk::is_defined;

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_test("starting_with", |text: &str, start: &str| {
        text.starts_with(start)
    });
    environment.add_test("ending_with", |text: &str, end: &str| text.ends_with(end));
    environment.add_test("containing", containing);
    environment.add_test("matching", |text: &str, regex: &str| {
        Ok::<_, Error>(pattern(regex)?.is_match(text))
    });
    environment.add_test("defined", |value: &Value| is_defined(value));
    environment.add_test("undefined", |value: &Value| !is_defined(value));
    environment.add_test("object", |value: &Value| value.kind() == ValueKind::Map);
}

/// `containing`: whether a text has `part` in it, a list has the item `part`, or a table has the
/// key `part`.
fn containing(value: &Value, part: &Value) -> Result<bool, Error> {
    if let (Some(text), Some(part)) = (value.as_str(), part.as_str()) {
        return Ok(text.contains(part));
    }
    Ok(value.try_iter()?.any(|item| item == *part))
}
