//! Renders the shortcode calls in all bodies, before the pages around them are rendered.
//!
//! Meanwhile the content of a page with calls does not exist yet, and reading it in a shortcode's
//! template is an error.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Serde};
use minijinja::{Value, context};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::cache::Cache;
use super::html;
use super::reads::{self, Cached};
use super::theme::Theme;
use super::world::World;
use crate::diag::{self, Diagnostic};
use crate::model::Target;
use crate::parse::Call;
use crate::path::SourcePath;

/// What the calls of all pages and sections came to.
pub(super) type Answers = BTreeMap<Target, Arc<Cached<Answered>>>;

/// What the calls of one page or section came to.
#[derive(Debug, Hash)]
pub(super) struct Answered {
    /// Their outputs, in the order of the calls.
    pub(super) texts: Vec<String>,
    /// The templates of the shortcodes, and what else they show.
    pub(super) made_from: Vec<SourcePath>,
}

/// The body of a call, as the template sees it. Printed, it is the text as it was written; the
/// `markdown` filter turns it into HTML.
#[derive(Debug)]
pub(super) struct CallText {
    raw: String,
    /// What the `markdown` filter returns for it.
    pub(super) html: String,
}

impl Object for CallText {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

/// Renders all calls of the site.
///
/// # Errors
/// Every call that failed, with its place in the content file.
pub(super) fn answer(
    world: &Arc<World>,
    theme: &Theme,
    before: &Cache,
) -> Result<Answers, Vec<Diagnostic>> {
    let site = &world.site;
    let pages = site.page_ids().map(Target::Page);
    let targets: Vec<Target> = pages
        .chain(site.section_ids().map(Target::Section))
        .filter(|target| !world.content(*target).body.calls.is_empty())
        .collect();
    let answered: Vec<Result<_, Diagnostic>> = targets
        .into_par_iter()
        .map(|target| {
            let caller = Caller {
                world,
                theme,
                target,
            };
            let content = world.content(target);
            let known = before.answers.get(&world.target_key(target));
            let job = content.fingerprint;
            let answered =
                Cached::reuse_or(known, job, world, || caller.answers(&content.body.calls));
            Ok((target, answered?))
        })
        .collect();
    Ok(diag::collect(answered)?.into_iter().collect())
}

/// Renders the calls of one page or section.
struct Caller<'a> {
    world: &'a Arc<World>,
    theme: &'a Theme,
    target: Target,
}

impl Caller<'_> {
    /// The outputs of `calls`. The calls in a body come before the call that the body belongs to.
    fn answers(&self, calls: &[Call]) -> Result<Answered, Diagnostic> {
        let mut texts = Vec::with_capacity(calls.len());
        for call in calls {
            texts.push(self.answer(call, &texts)?);
        }
        Ok(Answered {
            texts,
            made_from: reads::made_from([]),
        })
    }

    fn answer(&self, call: &Call, inner: &[String]) -> Result<String, Diagnostic> {
        let body = match &call.body {
            None => Value::UNDEFINED,
            Some(body) => {
                let text = CallText {
                    raw: html::join(self.world, self.target, &body.raw, inner),
                    html: html::join(self.world, self.target, &body.html, inner),
                };
                context! { body => Value::from_object(text) }
            }
        };
        let own = context! { nth => call.number, ..body };
        let subject = match self.target {
            Target::Page(id) => context! { page => self.world.object(id) },
            Target::Section(id) => context! { section => self.world.object(id) },
        };
        let name = format!("shortcodes/{}.html", call.name);
        let rendered = self.theme.read(&name).and_then(|template| {
            let arguments = Value::from(Serde(&call.arguments));
            let context = context! { ..arguments, ..own, ..subject };
            self.world.limits.render(&template, context, self.source())
        });
        rendered.map_err(|error| self.failed(&call.name, call.span.clone(), &error))
    }

    fn source(&self) -> Option<SourcePath> {
        match self.target {
            Target::Page(id) => Some(self.world.site.page(id).source.clone()),
            Target::Section(id) => self.world.site.section(id).source.clone(),
        }
    }

    fn failed(
        &self,
        name: &str,
        span: std::ops::Range<usize>,
        error: &minijinja::Error,
    ) -> Diagnostic {
        let inner = self.theme.diagnose(error, None);
        let text = &self.world.content(self.target).text;
        let file = self.source().map(|file| file.to_string());
        let diagnostic =
            Diagnostic::error(format!("the shortcode `{name}` failed: {}", inner.message))
                .at(file.unwrap_or_default(), text, span)
                .hint_if(inner.hint);
        match inner.place {
            Some(place) => diagnostic.caused_in(place.to_string()),
            None => diagnostic,
        }
    }
}
