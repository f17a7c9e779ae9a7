//! `site.toml` and what the environment lays over it: read or refused, never with a panic.
#![no_main]

use generator::config::{Config, Overrides};
use generator::path::SourcePath;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Vec<(String, String)>)| {
    let (text, environment) = input;
    let file = SourcePath::new("content/site.toml").unwrap();
    let text = format!("base_url = 'https://a.example/b'\n{text}");
    let environment = environment
        .into_iter()
        .map(|(name, value)| (format!("SITE_{name}"), value))
        .collect();
    for lenient in [false, true] {
        let overrides = Overrides {
            environment: Vec::clone(&environment),
            lenient,
            ..Overrides::default()
        };
        if let Err(told) = Config::parse(&text, &file, &overrides) {
            assert!(told.iter().all(|one| !one.to_terminal(false).is_empty()));
        }
    }
});
