//! Assembles the HTML of bodies.

use minijinja::{Error, ErrorKind, Value};

use super::fields::Field;
use super::markup::{self, Standpoint};
use super::reads::{self, Read};
use super::world::World;
use crate::model::{Part, Target};
use crate::parse::Summary;

/// The whole body of `target`.
pub(super) fn content(world: &World, target: Target) -> Value {
    body(world, target, &world.content(target).parts)
}

/// The body above `<!-- more -->`; none if there is no such mark.
pub(super) fn summary(world: &World, target: Target) -> Value {
    let content = world.content(target);
    let Some(Summary { pieces, ending }) = &content.summary else {
        return Value::from(());
    };
    let cut = body(world, target, &content.parts[..*pieces]);
    match cut.as_str() {
        Some(html) if !ending.is_empty() || html.contains(FOOTNOTE) => {
            markup::value(without_lost_footnotes(html) + ending)
        }
        _ => cut,
    }
}

/// The beginning of the HTML of a mention of a footnote.
const FOOTNOTE: &str = "<sup class=\"footnote-reference\"";

/// `html` without the mentions of footnotes whose text is not in it.
fn without_lost_footnotes(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find(FOOTNOTE) {
        let end = rest[start..]
            .find("</sup>")
            .map_or(rest.len(), |at| start + at + 6);
        let mention = &rest[start..end];
        let id = mention
            .split_once("href=\"#")
            .and_then(|(_, id)| id.split('"').next());
        out.push_str(&rest[..start]);
        if id.is_some_and(|id| html.contains(&format!("id=\"{id}\""))) {
            out.push_str(mention);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn body(world: &World, target: Target, parts: &[Part]) -> Value {
    reads::note(|| Read::Field(world.target_key(target), Field::content(target)));
    if !parts.iter().any(|part| matches!(part, Part::Call(_))) {
        return markup::value(join(world, parts, &[]));
    }
    match world.answers.get().and_then(|answers| answers.get(&target)) {
        Some(answers) => markup::value(join(world, parts, &answers.value)),
        None => Value::from(Error::new(
            ErrorKind::InvalidOperation,
            "a shortcode cannot read the content of a page that calls shortcodes itself",
        )),
    }
}

/// The parts as HTML. `answers` holds the outputs of the page's shortcode calls, at least of those
/// that the parts refer to.
pub(super) fn join(world: &World, parts: &[Part], answers: &[String]) -> String {
    let length = parts.iter().map(|part| {
        if let Part::Html(html) = part {
            html.len()
        } else {
            64
        }
    });
    let mut out = String::with_capacity(length.sum());
    for part in parts {
        match part {
            Part::Html(html) => out.push_str(html),
            Part::Call(id) => out.push_str(&answers[id.index()]),
            Part::Address { target, anchor } => {
                address(world, *target, &mut out);
                if let Some(anchor) = anchor {
                    out.push('#');
                    escape(anchor, &mut out);
                }
            }
            Part::Beside(target) => {
                if markup::standpoint() != Standpoint::On(*target) {
                    address(world, *target, &mut out);
                }
            }
        }
    }
    out
}

/// Writes the address of `target`, as it leads there from where it will be read.
fn address(world: &World, target: Target, out: &mut String) {
    reads::note(|| Read::Field(world.target_key(target), Field::path(target)));
    let url = match target {
        Target::Page(id) => &world.site.page(id).url,
        Target::Section(id) => &world.site.section(id).url,
    };
    let base_url = &world.config.base_url;
    let address = match markup::standpoint() {
        Standpoint::Elsewhere => base_url.join(url),
        Standpoint::On(_) | Standpoint::Site => base_url.rooted(url),
    };
    escape(&address, out);
}

/// Appends `text`, escaped for HTML and for quoted attributes.
pub(super) fn escape(text: &str, out: &mut String) {
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        out.push_str(&text[start..at]);
        out.push_str(entity);
        start = at + 1;
    }
    out.push_str(&text[start..]);
}
