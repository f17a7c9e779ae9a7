//! Links in markdown: where they lead, and the attributes of those that leave the site.

use std::fmt::Write as _;

use pulldown_cmark::{LinkType, Tag};
use pulldown_cmark_escape::escape_href;

use super::pieces::{BESIDE_MARK, MARK};
use crate::config::Config;
use crate::escape::Html;

/// The start tag of a link to `url`; where `mark` is given, it stands for the address.
pub(super) fn open(
    link_type: LinkType,
    url: &str,
    mark: Option<String>,
    title: &str,
    config: &Config,
) -> String {
    let mut html = String::from("<a href=\"");
    if let Some(mark) = mark {
        html.push_str(&mark);
    } else if link_type == LinkType::Email {
        html.push_str("mailto:");
        let _ = escape_href(&mut html, url);
    } else {
        if is_relative(url) {
            html.push_str(BESIDE_MARK);
        }
        let _ = escape_href(&mut html, url);
    }
    html.push('"');
    if !title.is_empty() {
        let _ = write!(html, " title=\"{}\"", Html(title));
    }
    external_attributes(url, config, &mut html);
    html.push('>');
    html
}

/// The image, with a mark before its address where that leads on from the page.
pub(super) fn image(tag: Tag<'_>) -> Tag<'_> {
    match tag {
        Tag::Image {
            link_type,
            dest_url,
            title,
            id,
        } if is_relative(&dest_url) => Tag::Image {
            link_type,
            dest_url: format!("{BESIDE_MARK}{dest_url}").into(),
            title,
            id,
        },
        other => other,
    }
}

/// Appends to `html` the configured attributes for a link to `url`, if it leaves the site.
fn external_attributes(url: &str, config: &Config, html: &mut String) {
    let external = url.starts_with("https://") || url.starts_with("http://");
    if !external || config.base_url.owns(url) {
        return;
    }
    let markdown = &config.markdown;
    if let Some(class) = &markdown.external_links_class {
        let _ = write!(html, " class=\"{}\"", Html(class));
    }
    let rel: Vec<&str> = [
        (markdown.external_links_target_blank, "noopener"),
        (markdown.external_links_external, "external"),
        (markdown.external_links_no_follow, "nofollow"),
        (markdown.external_links_no_referrer, "noreferrer"),
    ]
    .into_iter()
    .filter_map(|(wanted, name)| wanted.then_some(name))
    .collect();
    if markdown.external_links_target_blank {
        html.push_str(" target=\"_blank\"");
    }
    if !rel.is_empty() {
        let _ = write!(html, " rel=\"{}\"", rel.join(" "));
    }
}

/// Whether `url` leads on from the page that it stands on (RFC 3986, 4.2: no scheme, no host, no
/// path from the root). What a shortcode's call begins is not known yet.
fn is_relative(url: &str) -> bool {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    !url.is_empty() && !url.starts_with(['/', MARK]) && !is_scheme
}

/// Splits the text behind `@/` into the file and the anchor, without `#`.
pub(super) fn split_anchor(target: &str) -> (String, Option<String>) {
    match target.split_once('#') {
        Some((path, anchor)) => (path.to_owned(), Some(anchor.to_owned())),
        None => (target.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::is_relative;

    #[test]
    fn relative_addresses_are_told_from_others() {
        for url in ["m.svg", "#part", "?q=a:b", "../x/", "./a:b", "a/b", "ü"] {
            assert!(is_relative(url), "{url}");
        }
        for url in [
            "",
            "/a",
            "//host/a",
            "https://a.example",
            "mailto:a@b",
            "data:,x",
        ] {
            assert!(!is_relative(url), "{url}");
        }
    }
}
