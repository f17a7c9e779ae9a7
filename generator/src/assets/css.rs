//! Finishes style sheets: replaces each `@import` by the imported sheet, lowers new syntax for
//! older browsers, minifies, and rewrites every `url()` to the finished name.
//!
//! Each file is printed by itself and the texts are joined, because a `url()` is relative to the
//! file in which it is written.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::mem;
use std::ops::Range;
use std::str;

use lightningcss::dependencies::{Dependency, DependencyOptions};
use lightningcss::error::{ErrorLocation, ParserError};
use lightningcss::printer::PrinterOptions;
use lightningcss::rules::import::ImportRule;
use lightningcss::rules::{CssRule, CssRuleList};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, StyleSheet, ToCssResult};
use lightningcss::targets::{Browsers, Features, Targets};
use lightningcss::traits::ToCss as _;

use crate::path::{Segments, SourcePath};

use super::nesting;
use super::reference::{Target, plain_url, relative, resolve, unknown};
use super::{AssetError, AssetFile, Files, Reason, Shelf};

/// Syntax that all browsers have had for two years is not lowered.
const BROWSERS: Browsers = Browsers {
    android: None,
    chrome: Some(version(111, 0)),
    edge: Some(version(111, 0)),
    firefox: Some(version(115, 0)),
    ie: None,
    ios_saf: Some(version(16, 4)),
    opera: None,
    safari: Some(version(16, 4)),
    samsung: Some(version(22, 0)),
};

/// `light-dark()` stays: lowered, it would work only where the page's `color-scheme` stands in a
/// sheet that was lowered too, and not where `static/` or a `<meta>` says it.
const TARGETS: Targets = Targets {
    browsers: Some(BROWSERS),
    include: Features::empty(),
    exclude: Features::LightDark,
};

const fn version(major: u32, minor: u32) -> u32 {
    major << 16 | minor << 8
}

/// How long a style sheet may be, in bytes, by itself and with all that it imports: parsed, it
/// takes a hundred times the memory.
const LONGEST: usize = 8 * 1024 * 1024;

/// How many style sheets one may import, those included that they import.
const MOST_IMPORTS: usize = 1000;

/// Finishes all style sheets. The assets they refer to must be on the shelf.
///
/// # Errors
/// Everything that is wrong with them. They are on the shelf nevertheless, for what refers to them.
pub(super) fn place(styles: &Files, shelf: &mut Shelf) -> Result<(), Vec<AssetError>> {
    let mut finished = Vec::new();
    let mut errors = Vec::new();
    for (name, file) in styles {
        if file.path.file_name().starts_with('_') {
            continue;
        }
        let mut bundle = Bundle {
            styles,
            shelf,
            url: plain_url(name.as_str()),
            open: Vec::new(),
            made_from: Vec::new(),
            text: String::new(),
            errors: Vec::new(),
        };
        bundle.add(file);
        errors.append(&mut bundle.errors);
        finished.push((name, bundle.text, bundle.made_from));
    }
    for (name, text, made_from) in finished {
        shelf.place(name, text, made_from);
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// A style sheet that is being bundled with its imports.
struct Bundle<'a> {
    styles: &'a Files,
    shelf: &'a Shelf,
    url: String,
    /// The chain of imports that is being followed. A file in it is not imported again.
    open: Vec<&'a str>,
    made_from: Vec<SourcePath>,
    text: String,
    errors: Vec<AssetError>,
}

impl<'a> Bundle<'a> {
    fn add(&mut self, file: &'a AssetFile) {
        if self.open.contains(&file.name.as_str()) {
            return;
        }
        let Ok(text) = str::from_utf8(&file.bytes) else {
            return self.fail(file, 0..0, Reason::NotUtf8);
        };
        if text.len() + self.text.len() > LONGEST {
            return self.fail(file, 0..0, Reason::TooLong(LONGEST));
        }
        if self.made_from.len() > MOST_IMPORTS {
            return self.fail(file, 0..0, Reason::TooManyImports(MOST_IMPORTS));
        }
        if let Some((at, reason)) = nesting::fault(text) {
            return self.fail(file, at..at + 1, reason);
        }
        self.open.push(file.name.as_str());
        self.made_from.push(file.path.clone());
        match StyleSheet::parse(text, ParserOptions::default()) {
            Ok(sheet) => self.add_rules(file, text, sheet),
            Err(error) => self.fail_at(file, text, error.loc, message(&error.kind)),
        }
        self.open.pop();
    }

    fn add_rules(&mut self, file: &'a AssetFile, text: &'a str, sheet: StyleSheet<'a>) {
        for comment in &sheet.license_comments {
            let _ = write!(self.text, "/*{comment}*/");
        }
        let mut piece = Vec::new();
        for rule in sheet.rules.0 {
            match rule {
                CssRule::Import(import) => {
                    self.print(file, text, mem::take(&mut piece));
                    self.import(file, text, &import);
                }
                rule => piece.push(rule),
            }
        }
        self.print(file, text, piece);
    }

    fn import(&mut self, file: &'a AssetFile, text: &str, import: &ImportRule<'_>) {
        let start = offset(text, import.loc.line, import.loc.column);
        let end = text[start..]
            .find(';')
            .map_or(text.len(), |length| start + length);
        let imported = match resolve(file.name.as_str(), &import.url) {
            Ok(Target::Asset { name, .. }) => self.styles.get(name.as_str()).ok_or_else(|| {
                unknown(&import.url, &name, self.styles.keys().map(Segments::as_str))
            }),
            Ok(Target::Elsewhere) => Err(Reason::ForeignImport(import.url.to_string())),
            Err(reason) => Err(reason),
        };
        match imported {
            Ok(imported) => {
                let depth = self.open_conditions(import);
                self.add(imported);
                self.text.push_str(&"}".repeat(depth));
            }
            Err(reason) => self.fail(file, start..end, reason),
        }
    }

    /// Writes the conditions of an import as at-rules. Returns how many braces that opened.
    fn open_conditions(&mut self, import: &ImportRule<'_>) -> usize {
        let shown = || PrinterOptions {
            minify: true,
            ..PrinterOptions::default()
        };
        let mut conditions = Vec::new();
        if !import.media.media_queries.is_empty() {
            conditions.push(("media", import.media.to_css_string(shown())));
        }
        if let Some(supports) = &import.supports {
            conditions.push(("supports", supports.to_css_string(shown())));
        }
        if let Some(layer) = &import.layer {
            let name = layer
                .as_ref()
                .map_or(Ok(String::new()), |name| name.to_css_string(shown()));
            conditions.push(("layer", name));
        }
        for (rule, condition) in &conditions {
            let _ = write!(
                self.text,
                "@{rule} {}{{",
                condition.as_deref().unwrap_or("")
            );
        }
        conditions.len()
    }

    fn print(&mut self, file: &AssetFile, text: &'a str, rules: Vec<CssRule<'a>>) {
        let mut sheet = StyleSheet::new(
            vec![String::new()],
            CssRuleList(rules),
            ParserOptions::default(),
        );
        let minified = sheet.minify(MinifyOptions {
            targets: TARGETS,
            ..MinifyOptions::default()
        });
        if let Err(error) = minified {
            return self.fail_at(file, text, error.loc, error.kind.to_string());
        }
        let printed = sheet.to_css(PrinterOptions {
            minify: true,
            targets: TARGETS,
            analyze_dependencies: Some(DependencyOptions::default()),
            ..PrinterOptions::default()
        });
        match printed {
            Ok(printed) => {
                let code = self.with_urls(file, text, printed);
                self.text.push_str(&code);
            }
            Err(error) => self.fail_at(file, text, error.loc, error.kind.to_string()),
        }
    }

    /// The printed text with the finished name in every `url()`.
    fn with_urls(&mut self, file: &AssetFile, text: &str, printed: ToCssResult) -> String {
        let mut finished = BTreeMap::new();
        for dependency in printed.dependencies.unwrap_or_default() {
            let Dependency::Url(found) = dependency else {
                continue;
            };
            match self.finished_url(file, &found.url) {
                Ok(url) => {
                    finished.insert(found.placeholder, css_url(&url));
                }
                Err(reason) => {
                    // Locations of `url()`s count lines from 1, unlike all others.
                    let loc = found.loc.start;
                    let start = offset(text, loc.line.saturating_sub(1), loc.column);
                    self.fail(file, start..start + found.url.len(), reason);
                }
            }
        }
        replaced(&printed.code, &finished)
    }

    fn finished_url(&self, file: &AssetFile, reference: &str) -> Result<String, Reason> {
        match resolve(file.name.as_str(), reference)? {
            Target::Elsewhere => Ok(reference.to_owned()),
            Target::Asset { name, suffix } => match self.shelf.manifest.url(&name) {
                Some(url) => Ok(relative(&self.url, url.as_str()) + suffix),
                None => Err(unknown(reference, &name, self.shelf.manifest.names())),
            },
        }
    }

    fn fail_at(&mut self, file: &AssetFile, text: &str, loc: Option<ErrorLocation>, said: String) {
        let span = loc.map_or(0..0, |loc| {
            let start = offset(text, loc.line, loc.column);
            start..start + 1
        });
        self.fail(file, span, Reason::Css(said));
    }

    fn fail(&mut self, file: &AssetFile, span: Range<usize>, reason: Reason) {
        self.errors.push(AssetError {
            file: file.path.clone(),
            source: file.bytes.clone(),
            span,
            reason,
        });
    }
}

/// `code` with what each placeholder stands for in place of the `url()` that holds it.
fn replaced(code: &str, finished: &BTreeMap<String, String>) -> String {
    const OPEN: &str = "url(\"";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(OPEN) {
        let inner = &rest[start + OPEN.len()..];
        let end = inner.find("\")").unwrap_or(inner.len());
        match finished.get(&inner[..end]) {
            Some(url) => {
                out.push_str(&rest[..start]);
                out.push_str(url);
                rest = &inner[end + 2..];
            }
            None => {
                out.push_str(&rest[..start + OPEN.len()]);
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The parser's error in plain words.
fn message(error: &ParserError<'_>) -> String {
    match error {
        ParserError::UnexpectedToken(token) => {
            let shown = token.to_css_string(PrinterOptions::default());
            format!("unexpected `{}`", shown.unwrap_or_default())
        }
        other => other.to_string(),
    }
}

/// The byte offset of `line`, counted from 0, and `column`, counted from 1 in UTF-16 units.
fn offset(text: &str, line: u32, column: u32) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line as usize)
        .map(str::len)
        .sum();
    let mut units = 1;
    for (at, c) in text[start..].char_indices() {
        if units >= column as usize || c == '\n' {
            return start + at;
        }
        units += c.len_utf16();
    }
    text.len()
}

/// `url(…)`, with quotes where they are necessary.
fn css_url(url: &str) -> String {
    if url.contains(['(', ')', '"', '\'', ' ', '\\']) || url.chars().any(char::is_control) {
        let escaped = url.replace('\\', "\\\\").replace('"', "\\\"");
        format!("url(\"{escaped}\")")
    } else {
        format!("url({url})")
    }
}
