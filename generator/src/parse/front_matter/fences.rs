//! Finds the front matter of a content file between its fences.
//!
//! Overlooking front matter would publish drafts. So anything that looks like front matter, but
//! stands at another place, is an error and never taken for text. Zola's rule
//! (`components/content/src/front_matter`): white space may stand before the first fence.

use std::ops::Range;

/// What was found at the beginning of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fences {
    /// Text without front matter.
    None,
    /// Front matter.
    Found {
        /// What it is written in.
        syntax: Syntax,
        /// The place of the text between the fences.
        head: Range<usize>,
        /// The place of the text behind them.
        body: Range<usize>,
    },
    /// The first fence has no second one; its place.
    Unclosed(Range<usize>),
    /// Something that looks like front matter stands behind other text; the place of its fence.
    Late(Range<usize>),
    /// Something looks like front matter in JSON; the place of its brace.
    Json(Range<usize>),
}

impl Fences {
    pub(super) fn find(text: &str) -> Self {
        let start = text.len() - text.trim_start_matches(is_space).len();
        let mut lines = Lines { text, at: start };
        let Some(first) = lines.next() else {
            return Self::None;
        };
        let Some((fence, syntax)) = fence(&text[first.clone()]) else {
            return Self::without(text, start);
        };
        let head = first.end;
        let marks = start..start + fence.len();
        lines
            .find(|line| text[line.clone()].trim() == fence)
            .map_or(Self::Unclosed(marks), |last| Self::Found {
                syntax,
                head: head..last.start,
                body: last.end..text.len(),
            })
    }

    /// Looks at a text that does not begin with a fence.
    fn without(text: &str, start: usize) -> Self {
        if let Some(table) = text[start..].strip_prefix('{')
            && table.trim_start().starts_with('"')
        {
            return Self::Json(start..start + 1);
        }
        if let Some(first) = without_first(text, start) {
            return Self::Late(first);
        }
        for line in (Lines { text, at: start }) {
            let Some(marks) = like_a_fence(&text[line.clone()]) else {
                continue;
            };
            if has_keys(marks, &text[line.end..]) {
                let shown = &text[line.clone()];
                let start = line.start + shown.len() - shown.trim_start().len();
                return Self::Late(start..line.start + shown.trim_end().len());
            }
        }
        Self::None
    }
}

/// What front matter is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Toml,
    Yaml,
}

const FENCES: [(&str, Syntax); 2] = [("+++", Syntax::Toml), ("---", Syntax::Yaml)];

fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn fence(line: &str) -> Option<(&'static str, Syntax)> {
    let line = line.trim();
    FENCES.into_iter().find(|(fence, _)| line == *fence)
}

/// The character of a line that consists of three or more of it.
fn like_a_fence(line: &str) -> Option<char> {
    let line = line.trim_matches(is_space);
    let consists_of = |mark: &char| line.len() >= 3 && line.chars().all(|c| c == *mark);
    ['+', '-'].into_iter().find(consists_of)
}

/// Keys that show that lines between two fences are front matter rather than text.
const TELLING: [&str; 12] = [
    "aliases",
    "categories",
    "date",
    "description",
    "draft",
    "layout",
    "slug",
    "tags",
    "taxonomies",
    "template",
    "title",
    "weight",
];

/// The first line of front matter whose first fence is missing or has two characters, without its
/// line end.
fn without_first(text: &str, start: usize) -> Option<Range<usize>> {
    let mut lines = Lines { text, at: start };
    let first = lines.next()?;
    let shown = text[first.clone()].trim_end();
    let keys = match shown {
        "++" | "--" => lines.next()?,
        _ => first.clone(),
    };
    let is_head = |mark: &char| {
        let mut behind = text[keys.end..].lines();
        sets_telling_key(*mark, &text[keys.clone()])
            && behind.any(|line| like_a_fence(line) == Some(*mark))
    };
    let is_head = ['+', '-'].iter().any(is_head);
    is_head.then_some(first.start..first.start + shown.len())
}

/// Whether the lines up to the next fence, or without one up to the first empty line, set keys to
/// values.
fn has_keys(mark: char, behind: &str) -> bool {
    let mut lines = behind.lines();
    let closed = lines.any(|line| like_a_fence(line) == Some(mark));
    behind
        .lines()
        .take_while(|line| like_a_fence(line) != Some(mark))
        .take_while(|line| closed || !line.trim().is_empty())
        .any(|line| sets_telling_key(mark, line))
}

fn sets_telling_key(mark: char, line: &str) -> bool {
    let separator = if mark == '+' { '=' } else { ':' };
    let key = line.split_once(separator).map(|(key, _)| key.trim());
    key.is_some_and(|key| TELLING.contains(&key.trim_matches('"')))
}

/// The lines of a text from a place on, each with its line end.
struct Lines<'t> {
    text: &'t str,
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let line = self.text[self.at..].split_inclusive('\n').next()?;
        let start = self.at;
        self.at += line.len();
        Some(start..self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fences, Syntax};

    fn found(text: &str) -> Option<(Syntax, &str, &str)> {
        match Fences::find(text) {
            Fences::Found { syntax, head, body } => Some((syntax, &text[head], &text[body])),
            _ => None,
        }
    }

    #[test]
    fn white_space_may_stand_before_a_head() {
        for before in ["", "\n", "\r\n\r\n", " \t", "\u{feff}", "\n\u{feff}\n"] {
            for (fence, syntax) in [("+++", Syntax::Toml), ("---", Syntax::Yaml)] {
                let text = format!("{before}{fence} \r\nkey\r\n {fence}\t\r\nbody");
                assert_eq!(found(&text), Some((syntax, "key\r\n", "body")), "{text:?}");
            }
        }
        assert_eq!(found("+++\n+++"), Some((Syntax::Toml, "", "")));
    }

    #[test]
    fn a_head_is_not_taken_for_text() {
        for (text, marks) in [
            ("Text\n+++\ndraft = true\n+++\nx", "+++"),
            (
                "Text\n\n  +++\r\n\r\n# why\r\ndraft=true\r\n+++\r\nx",
                "+++",
            ),
            ("<!-- x -->\n---\ntitle: secret\n---\n", "---"),
            (
                "# A\n\n-----\nlayout: post\n\ndraft: true\n-----\n",
                "-----",
            ),
            ("++++\ntitle = 'x'\n++++\n", "++++"),
            ("Text\n---\ndraft: true\nx", "---"),
            ("title = 'x'\n\ndraft = true\n+++\nx", "title = 'x'"),
            ("\ndraft: true\r\n---\r\nx", "draft: true"),
            ("++\ntitle = 'x'\n+++\nx", "++"),
            ("--\ntitle: x\n---\nx", "--"),
        ] {
            match Fences::find(text) {
                Fences::Late(span) => assert_eq!(&text[span], marks, "{text:?}"),
                other => panic!("{text:?} is {other:?}"),
            }
        }
        assert_eq!(Fences::find("\n+++\nx = 1\n"), Fences::Unclosed(1..4));
        assert_eq!(Fences::find("{\n \"draft\": true\n}\n"), Fences::Json(0..1));
    }

    #[test]
    fn text_is_not_taken_for_a_head() {
        for text in [
            "",
            "body",
            "A title\n---\nNote: one.\n\n---\n\nAnother: two.\n",
            "One\n\n---\n\nThe date: today.\n",
            "a +++ b\n+++\nx = 1\n+++\n",
            "{{ call(title=\"x\") }}",
            "| a |\n|---|\n| title: b |\n",
            "title = 'x' is a key.\n\n---\n",
            "Title: x\n---\n",
            "--\ntext\n---\n",
        ] {
            assert_eq!(Fences::find(text), Fences::None, "{text:?}");
        }
    }
}
