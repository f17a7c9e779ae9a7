//! Key files that something has damaged: refused with a line's number, never with a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proxy::keys::file;

fuzz_target!(|text: &str| {
    match file::parse(text) {
        Ok(ring) => assert!(ring.find(ring.first().id()).is_some()),
        Err(reason) => assert!(!reason.to_string().is_empty()),
    }
});
