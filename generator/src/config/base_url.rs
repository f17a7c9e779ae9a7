//! Where a site is served.

use crate::path::UrlPath;

/// An `http` or `https` address without query and fragment, and without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    origin_length: usize,
}

impl BaseUrl {
    /// Checks `text`; a trailing slash is dropped.
    ///
    /// `None` where it is not such an address.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))?;
        let host = rest.split('/').next().unwrap_or_default();
        let allowed = |c: char| c.is_ascii_graphic() && !"<>\"'`{}\\^|?#@".contains(c);
        if host.is_empty() || !rest.chars().all(allowed) {
            return None;
        }
        let origin_length = text.len() - rest.len() + host.len();
        let text = text.trim_end_matches('/').to_owned();
        Some(Self {
            text,
            origin_length,
        })
    }

    /// A stand-in where none is configured; a configuration that has it is never used.
    pub(super) fn nowhere() -> Self {
        Self {
            text: "http://localhost".to_owned(),
            origin_length: "http://localhost".len(),
        }
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.text[..self.origin_length]
    }

    /// The path below which the site lies: empty, or `/sub`.
    #[must_use]
    pub fn sub_path(&self) -> &str {
        &self.text[self.origin_length..]
    }

    /// What follows the origin in `url`, where `url` has this origin: empty, or what starts with
    /// `/`, `?` or `#`. `None` for any other address, such as `https://a.example.org` where
    /// the origin is `https://a.example`.
    #[must_use]
    pub fn below_origin<'u>(&self, url: &'u str) -> Option<&'u str> {
        below(url, self.origin())
    }

    /// Whether `url` is this address or lies below it.
    #[must_use]
    pub fn owns(&self, url: &str) -> bool {
        below(url, &self.text).is_some()
    }

    /// The full address of `path`.
    #[must_use]
    pub fn join(&self, path: &UrlPath) -> String {
        format!("{}{path}", self.text)
    }

    /// What a page on this site writes to link to `path`: the sub-path is in it.
    #[must_use]
    pub fn rooted(&self, path: &UrlPath) -> String {
        format!("{}{path}", self.sub_path())
    }
}

/// What follows `start` in `url`, where `start` ends at the end of a host or segment.
fn below<'u>(url: &'u str, start: &str) -> Option<&'u str> {
    let rest = url.strip_prefix(start)?;
    (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;

    #[test]
    fn an_address_that_only_begins_alike_is_another() {
        let url = BaseUrl::new("https://a.example/sub").unwrap();
        for own in ["", "/", "/x", "?q", "#f"] {
            let own = format!("https://a.example/sub{own}");
            assert!(url.owns(&own), "{own}");
        }
        for other in ["https://a.example/subway", "https://a.example/", "/sub"] {
            assert!(!url.owns(other), "{other}");
        }
        assert_eq!(url.below_origin("https://a.example/x"), Some("/x"));
        for other in [".org/", ":8080/", "@b.example/"] {
            let other = format!("https://a.example{other}");
            assert_eq!(url.below_origin(&other), None, "{other}");
        }
    }

    #[test]
    fn only_addresses_are_taken() {
        for bad in [
            "",
            "a.example",
            "ftp://a",
            "https://",
            "https://a b",
            "https://a/?q",
            "https:///x",
        ] {
            assert_eq!(BaseUrl::new(bad), None, "{bad}");
        }
        let url = BaseUrl::new("http://[::1]:4000/a/b/").unwrap();
        assert_eq!(
            (url.origin(), url.sub_path()),
            ("http://[::1]:4000", "/a/b")
        );
    }
}
