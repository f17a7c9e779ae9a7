//! Data files as values: `content/data/` for the variable `data`, and any file for `load_data`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, Serde};

use super::reads;
use crate::diag::{self, Diagnostic};
use crate::load::TextFile;
use crate::path::SourcePath;
use crate::tree::{Node, SyntaxError};

/// The variable `data`: the files below `content/data/`, with folders as tables.
///
/// # Errors
/// Every file that cannot be parsed.
pub(super) fn value(files: &[TextFile]) -> Result<Value, Vec<Diagnostic>> {
    Data::read(files).map(|data| data.value())
}

/// A folder of parsed data files.
#[derive(Debug, Default)]
struct Data(BTreeMap<String, DataEntry>);

#[derive(Debug)]
enum DataEntry {
    File(SourcePath, Value),
    Folder(Data),
}

/// A folder of data files, as templates see it: which file is read is noted.
#[derive(Debug)]
struct Folder(BTreeMap<String, (Option<SourcePath>, Value)>);

impl Object for Folder {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (file, value) = self.0.get(key.as_str()?)?;
        if let Some(file) = file {
            reads::note_source(file);
        }
        Some(value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(Value::from).collect())
    }
}

impl Data {
    fn read(files: &[TextFile]) -> Result<Self, Vec<Diagnostic>> {
        let values = files.iter().map(|file| parse(&file.path, &file.text));
        let mut data = Self::default();
        for (file, value) in files.iter().zip(diag::collect(values)?) {
            data.insert(below_data(&file.path), &file.path, value);
        }
        Ok(data)
    }

    fn insert(&mut self, path: &str, file: &SourcePath, value: Value) {
        match path.split_once('/') {
            None => {
                let name = Path::new(path)
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy();
                let entry = DataEntry::File(file.clone(), value);
                self.0.insert(name.into_owned(), entry);
            }
            Some((folder, rest)) => {
                let entry = self.0.entry(folder.to_owned());
                if let DataEntry::Folder(inner) =
                    entry.or_insert_with(|| DataEntry::Folder(Self::default()))
                {
                    inner.insert(rest, file, value);
                }
            }
        }
    }

    fn value(&self) -> Value {
        let pairs = self.0.iter().map(|(name, entry)| {
            let entry = match entry {
                DataEntry::File(file, value) => (Some(file.clone()), value.clone()),
                DataEntry::Folder(inner) => (None, inner.value()),
            };
            (name.clone(), entry)
        });
        Value::from_object(Folder(pairs.collect()))
    }
}

fn below_data(path: &SourcePath) -> &str {
    let below = path.below_content();
    below.strip_prefix("data/").unwrap_or(below)
}

/// The value in a data file, parsed by its extension.
fn parse(path: &SourcePath, text: &str) -> Result<Value, Diagnostic> {
    let ending = path.extension().unwrap_or_default();
    if ending == "csv" {
        return csv(path, text);
    }
    let Some(format) = Format::of_ending(ending) else {
        let message = "a data file is .toml, .json, .yaml or .csv";
        return Err(Diagnostic::error(message).in_file(path));
    };
    let value = format.parse(text);
    value.map_err(|error| Diagnostic::error(error.message).at(path, text, error.span))
}

/// A format in which a text is one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Toml,
    Yaml,
}

impl Format {
    /// The format of files whose names have that ending.
    pub(super) fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// The value of `text`.
    pub(super) fn parse(self, text: &str) -> Result<Value, SyntaxError> {
        let node = match self {
            Self::Json => return json(text),
            Self::Toml => Node::from_toml(text)?,
            Self::Yaml => Node::from_yaml(text)?,
        };
        Ok(Value::from(Serde(&node)))
    }
}

fn json(text: &str) -> Result<Value, SyntaxError> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        let lines = text.split_inclusive('\n');
        let before = lines.take(error.line().saturating_sub(1));
        let at = before.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
        SyntaxError {
            message: format!("not JSON: {error}"),
            span: at..at + 1,
        }
    })?;
    Ok(Value::from(Serde(value)))
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
