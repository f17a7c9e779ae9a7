//! Takes typed values out of a table, and collects everything that is wrong with it.

use std::fmt;

use super::{Node, Span, Table, Tree};
use crate::diag::{self, Diagnostic, MOST_IN_A_FILE, nearest};
use crate::path::{PathError, Segments, UrlPath};

/// What messages say was expected where a value should be a list.
const LIST: &str = "a list of texts";

/// One thing that is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The message, in one line.
    pub message: String,
    /// The place, in bytes of the text.
    pub span: Span,
    /// The remedy.
    pub hint: Option<String>,
    /// Whether it is an unknown key, which is only a warning in a lenient build.
    pub unknown_key: bool,
}

impl Problem {
    /// The same problem at another place.
    #[must_use]
    pub fn at(&self, span: Span) -> Self {
        Self {
            span,
            ..self.clone()
        }
    }

    /// The diagnostic about it, with its place in `text`, the content of `file`.
    ///
    /// An unknown key is a warning if the build is `lenient`. An empty span means the file as a
    /// whole.
    #[must_use]
    pub fn diagnostic(&self, file: impl fmt::Display, text: &str, lenient: bool) -> Diagnostic {
        let diagnostic = if lenient && self.unknown_key {
            Diagnostic::warning(self.message.as_str())
        } else {
            Diagnostic::error(self.message.as_str())
        };
        let placed = if self.span.is_empty() {
            diagnostic.in_file(file)
        } else {
            diagnostic.at(file, text, self.span.clone())
        };
        placed.hint_if(self.hint.clone())
    }
}

/// Reads one table; [`Reader::finish`] returns everything that was wrong.
///
/// The keys that were asked for are the known keys; all others are reported as unknown.
#[derive(Debug)]
pub struct Reader<'t> {
    table: &'t Table,
    place: String,
    known: Vec<&'static str>,
    elsewhere: &'static [(&'static str, &'static str)],
    problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    /// A reader of `table`, which messages call `place`: `front matter`, `[markdown]`.
    #[must_use]
    pub fn new(table: &'t Table, place: impl Into<String>) -> Self {
        Self {
            table,
            place: place.into(),
            known: Vec::new(),
            elsewhere: &[],
            problems: Vec::new(),
        }
    }

    /// Sets the keys that only other generators know, each with a hint for users who come from
    /// there.
    #[must_use]
    pub fn elsewhere(mut self, keys: &'static [(&'static str, &'static str)]) -> Self {
        self.elsewhere = keys;
        self
    }

    /// The node of `key`, of any kind; YAML's null counts as absent.
    pub fn node(&mut self, key: &'static str) -> Option<&'t Node> {
        self.known.push(key);
        self.table.get(key).filter(|node| node.value != Tree::Null)
    }

    /// A text.
    pub fn string(&mut self, key: &'static str) -> Option<String> {
        let node = self.node(key)?;
        match &node.value {
            Tree::String(text) => Some(text.clone()),
            _ => self.wrong(key, node, "a text"),
        }
    }

    /// A text or a date as it was written, with its place.
    pub fn date(&mut self, key: &'static str) -> Option<(&'t str, Span)> {
        let node = self.node(key)?;
        match &node.value {
            Tree::String(text) | Tree::Date(text) => Some((text, node.span.clone())),
            _ => self.wrong(key, node, "a date"),
        }
    }

    /// True or false.
    pub fn bool(&mut self, key: &'static str) -> Option<bool> {
        let node = self.node(key)?;
        match node.value {
            Tree::Bool(value) => Some(value),
            _ => self.wrong(key, node, "true or false"),
        }
    }

    /// A whole number.
    pub fn integer(&mut self, key: &'static str) -> Option<i64> {
        let node = self.node(key)?;
        match node.value {
            Tree::Integer(value) => Some(value),
            _ => self.wrong(key, node, "a whole number"),
        }
    }

    /// A whole number that is not negative.
    pub fn count(&mut self, key: &'static str) -> Option<usize> {
        let number = self.integer(key)?;
        match usize::try_from(number) {
            Ok(count) => Some(count),
            Err(_) => {
                let span = self.table.get(key)?.span.clone();
                self.problem(
                    format!("`{key}` must be zero or more, not {number}"),
                    span,
                    None,
                );
                None
            }
        }
    }

    /// A list of texts.
    pub fn strings(&mut self, key: &'static str) -> Option<Vec<String>> {
        let texts = self.placed_strings(key)?;
        Some(texts.into_iter().map(|(text, _)| text.clone()).collect())
    }

    fn placed_strings(&mut self, key: &'static str) -> Option<Vec<(&'t String, Span)>> {
        let node = self.node(key)?;
        let Tree::Array(items) = &node.value else {
            return self.wrong(key, node, LIST);
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match &item.value {
                Tree::String(text) => texts.push((text, item.span.clone())),
                _ => return self.wrong(key, item, LIST),
            }
        }
        Some(texts)
    }

    /// A list of texts; a single text counts as a list of one.
    pub fn one_or_more(&mut self, key: &'static str) -> Option<Vec<String>> {
        match self.table.get(key).map(|node| &node.value) {
            Some(Tree::String(_)) => self.string(key).map(|text| vec![text]),
            _ => self.strings(key),
        }
    }

    /// Segments of a URL; an empty text counts as absent.
    pub fn segments(&mut self, key: &'static str, usual: &str) -> Option<Segments> {
        let text = self.string(key).unwrap_or_else(|| usual.to_owned());
        let text = text.trim_matches('/');
        if text.is_empty() {
            return None;
        }
        let span = self.table.get(key).map_or(0..0, |node| node.span.clone());
        self.checked(key, span, Segments::new(text))
    }

    /// A list of segments of URLs.
    pub fn segments_list(&mut self, key: &'static str) -> Option<Vec<Segments>> {
        let texts = self.placed_strings(key)?.into_iter();
        let segments =
            |(text, span): (&String, Span)| self.checked(key, span, Segments::new(text.as_str()));
        Some(texts.filter_map(segments).collect())
    }

    /// A list of paths on the site.
    pub fn url_paths(&mut self, key: &'static str) -> Vec<UrlPath> {
        let texts = self.placed_strings(key).unwrap_or_default().into_iter();
        let path = |(text, span): (&String, Span)| self.checked(key, span, UrlPath::new(text));
        texts.filter_map(path).collect()
    }

    /// A table.
    pub fn table(&mut self, key: &'static str) -> Option<&'t Table> {
        let node = self.node(key)?;
        match &node.value {
            Tree::Table(table) => Some(table),
            _ => self.wrong(key, node, "a table"),
        }
    }

    /// One of `choices`, by its name.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.string(key)?;
        let found = choices.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let span = self.table.get(key).map_or(0..0, |node| node.span.clone());
            let near = nearest(&text, names.iter().copied());
            self.problem(
                format!("`{key}` cannot be `{text}`"),
                span,
                Some(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("one of: {}", names.join(", ")),
                }),
            );
        }
        found.map(|(_, value)| *value)
    }

    /// Reports something that is wrong with a value of this table.
    pub fn problem(&mut self, message: impl Into<String>, span: Span, hint: Option<String>) {
        self.problems.push(Problem {
            message: message.into(),
            span,
            hint,
            unknown_key: false,
        });
    }

    /// Adds the problems that another reader found.
    pub fn adopt(&mut self, problems: Vec<Problem>) {
        self.problems.extend(problems);
    }

    /// All that was wrong, keys that nobody asked for included; what goes beyond
    /// [`MOST_IN_A_FILE`] only as a number.
    #[must_use]
    pub fn finish(mut self) -> Vec<Problem> {
        self.known.dedup();
        let mut more = 0;
        let is_wrong = !self.problems.is_empty();
        for entry in &self.table.entries {
            if self.known.contains(&entry.key.as_str()) {
                continue;
            }
            if self.problems.len() >= MOST_IN_A_FILE {
                more += 1;
                continue;
            }
            let moved = self.elsewhere.iter().find(|(key, _)| *key == entry.key);
            let near = nearest(&entry.key, self.known.iter().copied());
            let hint = match moved {
                Some((_, remedy)) => Some((*remedy).to_owned()),
                None => Some(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the keys here are {}", self.known.join(", ")),
                }),
            };
            self.problems.push(Problem {
                message: format!("unknown {} key `{}`", self.place, entry.key),
                span: entry.key_span.clone(),
                hint,
                unknown_key: true,
            });
        }
        more += self.problems.len().saturating_sub(MOST_IN_A_FILE);
        if more > 0 {
            self.problems.truncate(MOST_IN_A_FILE);
            self.problems.push(Problem {
                message: diag::and_more(more),
                span: 0..0,
                hint: None,
                unknown_key: !is_wrong,
            });
        }
        self.problems
    }

    /// What was made of the value of `key`, or of one of its list, that stands at `span`.
    fn checked<T>(&mut self, key: &str, span: Span, made: Result<T, PathError>) -> Option<T> {
        made.map_err(|error| self.problem(format!("`{key}`: {error}"), span, None))
            .ok()
    }

    fn wrong<T>(&mut self, key: &str, node: &Node, wanted: &str) -> Option<T> {
        let hint = (wanted == LIST).then(|| "write [\"one\", \"another\"]".to_owned());
        self.problem(
            format!("`{key}` must be {wanted}, not {}", node.value.kind()),
            node.span.clone(),
            hint,
        );
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, Reader, Table};

    fn table(toml: &str) -> Table {
        Node::from_toml(toml).unwrap().into_table().unwrap()
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let table = table("titel = 'a'\ndraft = 'yes'\nweight = -1\nsort = 'dat'\n");
        let mut reader = Reader::new(&table, "front matter");
        assert_eq!(reader.string("title"), None);
        assert_eq!(reader.bool("draft"), None);
        assert_eq!(reader.count("weight"), None);
        assert_eq!(reader.choice("sort", &[("date", 1), ("none", 2)]), None);
        let messages: Vec<String> = reader
            .finish()
            .into_iter()
            .map(|problem| format!("{} ({})", problem.message, problem.hint.unwrap_or_default()))
            .collect();
        assert_eq!(
            messages,
            [
                "`draft` must be true or false, not a text ()",
                "`weight` must be zero or more, not -1 ()",
                "`sort` cannot be `dat` (did you mean `date`?)",
                "unknown front matter key `titel` (did you mean `title`?)",
            ]
        );
    }
}
