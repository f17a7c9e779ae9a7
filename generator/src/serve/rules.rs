//! Parses `_headers` and `_redirects`, in the format that Cloudflare Pages and Netlify share
//! (developers.cloudflare.com/pages/configuration/headers and …/redirects).

/// The rules in `_headers`: path patterns, each with headers.
#[derive(Debug, Default)]
pub(super) struct HeaderRules(Vec<(String, Vec<(String, String)>)>);

impl HeaderRules {
    pub(super) fn parse(text: &str) -> Self {
        let mut rules: Vec<(String, Vec<(String, String)>)> = Vec::new();
        for line in text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
        {
            if line.starts_with([' ', '\t']) {
                if let (Some((_, headers)), Some((name, value))) =
                    (rules.last_mut(), line.split_once(':'))
                {
                    headers.push((name.trim().to_owned(), value.trim().to_owned()));
                }
            } else if !line.trim().is_empty() {
                rules.push((line.trim().to_owned(), Vec::new()));
            }
        }
        Self(rules)
    }

    /// The headers of all rules that match `path`. If several rules set a header, its values are
    /// joined by commas.
    pub(super) fn of(&self, path: &str) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        for (_, headers) in self.0.iter().filter(|(pattern, _)| fits(pattern, path)) {
            for (name, value) in headers {
                let known = found
                    .iter_mut()
                    .find(|(known, _)| known.eq_ignore_ascii_case(name));
                match known {
                    Some((_, values)) => {
                        values.push_str(", ");
                        values.push_str(value);
                    }
                    None => found.push((name.clone(), value.clone())),
                }
            }
        }
        found
    }
}

/// Whether `pattern` matches `path`. It may have one `*`, which matches anything.
fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((before, after)) => {
            path.len() >= before.len() + after.len()
                && path.starts_with(before)
                && path.ends_with(after)
        }
    }
}

/// The rules in `_redirects`: an address, its target and a status.
#[derive(Debug, Default)]
pub(super) struct Redirects(Vec<RedirectRule>);

#[derive(Debug)]
struct RedirectRule {
    from: String,
    to: String,
    status: u16,
}

impl Redirects {
    pub(super) fn parse(text: &str) -> Self {
        let redirects = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                Some(RedirectRule {
                    from: words.next()?.to_owned(),
                    to: words.next()?.to_owned(),
                    status: words
                        .next()
                        .and_then(|status| status.parse().ok())
                        .unwrap_or(302),
                })
            })
            .collect();
        Self(redirects)
    }

    /// The target and status of the first rule that matches `path`.
    pub(super) fn of(&self, path: &str) -> Option<(&str, u16)> {
        let rule = self.0.iter().find(|rule| fits(&rule.from, path))?;
        Some((&rule.to, rule.status))
    }
}

#[cfg(test)]
mod tests {
    use super::{HeaderRules, Redirects};

    #[test]
    fn headers_of_all_fitting_rules_are_joined() {
        let rules = HeaderRules::parse("# x\n/*\n  A: 1\n/assets/*\n  B: 2\n  a: 3\n");
        assert_eq!(rules.of("/"), [("A".to_owned(), "1".to_owned())]);
        let both = [
            ("A".to_owned(), "1, 3".to_owned()),
            ("B".to_owned(), "2".to_owned()),
        ];
        assert_eq!(rules.of("/assets/x.css"), both);
    }

    #[test]
    fn the_first_redirect_that_fits_counts() {
        let redirects = Redirects::parse("/old /new/ 301\n/a/* /b/\n");
        assert_eq!(redirects.of("/old"), Some(("/new/", 301)));
        assert_eq!(redirects.of("/a/x"), Some(("/b/", 302)));
        assert_eq!(redirects.of("/new/"), None);
    }
}
