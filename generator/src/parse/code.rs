//! Code blocks. Behind the opening fence stands the language, then options, as in
//! `rust,linenos,linenostart=5,hl_lines=1 3-4,hide_lines=2,name=main.rs`.

use std::fmt::Write as _;
use std::ops::Range;

use super::pieces::MARK;
use super::problem::BodyProblem;
use crate::config::Highlighting;
use crate::diag::nearest;
use crate::escape::Html;
use crate::highlight::{self, Language};

/// A code block as HTML. `info` is the text behind the opening fence, `span` the place of the
/// block.
pub(super) fn block(
    info: &str,
    code: &str,
    span: &Range<usize>,
    highlighting: &Highlighting,
) -> (String, Vec<BodyProblem>) {
    let (fence, mut problems) = Fence::read(info, span);
    // Marks in the code stand for shortcode calls: highlighting would cut them.
    let wanted = highlighting.enable && !fence.language.is_empty() && !code.contains(MARK);
    let language = wanted.then(|| Language::find(&fence.language)).flatten();
    if wanted && language.is_none() && highlighting.error_on_missing_language {
        problems.push(BodyProblem::UnknownLanguage {
            language: fence.language.clone(),
            span: span.clone(),
        });
    }
    let mut html = String::with_capacity(code.len() * 2);
    fence.open(highlighting.enable, &mut html);
    match language {
        Some(language) => {
            fence.lines(highlight::lines(language, code), &mut html);
        }
        _ if fence.is_plain() => html.push_str(&highlight::plain(code)),
        _ => fence.lines(code.lines().map(highlight::plain), &mut html),
    }
    html.push_str("</code></pre>\n");
    (html, problems)
}

/// What may stand behind the language.
const OPTIONS: [&str; 5] = ["hide_lines", "hl_lines", "linenos", "linenostart", "name"];

/// The language and the options behind an opening fence.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fence {
    language: String,
    numbers: bool,
    first_number: usize,
    marked: Lines,
    hidden: Lines,
    name: Option<String>,
}

impl Fence {
    fn read(info: &str, span: &Range<usize>) -> (Self, Vec<BodyProblem>) {
        let mut problems = Vec::new();
        let mut fence = Self {
            first_number: 1,
            ..Self::default()
        };
        for (at, option) in info.split(',').map(str::trim).enumerate() {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let (key, value) = (key.trim(), value.trim());
            if at == 0 && !OPTIONS.contains(&key) {
                let mut words = option.split([' ', '\t', '{', '}']);
                fence.language = words.next().unwrap_or_default().to_owned();
                problems.extend(words.filter_map(|word| detached(word, &fence, span)));
            } else if !OPTIONS.contains(&key) && !are_lines(option) {
                problems.extend(misspelt(key, option, span));
            } else if fence.set(key, value).is_none() {
                problems.push(BodyProblem::FenceOption {
                    option: option.to_owned(),
                    span: span.clone(),
                });
            }
        }
        (fence, problems)
    }

    /// Sets one of the [`OPTIONS`]; `None` if the value makes no sense.
    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "linenos" => self.numbers = value != "false",
            "linenostart" => self.first_number = value.parse().ok()?,
            "hl_lines" => self.marked = Lines::read(value)?,
            "hide_lines" => self.hidden = Lines::read(value)?,
            "name" => self.name = Some(value.to_owned()),
            _ => return None,
        }
        Some(())
    }

    /// Whether no option asks for an element around each line.
    fn is_plain(&self) -> bool {
        !self.numbers && self.marked.is_empty() && self.hidden.is_empty()
    }

    fn open(&self, highlighted: bool, html: &mut String) {
        // Whatever scrolls must be reachable with the keyboard.
        html.push_str(if highlighted {
            "<pre class=\"highlight\" tabindex=\"0\""
        } else {
            "<pre"
        });
        if let Some(name) = &self.name {
            attribute("data-name", name, html);
        }
        html.push_str("><code");
        if !self.language.is_empty() {
            attribute("class", &format!("language-{}", self.language), html);
            if highlighted {
                attribute("data-lang", &self.language, html);
            }
        }
        html.push('>');
    }

    fn lines(&self, lines: impl IntoIterator<Item = String>, html: &mut String) {
        for (at, line) in lines.into_iter().enumerate() {
            if self.is_plain() {
                html.push_str(&line);
                html.push('\n');
                continue;
            }
            if self.hidden.hold(at + 1) {
                continue;
            }
            html.push_str(if self.marked.hold(at + 1) {
                "<span class=\"line hll\">"
            } else {
                "<span class=\"line\">"
            });
            if self.numbers {
                let number = self.first_number.saturating_add(at);
                html.push_str(&format!("<span class=\"ln\">{number}</span>"));
            }
            html.push_str(&line);
            html.push_str("\n</span>");
        }
    }
}

/// The problem with `word`, which stands behind the language without a comma, if it is one of the
/// options; most words there are other tools' or a person's own.
fn detached(word: &str, fence: &Fence, span: &Range<usize>) -> Option<BodyProblem> {
    let key = word.split('=').next().unwrap_or_default();
    OPTIONS.contains(&key).then(|| BodyProblem::DetachedOption {
        option: word.to_owned(),
        language: fence.language.clone(),
        span: span.clone(),
    })
}

/// The problem with `option`, whose `key` is unknown, if it is almost one of the options; other
/// tools' options, such as rustdoc's `ignore`, mean nothing here.
fn misspelt(key: &str, option: &str, span: &Range<usize>) -> Option<BodyProblem> {
    nearest(key, OPTIONS).map(|near| BodyProblem::UnknownOption {
        option: option.to_owned(),
        near,
        span: span.clone(),
    })
}

/// Whether an option is numbers of lines, cut off from their option by a comma.
fn are_lines(option: &str) -> bool {
    !option.is_empty() && Lines::read(option).is_some()
}

fn attribute(name: &str, value: &str, html: &mut String) {
    let _ = write!(html, " {name}=\"{}\"", Html(value));
}

/// Some of a block's lines.
///
/// First lines in ascending order; with each, the greatest last line of the ranges up to it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lines(Vec<(usize, usize)>);

impl Lines {
    /// Reads numbers from 1 and ranges of them, such as `1 3-5`.
    fn read(text: &str) -> Option<Self> {
        let range = |range: &str| match range.split_once('-') {
            Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
            None => range.parse().ok().map(|line| (line, line)),
        };
        let mut ranges: Vec<(usize, usize)> =
            text.split_whitespace().map(range).collect::<Option<_>>()?;
        ranges.sort_unstable();
        let mut furthest = 0;
        for (_, last) in &mut ranges {
            furthest = furthest.max(*last);
            *last = furthest;
        }
        Some(Self(ranges))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn hold(&self, line: usize) -> bool {
        let begun = self.0.partition_point(|(first, _)| *first <= line);
        begun > 0 && line <= self.0[begun - 1].1
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, block};
    use crate::config::Highlighting;
    use crate::parse::problem::BodyProblem;

    fn render(info: &str, code: &str, enable: bool) -> (String, Vec<BodyProblem>) {
        let highlighting = Highlighting {
            enable,
            light_theme: String::new(),
            dark_theme: String::new(),
            error_on_missing_language: true,
        };
        block(info, code, &(3..9), &highlighting)
    }

    fn check(info: &str, code: &str, enable: bool, expected: &str) {
        let (html, problems) = render(info, code, enable);
        assert_eq!(problems, [], "{info}");
        assert_eq!(html.trim_end(), expected, "{info}");
    }

    #[test]
    fn without_highlighting_a_block_is_plain() {
        check("", "a < b\n", false, "<pre><code>a &lt; b\n</code></pre>");
        check(
            "rust,linenos",
            "a\nb\n",
            false,
            "<pre><code class=\"language-rust\"><span class=\"line\"><span class=\"ln\">1</span>a\n</span>\
             <span class=\"line\"><span class=\"ln\">2</span>b\n</span></code></pre>",
        );
        check(
            "a\"b x=1",
            "",
            false,
            "<pre><code class=\"language-a&quot;b\"></code></pre>",
        );
    }

    #[test]
    fn options_mark_number_name_and_hide_lines() {
        check(
            "text, linenos, linenostart=9, hl_lines=2-3, hide_lines=1 3, name=a&b, ignore",
            "a\nb\nc\nd\n",
            true,
            "<pre class=\"highlight\" tabindex=\"0\" data-name=\"a&amp;b\">\
             <code class=\"language-text\" data-lang=\"text\">\
             <span class=\"line hll\"><span class=\"ln\">10</span>b\n</span>\
             <span class=\"line\"><span class=\"ln\">12</span>d\n</span></code></pre>",
        );
    }

    #[test]
    fn ranges_may_overlap_and_come_in_any_order() {
        let lines = Lines::read("7 2-4 3 1-1 9-8").unwrap();
        let held: Vec<usize> = (0..12).filter(|line| lines.hold(*line)).collect();
        assert_eq!(held, [1, 2, 3, 4, 7]);
        assert!(!Lines::read("").unwrap().hold(1));
    }

    #[test]
    fn wrong_options_are_told() {
        for option in ["hl_lines=x", "hide_lines=1-", "linenostart=-1", "3-4"] {
            let (_, problems) = render(&format!("text,{option}"), "", true);
            let wrong = BodyProblem::FenceOption {
                option: option.to_owned(),
                span: 3..9,
            };
            assert_eq!(problems, [wrong]);
        }
        let (_, problems) = render("klingon", "", true);
        assert!(
            matches!(&problems[..], [BodyProblem::UnknownLanguage { language, .. }] if language == "klingon")
        );
        assert_eq!(render("klingon", "", false).1, []);
    }
}
