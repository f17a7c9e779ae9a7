//! The address at which a site is served.

use crate::path::UrlPath;

/// An `http` or `https` address without query and fragment, and without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    origin_length: usize,
}

impl BaseUrl {
    /// Checks `text` and removes a trailing slash.
    ///
    /// `None` if `text` is not such an address.
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

    /// A placeholder for a missing address. Reading such a configuration ends in an error, so that
    /// it is never used.
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

    /// The part of `url` behind the origin, if `url` has this origin: empty, or beginning with `/`,
    /// `?` or `#`. `None` for any other address, such as `https://a.example.org` where the origin
    /// is `https://a.example`.
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

    /// `path` as pages of this site link to it: with the sub-path before it.
    #[must_use]
    pub fn rooted(&self, path: &UrlPath) -> String {
        format!("{}{path}", self.sub_path())
    }
}

/// The part of `url` behind `start`, if `start` ends where a host or a segment of `url` ends.
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
