//! The kinds of path. Each is a type of its own, so that one cannot be mistaken for another.
//!
//! All are relative, `/`-separated on every system and UTF-8. The constructors refuse whatever
//! could escape the folder that a path belongs to (`..`, an absolute path, a drive letter, a NUL),
//! so code that holds one of these types need not check again. A clone shares the text.

mod url;

use std::borrow::Borrow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::hex::Hex;

pub use self::url::UrlPath;
pub(crate) use self::url::{percent_decode, percent_encode};

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

impl OutputPath {
    /// A path that stands in the program's own text: `404.html`.
    ///
    /// # Panics
    /// Where [`Self::new`] would refuse it.
    #[must_use]
    pub fn fixed(path: &'static str) -> Self {
        Self(own(path).into())
    }

    /// The file in the same folder whose name goes on with `suffix`: `a.js.gz` for `a.js`.
    ///
    /// # Panics
    /// Where `suffix` has more than letters, digits and dots.
    #[must_use]
    pub fn with_suffix(&self, suffix: &'static str) -> Self {
        assert!(
            suffix
                .chars()
                .all(|c| c == '.' || c.is_ascii_alphanumeric())
        );
        Self(format!("{self}{suffix}").into())
    }

    /// The file in the same folder whose name goes on with `number`.
    #[must_use]
    pub fn with_number(&self, number: usize) -> Self {
        Self(format!("{self}{number}").into())
    }

    /// The folders it lies in, the outermost first: `a`, `a/b` for `a/b/c`.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        let path = self.as_str();
        path.match_indices('/').map(|(at, _)| &path[..at])
    }

    /// The file `name` in a folder at the root that the program names.
    ///
    /// # Panics
    /// Where [`Segments::fixed`] would refuse the `folder`.
    #[must_use]
    pub fn within(folder: &'static str, name: &Segments) -> Self {
        let Segments(folder) = Segments::fixed(folder);
        Self(format!("{folder}/{}", name.0).into())
    }
}

impl Borrow<str> for OutputPath {
    fn borrow(&self) -> &str {
        &self.0
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

    /// Segments that stand in the program's own text.
    ///
    /// # Panics
    /// Where [`Self::new`] would refuse them.
    #[must_use]
    pub fn fixed(path: &'static str) -> Self {
        Self(own(path))
    }

    /// The same with a `tag` before the ending of the last one: `css/site.TAG.css`.
    #[must_use]
    pub fn tagged(&self, tag: &Hex) -> Self {
        let file_start = self.0.rfind('/').map_or(0, |at| at + 1);
        let dot = self.0[file_start..].rfind('.').filter(|dot| *dot > 0);
        let (stem, ending) = self
            .0
            .split_at(dot.map_or(self.0.len(), |dot| file_start + dot));
        Self(format!("{stem}.{tag}{ending}"))
    }

    /// The segments themselves, `/`-separated.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Segments {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<usize> for Segments {
    fn from(number: usize) -> Self {
        Self(number.to_string())
    }
}

/// A path in the program's own text.
fn own(path: &'static str) -> String {
    match relative(path.to_owned()) {
        Ok(path) => path,
        Err(error) => panic!("{error}"),
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

#[cfg(test)]
mod tests {
    use super::{OutputPath, PathError, Segments, SourcePath, UrlPath};
    use crate::hex::Hex;

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
    fn names_go_on_with_numbers_and_suffixes() {
        let file = OutputPath::fixed("a/map")
            .with_number(2)
            .with_suffix(".xml.gz");
        assert_eq!(file, OutputPath::new("a/map2.xml.gz").unwrap());
    }

    #[test]
    fn tags_stand_before_the_ending_of_a_name() {
        let tag = Hex::of(&[0xa, 0xff]);
        for (name, tagged) in [
            ("site.css", "site.0aff.css"),
            ("a.b/c.d.js", "a.b/c.d.0aff.js"),
            ("a.b/c", "a.b/c.0aff"),
            ("a/.b", "a/.b.0aff"),
        ] {
            let name = Segments::new(name).unwrap().tagged(&tag);
            let file = OutputPath::within("assets", &name);
            assert_eq!(file.as_str(), format!("assets/{tagged}"));
        }
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
}
