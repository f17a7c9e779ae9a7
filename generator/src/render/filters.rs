//! The filters that Jinja does not bring.

use std::sync::Arc;

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value};

use super::shortcodes::CallText;
use super::world::World;
use crate::config::SlugifyMode;
use crate::parse::{PageDate, inline_html, slugify};

pub(super) fn add(environment: &mut Environment<'static>, world: &Arc<World>) {
    environment.add_filter("date", date);
    add_tera(environment);
    environment.add_filter("slugify", |text: &str| slugify(text, SlugifyMode::On));
    let shared = Arc::clone(world);
    environment.add_filter("markdown", move |text: &Value, args: Kwargs| {
        let inline: Option<bool> = args.get("inline")?;
        args.assert_all_used()?;
        if let Some(body) = text.downcast_object_ref::<CallText>() {
            return Ok(Value::from_safe_string(body.html.clone()));
        }
        let text = text.to_string();
        let html = inline_html(&text, inline.unwrap_or(false), &shared.config);
        Ok::<_, Error>(Value::from_safe_string(html))
    });
}

/// Filters by the names and with the arguments that Tera gives them.
fn add_tera(environment: &mut Environment<'static>) {
    environment.add_filter("json_encode", json_encode);
    environment.add_filter("truncate", truncate);
    environment.add_filter("striptags", striptags);
    environment.add_filter("wordcount", |text: &str| text.split_whitespace().count());
    environment.add_filter("starting_with", |text: &str, args: Kwargs| {
        let pat: &str = args.get("pat")?;
        args.assert_all_used()?;
        Ok::<_, Error>(text.starts_with(pat))
    });
    environment.add_filter("concat", |list: Vec<Value>, args: Kwargs| {
        let with: Vec<Value> = args.get("with")?;
        args.assert_all_used()?;
        Ok::<_, Error>([list, with].concat())
    });
}

/// `json_encode(pretty=false)`.
fn json_encode(value: &Value, args: Kwargs) -> Result<String, Error> {
    let pretty: Option<bool> = args.get("pretty")?;
    args.assert_all_used()?;
    let json = if pretty == Some(true) {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    json.map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// `truncate(length=255, end="…")`, counted in characters.
fn truncate(text: &str, args: Kwargs) -> Result<String, Error> {
    let length: Option<usize> = args.get("length")?;
    let end: Option<&str> = args.get("end")?;
    args.assert_all_used()?;
    let cut = text.char_indices().nth(length.unwrap_or(255));
    Ok(cut.map_or_else(
        || text.to_owned(),
        |(at, _)| format!("{}{}", &text[..at], end.unwrap_or("…")),
    ))
}

/// The text between tags; for HTML that is known to be sound.
fn striptags(html: &Value) -> String {
    let html = html.to_string();
    let mut parts = html.split('<');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('>').map_or("", |(_, text)| text));
    }
    text
}

/// `date(format="%Y-%m-%d")`: strftime, in the zone the date was written in.
fn date(value: &str, args: Kwargs) -> Result<String, Error> {
    let format: Option<&str> = args.get("format")?;
    let _: Option<&str> = args.get("locale")?;
    args.assert_all_used()?;
    let date = PageDate::parse(value).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("`{value}` is not a date"),
        )
    })?;
    date.format(format.unwrap_or("%Y-%m-%d")).map_err(|reason| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("the date format is not one: {reason}"),
        )
    })
}
