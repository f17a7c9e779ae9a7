//! Turns code into HTML with classes, and makes the style sheet that colours the classes.
//!
//! The classes are the short names that Pygments has made common (`k` for a keyword, `s` for a
//! string), so that its style sheets fit too. There are no inline styles, because a strict
//! Content-Security-Policy forbids them. The grammars are loaded for the first block of code, so
//! that a site without code does not pay for them.

mod classes;
mod memory;
mod state;
mod stylesheet;

use std::sync::LazyLock;

use pulldown_cmark_escape::escape_html_body_text;
use syntect::parsing::{SyntaxReference, SyntaxSet};

use self::memory::Memory;
use crate::diag::nearest;

pub use self::stylesheet::{UnknownTheme, stylesheet};

/// The longest line that is highlighted, in bytes; a longer one is data rather than code.
const LONGEST_LINE: usize = 8 * 1024;

/// The longest block that is highlighted, in bytes; a longer one would hold the build up for
/// seconds, and the browser too.
const LONGEST_BLOCK: usize = 1024 * 1024;

static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Common names of languages that the grammars do not know.
const ALIASES: [(&str, &str); 22] = [
    ("c#", "cs"),
    ("console", "bash"),
    ("csharp", "cs"),
    ("docker", "dockerfile"),
    ("f#", "fs"),
    ("fsharp", "fs"),
    ("golang", "go"),
    ("hcl", "tf"),
    ("jinja", "jinja2"),
    ("json5", "js"),
    ("jsonc", "json"),
    ("mjs", "js"),
    ("cjs", "js"),
    ("objc", "m"),
    ("protobuf", "proto"),
    ("ps1", "powershell"),
    ("pwsh", "powershell"),
    ("shell", "bash"),
    ("terraform", "tf"),
    ("viml", "vim"),
    ("vimscript", "vim"),
    ("assembly", "asm"),
];

/// Names that ask for no highlighting.
const PLAIN: [&str; 6] = ["text", "txt", "plain", "plaintext", "none", "output"];

/// A language whose code can be highlighted.
#[derive(Debug, Clone, Copy)]
pub struct Language(Option<&'static SyntaxReference>);

impl Language {
    /// The language that `name` stands for: its name, an alias or a file extension, in upper or
    /// lower case.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        if PLAIN.contains(&name.as_str()) {
            return Some(Self(None));
        }
        let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
        let token = alias.map_or(name.as_str(), |(_, token)| token);
        GRAMMARS
            .find_syntax_by_token(token)
            .map(|syntax| Self(Some(syntax)))
    }

    /// The known name that is most like `name`, for a hint.
    #[must_use]
    pub fn nearest(name: &str) -> Option<String> {
        let known = GRAMMARS.syntaxes().iter().flat_map(|syntax| {
            std::iter::once(syntax.name.to_lowercase()).chain(syntax.file_extensions.clone())
        });
        let known: Vec<String> = known.filter(|known| known.len() > 2).collect();
        nearest(name, known.iter().map(String::as_str)).map(str::to_owned)
    }
}

/// `code` as HTML, one string for each line, without line ends. Elements never span lines.
#[must_use]
pub fn lines(language: Language, code: &str) -> Vec<String> {
    let Some(syntax) = language.0.filter(|_| code.len() <= LONGEST_BLOCK) else {
        return code.lines().map(plain).collect();
    };
    Memory::with(|memory| {
        let mut at = memory.start(syntax);
        let mut html = Vec::new();
        for line in code.split_inclusive('\n') {
            if line.len() > LONGEST_LINE {
                html.push(plain(line.trim_end_matches(['\n', '\r'])));
                continue;
            }
            let (told, next) = memory.line(at, line);
            html.push(told);
            at = next;
        }
        html
    })
}

/// `text` as HTML without any elements.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 8);
    let _ = escape_html_body_text(&mut html, text);
    html
}

#[cfg(test)]
mod tests {
    use super::{GRAMMARS, Language, lines};

    fn check(language: &str, code: &str, expected: &[&str]) {
        let language = Language::find(language).unwrap_or_else(|| panic!("{language}"));
        assert_eq!(lines(language, code), expected, "{code}");
    }

    #[test]
    fn code_gets_classes() {
        check(
            "rust",
            "let a = \"x\\n<\"; // é\n",
            &[
                "<span class=\"kd\">let</span> a <span class=\"o\">= </span>\
                 <span class=\"s\">\"x</span><span class=\"se\">\\n</span>\
                 <span class=\"s\">&lt;\"</span><span class=\"p\">; </span>\
                 <span class=\"c\">// é</span>",
            ],
        );
    }

    #[test]
    fn no_element_reaches_over_a_line() {
        check(
            "js",
            "/* a\nb */\r\nc",
            &[
                "<span class=\"c\">/* a</span>",
                "<span class=\"c\">b */</span>",
                "c",
            ],
        );
    }

    #[test]
    fn text_is_not_highlighted() {
        check("text", "let <b>\n\nx", &["let &lt;b&gt;", "", "x"]);
        assert!(lines(Language::find("Rust").unwrap(), "").is_empty());
        let long = format!("let a = {};", "1".repeat(10_000));
        check("rust", &long, &[&long]);
        let line = "let a = 1;";
        let longest = format!("{line}\n").repeat(super::LONGEST_BLOCK / 11 + 1);
        assert_eq!(lines(Language::find("rust").unwrap(), &longest)[0], line);
    }

    #[test]
    fn more_than_a_hundred_languages_by_the_names_in_use() {
        assert!(GRAMMARS.syntaxes().len() > 100);
        let names = "rust rs JavaScript typescript tsx python py c cpp c++ go java kotlin swift ruby \
                     php html css scss json jsonc yaml yml toml xml sql bash sh shell console diff \
                     dockerfile docker makefile ini lua perl r haskell elixir erlang clojure scala \
                     zig nix markdown md tex csharp fsharp powershell graphql nginx jinja terraform \
                     hcl protobuf vim dart julia ocaml svelte vue cmake";
        for name in names.split_whitespace() {
            assert!(Language::find(name).is_some(), "{name}");
        }
        assert!(Language::find("klingon").is_none());
        assert_eq!(Language::nearest("pyhton").as_deref(), Some("python"));
    }
}
