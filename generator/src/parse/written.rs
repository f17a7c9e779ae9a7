//! Finds the place in a content file where a link was written, for messages about the finished
//! page.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Parser, Tag};

use super::{front_matter, inline};
use crate::config::Config;
use crate::path::percent_decode;

/// Where `text`, the content of a whole file, writes the address `url`; `None` where it does not.
///
/// A link by reference is found at its definition. What stands in code or in running text does
/// not count; a value in front matter or a shortcode's argument does.
#[must_use]
pub fn written(text: &str, url: &str, config: &Config) -> Option<Range<usize>> {
    if url.is_empty() {
        return None;
    }
    let body = front_matter::body(text);
    let found = in_markdown(&text[body.clone()], url, config);
    found
        .map(|span| body.start + span.start..body.start + span.end)
        .or_else(|| quoted(text, url))
        .or_else(|| unquoted(&text[..body.start], url))
}

fn in_markdown(body: &str, url: &str, config: &Config) -> Option<Range<usize>> {
    let parser = Parser::new_ext(body, inline::options(config));
    let definitions: Vec<(String, Range<usize>)> = parser
        .reference_definitions()
        .iter()
        .map(|(_, definition)| (definition.dest.to_string(), definition.span.clone()))
        .collect();
    for (event, span) in parser.into_offset_iter() {
        match event {
            Event::Start(
                Tag::Link {
                    link_type,
                    dest_url,
                    ..
                }
                | Tag::Image {
                    link_type,
                    dest_url,
                    ..
                },
            ) if means(&dest_url, url) => {
                let by_reference = !matches!(
                    link_type,
                    LinkType::Inline | LinkType::Autolink | LinkType::Email
                );
                let definition = definitions.iter().find(|(to, _)| **to == *dest_url);
                let span = definition
                    .filter(|_| by_reference)
                    .map_or(span, |(_, span)| span.clone());
                return Some(within(body, span, &dest_url));
            }
            Event::Html(_) | Event::InlineHtml(_) => {
                if let Some(found) = quoted(&body[span.clone()], url) {
                    return Some(span.start + found.start..span.start + found.end);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether the address that was written came out as `url`. Of one that names a content file, its
/// anchor tells.
fn means(written: &str, url: &str) -> bool {
    let anchor = |address: &str| address.split_once('#').map(|(_, anchor)| anchor.to_owned());
    let is_named = written.starts_with("@/");
    percent_decode(written) == percent_decode(url)
        || (is_named && anchor(url).is_some() && anchor(written) == anchor(url))
}

/// Where `word` ends the text of `span`; the whole span where it is written otherwise.
fn within(text: &str, span: Range<usize>, word: &str) -> Range<usize> {
    match text[span.clone()].rfind(word) {
        Some(at) => span.start + at..span.start + at + word.len(),
        None => span,
    }
}

/// Where `text` holds `url` between quotes of one kind.
fn quoted(text: &str, url: &str) -> Option<Range<usize>> {
    let mut places = text.match_indices(url).map(|(at, _)| at..at + url.len());
    places.find(|place| {
        let before = text[..place.start].chars().next_back();
        let behind = text[place.end..].chars().next();
        before == behind && matches!(before, Some('"' | '\''))
    })
}

/// Where `text` holds `url` as a word by itself.
fn unquoted(text: &str, url: &str) -> Option<Range<usize>> {
    let mut places = text.match_indices(url).map(|(at, _)| at..at + url.len());
    places.find(|place| {
        text[..place.start].ends_with(char::is_whitespace)
            && text[place.end..].starts_with(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::written;
    use crate::config::{Config, Overrides};
    use crate::path::SourcePath;

    fn check(text: &str, url: &str, marked: Option<&str>) {
        let file = SourcePath::new("content/site.toml").unwrap();
        let config = "base_url = 'https://a.example'";
        let (config, _) = Config::parse(config, &file, &Overrides::default()).unwrap();
        let shown = written(text, url, &config).map(|span| {
            let (before, rest) = text.split_at(span.start);
            format!("{before}«{}", &rest[..span.len()])
        });
        assert_eq!(shown.as_deref(), marked, "{url} in {text}");
    }

    #[test]
    fn links_are_found_where_they_are_written() {
        check(
            "{{ abbr() }} b `b` [b](b)",
            "b",
            Some("{{ abbr() }} b `b` [b](«b"),
        );
        check("b <a href=\"b\">", "b", Some("b <a href=\"«b"));
        check("![a b](<a b.png>)", "a%20b.png", Some("![a b](<«a b.png"));
        check(
            "[one][r]\n\n[r]: @/x.md#head",
            "/x/#head",
            Some("[one][r]\n\n[r]: «@/x.md#head"),
        );
        check("+++\na = \"/x\"\n+++\n/x", "/x", Some("+++\na = \"«/x"));
        check("---\na: /x\n---\n/x", "/x", Some("---\na: «/x"));
        check(
            "{{ img(src=\"m.svg\") }}",
            "m.svg",
            Some("{{ img(src=\"«m.svg"),
        );
        check("about b, and `b`", "b", None);
        check("x", "", None);
    }
}
