//! Turns `site.toml`, environment variables and flags into one valid [`Config`]. All later code
//! relies on it being valid.
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

/// The file name that messages show for mistakes in overrides.
const OUTSIDE: &str = "the environment and the command line";

/// Settings from outside the file, which override it.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The process environment. Variables that begin with `SITE_` set keys: `SITE_BASE_URL`,
    /// `SITE_EXTRA_WEB_API`. A value that looks like a TOML boolean, number or list becomes one,
    /// unless the file has a text for that key.
    pub environment: Vec<(String, String)>,
    /// `--base-url`; it overrides the environment.
    pub base_url: Option<String>,
    /// `--theme`; it overrides the environment.
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
    /// The address at which the site is served.
    pub base_url: BaseUrl,
    /// A BCP 47 language tag.
    pub default_language: String,
    /// The author that feeds name for pages without `authors`.
    pub author: Option<String>,
    /// The names of the themes. A file of an earlier theme hides the same file of later ones. Empty
    /// if the site uses only templates of its own.
    pub theme: Vec<String>,
    /// Ways to group pages.
    pub taxonomies: Vec<TaxonomyConfig>,
    /// The first segments of the URLs of all taxonomies.
    pub taxonomy_root: Option<Segments>,
    /// Whether the site as a whole has feeds.
    pub generate_feeds: bool,
    /// The file names of feeds. `rss.xml` is RSS, `*.json` JSON Feed and everything else Atom.
    pub feed_filenames: Vec<Segments>,
    /// How many pages a feed lists at the most.
    pub feed_limit: Option<usize>,
    /// Whether to write `sitemap.xml`.
    pub generate_sitemap: bool,
    /// Whether to write `robots.txt`.
    pub generate_robots_txt: bool,
    /// Whether to remove white space and comments that do not show from the HTML.
    pub minify_html: bool,
    /// Whether to write a search index.
    pub build_search_index: bool,
    /// How long one call of a template may take, in seconds of a processor; 0 for as long as it
    /// likes. The key is Hugo's (gohugo.io, "All settings"), where the clock counts.
    pub timeout: usize,
    /// Globs, relative to `content/`, of files to ignore.
    pub ignored_content: Vec<String>,
    /// Globs, relative to `static/`, of files to ignore.
    pub ignored_static: Vec<String>,
    /// How markdown is turned into HTML.
    pub markdown: Markdown,
    /// How names become parts of URLs.
    pub slugify: Slugify,
    /// How links are checked.
    pub link_checker: LinkChecker,
    /// What the site adds to the computed `_headers`.
    pub headers: Headers,
    /// `[extra]`: the settings of the theme.
    pub extra: Table,
    /// All settings as they were read, overrides included. Templates see these.
    pub table: Table,
}

/// A way to group pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxonomyConfig {
    /// Its name, plural by custom: `tags`.
    pub name: String,
    /// How many pages a term's page lists; `None` for all.
    pub paginate_by: Option<usize>,
    /// The segments before the number in the URL of a pager.
    pub paginate_path: Option<Segments>,
    /// Whether it has pages of its own.
    pub render: bool,
    /// Whether each term has feeds.
    pub feed: bool,
}

/// How to make a URL segment from a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlugifyMode {
    /// Keep ASCII letters, digits and `-` only.
    On,
    /// Remove only characters that some file system refuses.
    Safe,
    /// Keep the name as it is.
    Off,
}

/// How to make the segments of each kind of URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slugify {
    /// Pages and sections.
    pub paths: SlugifyMode,
    /// Terms.
    pub taxonomies: SlugifyMode,
    /// Ids of headings.
    pub anchors: SlugifyMode,
    /// Whether the date in a file's name stays in its URL.
    pub paths_keep_dates: bool,
}

/// How links are checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkChecker {
    /// Paths on this site that another program answers, such as `/api/`; links to them are not
    /// checked.
    pub ignored_paths: Vec<String>,
    /// Beginnings of external addresses that `check --external` does not request.
    pub skip_prefixes: Vec<String>,
    /// Beginnings of external addresses whose anchors `check --external` does not look for.
    pub skip_anchor_prefixes: Vec<String>,
    /// Whether a broken link in a finished page is only a warning. A broken `@/` link is always an
    /// error.
    pub internal_warn: bool,
    /// Whether a broken external link is only a warning.
    pub external_warn: bool,
}

/// What the site adds to the computed `_headers`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// Further Content-Security-Policy sources, by directive.
    pub csp: BTreeMap<String, Vec<String>>,
    /// Further headers, by path pattern, in order.
    pub rules: Vec<(String, Vec<(String, String)>)>,
}

impl Config {
    /// Reads `text`, the content of `file`. Returns the warnings too.
    ///
    /// # Errors
    /// Everything that is wrong with it.
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

    /// Adds the `[extra]` settings of a theme's `theme.toml`, except where the site has its own.
    /// Tables are merged key by key.
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
}

#[cfg(test)]
impl Config {
    /// A configuration for tests: an address and further lines.
    pub(crate) fn minimal(base_url: &str, more: &str) -> Self {
        let text = format!("base_url = '{base_url}'\n{more}");
        let file = SourcePath::new("content/site.toml").unwrap();
        let parsed = Self::parse(&text, &file, &Overrides::default());
        parsed.unwrap().0
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
        let web_api = &config.extra.get("web_api").unwrap().value;
        assert_eq!(
            *web_api,
            crate::tree::Tree::String("http://localhost:2".to_owned())
        );
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
