//! `site.toml` and what overrides it, as one valid [`Config`]. Everything behind this file
//! trusts it.
//!
//! Keys, meanings and defaults are Zola's (getzola.org, "Configuration") unless said otherwise.

mod base_url;
mod environment;
mod markdown;
mod read;

use std::collections::BTreeMap;

use crate::diag::{self, Diagnostic};
use crate::path::{Segments, SourcePath};
use crate::tree::{Node, Table, Tree};

pub use self::base_url::BaseUrl;
pub use self::environment::VARIABLE_PREFIX;
pub(crate) use self::markdown::ANCHOR_LINKS;
pub use self::markdown::{
    AnchorLinks, DEFAULT_DARK_THEME, DEFAULT_LIGHT_THEME, Highlighting, Markdown,
};

/// Where what overrides the file stands, in messages.
const OUTSIDE: &str = "the environment and the command line";

/// What stands outside the file and overrides it.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The process environment, of which `SITE_*` is read: `SITE_BASE_URL`,
    /// `SITE_EXTRA_WEB_API`. A value that reads as a TOML boolean, number or list is taken as
    /// one, unless the file has a text there.
    pub environment: Vec<(String, String)>,
    /// `--base-url`; stronger than the environment.
    pub base_url: Option<String>,
    /// `--theme`; stronger than the environment.
    pub theme: Option<String>,
    /// `--lenient`: unknown keys are warnings.
    pub lenient: bool,
}

/// A site's whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The site's name.
    pub title: String,
    /// What the site is, in a sentence.
    pub description: String,
    /// Where it is served.
    pub base_url: BaseUrl,
    /// A BCP 47 language tag.
    pub default_language: String,
    /// Who writes it, where feeds ask and a page does not say.
    pub author: Option<String>,
    /// The themes, the strongest first; empty where the site's own templates do.
    pub theme: Vec<String>,
    /// Ways to group pages.
    pub taxonomies: Vec<TaxonomyConfig>,
    /// A folder in which taxonomies' pages lie.
    pub taxonomy_root: Option<Segments>,
    /// Whether the site as a whole has feeds.
    pub generate_feeds: bool,
    /// The feeds' file names; the ending tells the format (`.xml` Atom unless it is called
    /// `rss.xml`, `.json` JSON Feed).
    pub feed_filenames: Vec<Segments>,
    /// How many pages a feed lists at the most.
    pub feed_limit: Option<usize>,
    /// Whether to write `sitemap.xml`.
    pub generate_sitemap: bool,
    /// Whether to write `robots.txt`.
    pub generate_robots_txt: bool,
    /// Whether to take needless white space out of the HTML.
    pub minify_html: bool,
    /// Whether to write a search index.
    pub build_search_index: bool,
    /// Globs below `content/` that are left out.
    pub ignored_content: Vec<String>,
    /// Globs below `static/` that are left out.
    pub ignored_static: Vec<String>,
    /// How markdown is turned into HTML.
    pub markdown: Markdown,
    /// How names become parts of URLs.
    pub slugify: Slugify,
    /// How links are checked.
    pub link_checker: LinkChecker,
    /// What `_headers` says beyond what is computed.
    pub headers: Headers,
    /// Whatever the theme asks for.
    pub extra: Table,
    /// The whole file as it was read, overrides included: what templates see.
    pub table: Table,
}

/// A way to group pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxonomyConfig {
    /// Its name, plural by custom: `tags`.
    pub name: String,
    /// How many pages a term's page lists; all where it is `None`.
    pub paginate_by: Option<usize>,
    /// What stands before the number in a pager's URL.
    pub paginate_path: Option<Segments>,
    /// Whether it has pages of its own.
    pub render: bool,
    /// Whether each term has feeds.
    pub feed: bool,
}

/// What to do with characters that do not suit a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlugifyMode {
    /// ASCII letters, digits and `-` only.
    On,
    /// Only what no file system takes is replaced.
    Safe,
    /// As it is.
    Off,
}

/// Where which slugs are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slugify {
    /// Pages and sections.
    pub paths: SlugifyMode,
    /// Terms.
    pub taxonomies: SlugifyMode,
    /// Heading ids.
    pub anchors: SlugifyMode,
    /// Whether the date in a file's name stays in its URL.
    pub paths_keep_dates: bool,
}

/// How links are checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkChecker {
    /// Paths on this site that others answer, such as `/api/`: not checked.
    pub ignored_paths: Vec<String>,
    /// External addresses that start so are not asked for.
    pub skip_prefixes: Vec<String>,
    /// Anchors behind external addresses that start so are not looked for.
    pub skip_anchor_prefixes: Vec<String>,
    /// Whether a broken link in the finished pages is only a warning. `@/` links always count.
    pub internal_warn: bool,
    /// Whether a broken external link is only a warning.
    pub external_warn: bool,
}

/// What `_headers` says beyond what is computed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// Further Content-Security-Policy sources, by directive.
    pub csp: BTreeMap<String, Vec<String>>,
    /// Further headers, by path pattern, in order.
    pub rules: Vec<(String, Vec<(String, String)>)>,
}

impl Config {
    /// Reads `text`, the content of `file`; warnings come beside it.
    ///
    /// # Errors
    /// All that is wrong with it, at once.
    pub fn parse(
        text: &str,
        file: &SourcePath,
        overrides: &Overrides,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let tree = Node::from_toml(text).map_err(|error| {
            vec![Diagnostic::error(error.message.as_str()).at(file, text, error.span)]
        })?;
        let mut table = tree.into_table().unwrap_or_default();
        let listing = environment::apply(&mut table, overrides, text.len());
        let (config, problems) = read::config(table);
        let (mut errors, warnings): (Vec<_>, Vec<_>) = problems
            .iter()
            .map(|problem| match problem.span.start.checked_sub(text.len()) {
                Some(start) if !problem.span.is_empty() => {
                    let outside = problem.at(start..problem.span.end - text.len());
                    outside.diagnostic(OUTSIDE, &listing, overrides.lenient)
                }
                _ => problem.diagnostic(file, text, overrides.lenient),
            })
            .partition(Diagnostic::is_error);
        if errors.is_empty() {
            Ok((config, warnings))
        } else {
            diag::sort(&mut errors);
            Err(errors)
        }
    }

    /// Fills in what a theme's own `theme.toml` sets in `[extra]` and the site does not; inside
    /// tables, key by key.
    ///
    /// # Errors
    /// Where `text`, the content of `file`, is not TOML.
    pub fn fill_in(&mut self, text: &str, file: &SourcePath) -> Result<(), Diagnostic> {
        let tree = Node::from_toml(text).map_err(|error| {
            Diagnostic::error(error.message.as_str()).at(file, text, error.span)
        })?;
        let theme = tree.into_table().unwrap_or_default();
        if let Some(Tree::Table(extra)) = theme.get("extra").map(|node| &node.value) {
            self.extra.fill_in(extra);
        }
        Ok(())
    }

    /// A text from `[extra]`.
    #[must_use]
    pub fn extra_text(&self, key: &str) -> Option<&str> {
        match &self.extra.get(key)?.value {
            Tree::String(text) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, Overrides};
    use crate::path::SourcePath;

    fn check(text: &str, overrides: &Overrides) -> Result<Config, String> {
        let file = SourcePath::new("content/site.toml").unwrap();
        Config::parse(text, &file, overrides)
            .map(|(config, _)| config)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    fn environment(pairs: &[(&str, &str)]) -> Overrides {
        Overrides {
            environment: pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Overrides::default()
        }
    }

    #[test]
    fn a_small_site_needs_only_its_address() {
        let config = check("base_url = 'https://a.example/sub/'", &Overrides::default()).unwrap();
        assert_eq!(config.base_url.sub_path(), "/sub");
        assert_eq!(config.default_language, "en");
        assert!(config.generate_sitemap);
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let messages = check(
            "titel = 'A'\nbase_url = 'a.example'\n[markdown]\nsmart_punctuation = 1\n",
            &Overrides::default(),
        )
        .unwrap_err();
        for part in [
            "unknown configuration key `titel`",
            "did you mean `title`?",
            "`base_url` is not an address",
            "`smart_punctuation` must be true or false",
            "content/site.toml:4:21",
        ] {
            assert!(
                messages.contains(part),
                "{part} is missing from\n{messages}"
            );
        }
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let text = "base_url = 'https://a.example'\n[extra]\nweb_api = 'https://x.example'\n";
        let config = check(
            text,
            &environment(&[
                ("SITE_BASE_URL", "http://127.0.0.1:1"),
                ("SITE_GENERATE_FEEDS", "true"),
                ("SITE_EXTRA_WEB_API", "http://localhost:2"),
                ("PATH", "/bin"),
            ]),
        )
        .unwrap();
        assert_eq!(config.base_url.as_str(), "http://127.0.0.1:1");
        assert!(config.generate_feeds);
        assert_eq!(config.extra_text("web_api"), Some("http://localhost:2"));
    }

    #[test]
    fn a_mistake_outside_the_file_is_shown_there() {
        let overrides = Overrides {
            base_url: Some("foo".to_owned()),
            ..environment(&[("SITE_A", "é\n"), ("SITE_TITEL", "x")])
        };
        let messages = check("base_url = 'https://a.example'", &overrides).unwrap_err();
        for part in [
            "unknown configuration key `titel`\n --> the environment and the command line:2:1",
            "SITE_TITEL=x",
            "--base-url=foo",
            "did you mean `title`?",
        ] {
            assert!(
                messages.contains(part),
                "{part} is missing from\n{messages}"
            );
        }
        let missing = check("title = 'x'", &Overrides::default()).unwrap_err();
        assert!(missing.contains("`base_url` is missing"), "{missing}");
        assert!(!missing.contains("environment"), "{missing}");
    }

    #[test]
    fn headers_see_extra() {
        let config = check(
            "base_url = 'https://a.example'\n[extra]\nimages = 'https://a https://b'\nnone = ''\n\
             [headers.csp]\nimg-src = [\"'self'\", '{extra.images}', '{extra.none}']\n\
             [headers.'/x/*']\nX-Robots-Tag = 'noindex'\n",
            &Overrides::default(),
        )
        .unwrap();
        assert_eq!(
            config.headers.csp["img-src"],
            ["'self'", "https://a", "https://b"]
        );
        assert_eq!(config.headers.rules[0].0, "/x/*");
        let messages = check(
            "base_url = 'https://a.example'\n[headers.csp]\nimg-src = ['{extra.nope}']\n",
            &Overrides::default(),
        )
        .unwrap_err();
        assert!(messages.contains("`{extra.nope}`"), "{messages}");
    }
}
