//! What is remembered, and what a refresh does to it, without a provider or a database.

use super::{Ask, Memory, Obtained, Outcome, Pending, Plan};
use crate::clock::Day;
use crate::cookie::id::IdHash;
use crate::secret::Secret;
use crate::tokens::TokenError;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1000);
const HOUR: Duration = Duration::from_secs(3600);

fn id() -> IdHash {
    IdHash::from_bytes([7; 32])
}

fn start(memory: &Memory) -> Pending {
    match memory.ask(id(), NOW) {
        Ask::Start(pending, _) => pending,
        _ => panic!("no refresh has to start"),
    }
}

fn finish(memory: &Memory, pending: Pending, result: Result<Obtained, TokenError>) {
    let outcome = Outcome {
        backs_off: result == Err(TokenError::Broken),
        result,
        uncommitted: None,
    };
    memory.finish(&id(), pending, outcome, NOW);
}

fn new_token() -> Obtained {
    Obtained::New(Secret::new("token".to_owned()), HOUR)
}

#[test]
fn a_toggled_restriction_does_not_shorten_the_wait_after_a_failure() {
    let memory = Memory::default();
    finish(&memory, start(&memory), Err(TokenError::Broken));
    assert!(matches!(memory.ask(id(), NOW), Ask::Wait(_)));
    for restricted in [true, false] {
        memory.restrict(&id(), restricted);
        let wait = Duration::from_secs(1);
        // The row is read; the provider is not asked.
        let pending = start(&memory);
        assert_eq!(pending.plan, Plan::Wait(wait));
        let error = if restricted {
            TokenError::Restricted
        } else {
            TokenError::Unavailable(wait)
        };
        finish(&memory, pending, Err(error));
    }
    assert!(matches!(memory.ask(id(), NOW), Ask::Wait(_)));
}

#[test]
fn a_refresh_whose_task_found_no_place_leaves_nothing() {
    let memory = Memory::default();
    let kept = || memory.ids(|_| true).len();
    drop(start(&memory));
    memory.sweep(NOW);
    assert_eq!(kept(), 0);
    drop(start(&memory));
    memory.forget(&id());
    assert_eq!(kept(), 0);
}

#[test]
fn a_restriction_during_a_refresh_withholds_its_token_until_the_row_was_read() {
    let memory = Memory::default();
    let pending = start(&memory);
    memory.restrict(&id(), true);
    let results = match memory.ask(id(), NOW) {
        Ask::Join(results) => results,
        _ => panic!("a refresh is under way"),
    };
    finish(&memory, pending, Ok(new_token()));
    let result = results.borrow().clone().expect("a result");
    assert_eq!(result.expect_err("refused"), TokenError::Restricted);
    memory.restrict(&id(), false);
    let pending = start(&memory);
    assert_eq!(pending.plan, Plan::Reuse);
    finish(&memory, pending, Ok(Obtained::Reused));
    assert!(matches!(memory.ask(id(), NOW), Ask::Remembered(_)));
}

#[test]
fn one_request_a_day_is_the_first_and_taken_back_it_is_the_next_one() {
    let memory = Memory::default();
    finish(&memory, start(&memory), Ok(new_token()));
    let today = Day::from_number(20_000);
    let is_first = |day| {
        memory
            .recall(&id(), NOW, day)
            .expect("a token")
            .is_first_today
    };
    assert!(is_first(today));
    assert!(!is_first(today));
    memory.unsee(&id());
    // The token itself is still there.
    assert!(is_first(today));
    assert!(!is_first(today));
    assert!(is_first(today.plus(1)));
}
