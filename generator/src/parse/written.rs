//! Finds the place in a content file where a link was written, for messages about the finished
//! page.

use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Parser, Tag};

use super::{front_matter, inline};
use crate::config::Config;
use crate::escape::Html;
use crate::path::{SourcePath, percent_decode};

/// The addresses that a content file writes.
///
/// A link by reference is found at its definition. What stands in code or in running text does
/// not count; a value in front matter or a shortcode's argument does.
#[derive(Debug)]
pub struct Addresses<'t> {
    text: &'t str,
    /// Where the front matter ends.
    head_end: usize,
    /// What the body has of them, in order.
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Link(Link),
    /// HTML, which may hold addresses.
    Html(Range<usize>),
}

/// The address of a link or an image.
#[derive(Debug)]
struct Link {
    written: String,
    /// As it was written, but not percent-encoded.
    decoded: String,
    span: Range<usize>,
}

impl<'t> Addresses<'t> {
    /// Those in `text`, the content of a whole file.
    #[must_use]
    pub fn new(text: &'t str, config: &Config) -> Self {
        let body = front_matter::body(text);
        Self {
            text,
            head_end: body.start,
            parts: parts(text, body, config),
        }
    }

    /// The text in which they stand.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Where `url` was written, which leads to the page of the content file `target` if that is
    /// known; `None` if it was not.
    #[must_use]
    pub fn find(&self, url: &str, target: Option<&SourcePath>) -> Option<Range<usize>> {
        if url.is_empty() {
            return None;
        }
        let decoded = percent_decode(url);
        self.as_it_is(url, &decoded)
            .or_else(|| self.link(|link| link.names(url, target)))
            .or_else(|| self.link(|link| link.ends(&decoded)))
            .or_else(|| quoted(self.text, url))
            .or_else(|| unquoted(&self.text[..self.head_end], url))
    }

    fn as_it_is(&self, url: &str, decoded: &str) -> Option<Range<usize>> {
        self.parts.iter().find_map(|part| match part {
            Part::Link(link) => (link.decoded == decoded).then(|| link.span.clone()),
            Part::Html(span) => {
                let found = in_html(&self.text[span.clone()], url)?;
                Some(span.start + found.start..span.start + found.end)
            }
        })
    }

    /// The place of the first link that is `wanted`.
    fn link(&self, wanted: impl Fn(&Link) -> bool) -> Option<Range<usize>> {
        let mut links = self.parts.iter().filter_map(|part| match part {
            Part::Link(link) => Some(link),
            Part::Html(_) => None,
        });
        links
            .find(|link| wanted(link))
            .map(|link| link.span.clone())
    }
}

impl Link {
    /// Whether it names a content file and came out as `url`: the anchor tells, and the file where
    /// it is known.
    fn names(&self, url: &str, target: Option<&SourcePath>) -> bool {
        let named = self.written.strip_prefix("@/");
        let (Some((file, anchor)), Some((address, same))) = (
            named.and_then(|named| named.split_once('#')),
            url.split_once('#'),
        ) else {
            return false;
        };
        let is_target = |target: &SourcePath| {
            let target = target.below_content();
            target == file || target == percent_decode(file)
        };
        anchor == same && !address.is_empty() && target.is_none_or(is_target)
    }

    /// Whether it is relative and came out as `url`: where another page shows the body, the
    /// address of its own page stands before it.
    fn ends(&self, url: &str) -> bool {
        let before = url.strip_suffix(&self.decoded);
        !self.decoded.is_empty() && before.is_some_and(|before| before.ends_with('/'))
    }
}

fn parts(text: &str, body: Range<usize>, config: &Config) -> Vec<Part> {
    let parser = Parser::new_ext(&text[body.clone()], inline::options(config));
    let mut definitions: HashMap<String, Range<usize>> = HashMap::new();
    for (_, definition) in parser.reference_definitions().iter() {
        let to = definition.dest.to_string();
        definitions.entry(to).or_insert(definition.span.clone());
    }
    let in_file = |span: &Range<usize>| body.start + span.start..body.start + span.end;
    let parts = parser
        .into_offset_iter()
        .filter_map(|(event, span)| match event {
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
            ) => {
                let by_reference = !matches!(
                    link_type,
                    LinkType::Inline | LinkType::Autolink | LinkType::Email
                );
                let definition = definitions.get(&*dest_url).filter(|_| by_reference);
                let span = within(text, in_file(definition.unwrap_or(&span)), &dest_url);
                Some(Part::Link(Link {
                    decoded: percent_decode(&dest_url),
                    written: dest_url.into_string(),
                    span,
                }))
            }
            Event::Html(_) | Event::InlineHtml(_) => Some(Part::Html(in_file(&span))),
            _ => None,
        });
    parts.collect()
}

/// Where `word` ends the text of `span`; the whole span where it is written otherwise.
fn within(text: &str, span: Range<usize>, word: &str) -> Range<usize> {
    match text[span.clone()].rfind(word) {
        Some(at) => span.start + at..span.start + at + word.len(),
        None => span,
    }
}

/// Where `html`, or a template that writes HTML, holds `url`: between quotes of one kind, or as an
/// attribute's value without quotes; as it is, or escaped.
#[must_use]
pub fn in_html(html: &str, url: &str) -> Option<Range<usize>> {
    let bare = |url: &str| {
        find(html, url, |before, behind| {
            before.ends_with('=') && behind.starts_with(|c: char| c == '>' || c.is_whitespace())
        })
    };
    let held = |url: &str| quoted(html, url).or_else(|| bare(url));
    held(url).or_else(|| {
        let escaped = Html(url).to_string();
        held(&escaped).filter(|_| escaped != url)
    })
}

/// Where `text` holds `url` between quotes of one kind.
#[must_use]
pub fn quoted(text: &str, url: &str) -> Option<Range<usize>> {
    find(text, url, |before, behind| {
        let quotes = |mark| before.ends_with(mark) && behind.starts_with(mark);
        quotes('"') || quotes('\'')
    })
}

/// Where `text` holds `url` as a word by itself.
fn unquoted(text: &str, url: &str) -> Option<Range<usize>> {
    find(text, url, |before, behind| {
        before.ends_with(char::is_whitespace) && behind.starts_with(char::is_whitespace)
    })
}

/// The first place of `word` where what stands before and behind it `fits`.
fn find(text: &str, word: &str, fits: impl Fn(&str, &str) -> bool) -> Option<Range<usize>> {
    let mut places = text.match_indices(word).map(|(at, _)| at..at + word.len());
    places.find(|place| fits(&text[..place.start], &text[place.end..]))
}

#[cfg(test)]
mod tests {
    use super::Addresses;
    use crate::config::{Config, Overrides};
    use crate::path::SourcePath;

    fn check(text: &str, url: &str, marked: Option<&str>) {
        let file = SourcePath::new("content/site.toml").unwrap();
        let config = "base_url = 'https://a.example'";
        let (config, _) = Config::parse(config, &file, &Overrides::default()).unwrap();
        let shown = Addresses::new(text, &config).find(url, None).map(|span| {
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
        check("<a href=b?c&amp;d>", "b?c&d", Some("<a href=«b?c&amp;d"));
        check("![a b](<a b.png>)", "a%20b.png", Some("![a b](<«a b.png"));
        check(
            "[one][r]\n\n[r]: @/x.md#head",
            "/x/#head",
            Some("[one][r]\n\n[r]: «@/x.md#head"),
        );
        check(
            "[a](@/x.md#head) [b](#head)",
            "#head",
            Some("[a](@/x.md#head) [b](«#head"),
        );
        check("[a](/x) [b](x.pdf)", "/a/x.pdf", Some("[a](/x) [b](«x.pdf"));
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
