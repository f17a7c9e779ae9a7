//! Makes one diagnostic of those that one mistake in a template leads to.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Diagnostic, Place};

/// How many places are named beside that of the first diagnostic.
const NAMED: usize = 3;

/// Keeps the first of all diagnostics that have the same message and come from the same place in a
/// template, with a note on the places of the others.
#[must_use]
pub fn merge_by_cause(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let key = |one: &Diagnostic| Some((one.cause.clone()?, one.message.clone()));
    merged(diagnostics, key, |others| {
        let places = others.iter().filter_map(|one| one.place.as_deref());
        let named: Vec<String> = places.take(NAMED).map(Place::to_string).collect();
        let named = named.join(", ");
        match others.len().saturating_sub(NAMED) {
            0 => format!("it also fails at {named}"),
            1 => format!("it also fails at {named} and one more place"),
            more => format!("it also fails at {named} and {more} more places"),
        }
    })
}

/// Keeps the first of all diagnostics about pages that have the same message and place, with a note
/// on the number of the others.
#[must_use]
pub fn merge_by_place(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let key = |one: &Diagnostic| Some((one.message.clone(), one.place.clone()));
    merged(diagnostics, key, |others| match others.len() {
        1 => "and one more page".to_owned(),
        more => format!("and {more} more pages"),
    })
}

/// Keeps the first of all diagnostics that have the same `key`, with a `note` on the others; all
/// without one.
fn merged<K: Eq + Hash>(
    diagnostics: Vec<Diagnostic>,
    key: impl Fn(&Diagnostic) -> Option<K>,
    note: impl Fn(&[Diagnostic]) -> String,
) -> Vec<Diagnostic> {
    let mut groups: Vec<(Diagnostic, Vec<Diagnostic>)> = Vec::with_capacity(diagnostics.len());
    let mut known: HashMap<K, usize> = HashMap::new();
    for one in diagnostics {
        let number = key(&one).map(|key| *known.entry(key).or_insert(groups.len()));
        match number.and_then(|number| groups.get_mut(number)) {
            Some((_, others)) => others.push(one),
            None => groups.push((one, Vec::new())),
        }
    }
    let with_note = |(first, others): (Diagnostic, Vec<Diagnostic>)| match others.as_slice() {
        [] => first,
        others => first.note(note(others)),
    };
    groups.into_iter().map(with_note).collect()
}
