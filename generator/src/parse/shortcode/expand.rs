//! Replaces the shortcode calls in a text: calls of `.html` templates by marks, and calls of `.md`
//! templates by the templates' output.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::scan::{Item, ScannedCall};
use super::{Kind, Scanner, Shortcodes};
use crate::budget::Call;
use crate::parse::pieces::{self, MARK};
use crate::parse::problem::{BodyProblem, ShortcodeProblem};
use crate::tree::Table;

/// How much the `.md` templates may say on one page, in bytes.
const MOST_SAID: usize = 16 * 1024 * 1024;

/// A text in which all calls are replaced.
#[derive(Debug)]
pub(in crate::parse) struct Expanded<'t> {
    /// The text.
    pub(in crate::parse) text: Cow<'t, str>,
    /// Where its parts come from, in order.
    origins: Vec<Origin>,
}

/// A call of an `.html` template.
#[derive(Debug)]
pub(in crate::parse) struct PendingCall<'t> {
    pub(in crate::parse) name: String,
    pub(in crate::parse) arguments: Table,
    pub(in crate::parse) body: Option<Expanded<'t>>,
    /// The number of this call among the page's calls of the same shortcode, from 1.
    pub(in crate::parse) number: usize,
    pub(in crate::parse) span: Range<usize>,
}

/// A part of the text, which begins at `start` and comes from the bytes `from` of the original.
#[derive(Debug, Clone)]
struct Origin {
    start: usize,
    from: Range<usize>,
    /// Whether the bytes are the same as in the original.
    copied: bool,
}

impl Expanded<'_> {
    /// The place in the file from which the bytes `span` of the text come.
    pub(in crate::parse) fn original(&self, span: Range<usize>) -> Range<usize> {
        let start = self.origin(span.start).map_or(span.start, |(origin, at)| {
            origin.from.start + if origin.copied { at } else { 0 }
        });
        let last = span.end.saturating_sub(1).max(span.start);
        let end = self.origin(last).map_or(span.end, |(origin, at)| {
            if origin.copied {
                (origin.from.start + at + 1).min(origin.from.end)
            } else {
                origin.from.end
            }
        });
        start..end.max(start)
    }

    fn origin(&self, at: usize) -> Option<(&Origin, usize)> {
        let number = self.origins.partition_point(|origin| origin.start <= at);
        let origin = self.origins.get(number.checked_sub(1)?)?;
        Some((origin, at - origin.start))
    }
}

/// A body in which all calls are replaced.
#[derive(Debug)]
pub(in crate::parse) struct ExpandedBody<'t> {
    pub(in crate::parse) text: Expanded<'t>,
    pub(in crate::parse) calls: Vec<PendingCall<'t>>,
    /// What is wrong with the calls.
    pub(in crate::parse) problems: Vec<BodyProblem>,
    /// Whether something is missing that a broken call would have come to.
    pub(in crate::parse) has_gaps: bool,
}

/// Replaces the calls in the bytes `span` of `text`.
pub(in crate::parse) fn expand<'t>(
    text: &'t str,
    span: Range<usize>,
    shortcodes: &Shortcodes,
) -> ExpandedBody<'t> {
    let body = &text[span.clone()];
    let copied = Origin {
        start: 0,
        from: span.clone(),
        copied: true,
    };
    if !body.contains("{{") && !body.contains("{%") && !body.contains(MARK) {
        let text = Expanded {
            text: Cow::Borrowed(body),
            origins: vec![copied],
        };
        return ExpandedBody {
            text,
            calls: Vec::new(),
            problems: Vec::new(),
            has_gaps: false,
        };
    }
    let (items, problems) = Scanner::new(text, shortcodes).scan(span);
    let mut expander = Expander {
        text,
        shortcodes,
        problems,
        calls: Vec::new(),
        counts: BTreeMap::new(),
        said: 0,
        broken: false,
    };
    let text = expander.items(items);
    ExpandedBody {
        text,
        has_gaps: expander.broken || !expander.problems.is_empty(),
        calls: expander.calls,
        problems: expander.problems,
    }
}

struct Expander<'t, 's> {
    text: &'t str,
    shortcodes: &'s Shortcodes,
    problems: Vec<BodyProblem>,
    calls: Vec<PendingCall<'t>>,
    counts: BTreeMap<String, usize>,
    /// The length of all outputs of `.md` templates so far, in bytes. Behind [`MOST_SAID`] no
    /// further one is asked: the mistake is told, and rendering what is dropped takes long.
    said: usize,
    /// Whether a template was called that cannot be read, which is told with the template.
    broken: bool,
}

impl<'t> Expander<'t, '_> {
    fn items(&mut self, items: Vec<Item>) -> Expanded<'t> {
        let mut text = String::new();
        let mut origins = Vec::with_capacity(items.len());
        for item in items {
            let start = text.len();
            let (from, copied) = match item {
                Item::Text(span) => {
                    push_without_marks(&self.text[span.clone()], &mut text);
                    (span, true)
                }
                Item::Shown(shown, span) => {
                    push_without_marks(&shown, &mut text);
                    (span, false)
                }
                Item::Call(call) => {
                    let span = call.span.clone();
                    self.call(call, &mut text);
                    (span, false)
                }
            };
            origins.push(Origin {
                start,
                from,
                copied,
            });
        }
        Expanded {
            text: Cow::Owned(text),
            origins,
        }
    }

    fn call(&mut self, call: ScannedCall, into: &mut String) {
        let ScannedCall {
            name,
            arguments,
            body,
            span,
        } = call;
        let Some(kind) = self.shortcodes.kind(&name) else {
            let near = self.shortcodes.nearest(&name);
            return self
                .problems
                .push(ShortcodeProblem::Unknown { name, near }.at(span));
        };
        let count = self.counts.entry(name.clone()).or_default();
        *count += 1;
        let number = *count;
        let body = body.map(|items| self.items(items));
        match kind {
            Kind::Html => {
                into.push_str(&pieces::call_mark(self.calls.len()));
                self.calls.push(PendingCall {
                    name,
                    arguments,
                    body,
                    number,
                    span,
                });
            }
            Kind::Broken => self.broken = true,
            Kind::Markdown if self.said > MOST_SAID => {}
            Kind::Markdown => match self.answer(name, &arguments, body, number) {
                Ok(text) => into.push_str(&text),
                Err(problem) => self.problems.push(problem.at(span)),
            },
        }
    }

    /// What the `.md` template `name` makes of a call.
    fn answer(
        &mut self,
        name: String,
        arguments: &Table,
        body: Option<Expanded<'t>>,
        number: usize,
    ) -> Result<String, ShortcodeProblem> {
        let body = body.map_or(Value::UNDEFINED, |body| context! { body => body.text });
        let own = context! { nth => number, ..body };
        let context = context! { ..Value::from(Serde(arguments)), ..own };
        let template = self.shortcodes.markdown.get_template(&name);
        let call = Call {
            template: format!("shortcodes/{name}.md"),
            file: None,
            budget: self.shortcodes.budget,
        };
        let text = call.run(|| template.and_then(|template| template.render(context)));
        let text = match text {
            Ok(text) => text,
            Err(error) => return Err(failed(name, &error)),
        };
        self.said += text.len();
        if self.said > MOST_SAID {
            return Err(ShortcodeProblem::TooMuch(name));
        }
        Ok(text)
    }
}

fn failed(name: String, error: &minijinja::Error) -> ShortcodeProblem {
    let detail = error.detail().map(str::to_owned);
    ShortcodeProblem::Failed {
        name,
        reason: detail.unwrap_or_else(|| error.kind().to_string()),
        line: error.line(),
    }
}

/// Appends `text`, with every [`MARK`] in it replaced: in content it would be a forged mark.
fn push_without_marks(text: &str, into: &mut String) {
    for (number, part) in text.split(MARK).enumerate() {
        if number > 0 {
            // This character is as long as the mark, so that all places stay the same.
            into.push('\u{fffd}');
        }
        into.push_str(part);
    }
}
