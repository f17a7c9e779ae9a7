//! The style sheet for highlighted code: a theme for light pages and one for dark pages, in one
//! file.
//!
//! `light-dark()` follows the `color-scheme` of the page, whether the system or the page sets it.

use std::fmt::Write as _;
use std::str::FromStr as _;

use syntect::highlighting::{Color, FontStyle, Highlighter, StyleModifier, Theme};
use syntect::parsing::ScopeStack;
use two_face::theme::{EmbeddedLazyThemeSet, EmbeddedThemeName};

use crate::config::Highlighting;
use crate::diag::{Diagnostic, nearest};

/// Classes, each with the scope whose colour it takes from a theme.
const CLASSES: [(&str, &str); 35] = [
    ("bp", "source variable.language"),
    ("c", "source comment.line"),
    ("cp", "source meta.preprocessor"),
    ("err", "source invalid.illegal"),
    ("gd", "source.diff markup.deleted"),
    ("ge", "text markup.italic"),
    ("gh", "text markup.heading"),
    ("gi", "source.diff markup.inserted"),
    ("gs", "text markup.bold"),
    ("gu", "source.diff meta.diff.range"),
    ("k", "source keyword.control"),
    ("kc", "source constant.language"),
    ("kd", "source storage.type"),
    ("kn", "source keyword.control.import"),
    ("kt", "source support.type"),
    ("m", "source constant.numeric"),
    ("n", "source entity.name"),
    ("na", "source entity.other.attribute-name"),
    ("nb", "source support.function"),
    ("nc", "source entity.name.class"),
    ("nd", "source variable.annotation"),
    ("nf", "source entity.name.function"),
    ("nl", "source entity.name.label"),
    ("nn", "source entity.name.namespace"),
    ("no", "source constant.other"),
    ("nt", "text entity.name.tag"),
    ("nv", "source variable.parameter"),
    ("o", "source keyword.operator"),
    ("p", "source punctuation.separator"),
    ("s", "source string.quoted.double"),
    ("sc", "source constant.character"),
    ("se", "source constant.character.escape"),
    ("si", "source constant.other.placeholder"),
    ("sr", "source string.regexp"),
    ("hll", ""),
];

/// The rules besides the colours: for marked lines, line numbers and names of blocks.
const LAYOUT: &str = "\
.highlight{overflow-x:auto}
.highlight[data-name]::before{content:attr(data-name);display:block;opacity:.75}
.highlight .line{display:block;min-block-size:1lh}
.highlight .ln{display:inline-block;min-inline-size:3ch;margin-inline-end:1.5ch;\
text-align:end;opacity:.75;user-select:none}
";

/// A highlighting theme that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTheme {
    /// The configuration key that asks for it.
    pub key: &'static str,
    /// The name.
    pub name: String,
    /// The most similar name, for a hint.
    pub near: Option<String>,
}

impl From<UnknownTheme> for Diagnostic {
    fn from(unknown: UnknownTheme) -> Self {
        let names: Vec<_> = theme_names().collect();
        Self::error(format!(
            "`markdown.highlighting.{}` names no theme: `{}`",
            unknown.key, unknown.name
        ))
        .note(format!("themes: {}", names.join(", ")))
        .hint_if(unknown.near.map(|near| format!("did you mean `{near}`?")))
    }
}

/// The stylesheet for highlighted code.
///
/// # Errors
/// [`UnknownTheme`] where one of the two themes does not exist.
pub fn stylesheet(highlighting: &Highlighting) -> Result<String, UnknownTheme> {
    let themes = two_face::theme::extra();
    let light = find("light_theme", &highlighting.light_theme, &themes)?;
    let dark = find("dark_theme", &highlighting.dark_theme, &themes)?;
    let mut css = String::from(LAYOUT);
    let (light_page, dark_page) = (page_colors(light), page_colors(dark));
    rule(&mut css, ".highlight", light_page, dark_page);
    let (light_code, dark_code) = (Highlighter::new(light), Highlighter::new(dark));
    for (class, scope) in CLASSES {
        let (light_style, dark_style) = match class {
            "hll" => (marked(light), marked(dark)),
            _ => (style(&light_code, scope), style(&dark_code, scope)),
        };
        let light_style = differing(light_style, light_page);
        let dark_style = differing(dark_style, dark_page);
        rule(
            &mut css,
            &format!(".highlight .{class}"),
            light_style,
            dark_style,
        );
    }
    Ok(css)
}

fn theme_names() -> impl Iterator<Item = &'static str> {
    EmbeddedLazyThemeSet::theme_names()
        .iter()
        .map(|name| name.as_name())
}

fn find<'t>(
    key: &'static str,
    name: &str,
    themes: &'t EmbeddedLazyThemeSet,
) -> Result<&'t Theme, UnknownTheme> {
    let alike = |known: &EmbeddedThemeName| simple(known.as_name()) == simple(name);
    EmbeddedLazyThemeSet::theme_names()
        .iter()
        .copied()
        .find(alike)
        .map(|name| themes.get(name))
        .ok_or_else(|| UnknownTheme {
            key,
            name: name.to_owned(),
            near: nearest(name, theme_names())
                .or_else(|| related(name))
                .map(str::to_owned),
        })
}

/// A name's letters and digits: `one-half-dark` is `OneHalfDark`.
fn simple(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// A theme of the same family: `GitHub` for `github-light`.
fn related(name: &str) -> Option<&'static str> {
    let name = simple(name);
    theme_names().find(|known| name.starts_with(&simple(known)))
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Style {
    color: Option<Color>,
    background: Option<Color>,
    font: FontStyle,
}

fn page_colors(theme: &Theme) -> Style {
    Style {
        color: theme.settings.foreground,
        background: theme.settings.background,
        font: FontStyle::empty(),
    }
}

fn marked(theme: &Theme) -> Style {
    Style {
        background: theme.settings.line_highlight,
        ..Style::default()
    }
}

fn style(highlighter: &Highlighter<'_>, scope: &str) -> Style {
    let Ok(stack) = ScopeStack::from_str(scope) else {
        return Style::default();
    };
    let StyleModifier {
        foreground,
        background,
        font_style,
    } = highlighter.style_mod_for_stack(stack.as_slice());
    Style {
        color: foreground,
        background,
        font: font_style.unwrap_or_default(),
    }
}

/// The parts of `style` that differ from the style of the page.
fn differing(style: Style, page: Style) -> Style {
    Style {
        color: style.color.filter(|color| Some(*color) != page.color),
        background: style
            .background
            .filter(|color| Some(*color) != page.background),
        font: style.font,
    }
}

fn rule(css: &mut String, selector: &str, light: Style, dark: Style) {
    let mut body = String::new();
    color(&mut body, "color", light.color, dark.color, "currentcolor");
    color(
        &mut body,
        "background-color",
        light.background,
        dark.background,
        "transparent",
    );
    let font = light.font | dark.font;
    if font.contains(FontStyle::BOLD) {
        body.push_str("font-weight:bold;");
    }
    if font.contains(FontStyle::ITALIC) {
        body.push_str("font-style:italic;");
    }
    if font.contains(FontStyle::UNDERLINE) {
        body.push_str("text-decoration:underline;");
    }
    if !body.is_empty() {
        let _ = writeln!(css, "{selector}{{{}}}", body.trim_end_matches(';'));
    }
}

/// One property, for light and dark pages; `plain` is the colour if a theme has none.
fn color(
    body: &mut String,
    property: &str,
    light: Option<Color>,
    dark: Option<Color>,
    plain: &str,
) {
    if light.is_none() && dark.is_none() {
        return;
    }
    let text = |color: Option<Color>| color.map_or_else(|| plain.to_owned(), hex);
    let (light, dark) = (text(light), text(dark));
    let _ = write!(body, "{property}:{light};");
    if light != dark {
        let _ = write!(body, "{property}:light-dark({light},{dark});");
    }
}

fn hex(color: Color) -> String {
    let Color { r, g, b, a } = color;
    if a == 255 {
        format!("#{r:02x}{g:02x}{b:02x}")
    } else {
        format!("#{r:02x}{g:02x}{b:02x}{a:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::{CLASSES, Color, Highlighter, find, page_colors, style, stylesheet};
    use crate::config::{DEFAULT_DARK_THEME, DEFAULT_LIGHT_THEME, Highlighting};
    use crate::diag::Diagnostic;

    fn themes(light: &str, dark: &str) -> Highlighting {
        Highlighting {
            enable: true,
            light_theme: light.to_owned(),
            dark_theme: dark.to_owned(),
            error_on_missing_language: false,
        }
    }

    #[test]
    fn one_sheet_has_both_themes() {
        let css = stylesheet(&themes("InspiredGitHub", "OneHalfDark")).unwrap();
        for part in [
            ".highlight{color:#323232;color:light-dark(#323232,#dcdfe4);background-color:#ffffff",
            ".highlight .k{color:#a71d5d;color:light-dark(#a71d5d,#c678dd)",
            ".highlight .c{",
            ".highlight .hll{background-color:",
        ] {
            assert!(css.contains(part), "{part} is missing from\n{css}");
        }
    }

    #[test]
    fn names_of_themes_may_be_written_as_elsewhere() {
        assert_eq!(
            stylesheet(&themes("inspired-github", "one-half-dark")),
            stylesheet(&themes("InspiredGitHub", "OneHalfDark"))
        );
    }

    /// What WCAG 2.2 calls the contrast ratio of two colours.
    fn contrast(a: Color, b: Color) -> f64 {
        let luminance = |color: Color| {
            let [red, green, blue] = [color.r, color.g, color.b].map(|byte| {
                let part = f64::from(byte) / 255.0;
                if part <= 0.04045 {
                    part / 12.92
                } else {
                    ((part + 0.055) / 1.055).powf(2.4)
                }
            });
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_of_the_default_themes_can_be_read() {
        for name in [DEFAULT_LIGHT_THEME, DEFAULT_DARK_THEME] {
            let themes = two_face::theme::extra();
            let theme = find("light_theme", name, &themes).unwrap();
            let page = page_colors(theme).background.unwrap();
            let code = Highlighter::new(theme);
            let scopes = CLASSES.iter().filter(|(class, _)| *class != "hll");
            for (class, scope) in scopes {
                let Some(color) = style(&code, scope).color else {
                    continue;
                };
                let found = contrast(color, page);
                assert!(found >= 4.5, "{name}: `{class}` has {found:.2}");
            }
        }
    }

    #[test]
    fn a_theme_of_the_same_family_is_named() {
        let unknown = stylesheet(&themes("github-light", "OneHalfDark")).unwrap_err();
        assert_eq!(unknown.near.as_deref(), Some("GitHub"));
    }

    #[test]
    fn an_unknown_theme_is_told() {
        let unknown = stylesheet(&themes("InspiredGitHub", "OneHalfDrak")).unwrap_err();
        let messages = Diagnostic::from(unknown).to_string();
        assert!(
            messages.contains("`markdown.highlighting.dark_theme` names no theme: `OneHalfDrak`"),
            "{messages}"
        );
        assert!(
            messages.contains("did you mean `OneHalfDark`?"),
            "{messages}"
        );
    }
}
