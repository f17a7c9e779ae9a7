//! One tree for TOML and YAML, in which every node remembers its place in the text.
//!
//! Configuration, front matter and theme settings are all parsed into it. A [`Reader`] then takes
//! typed values out of a table, and reports everything that is wrong or left over at once.

mod reader;
mod toml;
mod yaml;

use std::fmt;
use std::ops::Range;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

pub use self::reader::{Problem, Reader};

/// How deeply tables and arrays may be nested.
const DEEPEST: usize = 64;

/// A range of bytes in the text that a node was read from.
pub type Span = Range<usize>;

/// A value with its place in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its place, in bytes.
    pub span: Span,
    /// The value.
    pub value: Tree,
}

/// The values that TOML and YAML have in common.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// YAML's `null`.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A text. YAML's dates are texts too.
    String(String),
    /// A TOML date or date-time, as it was written.
    Date(String),
    /// A list.
    Array(Vec<Node>),
    /// Keys with values.
    Table(Table),
}

/// Keys with values, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The entries; every key occurs once.
    pub entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The key's place.
    pub key_span: Span,
    /// Its value.
    pub node: Node,
}

/// Why a text cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, in one line.
    pub message: String,
    /// The place.
    pub span: Span,
}

impl Node {
    /// Reads a TOML document.
    ///
    /// # Errors
    /// [`SyntaxError`] at the first thing that is not TOML 1.1, or is nested too deeply.
    pub fn from_toml(text: &str) -> Result<Self, SyntaxError> {
        toml::parse(text)
    }

    /// Reads a YAML 1.2 document: the core schema, without anchors and tags.
    ///
    /// # Errors
    /// [`SyntaxError`] at the first thing that is not such YAML, or is nested too deeply.
    pub fn from_yaml(text: &str) -> Result<Self, SyntaxError> {
        yaml::parse(text)
    }

    /// The table this node is, if it is one. An empty YAML document counts as an empty table.
    #[must_use]
    pub fn into_table(self) -> Option<Table> {
        match self.value {
            Tree::Table(table) => Some(table),
            Tree::Null => Some(Table::default()),
            _ => None,
        }
    }
}

impl Table {
    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    /// Adds the entries of `other` whose keys are missing here. Tables that both have are merged
    /// the same way.
    pub fn fill_in(&mut self, other: &Self) {
        for entry in &other.entries {
            let own = self.entries.iter_mut().find(|own| own.key == entry.key);
            match (own.map(|own| &mut own.node.value), &entry.node.value) {
                (None, _) => self.entries.push(entry.clone()),
                (Some(Tree::Table(own)), Tree::Table(more)) => own.fill_in(more),
                _ => {}
            }
        }
    }

    /// Sets the value at the dotted `path` to `node`. Tables that are missing on the way are
    /// created, and values that are no tables are replaced by tables. New keys get the place
    /// `key_span`.
    pub fn set(&mut self, path: &[&str], key_span: Span, node: Node) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let found = self.entries.iter().position(|entry| entry.key == *first);
        let at = found.unwrap_or_else(|| {
            self.entries.push(Entry {
                key: (*first).to_owned(),
                key_span: key_span.clone(),
                node: Node {
                    span: node.span.clone(),
                    value: Tree::Null,
                },
            });
            self.entries.len() - 1
        });
        let found = &mut self.entries[at].node;
        if rest.is_empty() {
            *found = node;
            return;
        }
        if !matches!(found.value, Tree::Table(_)) {
            found.value = Tree::Table(Self::default());
        }
        if let Tree::Table(table) = &mut found.value {
            table.set(rest, key_span, node);
        }
    }
}

impl Tree {
    /// The name of this kind of value, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::String(_) => "a text",
            Self::Date(_) => "a date",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for entry in &self.entries {
            map.serialize_entry(&entry.key, &entry.node)?;
        }
        map.end()
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::String(text) | Self::Date(text) => serializer.serialize_str(text),
            Self::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Table(table) => table.serialize(serializer),
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

#[cfg(test)]
mod tests {
    use super::{Node, Table, Tree};

    fn json(node: &Node) -> String {
        serde_json::to_string(node).unwrap()
    }

    #[test]
    fn both_formats_say_the_same() {
        let toml = Node::from_toml("a = 1\nb = [true, 'x']\n[c]\nd = 1.5\ne = 2024-01-31\n");
        let yaml = Node::from_yaml("a: 1\nb: [true, x]\nc:\n  d: 1.5\n  e: 2024-01-31\n");
        let expected = r#"{"a":1,"b":[true,"x"],"c":{"d":1.5,"e":"2024-01-31"}}"#;
        assert_eq!(json(&toml.unwrap()), expected);
        assert_eq!(json(&yaml.unwrap()), expected);
    }

    #[test]
    fn spans_point_into_the_text() {
        for (text, key, parse) in [
            ("'é' = 'ö'", "'é'", Node::from_toml as fn(&str) -> _),
            ("é: ö", "é", Node::from_yaml),
        ] {
            let table = parse(text).unwrap().into_table().unwrap();
            let entry = &table.entries[0];
            assert_eq!(entry.key, "é");
            assert_eq!(&text[entry.key_span.clone()], key);
            let value = text[entry.node.span.clone()].trim_matches('\'');
            assert_eq!(value, "ö", "{text}");
        }
    }

    #[test]
    fn bombs_are_refused() {
        let deep = "[".repeat(5000);
        assert!(Node::from_toml(&format!("a = {deep}")).is_err());
        assert!(Node::from_yaml(&deep).is_err());
        let aliases = Node::from_yaml("a: &x [1, 2]\nb: *x\n").unwrap_err();
        assert!(aliases.message.contains("anchor"), "{aliases}");
    }

    #[test]
    fn values_from_outside_make_their_tables() {
        let mut table = Table::default();
        let value = Tree::String("x".into());
        table.set(&["extra", "name"], 0..1, Node { span: 2..3, value });
        assert_eq!(
            serde_json::to_string(&table).unwrap(),
            r#"{"extra":{"name":"x"}}"#
        );
    }
}
