//! References from one asset to another: finds the asset that a written reference names, and writes
//! references that a browser understands.

use crate::diag::nearest;
use crate::path::percent_encode;

use super::{FOLDER, Reason};

/// The target of a reference in an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// A full address, a fragment or an absolute path, which stays unchanged.
    Elsewhere,
    /// Another asset.
    Asset {
        /// Its name.
        name: String,
        /// The query and the fragment behind the name.
        suffix: &'a str,
    },
}

/// The URL path that the asset `name` would have without a hash. Its folder is right.
pub(super) fn plain_url(name: &str) -> String {
    let mut url = format!("/{FOLDER}/");
    percent_encode(name, &mut url);
    url
}

/// The target of `reference` in the asset `from`.
pub(super) fn resolve<'a>(from: &str, reference: &'a str) -> Result<Target<'a>, Reason> {
    if reference.is_empty() || reference.starts_with(['#', '/']) || has_scheme(reference) {
        return Ok(Target::Elsewhere);
    }
    let end = reference.find(['?', '#']).unwrap_or(reference.len());
    let (path, suffix) = reference.split_at(end);
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err(Reason::LeavesAssets(reference.to_owned()));
                }
            }
            part => parts.push(part),
        }
    }
    Ok(Target::Asset {
        name: parts.join("/"),
        suffix,
    })
}

/// The error about a reference to a missing asset, with the most similar of `names` for a hint.
pub(super) fn unknown<'a>(
    reference: &str,
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Reason {
    Reason::Unknown {
        reference: reference.to_owned(),
        name: name.to_owned(),
        near: nearest(name, names).map(str::to_owned),
    }
}

/// The relative reference from the URL path `from` to the URL path `to`: `./b.js`, `../img/c.svg`.
pub(super) fn relative(from: &str, to: &str) -> String {
    let folder: Vec<&str> = from.split('/').collect();
    let folder = &folder[..folder.len() - 1];
    let target: Vec<&str> = to.split('/').collect();
    let shared = folder
        .iter()
        .zip(&target[..target.len() - 1])
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder.len() - shared;
    let start = if up == 0 {
        "./".to_owned()
    } else {
        "../".repeat(up)
    };
    // A URL may hold `'`, which would end a string.
    format!("{start}{}", target[shared..].join("/")).replace('\'', "%27")
}

fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::{Target, relative, resolve};
    use crate::assets::Reason;

    #[test]
    fn references_are_resolved_from_their_folder() {
        for (from, reference, name) in [
            ("a.css", "b.svg", "b.svg"),
            ("css/a.css", "../img/b.svg?x#y", "img/b.svg"),
            ("js/a/b.js", "./c.js", "js/a/c.js"),
        ] {
            let Ok(Target::Asset { name: found, .. }) = resolve(from, reference) else {
                panic!("{reference} is an asset");
            };
            assert_eq!(found, name);
        }
        for elsewhere in ["#a", "/x.svg", "https://a.example/", "data:,"] {
            assert_eq!(resolve("a.css", elsewhere), Ok(Target::Elsewhere));
        }
        assert_eq!(
            resolve("a.css", "../x"),
            Err(Reason::LeavesAssets("../x".to_owned()))
        );
    }

    #[test]
    fn urls_are_told_relative_to_one_another() {
        assert_eq!(relative("/assets/a.js", "/assets/b.js"), "./b.js");
        assert_eq!(relative("/assets/js/a.js", "/assets/i/b.js"), "../i/b.js");
        assert_eq!(relative("/assets/a.js", "/assets/i/b'.js"), "./i/b%27.js");
    }
}
