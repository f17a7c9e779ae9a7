//! Makes one diagnostic of those that one mistake in a shared template leads to.

use std::collections::HashMap;

use super::{Diagnostic, Place};

/// How many places are named beside that of the first diagnostic.
const NAMED: usize = 3;

/// Keeps the first of all diagnostics that have the same message and come from the same place in a
/// template, with a note on the places of the others.
#[must_use]
pub fn merge(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<(Diagnostic, Vec<Box<Place>>)> = Vec::with_capacity(diagnostics.len());
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    for one in diagnostics {
        if let Some(cause) = one.cause.clone() {
            let number = *known
                .entry((cause, one.message.clone()))
                .or_insert(kept.len());
            if let Some((_, others)) = kept.get_mut(number) {
                others.extend(one.place);
                continue;
            }
        }
        kept.push((one, Vec::new()));
    }
    let with_note = |(first, others): (Diagnostic, Vec<Box<Place>>)| match also(&others) {
        Some(note) => first.note(note),
        None => first,
    };
    kept.into_iter().map(with_note).collect()
}

fn also(others: &[Box<Place>]) -> Option<String> {
    let named: Vec<String> = others.iter().take(NAMED).map(ToString::to_string).collect();
    let named = named.join(", ");
    match (others.len(), others.len().saturating_sub(NAMED)) {
        (0, _) => None,
        (_, 0) => Some(format!("it also fails at {named}")),
        (_, 1) => Some(format!("it also fails at {named} and one more place")),
        (_, more) => Some(format!("it also fails at {named} and {more} more places")),
    }
}
