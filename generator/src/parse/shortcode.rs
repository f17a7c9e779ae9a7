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
    /// How long a call of one of these may take, in seconds.
    timeout: usize,
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
    pub(super) fn new(layers: &[Layer], config: &Config) -> (Self, Vec<(SourcePath, Diagnostic)>) {
        let mut shortcodes = Self {
            kinds: BTreeMap::new(),
            markdown: environment(config),
            timeout: config.timeout,
            fingerprint: 0,
        };
        let mut markdown: BTreeMap<&str, &TextFile> = BTreeMap::new();
        let mut texts = Vec::new();
        for layer in layers {
            for (path, file) in &layer.templates {
                let Some((name, kind)) = shortcode(path) else {
                    continue;
                };
                if shortcodes.kinds.contains_key(name) {
                    continue;
                }
                shortcodes.kinds.insert(name.to_owned(), kind);
                texts.push((path, (kind == Kind::Markdown).then_some(&file.text)));
                if kind == Kind::Markdown {
                    markdown.insert(name, file);
                }
            }
        }
        let named: Vec<(&str, &str)> = markdown
            .iter()
            .map(|(name, file)| (*name, &*file.text))
            .collect();
        let refused = template::add_all(&mut shortcodes.markdown, &named);
        let diagnostic = |(name, error): &(&str, TemplateError)| {
            let file = markdown.get(name)?;
            let diagnostic = error.diagnostic(Some(file), |error| unparsed(error, file));
            Some((file.path.clone(), diagnostic))
        };
        let diagnostics = refused.iter().filter_map(diagnostic).collect();
        for (name, _) in &refused {
            shortcodes.kinds.insert((*name).to_owned(), Kind::Broken);
        }
        for (name, _) in BUILTIN {
            shortcodes
                .kinds
                .entry(name.to_owned())
                .or_insert(Kind::Html);
        }
        shortcodes.fingerprint = fingerprint::of(&texts);
        (shortcodes, diagnostics)
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
