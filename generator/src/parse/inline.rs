//! Markdown by itself, away from any content file, and the extensions that all markdown has.

use pulldown_cmark::{Options, Parser, html};

use crate::config::Config;

/// Markdown without headings' ids, pieces and code highlighting: for the `markdown` filter.
/// With `inline`, the paragraph around a single line is left out.
#[must_use]
pub fn inline_html(text: &str, inline: bool, config: &Config) -> String {
    let mut out = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut out, Parser::new_ext(text, options(config)));
    let paragraph = out
        .trim_end()
        .strip_prefix("<p>")
        .and_then(|rest| rest.strip_suffix("</p>"));
    match paragraph {
        Some(line) if inline && !line.contains("<p>") => line.to_owned(),
        _ => out,
    }
}

/// The extensions that the configuration asks for, and those that are always there.
pub(super) fn options(config: &Config) -> Options {
    let markdown = &config.markdown;
    let mut options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES;
    options.set(
        Options::ENABLE_SMART_PUNCTUATION,
        markdown.smart_punctuation,
    );
    options.set(Options::ENABLE_DEFINITION_LIST, markdown.definition_list);
    options.set(Options::ENABLE_MATH, markdown.math);
    options.set(Options::ENABLE_GFM, markdown.github_alerts);
    options
}
