//! Bodies as HTML.

use minijinja::Value;

use super::world::World;
use crate::model::{Content, Part, Target};

/// The whole body.
pub(super) fn content(world: &World, content: &Content) -> Value {
    Value::from_safe_string(join(world, &content.parts))
}

/// What stands above `<!-- more -->`; none where it is not there.
pub(super) fn summary(world: &World, content: &Content) -> Value {
    content.summary.map_or(Value::from(()), |end| {
        Value::from_safe_string(join(world, &content.parts[..end]))
    })
}

fn join(world: &World, parts: &[Part]) -> String {
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
            Part::Address { target, anchor } => {
                let url = match target {
                    Target::Page(id) => &world.site.page(*id).url,
                    Target::Section(id) => &world.site.section(*id).url,
                };
                escape(&world.config.base_url.rooted(url), &mut out);
                if let Some(anchor) = anchor {
                    out.push('#');
                    escape(anchor, &mut out);
                }
            }
        }
    }
    out
}

/// Writes `text` so that it is text in HTML, also inside an attribute.
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
