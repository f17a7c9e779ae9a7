//! Lays `SITE_*` variables and command-line overrides over the file's table.

use super::Overrides;
use crate::tree::{Node, Table, Tree};

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

pub(super) fn apply(table: &mut Table, overrides: &Overrides) {
    let mut variables: Vec<_> = overrides
        .environment
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("SITE_")?.to_ascii_lowercase(), value)))
        .collect();
    variables.sort();
    for (name, value) in variables {
        let path = path(&name);
        let value = typed(value, at(table, &path));
        table.set(&path, value);
    }
    let flags = [
        ("base_url", &overrides.base_url),
        ("theme", &overrides.theme),
    ];
    for (key, value) in flags {
        if let Some(value) = value {
            table.set(&[key], Tree::String(value.clone()));
        }
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
