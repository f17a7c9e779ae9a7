//! Everything that templates can see.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use jiff::civil::Date;
use minijinja::Value;
use minijinja::value::Serde;

use super::files::Files;
use super::fingerprints::Fingerprints;
use super::shortcodes::Answers;
use crate::assets::Manifest;
use crate::config::Config;
use crate::diag::Diagnostic;
use crate::load::TextFile;
use crate::model::{Content, Site, Target};
use crate::path::{Segments, SourcePath};
use crate::tera::walkable;
use crate::tree::{Node, SyntaxError};

/// Everything that templates can see.
#[derive(Debug)]
pub(super) struct World {
    pub(super) site: Site,
    pub(super) config: Config,
    pub(super) manifest: Manifest,
    pub(super) files: Files,
    pub(super) fingerprints: Fingerprints,
    pub(super) data: Value,
    pub(super) today: Date,
    /// The outputs of all shortcode calls, once they are rendered.
    pub(super) answers: OnceLock<Answers>,
}

impl World {
    pub(super) fn new(
        site: Site,
        config: Config,
        files: Files,
        manifest: Manifest,
        today: Date,
    ) -> Result<Self, Vec<Diagnostic>> {
        let fingerprints = Fingerprints::new(&site, &files.layers);
        let data = walkable(Data::read(&files.data)?.value(), "data");
        Ok(Self {
            site,
            config,
            manifest,
            files,
            fingerprints,
            data,
            today,
            answers: OnceLock::new(),
        })
    }

    /// The body of a page or section.
    pub(super) fn content(&self, target: Target) -> &Content {
        match target {
            Target::Page(id) => &self.site.page(id).content,
            Target::Section(id) => &self.site.section(id).content,
        }
    }

    /// The variable `config`: the settings as they were written, with defaults for the keys that
    /// every template may use.
    pub(super) fn config_value(&self) -> Value {
        let mut values = BTreeMap::new();
        let empty = || Value::from(BTreeMap::<String, Value>::new());
        for table in ["markdown", "languages", "translations", "search", "slugify"] {
            values.insert(table.to_owned(), empty());
        }
        values.insert("taxonomies".to_owned(), Value::from(Vec::<Value>::new()));
        for entry in &self.config.table.entries {
            values.insert(entry.key.clone(), Value::from(Serde(&entry.node)));
        }
        let config = &self.config;
        let text = |text: &str| Value::from(text);
        for (key, value) in [
            ("title", text(&config.title)),
            ("description", text(&config.description)),
            ("base_url", text(config.base_url.as_str())),
            ("default_language", text(&config.default_language)),
            ("author", Value::from(config.author.clone())),
            ("theme", Value::from(config.theme.clone())),
            ("mode", text("build")),
            ("generate_feeds", Value::from(config.generate_feeds)),
            (
                "feed_filenames",
                Value::from_iter(config.feed_filenames.iter().map(Segments::as_str)),
            ),
            ("feed_limit", Value::from(config.feed_limit)),
            ("generate_sitemap", Value::from(config.generate_sitemap)),
            ("build_search_index", Value::from(config.build_search_index)),
            (
                "extra",
                walkable(Value::from(Serde(&config.extra)), "config.extra"),
            ),
        ] {
            values.insert(key.to_owned(), value);
        }
        Value::from(values)
    }
}

/// The variable `data`: the files below `content/data/`, with folders as tables.
#[derive(Debug, Default)]
struct Data(BTreeMap<String, DataEntry>);

#[derive(Debug)]
enum DataEntry {
    File(Value),
    Folder(Data),
}

impl Data {
    fn read(files: &[TextFile]) -> Result<Self, Vec<Diagnostic>> {
        let mut data = Self::default();
        let mut diagnostics = Vec::new();
        for file in files {
            match parse(&file.path, &file.text) {
                Ok(value) => data.insert(below_data(&file.path), value),
                Err(error) => diagnostics.push(error),
            }
        }
        if diagnostics.is_empty() {
            Ok(data)
        } else {
            Err(diagnostics)
        }
    }

    fn insert(&mut self, path: &str, value: Value) {
        match path.split_once('/') {
            None => {
                let name = Path::new(path)
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy();
                self.0.insert(name.into_owned(), DataEntry::File(value));
            }
            Some((folder, rest)) => {
                let entry = self.0.entry(folder.to_owned());
                if let DataEntry::Folder(inner) =
                    entry.or_insert_with(|| DataEntry::Folder(Self::default()))
                {
                    inner.insert(rest, value);
                }
            }
        }
    }

    fn value(&self) -> Value {
        let pairs = self.0.iter().map(|(name, entry)| {
            let value = match entry {
                DataEntry::File(value) => value.clone(),
                DataEntry::Folder(inner) => inner.value(),
            };
            (name.clone(), value)
        });
        Value::from(pairs.collect::<BTreeMap<_, _>>())
    }
}

fn below_data(path: &SourcePath) -> &str {
    path.as_str().trim_start_matches("content/data/")
}

/// The value in a data file, parsed by its extension.
pub(super) fn parse(path: &SourcePath, text: &str) -> Result<Value, Diagnostic> {
    let from_tree = |tree: Result<Node, SyntaxError>| match tree {
        Ok(node) => Ok(Value::from(Serde(&node))),
        Err(error) => Err(Diagnostic::error(error.message).at(path, text, error.span)),
    };
    match path.extension() {
        Some("toml") => from_tree(Node::from_toml(text)),
        Some("yaml" | "yml") => from_tree(Node::from_yaml(text)),
        Some("json") => serde_json::from_str::<serde_json::Value>(text)
            .map(|value| Value::from(Serde(value)))
            .map_err(|error| {
                let line = text
                    .split_inclusive('\n')
                    .take(error.line().saturating_sub(1));
                let at = line.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
                Diagnostic::error(format!("not JSON: {error}")).at(path, text, at..at + 1)
            }),
        Some("csv") => csv(path, text),
        _ => Err(Diagnostic::error("a data file is .toml, .json, .yaml or .csv").in_file(path)),
    }
}

/// The rows of a CSV file as tables. The first row has the keys.
fn csv(path: &SourcePath, text: &str) -> Result<Value, Diagnostic> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let failed = |error: csv::Error| Diagnostic::error(format!("not CSV: {error}")).in_file(path);
    let names: Vec<String> = reader
        .headers()
        .map_err(failed)?
        .iter()
        .map(str::to_owned)
        .collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let fields = record.iter().map(Value::from);
        rows.push(Value::from(
            names
                .iter()
                .cloned()
                .zip(fields)
                .collect::<BTreeMap<_, _>>(),
        ));
    }
    Ok(Value::from(rows))
}
