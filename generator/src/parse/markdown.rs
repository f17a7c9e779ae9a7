//! Markdown to HTML: CommonMark 0.31 by pulldown-cmark, with the extensions that the spec of
//! this generator names.
//!
//! One pass over the parser's events. What this file adds to them: heading ids and anchors,
//! addresses of other pages as [`Piece`]s, attributes for external links and images, code
//! blocks, the summary's end, and the count of words.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use pulldown_cmark::{
    Alignment, CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html,
};
use pulldown_cmark_escape::{escape_href, escape_html};

use super::body::{Body, Heading, InternalLink};
use super::pieces::{self, MARK};
use super::{BodyProblem, code, slugify};
use crate::config::{AnchorLinks, Config};

/// Renders the bytes `body` of `text`; the spans of problems and links are those of `text`.
pub(super) fn render(text: &str, body: Range<usize>, config: &Config) -> (Body, Vec<BodyProblem>) {
    let offset = body.start;
    let source = without_marks(&text[body]);
    let mut renderer = Renderer::new(config, offset);
    for (event, span) in Parser::new_ext(&source, options(config)).into_offset_iter() {
        renderer.take(event, offset + span.start..offset + span.end);
    }
    renderer.finish(source.len())
}

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

fn options(config: &Config) -> Options {
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
    options.set(Options::ENABLE_GFM, markdown.github_alerts);
    options
}

/// The mark that separates pieces is a control character that no text needs.
fn without_marks(text: &str) -> Cow<'_, str> {
    if text.contains(MARK) {
        Cow::Owned(text.replace(MARK, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

struct Renderer<'c, 'e> {
    config: &'c Config,
    offset: usize,
    events: Vec<Event<'e>>,
    links: Vec<InternalLink>,
    headings: Vec<Heading>,
    ids: BTreeSet<String>,
    heading: Option<OpenHeading<'e>>,
    code: Option<OpenCode>,
    alignments: Vec<Alignment>,
    cell: usize,
    images: usize,
    words: usize,
    problems: Vec<BodyProblem>,
}

struct OpenHeading<'e> {
    level: u8,
    id: Option<CowStr<'e>>,
    classes: Vec<CowStr<'e>>,
    start: usize,
    title: String,
    span: Range<usize>,
}

struct OpenCode {
    info: String,
    text: String,
    span: Range<usize>,
}

impl<'c, 'e> Renderer<'c, 'e> {
    fn new(config: &'c Config, offset: usize) -> Self {
        Self {
            config,
            offset,
            events: Vec::new(),
            links: Vec::new(),
            headings: Vec::new(),
            ids: BTreeSet::new(),
            heading: None,
            code: None,
            alignments: Vec::new(),
            cell: 0,
            images: 0,
            words: 0,
            problems: Vec::new(),
        }
    }

    fn take(&mut self, event: Event<'e>, span: Range<usize>) {
        if self.code.is_some() {
            return self.take_code(event);
        }
        match event {
            Event::Start(tag) => self.start(tag, span),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => {
                self.words += count_words(&text);
                self.read_title(&text);
                self.events.push(Event::Text(text));
            }
            Event::Code(text) => {
                self.words += count_words(&text);
                self.read_title(&text);
                self.events.push(Event::Code(text));
            }
            Event::SoftBreak => {
                self.read_title(" ");
                self.events.push(Event::SoftBreak);
            }
            Event::Html(html) | Event::InlineHtml(html) if html.trim() == "<!-- more -->" => {
                self.events.push(Event::Html(pieces::summary_mark().into()));
            }
            other => self.events.push(other),
        }
    }

    fn start(&mut self, tag: Tag<'e>, span: Range<usize>) {
        match tag {
            Tag::Heading {
                level, id, classes, ..
            } => {
                self.heading = Some(OpenHeading {
                    level: level as u8,
                    id,
                    classes,
                    start: self.events.len(),
                    title: String::new(),
                    span,
                });
            }
            Tag::CodeBlock(kind) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some(OpenCode {
                    info,
                    text: String::new(),
                    span,
                });
            }
            Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            } => {
                self.start_link(link_type, dest_url, title, id, span);
            }
            Tag::Image { .. } => {
                self.images += 1;
                self.events.push(Event::Start(tag));
            }
            Tag::Table(alignments) => {
                let plain = vec![Alignment::None; alignments.len()];
                self.alignments = alignments;
                self.events.push(Event::Start(Tag::Table(plain)));
            }
            Tag::TableHead | Tag::TableRow => {
                self.cell = 0;
                self.events.push(Event::Start(tag));
            }
            Tag::TableCell => self.start_cell(),
            other => self.events.push(Event::Start(other)),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::Image => {
                self.images -= 1;
                self.events.push(Event::End(tag));
            }
            other => self.events.push(Event::End(other)),
        }
    }

    fn take_code(&mut self, event: Event<'e>) {
        match event {
            Event::Text(text) => {
                if let Some(code) = &mut self.code {
                    code.text.push_str(&text);
                }
            }
            _ => {
                if let Some(OpenCode { info, text, span }) = self.code.take() {
                    let highlighting = &self.config.markdown.highlighting;
                    let html = code::block(&info, &text, &span, highlighting, &mut self.problems);
                    self.events.push(Event::Html(html.into()));
                }
            }
        }
    }

    fn read_title(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.title.push_str(text);
        }
    }

    fn start_link(
        &mut self,
        link_type: LinkType,
        url: CowStr<'e>,
        title: CowStr<'e>,
        id: CowStr<'e>,
        span: Range<usize>,
    ) {
        // Inside an image's description there are no links, only their text.
        if self.images > 0 {
            return self.events.push(Event::Start(Tag::Link {
                link_type,
                dest_url: url,
                title,
                id,
            }));
        }
        let mut html = String::from("<a href=\"");
        if let Some(target) = url.strip_prefix("@/") {
            let (path, anchor) = split_anchor(target);
            html.push_str(&pieces::link_mark(self.links.len()));
            self.links.push(InternalLink {
                target: path,
                anchor,
                span,
            });
        } else {
            let address = if link_type == LinkType::Email {
                format!("mailto:{url}")
            } else {
                url.to_string()
            };
            let _ = escape_href(&mut html, &address);
        }
        html.push('"');
        if !title.is_empty() {
            html.push_str(" title=\"");
            let _ = escape_html(&mut html, &title);
            html.push('"');
        }
        self.external_attributes(&url, &mut html);
        html.push('>');
        self.events.push(Event::InlineHtml(html.into()));
    }

    fn external_attributes(&self, url: &str, html: &mut String) {
        let external = url.starts_with("https://") || url.starts_with("http://");
        if !external || url.starts_with(self.config.base_url.as_str()) {
            return;
        }
        let markdown = &self.config.markdown;
        if let Some(class) = &markdown.external_links_class {
            html.push_str(" class=\"");
            let _ = escape_html(&mut *html, class);
            html.push('"');
        }
        let rel: Vec<&str> = [
            (markdown.external_links_target_blank, "noopener"),
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

    /// An alignment becomes a class: the site's policy forbids inline styles.
    fn start_cell(&mut self) {
        let class = match self.alignments.get(self.cell) {
            Some(Alignment::Left) => "align-left",
            Some(Alignment::Center) => "align-center",
            Some(Alignment::Right) => "align-right",
            _ => "",
        };
        self.cell += 1;
        let head = self
            .events
            .iter()
            .rev()
            .find_map(|event| match event {
                Event::Start(Tag::TableHead) => Some(true),
                Event::Start(Tag::TableRow) => Some(false),
                _ => None,
            })
            .unwrap_or(false);
        self.events.push(if class.is_empty() {
            Event::Start(Tag::TableCell)
        } else {
            let name = if head { "th" } else { "td" };
            Event::InlineHtml(format!("<{name} class=\"{class}\">").into())
        });
    }

    fn end_heading(&mut self) {
        let Some(heading) = self.heading.take() else {
            return;
        };
        let id = self.heading_id(&heading);
        let level = heading.level;
        let mut open = format!("<h{level} id=\"");
        let _ = escape_html(&mut open, &id);
        open.push('"');
        if !heading.classes.is_empty() {
            open.push_str(" class=\"");
            let _ = escape_html(&mut open, &heading.classes.join(" "));
            open.push('"');
        }
        open.push('>');
        let (before, after) = self.anchor(&id, &heading.title);
        let inner: Vec<_> = self.events.drain(heading.start..).collect();
        self.events
            .push(Event::Html(format!("{open}{before}").into()));
        self.events.extend(inner);
        self.events
            .push(Event::Html(format!("{after}</h{level}>\n").into()));
        let mut title = String::new();
        let _ = escape_html(&mut title, heading.title.trim());
        self.headings.push(Heading { level, id, title });
    }

    fn heading_id(&mut self, heading: &OpenHeading<'e>) -> String {
        if let Some(id) = &heading.id {
            let id = id.to_string();
            if !self.ids.insert(id.clone()) {
                self.problems.push(BodyProblem::DuplicateId {
                    id: id.clone(),
                    span: heading.span.clone(),
                });
            }
            return id;
        }
        let wanted = slugify(&heading.title, self.config.slugify.anchors);
        let wanted = if wanted.is_empty() {
            "section".to_owned()
        } else {
            wanted
        };
        let mut id = wanted.clone();
        let mut number = 0;
        while !self.ids.insert(id.clone()) {
            number += 1;
            id = format!("{wanted}-{number}");
        }
        id
    }

    fn anchor(&self, id: &str, title: &str) -> (String, String) {
        let mut escaped = String::new();
        let _ = escape_html(&mut escaped, title.trim());
        let link = format!(
            "<a class=\"anchor\" href=\"#{id}\" aria-label=\"Link to the section {escaped}\">#</a>"
        );
        match self.config.markdown.insert_anchor_links {
            AnchorLinks::None => (String::new(), String::new()),
            AnchorLinks::Left => (link, String::new()),
            AnchorLinks::Right => (String::new(), link),
            AnchorLinks::Heading => (
                format!("<a class=\"anchor\" href=\"#{id}\">"),
                "</a>".to_owned(),
            ),
        }
    }

    fn finish(self, source_length: usize) -> (Body, Vec<BodyProblem>) {
        let mut html = String::with_capacity(source_length * 3 / 2);
        html::push_html(&mut html, self.events.into_iter());
        if self.config.markdown.lazy_async_image {
            html = html.replace("<img src=", "<img loading=\"lazy\" decoding=\"async\" src=");
        }
        debug_assert!(self.links.iter().all(|link| link.span.start >= self.offset));
        let (pieces, summary) = pieces::split(&html, &self.links);
        let body = Body {
            pieces,
            summary,
            headings: self.headings,
            words: self.words,
        };
        (body, self.problems)
    }
}

fn split_anchor(target: &str) -> (String, Option<String>) {
    match target.split_once('#') {
        Some((path, anchor)) => (path.to_owned(), Some(anchor.to_owned())),
        None => (target.to_owned(), None),
    }
}

fn count_words(text: &str) -> usize {
    text.split_whitespace()
        .filter(|word| word.contains(char::is_alphanumeric))
        .count()
}
