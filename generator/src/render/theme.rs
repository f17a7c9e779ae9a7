//! The templates of the site and its themes.
//!
//! A plain name means the template of the first layer that has it. With a theme's name before it,
//! it means that theme's template: a `page.html` can `{% extends "spotifinfo/page.html" %}`, which
//! it hides.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Output, State, Template, UndefinedBehavior};

use super::error;
use super::markup;
use super::reads::{self, Read};
use super::world::World;
use crate::diag::{Diagnostic, nearest};
use crate::escape::{Html, Xml};
use crate::load::{Layer, TextFile};
use crate::parse::BUILTIN_SHORTCODES;
use crate::path::SourcePath;
use crate::template;
use crate::tera;

/// Templates for sites and themes that have none of their own.
const BUILTIN: [(&str, &str); 3] = [
    ("404.html", include_str!("builtin/404.html")),
    (
        "taxonomy_list.html",
        include_str!("builtin/taxonomy_list.html"),
    ),
    (
        "taxonomy_single.html",
        include_str!("builtin/taxonomy_single.html"),
    ),
];

/// The templates that every site needs, and that only a site or its theme can write.
const REQUIRED: [&str; 3] = ["index.html", "section.html", "page.html"];

/// How deeply templates may include one another.
const DEEPEST: usize = 100;

/// What one page may cost, in the template engine's steps: so much, and more for each page of
/// the site. A list of all pages takes fifty steps for each.
const FUEL: u64 = 10_000_000;
const FUEL_FOR_EACH_PAGE: u64 = 500;

/// The templates of a site.
#[derive(Debug)]
pub(super) struct Theme {
    environment: Environment<'static>,
    files: Arc<BTreeMap<String, TextFile>>,
}

impl Theme {
    /// Compiles all templates.
    ///
    /// # Errors
    /// Every template that cannot be parsed.
    pub(super) fn new(layers: &[Layer]) -> Result<Self, Vec<Diagnostic>> {
        let files = Arc::new(files(layers));
        let mut theme = Self {
            environment: environment(Arc::clone(&files)),
            files,
        };
        let shortcodes =
            BUILTIN_SHORTCODES.map(|(name, text)| (format!("shortcodes/{name}.html"), text));
        let builtin = BUILTIN.iter().map(|(name, text)| (*name, *text));
        let usual = builtin.chain(shortcodes.iter().map(|(name, text)| (name.as_str(), *text)));
        let files = &theme.files;
        let own = files
            .iter()
            .map(|(name, file)| (name.as_str(), &*file.text));
        let all: Vec<(&str, &str)> = usual
            .filter(|(name, _)| !files.contains_key(*name))
            .chain(own)
            .collect();
        let refused = template::add_all(&mut theme.environment, &all);
        let all = refused.iter().map(|(name, error)| {
            error.diagnostic(theme.files.get(*name), |error| theme.diagnose(error, None))
        });
        // A theme's template is compiled under two names, `page.html` and `plain/page.html`.
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        for one in all {
            if !diagnostics.contains(&one) {
                diagnostics.push(one);
            }
        }
        if diagnostics.is_empty() {
            Ok(theme)
        } else {
            Err(diagnostics)
        }
    }

    /// Lets the templates see `world`.
    pub(super) fn equip(&mut self, world: &Arc<World>) {
        let fuel = FUEL + FUEL_FOR_EACH_PAGE * world.site.pages.len() as u64;
        self.environment.set_fuel(Some(fuel));
        super::equip(&mut self.environment, world);
    }

    pub(super) fn environment(&self) -> &Environment<'static> {
        &self.environment
    }

    /// The template `name`. That it is read is noted.
    pub(super) fn read(&self, name: &str) -> Result<Template<'_, '_>, Error> {
        note(&self.files, name);
        self.environment.get_template(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.environment.get_template(name).is_ok()
    }

    /// The file of the template `name`; `None` for a built-in one.
    pub(super) fn source(&self, name: &str) -> Option<SourcePath> {
        self.files.get(name).map(|file| file.path.clone())
    }

    /// The error about the template `name`, which does not exist and which `pages` ask for.
    pub(super) fn missing(&self, name: &str, pages: &[SourcePath]) -> Diagnostic {
        let diagnostic = Diagnostic::error(format!("there is no template `{name}`"));
        let diagnostic = match pages {
            [] => diagnostic,
            [page] => diagnostic.in_file(page).note("this page asks for it"),
            [page, rest @ ..] => diagnostic
                .in_file(page)
                .note(format!("this page asks for it, and {} more", rest.len())),
        };
        if REQUIRED.contains(&name) {
            return diagnostic.hint(format!(
                "write `templates/{name}`, or a theme that has it: `theme` in the configuration \
                 names folders of `themes/`; `spotifinfo init DIR` makes a site with one, `plain`"
            ));
        }
        match nearest(name, self.files.keys().map(String::as_str)) {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None => diagnostic.hint(format!(
                "write `templates/{name}`, here or in the folder of a theme"
            )),
        }
    }

    /// The diagnostic about `error`, which occurred while `page` was rendered.
    pub(super) fn diagnose(&self, error: &Error, page: Option<&SourcePath>) -> Diagnostic {
        error::diagnose(error, page, &self.files, &self.environment)
    }
}

/// Notes that the template `name` is read, whether it exists or not.
fn note(files: &BTreeMap<String, TextFile>, name: &str) {
    reads::note(|| Read::Template(name.into()));
    if let Some(file) = files.get(name) {
        reads::note_source(&file.path);
    }
}

fn environment(files: Arc<BTreeMap<String, TextFile>>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html") || name.ends_with(".xml") {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    environment.set_formatter(format);
    environment.set_debug(true);
    environment.set_recursion_limit(DEEPEST);
    // This is called for every template that another one includes, imports or extends.
    environment.set_path_join_callback(move |name, _| {
        note(&files, name);
        name.into()
    });
    environment
}

/// Escapes what HTML or XML needs and no more: `/` stays. Booleans and numbers look as in Tera and
/// JSON, and nothing looks like nothing.
fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Bool => {
            let text = if value.is_true() { "true" } else { "false" };
            return out.write_str(text).map_err(Error::from);
        }
        ValueKind::None => return Ok(()),
        ValueKind::Number => return out.write_str(&tera::number(value)).map_err(Error::from),
        ValueKind::Plain => tera::present(value)?,
        _ => {}
    }
    let is_html = matches!(state.auto_escape(), AutoEscape::Html);
    if !is_html || value.is_safe() || value.is_undefined() {
        return minijinja::escape_formatter(out, state, value);
    }
    let shown = value
        .as_str()
        .map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed);
    let written = if markup::is_xml() {
        write!(out, "{}", Xml(&shown))
    } else {
        write!(out, "{}", Html(&shown))
    };
    written.map_err(Error::from)
}

fn files(layers: &[Layer]) -> BTreeMap<String, TextFile> {
    let mut files = BTreeMap::new();
    for layer in layers {
        for (name, file) in &layer.templates {
            files.entry(name.clone()).or_insert_with(|| file.clone());
            if !layer.name.is_empty() {
                files.insert(format!("{}/{name}", layer.name), file.clone());
            }
        }
    }
    files
}
