//! Computes the Content-Security-Policy (CSP 3). It allows what the finished pages use and what
//! `[headers.csp]` adds, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Facts, Inline, Meant, Reference, Role, meant};
use crate::config::{BaseUrl, Config};
use crate::output::Output;
use crate::path::OutputPath;

/// Directives that do not work in a `<meta>` (CSP 3, 3.3).
const HEADER_ONLY: [&str; 4] = ["frame-ancestors", "report-to", "report-uri", "sandbox"];

/// Directives that have no value.
const WITHOUT_VALUE: [&str; 2] = ["block-all-mixed-content", "upgrade-insecure-requests"];

/// The longest header line that all hosts accept, in characters, with the header's name.
const LONGEST: usize = 1900;

/// The allowed sources, by directive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Policy {
    directives: BTreeMap<String, BTreeSet<String>>,
}

/// The directives and sources of everything that the site's own style sheets load.
pub(super) type Styles = BTreeMap<OutputPath, Vec<(&'static str, String)>>;

/// Reads every style sheet among `outputs`.
pub(super) fn styles(outputs: &[Output], config: &Config) -> Styles {
    outputs
        .iter()
        .filter(|output| output.path.extension() == Some("css"))
        .map(|output| {
            let text = String::from_utf8_lossy(&output.bytes);
            let mut found: Vec<_> = text
                .split("url(")
                .skip(1)
                .filter_map(|rest| {
                    let url = rest.split(')').next()?.trim_matches(['"', '\'', ' ']);
                    let source = source(&output.path, url, &config.base_url)?;
                    Some((if is_font(url) { "font-src" } else { "img-src" }, source))
                })
                .collect();
            found.sort();
            found.dedup();
            (output.path.clone(), found)
        })
        .collect()
}

impl Policy {
    /// The policy that one page needs.
    pub(super) fn of_page(
        page: &OutputPath,
        facts: &Facts,
        styles: &Styles,
        config: &Config,
    ) -> Self {
        let mut policy = Self::default();
        for reference in &facts.references {
            policy.allow_reference(page, reference, styles, &config.base_url);
        }
        for (inline, hash) in &facts.inline {
            let (directive, for_attribute) = match inline {
                Inline::Script => ("script-src", false),
                Inline::Style => ("style-src", false),
                Inline::Handler => ("script-src-attr", true),
                Inline::StyleAttribute => ("style-src-attr", true),
            };
            policy.allow(directive, hash);
            if for_attribute {
                policy.allow(directive, "'unsafe-hashes'");
            }
        }
        policy.with_configured(config)
    }

    /// The policy that all pages together need. It goes into the header, which is the same for all
    /// pages; the `<meta>` of each page narrows it.
    pub(super) fn of_site<'a>(pages: impl Iterator<Item = &'a Self>, config: &Config) -> Self {
        let mut policy = Self::default().with_configured(config);
        for page in pages {
            for (directive, sources) in &page.directives {
                for source in sources {
                    policy.allow(directive, source);
                }
            }
        }
        policy.allow("frame-ancestors", "'none'");
        if policy.text().len() > LONGEST {
            policy.widen();
        }
        policy
    }

    /// The header's value.
    pub(super) fn text(&self) -> String {
        self.shown(|_| true)
    }

    /// The `<meta>` element with the policy.
    pub(super) fn meta_tag(&self) -> String {
        let text = self.shown(|directive| !HEADER_ONLY.contains(&directive));
        // The quotes around `'self'` and its like stay, for whoever reads the page's source.
        let text = text.replace('&', "&amp;").replace('"', "&quot;");
        format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{text}\">")
    }

    fn with_configured(mut self, config: &Config) -> Self {
        for directive in ["default-src", "base-uri", "form-action"] {
            self.directives.entry(directive.to_owned()).or_default();
        }
        for (directive, sources) in &config.headers.csp {
            let allowed = self.directives.entry(directive.clone()).or_default();
            allowed.extend(sources.iter().cloned());
        }
        self
    }

    fn allow(&mut self, directive: &str, source: &str) {
        let sources = self.directives.entry(directive.to_owned()).or_default();
        sources.insert(source.to_owned());
    }

    fn allow_reference(
        &mut self,
        page: &OutputPath,
        reference: &Reference,
        styles: &Styles,
        base: &BaseUrl,
    ) {
        let directive = match reference.role {
            Role::Link | Role::Fetch => return,
            Role::Script => "script-src",
            Role::Style => "style-src",
            Role::Image => "img-src",
            Role::Font => "font-src",
            Role::Media => "media-src",
            Role::Frame => "frame-src",
            Role::Object => "object-src",
            Role::Manifest => "manifest-src",
            Role::Form => "form-action",
        };
        if reference.url.starts_with('#') {
            return;
        }
        if let Some(source) = source(page, &reference.url, base) {
            self.allow(directive, &source);
        }
        if let (Role::Style, Meant::Here { path, .. }) =
            (reference.role, meant(page, &reference.url, base))
        {
            for (directive, source) in styles.get(path.as_str()).into_iter().flatten() {
                self.allow(directive, source);
            }
        }
    }

    /// Replaces hashes by a wider source, because there are too many for one header. The policies
    /// of single pages keep theirs.
    fn widen(&mut self) {
        for sources in self.directives.values_mut() {
            let before = sources.len();
            sources.retain(|source| !source.starts_with("'sha") && source != "'unsafe-hashes'");
            if sources.len() < before {
                sources.insert("'unsafe-inline'".to_owned());
            }
        }
    }

    fn shown(&self, wanted: impl Fn(&str) -> bool) -> String {
        let mut parts = Vec::with_capacity(self.directives.len());
        for (directive, sources) in &self.directives {
            if !wanted(directive) {
                continue;
            }
            if WITHOUT_VALUE.contains(&directive.as_str()) {
                parts.push(directive.clone());
                continue;
            }
            let some = sources.iter().any(|source| source != "'none'");
            let shown: Vec<&str> = sources
                .iter()
                .map(String::as_str)
                .filter(|source| !some || *source != "'none'")
                .collect();
            match shown.as_slice() {
                [] => parts.push(format!("{directive} 'none'")),
                shown => parts.push(format!("{directive} {}", shown.join(" "))),
            }
        }
        parts.join("; ")
    }
}

/// The policy source that allows `url` on `page`.
fn source(page: &OutputPath, url: &str, base: &BaseUrl) -> Option<String> {
    if meant(page, url, base) != Meant::Elsewhere {
        return Some("'self'".to_owned());
    }
    let (scheme, rest) = url.split_once(':').unwrap_or(("https", url));
    match scheme {
        "data" | "blob" => Some(format!("{scheme}:")),
        "http" | "https" => {
            let rest = rest.strip_prefix("//")?;
            let host = rest.split(['/', '?', '#']).next()?;
            // These characters would end the source or the directive.
            let is_host = !host.is_empty() && !host.contains([' ', ';', ',', '\'', '"']);
            is_host.then(|| format!("{scheme}://{host}"))
        }
        _ => None,
    }
}

fn is_font(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let ends = |ending: &str| path.ends_with(ending);
    path.starts_with("data:font/") || [".woff2", ".woff", ".ttf", ".otf"].into_iter().any(ends)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{LONGEST, Policy};
    use crate::check::{Facts, Inline, Reference, Role};
    use crate::config::Config;
    use crate::path::OutputPath;

    fn config(more: &str) -> Config {
        Config::minimal("https://a.example", more)
    }

    fn policy(facts: &Facts, config: &Config) -> Policy {
        let page = OutputPath::new("a/index.html").unwrap();
        Policy::of_page(&page, facts, &BTreeMap::new(), config)
    }

    fn check(role: Role, url: &str, expected: &str) {
        let url = url.to_owned();
        let references = vec![Reference { url, role }];
        let facts = Facts {
            references,
            ..Facts::default()
        };
        let text = policy(&facts, &config("")).text();
        let rest = text.replace("base-uri 'none'; default-src 'none'; ", "");
        assert_eq!(rest, expected);
    }

    #[test]
    fn what_is_used_is_allowed_from_where_it_is_used() {
        check(Role::Image, "b.png", "form-action 'none'; img-src 'self'");
        check(
            Role::Image,
            "https://b.example/x.png?y",
            "form-action 'none'; img-src https://b.example",
        );
        check(
            Role::Image,
            "data:image/png,",
            "form-action 'none'; img-src data:",
        );
        check(Role::Form, "//b.example/f", "form-action https://b.example");
        check(Role::Link, "https://b.example/", "form-action 'none'");
        check(Role::Script, "https://b.example;x/", "form-action 'none'");
    }

    #[test]
    fn the_meta_tag_leaves_out_what_only_headers_may_say() {
        let config = config(
            "[headers.csp]\nreport-uri = ['/r']\nupgrade-insecure-requests = []\n\
             script-src = [\"'none'\"]\nimg-src = [\"'none'\", 'data:']\n",
        );
        assert_eq!(
            policy(&Facts::default(), &config).meta_tag(),
            "<meta http-equiv=\"Content-Security-Policy\" content=\"base-uri 'none'; \
             default-src 'none'; form-action 'none'; img-src data:; script-src 'none'; \
             upgrade-insecure-requests\">"
        );
    }

    #[test]
    fn hashes_that_no_header_can_hold_stay_with_their_pages() {
        let config = config("");
        let pages: Vec<Policy> = (0..50)
            .map(|nth| {
                let hash = format!("'sha256-{nth:044}'");
                let inline = vec![(Inline::Script, hash)];
                let facts = Facts {
                    inline,
                    ..Facts::default()
                };
                policy(&facts, &config)
            })
            .collect();
        let site = Policy::of_site(pages.iter(), &config).text();
        assert!(
            site.len() < LONGEST && site.contains("script-src 'unsafe-inline'"),
            "{site}"
        );
        assert!(pages[7].text().contains("0007'"), "{}", pages[7].text());
        let few = Policy::of_site(pages[..2].iter(), &config).text();
        assert!(!few.contains("unsafe"), "{few}");
    }
}
