//! A finished page and the links in it: found out where they lead, never with a panic, and
//! never to a place outside the site.
#![no_main]

use std::collections::BTreeSet;
use std::slice;
use std::sync::LazyLock;

use generator::check::{self, Input, Meant};
use generator::config::{Config, Overrides};
use generator::load::TextFile;
use generator::output::{Output, OutputKind};
use generator::path::{OutputPath, SourcePath};
use libfuzzer_sys::fuzz_target;

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let file = SourcePath::new("content/site.toml").unwrap();
    let text = "base_url = 'https://a.example/sub'";
    Config::parse(text, &file, &Overrides::default()).unwrap().0
});

fuzz_target!(|html: &str| {
    let page = Output {
        path: OutputPath::new("b/c/index.html").unwrap(),
        bytes: html.as_bytes().to_vec().into(),
        kind: OutputKind::Page,
        made_from: [
            SourcePath::new("content/b/c.md").unwrap(),
            SourcePath::new("templates/page.html").unwrap(),
        ]
        .into(),
    };
    let outputs = [page];
    let facts = check::read(&outputs, &check::Cache::default());
    for facts in facts.values() {
        assert!(facts.head.is_none_or(|at| html.is_char_boundary(at)));
        for reference in &facts.references {
            let meant = check::meant(&outputs[0].path, &reference.url, &CONFIG.base_url);
            if let Meant::Here { path, .. } = meant {
                assert!(!path.starts_with('/'), "{path}");
            }
        }
    }
    let [content, template] = ["content/b/c.md", "templates/page.html"].map(|path| TextFile {
        path: SourcePath::new(path).unwrap(),
        text: html.into(),
    });
    let input = Input {
        outputs: &outputs,
        pages: &facts,
        redirects: &[],
        config: &CONFIG,
        with_gaps: &BTreeSet::new(),
        content: &[content],
        others: slice::from_ref(&template),
        settings: &template,
    };
    if let Err(told) = check::check(input, &check::Cache::default()) {
        assert!(told.iter().all(|one| !one.to_terminal(true).is_empty()));
    }
});
