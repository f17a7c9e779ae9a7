//! Filters of texts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};
use regex::{Regex, RegexBuilder};

use super::walk::present;
use super::{refused, short_enough, shown};
use crate::escape::Xml;

/// The limit for a compiled pattern, in bytes: more than anyone writes by hand needs.
const LARGEST_PATTERN: usize = 1024 * 1024;

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("safe", safe);
    environment.add_filter("replace", replace);
    environment.add_filter("split", split);
    environment.add_filter("truncate", truncate);
    environment.add_filter("striptags", striptags);
    environment.add_filter("wordcount", |text: &str| text.split_whitespace().count());
    environment.add_filter("trim_start", |text: &str| text.trim_start().to_owned());
    environment.add_filter("trim_end", |text: &str| text.trim_end().to_owned());
    environment.add_filter("trim_start_matches", |text: &str, kwargs: Kwargs| {
        Ok::<_, Error>(text.trim_start_matches(pat(&kwargs)?).to_owned())
    });
    environment.add_filter("trim_end_matches", |text: &str, kwargs: Kwargs| {
        Ok::<_, Error>(text.trim_end_matches(pat(&kwargs)?).to_owned())
    });
    environment.add_filter("starting_with", |text: &str, kwargs: Kwargs| {
        Ok::<_, Error>(text.starts_with(pat(&kwargs)?))
    });
    environment.add_filter("linebreaksbr", |text: &str| {
        text.replace("\r\n", "\n").replace('\n', "<br>")
    });
    environment.add_filter("spaceless", spaceless);
    environment.add_filter("indent", indent);
    environment.add_filter("addslashes", |text: &str| {
        let slashed = text.replace('\\', "\\\\").replace('"', "\\\"");
        slashed.replace('\'', "\\'")
    });
    environment.add_filter("escape_xml", escape_xml);
    environment.add_filter("urlencode_strict", urlencode_strict);
    environment.add_filter("base64_encode", |text: &str| STANDARD.encode(text));
    environment.add_filter("base64_decode", base64_decode);
    environment.add_filter("regex_replace", regex_replace);
}

/// A compiled regular expression.
pub(super) fn pattern(text: &str) -> Result<Regex, Error> {
    let built = RegexBuilder::new(text).size_limit(LARGEST_PATTERN).build();
    built.map_err(|error| refused(format!("not a regular expression: {error}")))
}

fn pat(kwargs: &Kwargs) -> Result<&str, Error> {
    let pat = kwargs.get("pat")?;
    kwargs.assert_all_used()?;
    Ok(pat)
}

/// `value` as it would be printed: none is nothing.
///
/// # Errors
/// Where `value` is undefined.
pub fn written(value: &Value) -> Result<String, Error> {
    present(value)?;
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => Ok(String::new()),
        _ => Ok(shown(value)),
    }
}

/// `value` as HTML that needs no escaping.
fn safe(value: Value) -> Result<Value, Error> {
    if value.is_safe() {
        return Ok(value);
    }
    Ok(Value::from_safe_string(written(&value)?))
}

/// `replace(from="…", to="…")`, or both as positional arguments. A safe text stays safe, unless the
/// replacement holds characters that would have to be escaped.
fn replace(
    text: &Value,
    from: Option<String>,
    to: Option<String>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let from: String = from.map_or_else(|| kwargs.get("from"), Ok)?;
    let to: String = to.map_or_else(|| kwargs.get("to"), Ok)?;
    kwargs.assert_all_used()?;
    let whole = written(text)?;
    let found = whole.matches(&from).count();
    short_enough(found.saturating_mul(to.len()))?;
    let replaced = whole.replace(&from, &to);
    Ok(
        if text.is_safe() && !to.contains(['<', '>', '&', '"', '\'']) {
            Value::from_safe_string(replaced)
        } else {
            Value::from(replaced)
        },
    )
}

/// `split(pat="…")`; without `pat` it splits at white space.
fn split(text: &str, separator: Option<String>, kwargs: Kwargs) -> Result<Vec<String>, Error> {
    let pat: Option<String> = kwargs.get("pat")?;
    kwargs.assert_all_used()?;
    Ok(match separator.or(pat) {
        Some(separator) => text.split(&separator).map(str::to_owned).collect(),
        None => text.split_whitespace().map(str::to_owned).collect(),
    })
}

/// `truncate(length=255, end="…")`, counted in characters.
fn truncate(text: &str, kwargs: Kwargs) -> Result<String, Error> {
    let length: Option<usize> = kwargs.get("length")?;
    let end: Option<&str> = kwargs.get("end")?;
    kwargs.assert_all_used()?;
    let cut = text.char_indices().nth(length.unwrap_or(255));
    Ok(cut.map_or_else(
        || text.to_owned(),
        |(at, _)| format!("{}{}", &text[..at], end.unwrap_or("…")),
    ))
}

/// `striptags`: removes the tags. It is no sanitizer: it expects well-formed HTML.
fn striptags(html: &Value) -> Result<String, Error> {
    let html = written(html)?;
    let mut parts = html.split('<');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('>').map_or("", |(_, text)| text));
    }
    Ok(text)
}

/// `spaceless`: removes the white space between tags.
fn spaceless(html: &Value) -> Result<String, Error> {
    let html = written(html)?;
    let mut out = String::with_capacity(html.len());
    for (at, part) in html.split('>').enumerate() {
        if at > 0 {
            out.push('>');
        }
        let bare = part.trim_start();
        out.push_str(if at > 0 && (bare.starts_with('<') || bare.is_empty()) {
            bare
        } else {
            part
        });
    }
    Ok(out)
}

/// `indent(prefix="    ", first=false, blank=false)`; Jinja's `indent(width)` too.
fn indent(text: &str, width: Option<usize>, kwargs: Kwargs) -> Result<String, Error> {
    let prefix: Option<String> = kwargs.get("prefix")?;
    let first: Option<bool> = kwargs.get("first")?;
    let blank: Option<bool> = kwargs.get("blank")?;
    kwargs.assert_all_used()?;
    let prefix = prefix.unwrap_or_else(|| " ".repeat(width.unwrap_or(4).min(1000)));
    let mut out = String::with_capacity(text.len() + prefix.len() * 4);
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let wanted =
            (at > 0 || first == Some(true)) && (!line.trim().is_empty() || blank == Some(true));
        if wanted {
            short_enough(out.len() + prefix.len())?;
            out.push_str(&prefix);
        }
        out.push_str(line);
    }
    Ok(out)
}

fn escape_xml(text: &str) -> String {
    Xml(text).to_string()
}

/// `urlencode_strict`: percent-encodes everything but ASCII letters and digits, even `/`.
fn urlencode_strict(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn base64_decode(text: &str) -> Result<String, Error> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|error| refused(format!("not base64: {error}")))?;
    String::from_utf8(bytes).map_err(|_| refused("the base64 holds no UTF-8 text"))
}

/// `regex_replace(pattern="…", rep="$name")`.
fn regex_replace(text: &str, kwargs: Kwargs) -> Result<String, Error> {
    let regex: &str = kwargs.get("pattern")?;
    let rep: &str = kwargs.get("rep")?;
    kwargs.assert_all_used()?;
    Ok(pattern(regex)?.replace_all(text, rep).into_owned())
}
