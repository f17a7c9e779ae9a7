//! What a newcomer gets wrong while setting it up, and what they are told: the place, the remedy,
//! and nothing on the disk that was not there before.

mod paths;
mod start;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

/// What a run that has to fail says.
pub(crate) fn told(output: &Output) -> String {
    assert!(!output.status.success(), "it was accepted: {output:?}");
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!errors.contains("panicked"), "{errors}");
    errors
}

/// Whether all these parts are in the text.
pub(crate) fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

/// Every file in a folder, with its bytes.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        let bytes = fs::read(entry.path()).unwrap_or_default();
        (name, bytes)
    };
    entries.map(read).collect()
}
