//! Parses TOML into the tree.

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::{DEEPEST, Entry, Node, SyntaxError, Table, Tree};

pub(super) fn parse(text: &str) -> Result<Node, SyntaxError> {
    let table = DeTable::parse(text).map_err(|error| syntax_error(&error))?;
    let span = table.span();
    let value = Tree::Table(self::table(table.into_inner(), 0)?);
    Ok(Node { span, value })
}

fn syntax_error(error: &Error) -> SyntaxError {
    SyntaxError {
        message: error.message().trim().replace('\n', ", "),
        span: error.span().unwrap_or_default(),
    }
}

fn table(table: DeTable<'_>, depth: usize) -> Result<Table, SyntaxError> {
    let mut entries = table
        .into_iter()
        .map(|(key, value)| {
            Ok(Entry {
                key_span: key.span(),
                key: key.into_inner().into_owned(),
                node: node(value, depth + 1)?,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| entry.key_span.start);
    Ok(Table { entries })
}

fn node(value: Spanned<DeValue<'_>>, depth: usize) -> Result<Node, SyntaxError> {
    let span = value.span();
    if depth > DEEPEST {
        let message = format!("nested more than {DEEPEST} deep");
        return Err(SyntaxError { message, span });
    }
    let value = match value.into_inner() {
        DeValue::String(text) => Tree::String(text.into_owned()),
        DeValue::Boolean(value) => Tree::Bool(value),
        DeValue::Datetime(date) => Tree::Date(date.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Tree::Integer)
            .map_err(|_| SyntaxError {
                message: "the number does not fit into 64 bits".to_owned(),
                span: span.clone(),
            })?,
        DeValue::Float(number) => {
            number
                .as_str()
                .parse()
                .map(Tree::Float)
                .map_err(|_| SyntaxError {
                    message: "not a number".to_owned(),
                    span: span.clone(),
                })?
        }
        DeValue::Array(items) => Tree::Array(
            items
                .into_iter()
                .map(|item| node(item, depth + 1))
                .collect::<Result<_, _>>()?,
        ),
        DeValue::Table(inner) => Tree::Table(table(inner, depth)?),
    };
    Ok(Node { span, value })
}
