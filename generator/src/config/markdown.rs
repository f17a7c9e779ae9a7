//! `[markdown]`: how markdown is turned into HTML.

use crate::tree::{Problem, Reader, Table};

/// How markdown is turned into HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Markdown {
    /// Whether and how code is highlighted.
    pub highlighting: Highlighting,
    /// Whether straight quotes become curly ones and `--` a dash.
    pub smart_punctuation: bool,
    /// Whether `:tada:` becomes an emoji.
    pub render_emoji: bool,
    /// Whether a line that begins with a colon defines the term above it.
    pub definition_list: bool,
    /// Whether `> [!NOTE]` becomes an alert.
    pub github_alerts: bool,
    /// Whether `$a$` and `$$a$$` become elements of the classes `math-inline` and `math-display`.
    pub math: bool,
    /// Whether footnotes are moved to the end of the page, as on GitHub.
    pub bottom_footnotes: bool,
    /// The class of links that leave the site.
    pub external_links_class: Option<String>,
    /// Whether links that leave the site get `target="_blank"`.
    pub external_links_target_blank: bool,
    /// Whether links that leave the site get `rel="nofollow"`.
    pub external_links_no_follow: bool,
    /// Whether links that leave the site get `rel="external"`.
    pub external_links_external: bool,
    /// Whether links that leave the site get `rel="noreferrer"`.
    pub external_links_no_referrer: bool,
    /// Whether images get `loading="lazy" decoding="async"`.
    pub lazy_async_image: bool,
    /// Where headings link to themselves, unless a section says otherwise.
    pub insert_anchor_links: AnchorLinks,
}

/// Whether and how code is highlighted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Highlighting {
    /// Whether code is highlighted at all.
    pub enable: bool,
    /// The colours for a light page.
    pub light_theme: String,
    /// The colours for a dark page.
    pub dark_theme: String,
    /// Whether an unknown language is an error instead of plain text.
    pub error_on_missing_language: bool,
}

/// Where a heading's link to itself is placed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AnchorLinks {
    /// Headings have no such links.
    #[default]
    None,
    /// Before the text.
    Left,
    /// After the text.
    Right,
    /// The whole heading is the link.
    Heading,
}

/// The names of [`AnchorLinks`] in configuration and front matter.
pub(crate) const ANCHOR_LINKS: [(&str, AnchorLinks); 4] = [
    ("none", AnchorLinks::None),
    ("left", AnchorLinks::Left),
    ("right", AnchorLinks::Right),
    ("heading", AnchorLinks::Heading),
];

/// Keys of Zola up to 0.21 that have no meaning here.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "error_on_missing_highlight",
        "it is `error_on_missing_language` in [markdown.highlighting]",
    ),
    (
        "extra_syntaxes_and_themes",
        "leave it out: grammars and themes are those that are built in",
    ),
    (
        "highlight_theme",
        "name `light_theme` and `dark_theme` in [markdown.highlighting]",
    ),
    (
        "highlight_themes_css",
        "leave it out, and link `asset(\"highlight.css\")`: it holds a light and a dark theme",
    ),
];

/// Keys of Zola's `[markdown.highlighting]` that have no meaning here.
const HIGHLIGHTING_ELSEWHERE: &[(&str, &str)] = &[
    (
        "data_attr_position",
        "leave it out: `data-lang` stands on `<code>`, `data-name` on `<pre>`",
    ),
    (
        "extra_grammars",
        "leave it out: the grammars are those that are built in",
    ),
    (
        "extra_themes",
        "leave it out: the themes are those that are built in",
    ),
    (
        "style",
        "leave it out: colours are always classes; link `asset(\"highlight.css\")`",
    ),
];

pub(super) fn read(table: &Table) -> (Markdown, Vec<Problem>) {
    let mut reader = Reader::new(table, "[markdown]").elsewhere(ELSEWHERE);
    let flat_switch = reader.bool("highlight_code");
    let empty = Table::default();
    let (highlighting, problems) =
        highlighting(reader.table("highlighting").unwrap_or(&empty), flat_switch);
    reader.adopt(problems);
    let markdown = Markdown {
        highlighting,
        smart_punctuation: reader.bool("smart_punctuation").unwrap_or(false),
        render_emoji: reader.bool("render_emoji").unwrap_or(false),
        definition_list: reader.bool("definition_list").unwrap_or(true),
        github_alerts: reader.bool("github_alerts").unwrap_or(true),
        math: reader.bool("math").unwrap_or(false),
        bottom_footnotes: reader.bool("bottom_footnotes").unwrap_or(false),
        external_links_class: reader.string("external_links_class"),
        external_links_target_blank: reader.bool("external_links_target_blank").unwrap_or(false),
        external_links_no_follow: reader.bool("external_links_no_follow").unwrap_or(false),
        external_links_external: reader.bool("external_links_external").unwrap_or(false),
        external_links_no_referrer: reader.bool("external_links_no_referrer").unwrap_or(false),
        lazy_async_image: reader.bool("lazy_async_image").unwrap_or(false),
        insert_anchor_links: reader
            .choice("insert_anchor_links", &ANCHOR_LINKS)
            .unwrap_or(AnchorLinks::None),
    };
    (markdown, reader.finish())
}

/// The themes in which every colour stands out from its page, by WCAG's 4.5 to 1: few do.
pub const DEFAULT_LIGHT_THEME: &str = "Coldark-Cold";
/// See [`DEFAULT_LIGHT_THEME`].
pub const DEFAULT_DARK_THEME: &str = "Coldark-Dark";

fn highlighting(table: &Table, flat_switch: Option<bool>) -> (Highlighting, Vec<Problem>) {
    let mut reader =
        Reader::new(table, "[markdown.highlighting]").elsewhere(HIGHLIGHTING_ELSEWHERE);
    let both = reader.string("theme");
    let highlighting = Highlighting {
        enable: reader.bool("enable").or(flat_switch).unwrap_or(true),
        light_theme: reader
            .string("light_theme")
            .or_else(|| both.clone())
            .unwrap_or_else(|| DEFAULT_LIGHT_THEME.to_owned()),
        dark_theme: reader
            .string("dark_theme")
            .or(both)
            .unwrap_or_else(|| DEFAULT_DARK_THEME.to_owned()),
        error_on_missing_language: reader.bool("error_on_missing_language").unwrap_or(false),
    };
    (highlighting, reader.finish())
}
