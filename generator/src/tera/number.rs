//! Filters of numbers, and ranges of them.

use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error};

use super::refused;

/// How many numbers a range may have.
const LONGEST: i64 = 100_000;

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("pluralize", pluralize);
    environment.add_filter("num_format", num_format);
    environment.add_filter("filesizeformat", filesizeformat);
}

/// `pluralize(singular="", plural="s")`.
fn pluralize(number: f64, kwargs: Kwargs) -> Result<String, Error> {
    let singular: Option<String> = kwargs.get("singular")?;
    let plural: Option<String> = kwargs.get("plural")?;
    kwargs.assert_all_used()?;
    let is_one = (number.abs() - 1.0).abs() < f64::EPSILON;
    Ok(if is_one {
        singular.unwrap_or_default()
    } else {
        plural.unwrap_or_else(|| "s".to_owned())
    })
}

/// `num_format`: puts a comma between thousands. `locale` is accepted and ignored.
fn num_format(number: i64, kwargs: Kwargs) -> Result<String, Error> {
    let _: Option<&str> = kwargs.get("locale")?;
    kwargs.assert_all_used()?;
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    Ok(text)
}

/// `filesizeformat`: `2 MB`, in powers of 1000 (IEC 80000-13).
fn filesizeformat(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [
        (1_000_000_000_000, "TB"),
        (1_000_000_000, "GB"),
        (1_000_000, "MB"),
        (1_000, "KB"),
    ];
    let unit = UNITS.iter().find(|(size, _)| bytes >= *size);
    let Some((size, name)) = unit else {
        return format!("{bytes} B");
    };
    let (whole, tenths) = (bytes / size, bytes % size / (size / 10));
    if tenths == 0 {
        format!("{whole} {name}")
    } else {
        format!("{whole}.{tenths} {name}")
    }
}

/// `range(end=…, start=0, step_by=1)`; Jinja's `range(end)` and `range(start, end, step)` too.
pub(super) fn range(
    first: Option<i64>,
    second: Option<i64>,
    third: Option<i64>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let start: Option<i64> = kwargs.get("start")?;
    let end: Option<i64> = kwargs.get("end")?;
    let step: Option<i64> = kwargs.get("step_by")?;
    kwargs.assert_all_used()?;
    let (start, end) = match (first, second) {
        (Some(start), Some(end)) => (start, Some(end)),
        (end_alone, _) => (start.unwrap_or(0), end.or(end_alone)),
    };
    let end = end.ok_or_else(|| refused("range needs an `end`"))?;
    let step = third.or(step).unwrap_or(1);
    let (size, span) = (step.saturating_abs(), end.saturating_sub(start));
    if size == 0 || span.saturating_abs() / size > LONGEST {
        return Err(refused(format!("a range has at most {LONGEST} numbers")));
    }
    let mut numbers = Vec::new();
    let mut next = start;
    while if step > 0 { next < end } else { next > end } {
        numbers.push(next);
        next = next.saturating_add(step);
    }
    Ok(Value::from(numbers))
}
