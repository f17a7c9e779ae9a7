//! Renders markdown that is not in a content file, and says which markdown extensions are on.

use pulldown_cmark::{Event, Options, Parser, Tag, html};

use crate::config::Config;

/// Renders markdown for the `markdown` filter: without ids for headings, `@/` links and
/// highlighting. With `inline`, the `<p>` around a single paragraph is left out. `internal` says
/// where links lead that begin with `@/`, by what stands behind that.
///
/// # Errors
/// The first of `internal`.
pub fn inline_html<E>(
    text: &str,
    inline: bool,
    config: &Config,
    mut internal: impl FnMut(&str) -> Result<String, E>,
) -> Result<String, E> {
    let mut out = String::with_capacity(text.len() * 3 / 2);
    let mut failure = None;
    let events = Parser::new_ext(text, options(config)).map(|mut event| {
        if let Event::Start(Tag::Link { dest_url, .. }) = &mut event
            && let Some(link) = dest_url.strip_prefix("@/")
        {
            match internal(link) {
                Ok(address) => *dest_url = address.into(),
                Err(error) => failure = failure.take().or(Some(error)),
            }
        }
        event
    });
    html::push_html(&mut out, events);
    if let Some(failure) = failure {
        return Err(failure);
    }
    let paragraph = out
        .trim_end()
        .strip_prefix("<p>")
        .and_then(|rest| rest.strip_suffix("</p>"));
    Ok(match paragraph {
        Some(line) if inline && !line.contains("<p>") => line.to_owned(),
        _ => out,
    })
}

/// The markdown extensions: those that are always on, and those that the configuration turns on.
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
