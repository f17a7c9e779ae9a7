//! Finds the imports of an ECMAScript module, rewrites them, and removes comments and white space.

use std::ops::Range;

use super::lexer::{Kind, Token, Unterminated, tokens};

/// A literal module specifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Specifier {
    /// Its place, without the quotes.
    pub(super) span: Range<usize>,
    /// Whether it is the argument of `import()`, which loads the module only when it runs.
    pub(super) lazy: bool,
}

/// All literal specifiers in `text`, in order: `import … from "x"`, `import "x"`,
/// `export … from "x"` and `import("x")`.
pub(super) fn specifiers(text: &str) -> Result<Vec<Specifier>, Unterminated> {
    let tokens = tokens(text)?;
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.kind != Kind::Word || is_property(&tokens, at) {
            continue;
        }
        let behind = &tokens[at + 1..];
        let specifier = match &text[token.span.clone()] {
            "import" => imported(text, behind),
            "export" => re_exported(text, behind),
            _ => None,
        };
        found.extend(specifier);
    }
    Ok(found)
}

/// `text` with each specifier replaced by what `name` returns for it.
pub(super) fn rewrite(
    text: &str,
    specifiers: &[Specifier],
    mut name: impl FnMut(&str) -> String,
) -> String {
    let mut out = String::with_capacity(text.len() + specifiers.len() * 16);
    let mut done = 0;
    for specifier in specifiers {
        out.push_str(&text[done..specifier.span.start]);
        out.push_str(&name(&text[specifier.span.clone()]));
        done = specifier.span.end;
    }
    out.push_str(&text[done..]);
    out
}

/// `text` without comments and unnecessary white space; `None` if something in it has no end.
///
/// Tokens stay as they are. A line break is removed only where it cannot end a statement (ECMA-262,
/// "Automatic Semicolon Insertion"), a blank only where the tokens beside it cannot merge. Comments
/// that begin with `/*!` stay.
pub(super) fn compact(text: &str) -> Option<String> {
    let tokens = tokens(text).ok()?;
    let mut out = String::with_capacity(text.len());
    let mut before: Option<&Token> = None;
    for token in &tokens {
        let start = before.map_or(0, |before| before.span.end);
        let gap = &text[start..token.span.start];
        out.push_str(&legal_comments(gap));
        out.push_str(separator(before, gap, token));
        out.push_str(&text[token.span.clone()]);
        before = Some(token);
    }
    out.push('\n');
    Some(out)
}

/// The white space that is necessary between two tokens, which have `gap` between them in the
/// source.
fn separator(before: Option<&Token>, gap: &str, after: &Token) -> &'static str {
    let Some(before) = before.filter(|_| !gap.is_empty()) else {
        return "";
    };
    let opens = |byte| b"{([;,:=".contains(&byte);
    let closes = |byte| b"})];,".contains(&byte);
    let is = |token: &Token, wanted: &dyn Fn(u8) -> bool| match token.kind {
        Kind::Punctuation(byte) => wanted(byte),
        _ => false,
    };
    if is(before, &opens) || is(after, &closes) {
        return "";
    }
    if gap.contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
        return "\n";
    }
    let joins_with_nothing = |byte| opens(byte) || closes(byte);
    if is(before, &joins_with_nothing) || is(after, &joins_with_nothing) {
        ""
    } else {
        " "
    }
}

fn legal_comments(gap: &str) -> String {
    let mut kept = String::new();
    let mut rest = gap;
    while let Some(start) = rest.find("/*!") {
        let Some(length) = rest[start..].find("*/") else {
            break;
        };
        kept.push_str(&rest[start..start + length + 2]);
        rest = &rest[start + length + 2..];
    }
    kept
}

fn is_property(tokens: &[Token], at: usize) -> bool {
    at > 0 && tokens[at - 1].kind == Kind::Punctuation(b'.')
}

fn imported(text: &str, behind: &[Token]) -> Option<Specifier> {
    match behind {
        [first, ..] if first.kind == Kind::String => Some(quoted(first, false)),
        [open, argument, close, ..]
            if open.kind == Kind::Punctuation(b'(')
                && argument.kind == Kind::String
                && matches!(close.kind, Kind::Punctuation(b')' | b',')) =>
        {
            Some(quoted(argument, true))
        }
        [first, ..] if matches!(first.kind, Kind::Punctuation(b'(' | b'.')) => None,
        _ => from(text, behind),
    }
}

fn re_exported(text: &str, behind: &[Token]) -> Option<Specifier> {
    match behind.first()?.kind {
        Kind::Punctuation(b'*' | b'{') => from(text, behind),
        _ => None,
    }
}

/// The specifier behind `from` in `clause`, the tokens that follow an `import` or `export`; `None`
/// if anything but a list of names comes first.
fn from(text: &str, clause: &[Token]) -> Option<Specifier> {
    for pair in clause.windows(2) {
        match pair[0].kind {
            Kind::Word if &text[pair[0].span.clone()] == "from" && pair[1].kind == Kind::String => {
                return Some(quoted(&pair[1], false));
            }
            Kind::Word | Kind::String | Kind::Punctuation(b'{' | b'}' | b',' | b'*') => {}
            Kind::Literal | Kind::Punctuation(_) => return None,
        }
    }
    None
}

fn quoted(token: &Token, lazy: bool) -> Specifier {
    Specifier {
        span: token.span.start + 1..token.span.end - 1,
        lazy,
    }
}

#[cfg(test)]
mod tests {
    use super::{compact, rewrite, specifiers};

    fn check(text: &str, expected: &[&str]) {
        let found = specifiers(text).unwrap();
        let shown: Vec<String> = found
            .iter()
            .map(|one| {
                let lazy = if one.lazy { "lazy " } else { "" };
                format!("{lazy}{}", &text[one.span.clone()])
            })
            .collect();
        assert_eq!(shown, expected, "in {text}");
    }

    #[test]
    fn every_form_is_found() {
        check("import './a.js'", &["./a.js"]);
        check("import a from \"./a.js\";", &["./a.js"]);
        check("import{a,b as c}from'./a.js'", &["./a.js"]);
        check("import d, * as a from './a.js'", &["./a.js"]);
        check("import { from } from './a.js'", &["./a.js"]);
        check("import from from './a.js'", &["./a.js"]);
        check("import { 'x y' as z } from './a.js'", &["./a.js"]);
        check(
            "import j from './a.json' with { type: 'json' }",
            &["./a.json"],
        );
        check("export * from './a.js'", &["./a.js"]);
        check("export * as n from './a.js'", &["./a.js"]);
        check("export { a, default as b } from './a.js'", &["./a.js"]);
        check("await import('./a.js')", &["lazy ./a.js"]);
        check("import('./a.js', {})", &["lazy ./a.js"]);
    }

    #[test]
    fn what_only_looks_like_one_is_left() {
        check("// import './a.js'\n/* import './b.js' */", &[]);
        check("const s = \"import './a.js'\"", &[]);
        check("const s = `import './a.js' ${import.meta.url}`", &[]);
        check("const r = /import '.\\/a.js'/; r", &[]);
        check("if (x) /'/.test(y); import('./a.js')", &["lazy ./a.js"]);
        check("a = b / c; import('./a.js') / '2'", &["lazy ./a.js"]);
        check("a++ / 2; import './a.js' // '", &["./a.js"]);
        check("({}) / 2; '/'; import './a.js'", &["./a.js"]);
        check("function f() {} /'/.test(1); import './a.js'", &["./a.js"]);
        check("x = y => { return /'/ }; import './a.js'", &["./a.js"]);
        check("x = { a: 1 } / 2; y = '/'", &[]);
        check("x.import('./a.js')", &[]);
        check("import(name)", &[]);
        check("import('./' + name)", &[]);
        check("export const from = './a.js'", &[]);
        check("export { a, b }; const x = './a.js'", &[]);
        check("export default { from: './a.js' }", &[]);
    }

    #[test]
    fn templates_nest() {
        check(
            "`${`${import('./a.js')}`} import './b.js'`",
            &["lazy ./a.js"],
        );
        check("`${{ a: '}' }.a}`; import './a.js'", &["./a.js"]);
    }

    #[test]
    fn what_has_no_end_is_told() {
        for text in ["'abc", "x = `a ${b} c", "/* a", "\"a\nb\""] {
            assert!(specifiers(text).is_err(), "{text}");
        }
    }

    #[test]
    fn odd_text_does_not_panic() {
        for text in [
            "",
            "\\",
            "'\\",
            "`\\",
            "`${",
            "}",
            "/",
            "/[",
            "/\\",
            "#!",
            "é",
            "'é\\é'",
            "import",
            "import(",
            "export",
            "a\u{2028}b",
        ] {
            let _ = specifiers(text);
        }
    }

    #[test]
    fn rewriting_touches_only_the_names() {
        let text = "import a from './a.js'; const b = './a.js';";
        let found = specifiers(text).unwrap();
        assert_eq!(
            rewrite(text, &found, |name| format!("{name}?1")),
            "import a from './a.js?1'; const b = './a.js';"
        );
    }

    #[test]
    fn compacting_keeps_every_token_and_every_line_break_that_counts() {
        for (text, expected) in [
            ("#!/bin/x\n  a = 1 // one\n\n  b\n", "a=1\nb\n"),
            ("f( a , [ b ] ) ;\nreturn\nx", "f(a,[b]);return\nx\n"),
            ("if (a) {\n  b()\n}\nc", "if(a){b()}\nc\n"),
            ("a + ++b - -c", "a + ++b - -c\n"),
            ("x = `  a // b\n  ${ c }  `", "x=`  a // b\n  ${ c }  `\n"),
            ("x = /  '/ . test(y)", "x=/  '/ . test(y)\n"),
            ("a /* x\n */ b", "a\nb\n"),
            ("/*! me */ a /* you */ + 'b  //'", "/*! me */a + 'b  //'\n"),
            ("const f = async (x) => x\n", "const f=async(x)=> x\n"),
        ] {
            assert_eq!(compact(text).as_deref(), Some(expected), "{text}");
        }
    }
}
