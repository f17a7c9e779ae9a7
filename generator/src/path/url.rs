//! URLs on the site, and how they encode the names of files.

use std::fmt;
use std::sync::Arc;

use super::{OutputPath, PathError, Segments, relative};

/// A path on the site, below its base URL, as a browser asks for it: `/posts/a/`.
///
/// Always starts with `/`; reserved and non-ASCII bytes are percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UrlPath(Arc<str>);

impl UrlPath {
    /// A URL path from unencoded text such as `posts/déjà vu/`; a leading `/` may be missing.
    ///
    /// # Errors
    /// [`PathError`] where a segment is empty, `.` or `..`, or holds a control character.
    pub fn new(path: &str) -> Result<Self, PathError> {
        let path = path.strip_prefix('/').unwrap_or(path);
        if path.is_empty() {
            return Ok(Self::root());
        }
        let checked = relative(path.strip_suffix('/').unwrap_or(path).to_owned())?;
        let mut encoded = String::with_capacity(checked.len() + 2);
        encoded.push('/');
        percent_encode(&checked, &mut encoded);
        if path.ends_with('/') {
            encoded.push('/');
        }
        Ok(Self(encoded.into()))
    }

    /// The URL path of the home page: `/`.
    #[must_use]
    pub fn root() -> Self {
        Self("/".into())
    }

    /// The URL path of the folder `name` below this one; it ends with `/`.
    #[must_use]
    pub fn folder(&self, name: &Segments) -> Self {
        Self(format!("{}/", self.below(name)).into())
    }

    /// The URL path of the file `name` below this folder.
    #[must_use]
    pub fn file(&self, name: &Segments) -> Self {
        Self(self.below(name).into())
    }

    /// The same address with a `/` at its end.
    #[must_use]
    pub fn as_folder(&self) -> Self {
        if self.0.ends_with('/') {
            self.clone()
        } else {
            Self(format!("{self}/").into())
        }
    }

    fn below(&self, name: &Segments) -> String {
        let mut joined = self.0.to_string();
        if !joined.ends_with('/') {
            joined.push('/');
        }
        percent_encode(&name.0, &mut joined);
        joined
    }

    /// The encoded path, with its leading `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file that answers this URL: `/a/` is `a/index.html`, `/a.txt` is `a.txt`.
    #[must_use]
    pub fn output(&self) -> OutputPath {
        let mut file = percent_decode(self.0.trim_start_matches('/'));
        if file.is_empty() || file.ends_with('/') {
            file.push_str("index.html");
        }
        OutputPath(file.into())
    }
}

impl From<&OutputPath> for UrlPath {
    /// The URL that asks for this file; `index.html` is left out.
    fn from(file: &OutputPath) -> Self {
        let shown = match file.as_str().strip_suffix("index.html") {
            Some(folder) if folder.is_empty() || folder.ends_with('/') => folder,
            _ => file.as_str(),
        };
        let mut encoded = String::with_capacity(shown.len() + 1);
        encoded.push('/');
        percent_encode(shown, &mut encoded);
        Self(encoded.into())
    }
}

impl fmt::Display for UrlPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Encodes all but unreserved characters, sub-delimiters, `:`, `@` and `/` (RFC 3986, 3.3).
pub(crate) fn percent_encode(text: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let is_encoded = |c: char| !c.is_ascii_alphanumeric() && !"-._~!$&'()*+,;=:@/".contains(c);
    for part in text.split_inclusive(is_encoded) {
        let plain = part.trim_end_matches(is_encoded);
        into.push_str(plain);
        for byte in part[plain.len()..].bytes() {
            into.push('%');
            into.push(char::from(HEX[usize::from(byte >> 4)]));
            into.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Decodes `%41` and the like; a `%` that is not followed by two hexadecimal digits stays.
pub(crate) fn percent_decode(text: &str) -> String {
    let (plain, encoded) = text.split_at(text.find('%').unwrap_or(text.len()));
    if encoded.is_empty() {
        return plain.to_owned();
    }
    let mut bytes = plain.as_bytes().to_vec();
    let mut rest = encoded.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail
            .get(..2)
            .filter(|pair| pair.iter().all(u8::is_ascii_hexdigit))
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match (
            first,
            hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use crate::path::{OutputPath, Segments, UrlPath};

    #[test]
    fn what_lies_below_a_url_stays_below() {
        let home = UrlPath::new("a b/").unwrap();
        let name = Segments::new("é/x").unwrap();
        assert_eq!(home.folder(&name).as_str(), "/a%20b/%C3%A9/x/");
        assert_eq!(home.file(&name).output().as_str(), "a b/é/x");
        assert_eq!(home.folder(&Segments::from(2)).as_str(), "/a%20b/2/");
        for escape in ["..", "a/../../b", "/a", "", "a//b", "a\\b"] {
            assert!(Segments::new(escape).is_err(), "{escape}");
        }
    }

    #[test]
    fn urls_and_files_mirror_each_other() {
        for (url, file) in [
            ("/", "index.html"),
            ("/a/b/", "a/b/index.html"),
            ("/robots.txt", "robots.txt"),
            ("/d%C3%A9j%C3%A0%20vu/", "déjà vu/index.html"),
        ] {
            let output = OutputPath::new(file).unwrap();
            assert_eq!(UrlPath::from(&output).as_str(), url);
            assert_eq!(UrlPath::from(&output).output(), output);
        }
    }
}
