//! Remembers what lines of code come to.
//!
//! The lines of a site's code are often the same (`}`, `return x;`, the imports), and finding their
//! colours takes nine tenths of a build. What a line comes to depends on nothing but the line and
//! the [`State`] before it, so that a line that came twice from the same state is remembered with
//! the state behind it. Each thread remembers for itself.

use std::cell::RefCell;

use syntect::parsing::{Scope, SyntaxReference};

use super::state::State;
use crate::fingerprint::{self, Table};

/// How many states are known at the most.
const MOST_STATES: usize = 1000;

/// How much of lines and their HTML is remembered at the most, in bytes.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// How many lines are known to have come once, at the most.
const MOST_ONCE: usize = 100_000;

/// What one thread remembers. It starts anew when it is full.
#[derive(Default)]
pub(super) struct Memory {
    states: Vec<Known>,
    by_scopes: Table<Box<[Scope]>, Vec<Number>>,
    /// Hashes of lines that came once, with the states before them.
    once: Table<u64, ()>,
    bytes: usize,
}

/// A state, with the lines that came twice from there.
struct Known {
    state: State,
    lines: Table<Box<str>, Line>,
}

/// The index of a known state.
type Number = usize;

/// What a line comes to.
struct Line {
    html: Box<str>,
    next: Number,
}

/// The place before a line.
pub(super) enum Place {
    Known(Number),
    /// A state that there is no room for.
    Own(Box<State>),
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

impl Memory {
    /// Does `work` with this thread's memory.
    pub(super) fn with<T>(work: impl FnOnce(&mut Self) -> T) -> T {
        MEMORY.with_borrow_mut(work)
    }

    /// The place before the first line.
    pub(super) fn start(&mut self, syntax: &SyntaxReference) -> Place {
        if self.is_full() {
            *self = Self::default();
        }
        self.place(State::start(syntax))
    }

    /// The HTML of `line`, which ends with its line end, without that, and the place behind it.
    pub(super) fn line(&mut self, at: Place, line: &str) -> (String, Place) {
        let number = match at {
            Place::Known(number) => number,
            Place::Own(mut state) => {
                let html = state.read(line);
                return (html, self.place(*state));
            }
        };
        let known = &self.states[number];
        if let Some(line) = known.lines.get(line) {
            return (line.html.to_string(), Place::Known(line.next));
        }
        let mut state = known.state.clone();
        let html = state.read(line);
        let next = self.place(state);
        if let Place::Known(next) = next {
            self.remember(number, line, &html, next);
        }
        (html, next)
    }

    fn is_full(&self) -> bool {
        self.states.len() >= MOST_STATES || self.bytes >= MOST_BYTES || self.once.len() >= MOST_ONCE
    }

    fn place(&mut self, state: State) -> Place {
        let alike = self.by_scopes.get(state.scopes());
        let mut alike = alike.into_iter().flatten().copied();
        if let Some(number) = alike.find(|number| self.states[*number].state == state) {
            return Place::Known(number);
        }
        if self.states.len() >= MOST_STATES {
            return Place::Own(Box::new(state));
        }
        let number = self.states.len();
        let scopes = Box::from(state.scopes());
        self.by_scopes.entry(scopes).or_default().push(number);
        let lines = Table::default();
        self.states.push(Known { state, lines });
        Place::Known(number)
    }

    fn remember(&mut self, before: Number, line: &str, html: &str, next: Number) {
        if self.once.len() >= MOST_ONCE {
            self.once.clear();
        }
        let came = self.once.insert(fingerprint::of(&(before, line)), ());
        if came.is_none() || self.bytes >= MOST_BYTES {
            return;
        }
        self.bytes += line.len() + html.len();
        let html = Box::from(html);
        let known = &mut self.states[before];
        known.lines.insert(Box::from(line), Line { html, next });
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_STATES, Memory, Place};
    use crate::highlight::Language;
    use crate::highlight::state::State;

    /// Compares what the memory says of `code` with what the grammar says.
    fn check(memory: &mut Memory, language: &str, code: &str) {
        let syntax = Language::find(language).unwrap().0.unwrap();
        let mut state = State::start(syntax);
        let mut at = memory.start(syntax);
        for line in code.split_inclusive('\n') {
            let (html, next) = memory.line(at, line);
            assert_eq!(html, state.read(line), "{language}: {line}");
            at = next;
        }
    }

    #[test]
    fn what_is_remembered_is_what_the_grammar_says() {
        let mut memory = Memory::default();
        let lines = [
            "/* {\n",
            "*/\n",
            "let s = \"\n",
            "\";\n",
            "}\n",
            "f(1) // x\n",
            "`${\n",
            "}`\n",
        ];
        for round in 0..200 {
            // Each of these orders comes twice, and so do most pairs of lines.
            let order =
                (0..12).map(|nth| lines[(round % 100 * (nth + 3) + nth * nth) % lines.len()]);
            let code: String = order.collect();
            for language in ["rust", "js", "c", "python"] {
                check(&mut memory, language, &code);
            }
        }
        assert!(memory.bytes > 0);
    }

    #[test]
    fn more_states_than_there_is_room_for_are_read_all_the_same() {
        let mut memory = Memory::default();
        // The grammar's state holds the word that ends the text.
        let code: String = (0..2 * MOST_STATES)
            .map(|nth| format!("cat <<E{nth}\n$a\nE{nth}\n"))
            .collect();
        check(&mut memory, "bash", &code);
        assert_eq!(memory.states.len(), MOST_STATES);
        assert!(matches!(
            memory.start(Language::find("bash").unwrap().0.unwrap()),
            Place::Known(0)
        ));
        assert_eq!(memory.states.len(), 1);
    }
}
