//! Values of files that stand in a row, for readers who ask for nearly all of them in nearly the
//! same order: one build leaves them to the next, and few edits move anything.

use std::sync::OnceLock;

use crate::fingerprint::Table;
use crate::path::OutputPath;

/// Values by the paths of their files. Who asks tells at which place one is likely to stand.
#[derive(Debug, Clone)]
pub(crate) struct Lineup<T> {
    entries: Vec<(OutputPath, T)>,
    /// Where each stands, once one did not stand where it was likely to.
    places: OnceLock<Table<OutputPath, usize>>,
}

impl<T> Default for Lineup<T> {
    fn default() -> Self {
        Self::from_iter([])
    }
}

impl<T> FromIterator<(OutputPath, T)> for Lineup<T> {
    fn from_iter<I: IntoIterator<Item = (OutputPath, T)>>(entries: I) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            places: OnceLock::new(),
        }
    }
}

impl<T> Lineup<T> {
    /// The value of the file at `path`, which is quicker to find at its `place`.
    pub(crate) fn get(&self, place: usize, path: &OutputPath) -> Option<&T> {
        match self.entries.get(place) {
            Some((there, value)) if there == path => Some(value),
            _ => self.find(path.as_str()),
        }
    }

    /// The value of the file at `path`.
    pub(crate) fn find(&self, path: &str) -> Option<&T> {
        let numbered = || {
            let paths = self.entries.iter().map(|(path, _)| path.clone());
            paths.zip(0..).collect()
        };
        let place = self.places.get_or_init(numbered).get(path)?;
        self.entries.get(*place).map(|(_, value)| value)
    }

    /// All of them, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OutputPath, &T)> {
        self.entries.iter().map(|(path, value)| (path, value))
    }
}

#[cfg(test)]
mod tests {
    use super::Lineup;
    use crate::path::OutputPath;

    #[test]
    fn values_are_found_at_their_place_and_elsewhere() {
        let [a, b, c] = ["a", "b", "c"].map(OutputPath::fixed);
        let lineup: Lineup<u8> = [(a.clone(), 1), (b.clone(), 2)].into_iter().collect();
        for (place, path, value) in [
            (0, &a, Some(&1)),
            (1, &b, Some(&2)),
            (0, &b, Some(&2)),
            (9, &a, Some(&1)),
            (1, &c, None),
            (2, &c, None),
        ] {
            assert_eq!(lineup.get(place, path), value, "{path} at {place}");
        }
        assert_eq!(lineup.find("b"), Some(&2));
        assert_eq!(Lineup::<u8>::default().find("a"), None);
    }
}
