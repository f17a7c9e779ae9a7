//! Decides whether two things want one place in the output folder. The stages that know of such
//! things ask here, so that none lets pass what another refuses.

use std::collections::hash_map::Entry;
use std::fmt;

use crate::diag::Diagnostic;
use crate::fingerprint::Table;
use crate::path::OutputPath;

/// Two who cannot both have what they want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clash<'p, C> {
    /// The file that both want.
    pub(crate) path: &'p str,
    /// Whether the other wants a file in a folder of that name.
    as_folder: bool,
    /// Who asked first.
    pub(crate) first: C,
    /// Who asked later, or wants the folder.
    pub(crate) other: C,
}

/// Everyone among `claims` who wants the file of somebody before, and of each file that others need
/// as a folder the first of those.
pub(crate) fn clashes<'p, C: Copy>(
    claims: impl Iterator<Item = (&'p OutputPath, C)> + Clone,
) -> Vec<Clash<'p, C>> {
    let mut clashes = Vec::new();
    let mut taken: Table<&str, C> = Table::default();
    taken.reserve(claims.size_hint().0);
    for (path, other) in claims.clone() {
        match taken.entry(path.as_str()) {
            Entry::Occupied(entry) => clashes.push(Clash {
                path: path.as_str(),
                as_folder: false,
                first: *entry.get(),
                other,
            }),
            Entry::Vacant(entry) => {
                entry.insert(other);
            }
        }
    }
    for (path, other) in claims {
        for folder in path.folders() {
            if let Some(first) = taken.remove(folder) {
                clashes.push(Clash {
                    path: folder,
                    as_folder: true,
                    first,
                    other,
                });
            }
        }
    }
    clashes
}

impl<C: fmt::Display> From<Clash<'_, C>> for Diagnostic {
    fn from(clash: Clash<'_, C>) -> Self {
        let Clash { path, first, .. } = clash;
        let message = if clash.as_folder {
            format!("one thing wants the file `{path}`, another a folder of that name")
        } else {
            format!("two things want the file `{path}`")
        };
        Self::error(message)
            .in_file(clash.other)
            .note(format!("the other is {first}"))
            .hint("give one of them another `slug`, `path` or name")
    }
}

#[cfg(test)]
mod tests {
    use super::clashes;
    use crate::path::OutputPath;

    #[test]
    fn files_clash_with_files_and_with_folders() {
        let paths = ["a/b/c", "x", "a/b", "x", "a/b/d", "x", "xy/x", "a/bc"];
        let paths = paths.map(OutputPath::fixed);
        let found = clashes(paths.iter().zip(0..));
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.path, one.as_folder, one.first, one.other))
            .collect();
        assert_eq!(
            found,
            [("x", false, 1, 3), ("x", false, 1, 5), ("a/b", true, 2, 0)]
        );
    }
}
