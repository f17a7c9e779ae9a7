//! The head of a content file, TOML and YAML: read or refused, each mistake at a place in it.
#![no_main]

use generator::config::{Config, Overrides};
use generator::load::TextFile;
use generator::parse::{self, Parsed};
use generator::path::SourcePath;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|head: &str| {
    let file = SourcePath::new("content/site.toml").unwrap();
    let (config, _) =
        Config::parse("base_url = 'https://a.example'", &file, &Overrides::default()).unwrap();
    for (name, fence) in [("a.md", "+++"), ("b/_index.md", "+++"), ("c.md", "---")] {
        let text = format!("{fence}\n{head}\n{fence}\nbody\n");
        let lines = text.lines().count();
        let file = TextFile {
            path: SourcePath::new(format!("content/{name}")).unwrap(),
            text: text.into(),
        };
        for lenient in [false, true] {
            let files = std::slice::from_ref(&file);
            let parsed = parse::parse(files, &[], &config, lenient, &Parsed::default());
            for one in parsed.diagnostics() {
                assert!(one.place.as_ref().is_some_and(|place| place.line <= lines));
                assert!(!one.to_terminal(true).is_empty());
            }
        }
    }
});
