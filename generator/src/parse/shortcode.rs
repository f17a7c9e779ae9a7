//! Shortcodes: calls in a content file that templates answer.
//!
//! `{{ name(a="x") }}` has no body, `{% name(a=1) %}…{% end %}` has one. `{{/* name() */}}` shows a
//! call without making it. Calls are found before the markdown is parsed, also in code. A call of a
//! `.md` template is replaced by the template's output at once; such a template sees its arguments
//! and the configuration only. A call of an `.html` template leaves a mark, and is answered once
//! the whole site is known.

mod call;
mod expand;
mod scan;

use std::collections::BTreeMap;

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};

use self::scan::Scanner;
use crate::budget::Budget;
use crate::config::Config;
use crate::diag::{Diagnostic, nearest};
use crate::fingerprint;
use crate::load::{Layer, TextFile};
use crate::path::SourcePath;
use crate::template::{self, TemplateError};
use crate::tera;

pub(super) use self::expand::{Expanded, expand};

/// Templates for the shortcodes that are built into Zola, because content that was written for Zola
/// may call them.
pub const BUILTIN: [(&str, &str); 4] = [
    ("gist", include_str!("shortcode/builtin/gist.html")),
    (
        "streamable",
        include_str!("shortcode/builtin/streamable.html"),
    ),
    ("vimeo", include_str!("shortcode/builtin/vimeo.html")),
    ("youtube", include_str!("shortcode/builtin/youtube.html")),
];

/// The limit for one call, in instructions of the template engine.
const FUEL: u64 = 1_000_000;

/// All shortcodes of a site.
#[derive(Debug)]
pub(super) struct Shortcodes {
    kinds: BTreeMap<String, Kind>,
    markdown: Environment<'static>,
    /// What a call of one of these may cost.
    budget: Budget,
    fingerprint: u64,
}

/// The kind of a shortcode's template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Html,
    Markdown,
    /// It would be of the other kind, but the template engine cannot read it.
    Broken,
}

impl Shortcodes {
    /// The shortcodes in `layers`; a template of an earlier layer hides those of later ones.
    /// Returns also what is wrong with `.md` templates, each with its file; calls of such a
    /// template are replaced by nothing.
    pub(super) fn new(
        layers: &[Layer],
        config: &Config,
        budget: Budget,
    ) -> (Self, Vec<(SourcePath, Diagnostic)>) {
        let found = strongest(layers);
        let markdown = found
            .iter()
            .filter(|(_, (kind, _))| *kind == Kind::Markdown);
        let markdown: Vec<(&str, &str)> = markdown
            .map(|(name, (_, file))| (*name, &*file.text))
            .collect();
        let mut environment = environment(config);
        let refused = template::add_all(&mut environment, &markdown);
        let diagnostic = |(name, error): &(&str, TemplateError)| {
            let (_, file) = found.get(name)?;
            let diagnostic = error.diagnostic(Some(file), |error| unparsed(error, file));
            Some((file.path.clone(), diagnostic))
        };
        let builtin = BUILTIN.map(|(name, _)| (name, Kind::Html));
        let own = found.iter().map(|(name, (kind, _))| (*name, *kind));
        let broken = refused.iter().map(|(name, _)| (*name, Kind::Broken));
        let kinds = builtin.into_iter().chain(own).chain(broken);
        let shortcodes = Self {
            kinds: kinds.map(|(name, kind)| (name.to_owned(), kind)).collect(),
            fingerprint: fingerprint::of(&(found.keys().collect::<Vec<_>>(), &markdown)),
            markdown: environment,
            budget,
        };
        (shortcodes, refused.iter().filter_map(diagnostic).collect())
    }

    /// A hash of everything that influences parsing.
    pub(super) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    fn kind(&self, name: &str) -> Option<Kind> {
        self.kinds.get(name).copied()
    }

    fn nearest(&self, name: &str) -> Option<String> {
        nearest(name, self.kinds.keys().map(String::as_str)).map(str::to_owned)
    }
}

/// The kind and the template of each shortcode, by its name.
type Found<'l> = BTreeMap<&'l str, (Kind, &'l TextFile)>;

/// The shortcodes of all layers. A template of an earlier layer hides those of later ones.
fn strongest(layers: &[Layer]) -> Found<'_> {
    let mut found = Found::new();
    for (path, file) in layers.iter().flat_map(|layer| &layer.templates) {
        if let Some((name, kind)) = shortcode(path) {
            found.entry(name).or_insert((kind, file));
        }
    }
    found
}

/// Name and kind of the shortcode whose template lies at `path`; `None` for other templates.
fn shortcode(path: &str) -> Option<(&str, Kind)> {
    let (name, ending) = path.strip_prefix("shortcodes/")?.rsplit_once('.')?;
    match ending {
        "html" => Some((name, Kind::Html)),
        "md" => Some((name, Kind::Markdown)),
        _ => None,
    }
}

fn environment(config: &Config) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    environment.set_debug(true);
    environment.set_formatter(|out, state, value| {
        tera::present(value)?;
        minijinja::escape_formatter(out, state, value)
    });
    tera::add(&mut environment);
    environment.add_global("config", Value::from(Serde(&config.table)));
    environment.add_global("lang", config.default_language.as_str());
    environment
}

fn unparsed(error: &minijinja::Error, file: &TextFile) -> Diagnostic {
    let reason = error.detail().unwrap_or("it cannot be parsed");
    let span = error.range().unwrap_or(0..1);
    Diagnostic::error(format!("template syntax: {reason}")).at(&file.path, &file.text, span)
}
