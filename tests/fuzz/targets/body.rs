//! A body with everything that markdown can have turned on, and with shortcodes: it becomes a
//! page, or is refused at places in it.
#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use generator::config::{Config, Overrides};
use generator::load::{Layer, Sources, TextFile};
use generator::model::{self, Cache, Selection, Target};
use generator::parse::{self, Parsed, Piece};
use generator::path::SourcePath;
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;

const ALL: &str = "base_url = 'https://a.example'\n[markdown]\nsmart_punctuation = true\n\
    render_emoji = true\nmath = true\nbottom_footnotes = true\nexternal_links_target_blank = true\n\
    lazy_async_image = true\ninsert_anchor_links = 'left'\n";

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let file = SourcePath::new("content/site.toml").unwrap();
    Config::parse(ALL, &file, &Overrides::default()).unwrap().0
});

static LAYERS: LazyLock<Vec<Layer>> = LazyLock::new(|| {
    let mut layer = Layer::default();
    for (name, text) in [
        ("note.html", "<p>{{ text }}</p>"),
        ("box.html", "<div>{{ body }}</div>"),
        ("table.md", "| {{ head }} |\n|---|\n{{ body }}\n"),
    ] {
        let path = format!("shortcodes/{name}");
        let file = TextFile {
            path: SourcePath::new(format!("templates/{path}")).unwrap(),
            text: text.into(),
        };
        layer.templates.insert(path, file);
    }
    vec![layer]
});

fuzz_target!(|body: &str| {
    let file = TextFile {
        path: SourcePath::new("content/a.md").unwrap(),
        text: format!("+++\n+++\n{body}").into(),
    };
    // What is missing at the end is told behind the last line.
    let lines = file.text.lines().count() + 1;
    let parsed = parse::parse(&[file], &LAYERS, &CONFIG, false, &Parsed::default());
    for one in parsed.diagnostics() {
        assert!(one.place.as_ref().is_some_and(|place| (0..=lines).contains(&place.line)));
    }
    let document = &parsed.documents[0];
    let ids: Vec<_> = document.body.headings.iter().map(|heading| &heading.id).collect();
    let is_unique = ids.iter().collect::<BTreeSet<_>>().len() == ids.len();
    assert!(is_unique || parsed.diagnostics().next().is_some(), "an id twice");
    let selection = Selection {
        drafts: false,
        future: false,
        today: date(2024, 6, 1),
    };
    let (sources, before) = (Sources::default(), Cache::default());
    let assembled = model::assemble(&parsed, &sources, &CONFIG, selection, &before);
    let page = Target::Page(assembled.site.page_ids().next().unwrap());
    for piece in &assembled.bodies.content(page).body.pieces {
        assert!(!matches!(piece, Piece::Html(html) if html.contains('\u{fdd0}')), "a mark is left");
    }
});
