//! The filters that neither Jinja nor Tera has.

use std::sync::Arc;

use jiff::Timestamp;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::functions;
use super::markup;
use super::shortcodes::CallText;
use super::world::World;
use crate::config::SlugifyMode;
use crate::parse::{PageDate, inline_html, slugify};
use crate::tera;

pub(super) fn add(environment: &mut Environment<'static>, world: &Arc<World>) {
    tera::add(environment);
    environment.add_filter("date", date);
    environment.add_filter("slugify", |text: &str| slugify(text, SlugifyMode::On));
    let shared = Arc::clone(world);
    environment.add_filter("markdown", move |text: &Value, args: Kwargs| {
        let inline: Option<bool> = args.get("inline")?;
        args.assert_all_used()?;
        if let Some(body) = text.downcast_object_ref::<CallText>() {
            return Ok(markup::value(body.html.clone()));
        }
        let text = tera::written(text)?;
        let internal = |link: &str| functions::internal_link(&shared, link);
        let html = inline_html(&text, inline.unwrap_or(false), &shared.config, internal)?;
        Ok::<_, Error>(markup::value(html))
    });
}

/// `date(format="%Y-%m-%d")`: strftime, in English and in the zone the date was written in. A
/// number counts seconds since 1970.
fn date(value: &Value, args: Kwargs) -> Result<String, Error> {
    let format: Option<&str> = args.get("format")?;
    let locale: Option<&str> = args.get("locale")?;
    let zone: Option<&str> = args.get("timezone")?;
    args.assert_all_used()?;
    if zone.is_some_and(|zone| !matches!(zone, "UTC" | "Etc/UTC")) {
        let reason = "a date is shown in the zone it was written in: leave out `timezone`";
        return Err(Error::new(ErrorKind::InvalidOperation, reason));
    }
    if locale.is_some_and(|locale| !locale.starts_with("en")) {
        let reason = "dates are written in English: leave out `locale`, or write the names of \
                      months yourself, by `page.month`";
        return Err(Error::new(ErrorKind::InvalidOperation, reason));
    }
    let text = match i64::try_from(value.clone()) {
        Ok(seconds) => Timestamp::from_second(seconds)
            .map_or_else(|_| String::new(), |moment| moment.to_string()),
        Err(_) => value.to_string(),
    };
    let date = PageDate::parse(&text).ok_or_else(|| {
        let reason = match value.kind() {
            ValueKind::None | ValueKind::Undefined => {
                "there is no date here: test it first".to_owned()
            }
            _ => format!("`{text}` is not a date"),
        };
        Error::new(ErrorKind::InvalidOperation, reason)
    })?;
    date.format(&strftime(format.unwrap_or("%Y-%m-%d")))
        .map_err(|reason| {
            Error::new(
                ErrorKind::InvalidOperation,
                format!("the date format is not one: {reason}"),
            )
        })
}

/// `format` with the directives that chrono has, and with it Tera, written out
/// (docs.rs/chrono, `format::strftime`).
fn strftime(format: &str) -> String {
    let mut out = String::with_capacity(format.len());
    let mut rest = format;
    while let Some((before, behind)) = rest.split_once('%') {
        out.push_str(before);
        let mut directive = behind.chars();
        match directive.next() {
            Some('+') => out.push_str("%Y-%m-%dT%H:%M:%S%:z"),
            Some('v') => out.push_str("%e-%b-%Y"),
            Some('c') => out.push_str("%a %b %e %H:%M:%S %Y"),
            other => {
                out.push('%');
                out.extend(other);
            }
        }
        rest = directive.as_str();
    }
    out + rest
}
