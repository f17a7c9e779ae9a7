//! Renders a text without shortcode calls.
//!
//! It makes one pass over the parser's events. On the way it gives ids to headings, leaves marks
//! for links to other pages, adds attributes to external links and images, renders code blocks,
//! marks the end of the summary, and counts words.

use std::fmt::Write as _;
use std::ops::Range;

use pulldown_cmark::{
    Alignment, CodeBlockKind, CowStr, Event, LinkType, Parser, Tag, TagEnd, TextMergeWithOffset,
    html,
};

use crate::config::Config;
use crate::escape::Html;
use crate::fingerprint;
use crate::parse::body::{Body, InternalLink};
use crate::parse::heading::Headings;
use crate::parse::inline::options;
use crate::parse::pieces::{self, MARK};
use crate::parse::problem::BodyProblem;
use crate::parse::shortcode::Expanded;
use crate::parse::table::Table;
use crate::parse::{code, emoji, footnote, link, summary};

/// Renders `expanded`. `calls` is how many shortcode calls the marks in it may stand for.
pub(super) fn render(
    expanded: &Expanded<'_>,
    calls: usize,
    config: &Config,
) -> (Body, Vec<BodyProblem>) {
    let mut renderer = Renderer::new(config);
    let events = Parser::new_ext(&expanded.text, options(config)).into_offset_iter();
    if config.markdown.render_emoji {
        // The parser cuts a name such as `:heart_eyes:` into several texts.
        for (event, span) in TextMergeWithOffset::new(events) {
            renderer.take(event, expanded.original(span));
        }
    } else {
        for (event, span) in events {
            renderer.take(event, expanded.original(span));
        }
    }
    renderer.finish(expanded.text.len(), calls)
}

struct Renderer<'c, 'e> {
    config: &'c Config,
    events: Vec<Event<'e>>,
    links: Vec<InternalLink>,
    headings: Headings,
    heading: Option<OpenHeading<'e>>,
    code: Option<OpenCode>,
    table: Table,
    /// How many images are open: in their descriptions nothing is a link.
    images: usize,
    words: usize,
    /// The index of the event that began the last paragraph.
    paragraph: usize,
    problems: Vec<BodyProblem>,
}

struct OpenHeading<'e> {
    level: u8,
    id: Option<CowStr<'e>>,
    classes: Vec<CowStr<'e>>,
    /// The index of the first event in it.
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
    fn new(config: &'c Config) -> Self {
        Self {
            config,
            events: Vec::new(),
            links: Vec::new(),
            headings: Headings::default(),
            heading: None,
            code: None,
            table: Table::default(),
            images: 0,
            words: 0,
            paragraph: 0,
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
                let text = self.with_emoji(text);
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
            Event::Html(html) | Event::InlineHtml(html) if summary::is_divider(&html) => {
                self.events.push(Event::Html(pieces::SUMMARY_MARK.into()));
            }
            other => self.events.push(other),
        }
    }

    fn with_emoji(&self, text: CowStr<'e>) -> CowStr<'e> {
        if !self.config.markdown.render_emoji {
            return text;
        }
        emoji::replaced(&text).map_or(text, CowStr::from)
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
                self.events.push(Event::Start(link::image(tag)));
            }
            Tag::Table(alignments) => {
                let plain = vec![Alignment::None; alignments.len()];
                self.table = Table::new(alignments);
                self.events.push(Event::Start(Tag::Table(plain)));
            }
            Tag::TableHead | Tag::TableRow => {
                self.table.start_row(matches!(tag, Tag::TableHead));
                self.events.push(Event::Start(tag));
            }
            Tag::TableCell => self.events.push(self.table.start_cell()),
            Tag::Paragraph => {
                self.paragraph = self.events.len();
                self.events.push(Event::Start(tag));
            }
            other => self.events.push(Event::Start(other)),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::Paragraph if self.is_calls_alone() => {
                // The template may return block elements, which must not stand in a paragraph.
                self.events.remove(self.paragraph);
                self.events.push(Event::Html("\n".into()));
            }
            TagEnd::Image => {
                self.images -= 1;
                self.events.push(Event::End(tag));
            }
            other => self.events.push(Event::End(other)),
        }
    }

    /// Whether the paragraph that ends here holds shortcode calls and nothing else.
    fn is_calls_alone(&self) -> bool {
        let Some([first, rest @ ..]) = self.events.get(self.paragraph..) else {
            return false;
        };
        matches!(first, Event::Start(Tag::Paragraph))
            && !rest.is_empty()
            && rest.iter().all(|event| match event {
                Event::Text(text) => text.contains(MARK) && pieces::only_calls(text),
                Event::SoftBreak => true,
                _ => false,
            })
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
                    let (html, problems) = code::block(&info, &text, &span, highlighting);
                    self.problems.extend(problems);
                    self.events.push(Event::Html(html.into()));
                }
            }
        }
    }

    fn read_title(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.title.push_str(&pieces::without_marks(text));
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
        // In the description of an image, a link is only text.
        if self.images > 0 {
            return self.events.push(Event::Start(Tag::Link {
                link_type,
                dest_url: url,
                title,
                id,
            }));
        }
        if url.is_empty() {
            let span = span.clone();
            self.problems.push(BodyProblem::EmptyLink { span });
        }
        let mark = url.strip_prefix("@/").map(|target| {
            let (target, anchor) = link::split_anchor(target);
            self.links.push(InternalLink {
                target,
                anchor,
                span,
            });
            pieces::link_mark(self.links.len() - 1)
        });
        let html = link::open(link_type, &url, mark, &title, self.config);
        self.events.push(Event::InlineHtml(html.into()));
    }

    fn end_heading(&mut self) {
        let Some(heading) = self.heading.take() else {
            return;
        };
        let level = heading.level;
        let anchors = self.config.slugify.anchors;
        let id = match &heading.id {
            Some(id) => {
                let problem = self.headings.claim_id(id, heading.span);
                self.problems.extend(problem);
                id.to_string()
            }
            None => self.headings.generate_id(&heading.title, anchors),
        };
        let mut open = format!("<h{level} id=\"{}\"", Html(&id));
        if !heading.classes.is_empty() {
            let classes = heading.classes.join(" ");
            let _ = write!(open, " class=\"{}\"", Html(&classes));
        }
        open.push('>');
        let (before, after) = pieces::anchor_marks(self.headings.count());
        let inner: Vec<_> = self.events.drain(heading.start..).collect();
        self.events
            .push(Event::Html(format!("{open}{before}").into()));
        self.events.extend(inner);
        self.events
            .push(Event::Html(format!("{after}</h{level}>\n").into()));
        self.headings.add(level, id, &heading.title);
    }

    fn finish(self, source_length: usize, calls: usize) -> (Body, Vec<BodyProblem>) {
        let mut html = String::with_capacity(source_length * 3 / 2);
        let events = if self.config.markdown.bottom_footnotes {
            footnote::at_the_end(self.events)
        } else {
            self.events
        };
        html::push_html(&mut html, events.into_iter());
        if self.config.markdown.lazy_async_image {
            html = html.replace("<img src=", "<img loading=\"lazy\" decoding=\"async\" src=");
        }
        let headings = self.headings.finish();
        let (pieces, summary) = pieces::split(&html, &self.links, &headings, calls);
        let body = Body {
            fingerprint: fingerprint::of(&html),
            pieces,
            calls: Vec::new(),
            has_gaps: false,
            summary,
            headings: headings.into(),
            words: self.words,
        };
        (body, self.problems)
    }
}

fn count_words(text: &str) -> usize {
    let (mut words, mut is_counted) = (0, false);
    for c in text.chars() {
        if c.is_whitespace() {
            is_counted = false;
        } else if !is_counted && c.is_alphanumeric() {
            is_counted = true;
            words += 1;
        }
    }
    words
}
