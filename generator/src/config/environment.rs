//! Applies `SITE_*` variables and command-line flags to the table that was read from the file.

use super::Overrides;
use crate::tree::{Node, Span, Table, Tree};

/// The beginning of the names of all variables that set configuration keys.
pub const VARIABLE_PREFIX: &str = "SITE_";

/// Tables whose keys may be set as `SITE_TABLE_KEY`; the longer name is tried first.
const TABLES: [&[&str]; 8] = [
    &["markdown", "highlighting"],
    &["markdown"],
    &["link_checker"],
    &["slugify"],
    &["search"],
    &["languages"],
    &["params"],
    &["extra"],
];

/// Applies the overrides to `table`. Returns them as text, one line each, for messages that point
/// at a wrong one: spans of overridden values are places in that text, plus `offset`.
pub(super) fn apply(table: &mut Table, overrides: &Overrides, offset: usize) -> String {
    let mut listing = Listing {
        text: String::new(),
        offset,
    };
    let mut variables: Vec<_> = overrides
        .environment
        .iter()
        .filter(|(name, _)| name.starts_with(VARIABLE_PREFIX))
        .collect();
    variables.sort();
    for (name, value) in variables {
        let key = name[VARIABLE_PREFIX.len()..].to_ascii_lowercase();
        let path = path(&key);
        let value_typed = typed(value, at(table, &path));
        let (key_span, span) = listing.add(name, value);
        let node = Node {
            span,
            value: value_typed,
        };
        table.set(&path, key_span, node);
    }
    let flags = [
        ("--base-url", "base_url", &overrides.base_url),
        ("--theme", "theme", &overrides.theme),
    ];
    for (flag, key, value) in flags {
        if let Some(value) = value {
            let (key_span, span) = listing.add(flag, value);
            let value = Tree::String(value.clone());
            table.set(&[key], key_span, Node { span, value });
        }
    }
    listing.text
}

/// The overrides so far, as lines of text.
struct Listing {
    text: String,
    offset: usize,
}

impl Listing {
    /// Adds a line. Returns the places of its name and its value.
    fn add(&mut self, name: &str, value: &str) -> (Span, Span) {
        let start = self.offset + self.text.len();
        let middle = start + name.len();
        // A line must stay one line, whatever the value holds.
        let shown = value.replace(char::is_control, " ");
        let end = middle + 1 + shown.len();
        self.text.push_str(&format!("{name}={shown}\n"));
        (start..middle, middle + 1..end.max(middle + 2))
    }
}

fn path(name: &str) -> Vec<&str> {
    for table in TABLES {
        let prefix = format!("{}_", table.join("_"));
        if let Some(key) = name.strip_prefix(prefix.as_str()) {
            return table.iter().copied().chain([key]).collect();
        }
    }
    vec![name]
}

fn at<'t>(table: &'t Table, path: &[&str]) -> Option<&'t Tree> {
    let (first, rest) = path.split_first()?;
    let value = &table.get(first)?.value;
    match (rest.is_empty(), value) {
        (true, value) => Some(value),
        (false, Tree::Table(inner)) => at(inner, rest),
        (false, _) => None,
    }
}

fn typed(value: &str, present: Option<&Tree>) -> Tree {
    let text = || Tree::String(value.to_owned());
    if matches!(present, Some(Tree::String(_))) {
        return text();
    }
    let parsed = Node::from_toml(&format!("value = {value}"))
        .ok()
        .and_then(Node::into_table)
        .filter(|table| table.entries.len() == 1)
        .and_then(|table| table.get("value").cloned());
    match parsed.map(|node| node.value) {
        Some(value @ (Tree::Bool(_) | Tree::Integer(_) | Tree::Float(_) | Tree::Array(_))) => value,
        Some(Tree::String(quoted)) => Tree::String(quoted),
        _ => text(),
    }
}
