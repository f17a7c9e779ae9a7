//! The kinds of path. Each is a type of its own, so that one cannot be mistaken for another.
//!
//! All are relative, `/`-separated on every system and UTF-8. The constructors refuse whatever
//! could escape the folder that a path belongs to (`..`, an absolute path, a drive letter, a NUL),
//! so code that holds one of these types need not check again. A clone shares the text.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a path was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathError {
    /// The path is empty.
    Empty,
    /// The path starts with `/`, `\` or a drive letter.
    Absolute(String),
    /// The path has a `.`, a `..` or an empty segment.
    Escapes(String),
    /// The path holds a control character or a backslash.
    Forbidden(String),
    /// The path is not UTF-8; its lossy form is kept for the message.
    NotUtf8(String),
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the path is empty"),
            Self::Absolute(path) => write!(f, "`{}` is absolute", path.escape_debug()),
            Self::Escapes(path) => write!(
                f,
                "`{}` has an empty, `.` or `..` segment",
                path.escape_debug()
            ),
            Self::Forbidden(path) => write!(
                f,
                "`{}` holds a control character or a backslash",
                path.escape_debug()
            ),
            Self::NotUtf8(path) => write!(f, "the name `{}` is not UTF-8", path.escape_debug()),
        }
    }
}

impl std::error::Error for PathError {}

/// A file the build reads, relative to the site's root: `content/posts/a.md`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcePath(Arc<str>);

/// A file the build writes, relative to the output folder: `posts/a/index.html`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutputPath(Arc<str>);

/// One or more segments to append to a URL path, not yet encoded: `page`, `old/posts`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segments(String);

/// A path on the site, below its base URL, as a browser asks for it: `/posts/a/`.
///
/// Always starts with `/`; reserved and non-ASCII bytes are percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UrlPath(Arc<str>);

macro_rules! relative_path {
    ($name:ident) => {
        impl $name {
            /// Checks `path` and wraps it.
            ///
            /// # Errors
            /// [`PathError`] where the path is empty or could leave its folder.
            pub fn new(path: impl Into<String>) -> Result<Self, PathError> {
                relative(path.into()).map(|path| Self(path.into()))
            }

            /// The path itself, `/`-separated.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The same file on disk, below `root`.
            #[must_use]
            pub fn below(&self, root: &Path) -> PathBuf {
                root.join(&*self.0)
            }

            /// The last segment.
            #[must_use]
            pub fn file_name(&self) -> &str {
                self.0.rsplit('/').next().unwrap_or_default()
            }

            /// The part of the file name after its last dot, if there is a dot.
            #[must_use]
            pub fn extension(&self) -> Option<&str> {
                let (stem, extension) = self.file_name().rsplit_once('.')?;
                (!stem.is_empty()).then_some(extension)
            }

            /// The folder it lies in, without a trailing slash; empty at the root.
            #[must_use]
            pub fn parent(&self) -> &str {
                self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

relative_path!(SourcePath);
relative_path!(OutputPath);

impl SourcePath {
    /// The source path of `file`, which must lie below `root`.
    ///
    /// # Errors
    /// [`PathError`] where `file` lies elsewhere, or where a name is not UTF-8.
    pub fn from_disk(root: &Path, file: &Path) -> Result<Self, PathError> {
        let below = file
            .strip_prefix(root)
            .map_err(|_| PathError::Absolute(file.display().to_string()))?;
        let mut joined = String::new();
        for part in below.components() {
            let name = part
                .as_os_str()
                .to_str()
                .ok_or_else(|| PathError::NotUtf8(file.display().to_string()))?;
            if !joined.is_empty() {
                joined.push('/');
            }
            joined.push_str(name);
        }
        Self::new(joined)
    }
}

impl SourcePath {
    /// The path below `content/`; the whole path of a file that lies elsewhere.
    #[must_use]
    pub fn below_content(&self) -> &str {
        self.0.strip_prefix("content/").unwrap_or(&self.0)
    }

    /// The folder that the file lies in, below `content/`; empty for `content/` itself.
    #[must_use]
    pub fn folder_below_content(&self) -> &str {
        let folder = self.below_content().rsplit_once('/');
        folder.map_or("", |(folder, _)| folder)
    }

    /// The file's name without the ending `.md`; `None` if it has another one. Capitals make no
    /// difference: `A.MD` must not be published as it is, drafts and all.
    #[must_use]
    pub fn markdown_stem(&self) -> Option<&str> {
        let (stem, ending) = self.file_name().rsplit_once('.')?;
        (!stem.is_empty() && ending.eq_ignore_ascii_case("md")).then_some(stem)
    }
}

impl Segments {
    /// Checks `path` and wraps it.
    ///
    /// # Errors
    /// [`PathError`] where the path is empty or could leave its folder.
    pub fn new(path: impl Into<String>) -> Result<Self, PathError> {
        relative(path.into()).map(Self)
    }

    /// The segments themselves, `/`-separated.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<usize> for Segments {
    fn from(number: usize) -> Self {
        Self(number.to_string())
    }
}

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

fn relative(path: String) -> Result<String, PathError> {
    if path.is_empty() {
        return Err(PathError::Empty);
    }
    if path.chars().any(|c| c.is_control() || c == '\\') {
        return Err(PathError::Forbidden(path));
    }
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    if path.starts_with('/') || drive {
        return Err(PathError::Absolute(path));
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(PathError::Escapes(path));
    }
    Ok(path)
}

/// Encodes all but unreserved characters, sub-delimiters, `:`, `@` and `/` (RFC 3986, 3.3).
pub(crate) fn percent_encode(text: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(HEX[usize::from(byte >> 4)]));
            into.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Decodes `%41` and the like; a `%` that is not followed by two hexadecimal digits stays.
pub(crate) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
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
    use super::{OutputPath, PathError, Segments, SourcePath, UrlPath};

    #[test]
    fn escapes_are_refused() {
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "./a",
            "c:/x",
            "a\\b",
            "a\0",
        ] {
            assert!(SourcePath::new(path).is_err(), "{path:?}");
            assert!(OutputPath::new(path).is_err(), "{path:?}");
        }
        assert_eq!(
            UrlPath::new("/a/../b"),
            Err(PathError::Escapes("a/../b".into()))
        );
    }

    #[test]
    fn paths_of_content_are_known_below_it() {
        for (path, below, folder) in [
            ("content/a.md", "a.md", ""),
            ("content/a/b/c.md", "a/b/c.md", "a/b"),
            ("content/content/a.md", "content/a.md", "content"),
            ("contents/a.md", "contents/a.md", "contents"),
        ] {
            let path = SourcePath::new(path).unwrap();
            assert_eq!(path.below_content(), below);
            assert_eq!(path.folder_below_content(), folder);
        }
    }

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
