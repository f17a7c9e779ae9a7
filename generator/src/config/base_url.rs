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

#[cfg(test)]
mod tests {
    use super::BaseUrl;

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
