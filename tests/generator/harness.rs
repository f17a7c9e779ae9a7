//! One builder for every test: files in, one command, and what is to be seen then.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The repository.
pub(crate) fn repository() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().unwrap().to_owned()
}

/// A site in a temporary folder.
pub(crate) struct Site {
    folder: TempDir,
}

/// A small site: a configuration and templates that show title and content.
pub(crate) fn site() -> Site {
    empty_site()
        .with("content/site.toml", "base_url = 'https://a.example'\n")
        .with("templates/base.html", BASE)
        .with("templates/index.html", &shown("section"))
        .with("templates/section.html", &shown("section"))
        .with("templates/page.html", &shown("page"))
}

/// A folder without anything.
pub(crate) fn empty_site() -> Site {
    Site {
        folder: TempDir::new().unwrap(),
    }
}

const BASE: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <title>{% block title %}{{ config.title }}{% endblock %}</title>\n\
    {% block head %}{% endblock %}</head>\n<body>\n{% block body %}{% endblock %}\n</body>\n</html>\n";

fn shown(subject: &str) -> String {
    format!(
        "{{% extends \"base.html\" %}}\n{{% block title %}}{{{{ {subject}.title }}}}{{% endblock %}}\n\
         {{% block body %}}{{{{ {subject}.content }}}}{{% endblock %}}\n"
    )
}

impl Site {
    pub(crate) fn with(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Runs `spotifinfo` in the site's folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(&[], arguments)
    }

    /// The same, with these environment variables.
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
        Outcome::with(self.folder.path(), variables, arguments)
    }

    pub(crate) fn builds(&self) -> &Self {
        self.run(&[]).succeeds();
        self
    }

    pub(crate) fn built(&self, path: &str) -> String {
        let file = self.path("dist").join(path);
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("dist/{path}: {error}"))
    }

    pub(crate) fn has(&self, path: &str, part: &str) -> &Self {
        let text = self.built(path);
        assert!(text.contains(part), "dist/{path} lacks {part}:\n{text}");
        self
    }

    pub(crate) fn lacks(&self, path: &str) -> &Self {
        assert!(
            !self.path("dist").join(path).exists(),
            "dist/{path} is there"
        );
        self
    }

    /// Everything in the output folder.
    pub(crate) fn output(&self) -> BTreeMap<String, Vec<u8>> {
        tree(&self.path("dist"))
    }
}

/// What a command came to.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn of(folder: &Path, arguments: &[&str]) -> Self {
        Self::with(folder, &[], arguments)
    }

    fn with(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_spotifinfo"))
            .args(arguments)
            .current_dir(folder)
            .env_remove("SOURCE_DATE_EPOCH")
            .env("NO_COLOR", "1")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        Self {
            code: output.status.code().expect("it is not killed"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }

    pub(crate) fn fails(self, code: i32, parts: &[&str]) -> Self {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        for part in parts {
            let told = &self.stderr;
            assert!(told.contains(part), "{part} is missing from\n{told}");
        }
        self
    }
}

/// All files below `folder`, by path.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap();
                let name = name.to_str().unwrap().to_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}
