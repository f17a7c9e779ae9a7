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
