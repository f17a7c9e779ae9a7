//! Creates new files: `init` a small working site with the theme `plain`, `new` a page or section
//! with its front matter. Existing files are never touched.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::diag::Diagnostic;
use crate::path::{PathError, SourcePath};

/// Why the new files cannot be created.
#[derive(Debug)]
pub enum ScaffoldError {
    /// The folder for a new site is not empty.
    NotEmpty(PathBuf),
    /// The page or section exists already.
    Exists(SourcePath),
    /// The path is not that of a content file.
    NotContent(String),
    /// The path is not allowed.
    BadPath(PathError),
    /// The operating system refused.
    Refused {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

macro_rules! plain {
    ($($file:literal),* $(,)?) => {
        [$((
            concat!("themes/plain/", $file),
            include_str!(concat!("../../themes/plain/", $file)),
        )),*]
    };
}

const THEME: [(&str, &str); 12] = plain![
    "theme.toml",
    "assets/_prose.css",
    "assets/plain.css",
    "templates/404.html",
    "templates/base.html",
    "templates/index.html",
    "templates/list.html",
    "templates/page.html",
    "templates/partials/meta.html",
    "templates/section.html",
    "templates/taxonomy_list.html",
    "templates/taxonomy_single.html",
];

const SITE: [(&str, &str); 5] = [
    (".gitignore", "/dist/\n/.spotifinfo/\n"),
    ("content/site.toml", include_str!("scaffold/site.toml")),
    ("content/_index.md", include_str!("scaffold/home.md")),
    ("content/about.md", include_str!("scaffold/about.md")),
    ("content/posts/_index.md", include_str!("scaffold/posts.md")),
];

/// Creates a small working site in `folder`, which must not exist or be empty.
///
/// # Errors
/// [`ScaffoldError`] if the folder is not empty or cannot be written.
pub fn init(folder: &Path, today: Date) -> Result<(), ScaffoldError> {
    fs::create_dir_all(folder).map_err(|error| ScaffoldError::refused(folder, error))?;
    let mut entries =
        fs::read_dir(folder).map_err(|error| ScaffoldError::refused(folder, error))?;
    // A folder with nothing but a new git repository counts as empty.
    if entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != ".git")) {
        return Err(ScaffoldError::NotEmpty(folder.to_owned()));
    }
    for (path, text) in SITE.iter().chain(&THEME) {
        write(&folder.join(path), text)?;
    }
    let first = include_str!("scaffold/first.md").replace("TODAY", &today.to_string());
    write(&folder.join("content/posts/first.md"), &first)
}

/// Creates the page or section `path` (`posts/hello.md`, `posts/_index.md`, with or without
/// `content/` before it) in the site at `root`. Returns its path.
///
/// # Errors
/// [`ScaffoldError`] if it exists already, is not a content file or cannot be written.
pub fn new(root: &Path, path: &str, today: Date) -> Result<SourcePath, ScaffoldError> {
    let below = path.strip_prefix("content/").unwrap_or(path);
    let path = SourcePath::new(format!("content/{below}")).map_err(ScaffoldError::BadPath)?;
    if path.markdown_stem().is_none() {
        return Err(ScaffoldError::NotContent(below.to_owned()));
    }
    let file = path.below(root);
    if file.exists() {
        return Err(ScaffoldError::Exists(path));
    }
    write(&file, &front_matter(&path, today))?;
    Ok(path)
}

impl ScaffoldError {
    fn refused(path: &Path, error: io::Error) -> Self {
        Self::Refused {
            path: path.to_owned(),
            error,
        }
    }

    /// Whether the disk caused the error.
    #[must_use]
    pub fn is_io(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

impl From<&ScaffoldError> for Diagnostic {
    fn from(error: &ScaffoldError) -> Self {
        match error {
            ScaffoldError::NotEmpty(folder) => {
                Self::error(format!("the folder {} is not empty", folder.display()))
                    .hint("name a new one: spotifinfo init my-site")
            }
            ScaffoldError::Exists(path) => Self::error(format!("{path} is there already"))
                .hint("edit it, or choose another name"),
            ScaffoldError::NotContent(path) => {
                Self::error(format!("`{path}` is not a content file")).hint(format!(
                    "a page is `{path}.md`, a section `{path}/_index.md`"
                ))
            }
            ScaffoldError::BadPath(error) => Self::error(error.to_string())
                .hint("name the file below content/, such as posts/hello.md"),
            ScaffoldError::Refused { path, error } => {
                Self::error(format!("cannot write {}: {error}", path.display()))
                    .hint("choose a folder that this user may write to")
            }
        }
    }
}

fn front_matter(path: &SourcePath, today: Date) -> String {
    let stem = path.markdown_stem().unwrap_or_default();
    let is_section = stem == "_index";
    let name = match stem {
        "_index" | "index" => path.parent().rsplit('/').next().unwrap_or(""),
        name => name,
    };
    let mut text = "+++\n".to_owned();
    // After this the title has neither double quotes nor control characters.
    let title = titled(name).replace('\'', "’");
    let _ = writeln!(text, "title = '{title}'\ndescription = ''");
    if is_section {
        text.push_str("sort_by = 'date'\n");
    } else {
        let _ = writeln!(text, "date = {today}\ndraft = true");
    }
    text.push_str("+++\n");
    text
}

/// `my-first_post` becomes `My first post`.
fn titled(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

fn write(file: &Path, text: &str) -> Result<(), ScaffoldError> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, text))
        .map_err(|error| ScaffoldError::refused(file, error))
}
