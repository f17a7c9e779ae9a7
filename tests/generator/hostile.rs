//! Spoiled input ends in an error or a file, never in a panic.

use generator::assets::{self, AssetFile};
use generator::check;
use generator::config::{Config, Overrides};
use generator::diag::Diagnostic;
use generator::load::{Layer, Sources, TextFile};
use generator::model::{self, Selection};
use generator::output::{Output, OutputKind};
use generator::parse::{self, Parsed};
use generator::path::{OutputPath, Segments, SourcePath};
use jiff::civil::date;

const CSS: &str = "@import './_b.css' screen;\n@layer a, b;\n:root { --x: url(data:,x); color-scheme: light dark }\n\
    a:not(.b, #c > d)::after { content: \"\\201c\"; background: url('i.svg') no-repeat; & e { top: calc(1px + 2em) } }\n\
    @media (width >= 30em) and (prefers-color-scheme: dark) { f { color: oklch(50% 0.2 30 / 0.5) } }\n\
    @supports (display: grid) { g { grid: [a] 1fr / auto-flow } }\n@keyframes h { to { rotate: 1turn } }\n";

const SCRIPT: &str = "import a, { b as c } from './m.js';\nexport * from \"./n.js\";\nconst r = /[/'\"]\\/`/g, t = `x ${ {y: `z`}.y } w`;\n\
    if (a) /re/.test(b); else { import('./m.js') }\n// end\n/* more */ label: for (;;) { a++ / 2; }\n";

const HTML: &str = "<!doctype html><html lang=en><head><meta charset=utf-8><title>x</title><script>if (a < b) '</p>'</script>\n\
    <style>a{}</style><link rel=stylesheet href=/a.css></head><body onload='x()'><a href=\"?a&amp;b#c\" id=c>x</a>\n\
    <img srcset='a 1x, b 2x' src=//h/i style=\"top:0\"><template><p></template><!-- c --><svg><use href=#c /></svg></body></html>\n";

/// A small generator of numbers (Marsaglia, \"Xorshift RNGs\", 2003): the same for all runs.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// `text` with a few bytes taken out, doubled or replaced.
fn spoiled(text: &str, dice: &mut Dice) -> Vec<u8> {
    const BYTES: &[u8] = b"{}()[]<>/\\'\"`$;:,.@#&*!-= \n\0a0\xc3\xa9\xff";
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=dice.below(6) {
        let at = dice.below(bytes.len());
        match dice.below(4) {
            0 => bytes.truncate(at.max(1)),
            1 => {
                bytes.remove(at);
            }
            2 => bytes.insert(at, BYTES[dice.below(BYTES.len())]),
            _ => bytes[at] = BYTES[dice.below(BYTES.len())],
        }
        if bytes.is_empty() {
            bytes.push(b'x');
        }
    }
    bytes
}

fn asset(name: &str, bytes: Vec<u8>) -> AssetFile {
    AssetFile {
        name: Segments::new(name).unwrap(),
        path: SourcePath::new(format!("assets/{name}")).unwrap(),
        bytes: bytes.into(),
    }
}

#[test]
fn spoiled_assets_do_not_panic() {
    let mut dice = Dice(20_230_430);
    let (mut finished, mut refused) = (0, 0);
    for _ in 0..3_000 {
        let files = vec![
            asset("a.css", spoiled(CSS, &mut dice)),
            asset("_b.css", b"b { color: red }".to_vec()),
            asset("i.svg", Vec::new()),
            asset("a.js", spoiled(SCRIPT, &mut dice)),
            asset("m.js", b"import './n.js'".to_vec()),
            asset("n.js", b"import './m.js'".to_vec()),
        ];
        match assets::process(files) {
            Ok(_) => finished += 1,
            Err(told) => {
                assert!(told.iter().all(|one| one.place.is_some()));
                refused += 1;
            }
        }
    }
    assert!(
        finished > 10 && refused > 10,
        "{finished} finished, {refused} refused"
    );
}

#[test]
fn spoiled_pages_do_not_panic() {
    let mut dice = Dice(20_230_430);
    let mut found = 0;
    for _ in 0..3_000 {
        let page = Output {
            path: OutputPath::new("index.html").unwrap(),
            bytes: spoiled(HTML, &mut dice).into(),
            kind: OutputKind::Page,
            made_from: [].into(),
        };
        let head = page.bytes.len();
        for facts in check::read(&[page], &check::Cache::default()).into_values() {
            found += facts.references.len();
            assert!(facts.head.is_none_or(|at| at <= head));
        }
    }
    assert!(found > 3_000, "{found} references");
}

const CONFIGURATION: &str = "base_url = 'https://a.example/b'\ntitle = \"x\"\ntaxonomies = [{ name = 'tags', paginate_by = 2 }]\n\
    feed_filenames = ['atom.xml', 'feed.json']\n[markdown]\nsmart_punctuation = true\nrender_emoji = true\nmath = true\n\
    bottom_footnotes = true\ninsert_anchor_links = 'left'\n[slugify]\npaths = 'safe'\n[extra.a]\nb = [1, 2.5, 2024-01-31]\n";

const TOML_PAGE: &str = "+++\ntitle = 'A \"b\"'\ndate = 2024-01-31T10:00:00+01:00\naliases = ['/old/', 'x/y']\ntaxonomies = { tags = ['é', 'b c'] }\n\
    [extra]\na = [1, { b = 2 }]\n+++\n# One {#given .c}\n# One\n\n:tada: $a_b$ $$c$$ \"q\" -- x[^a] [l](@/b.md#one) <b>r</b>\n\n\
    {{ note(text=\"x\", n=[1, 2.5, true]) }} {% box(a='b') %}\n*in* {{/* note() */}} {{ note() }}\n{% end %}\n\n<!-- more -->\n\n\
    | a | b |\n|:-:|---|\n| c | d |\n\n```rust,linenos,hl_lines=1-2 4,name=x\nfn a() {}\n```\n\n> [!NOTE]\n> x\n\n[^a]: *n*[^b]\n[^b]: m\n\nt\n: d\n";

const YAML_PAGE: &str = "---\ntitle: |\n  A\n  b\ndate: 2024-01-31\nweight: -1\ndraft: false\nextra: {a: [1, 'é', null], b: {c: ~}}\n---\n## One\n\n[r](@/a.md) ![i](a.png)\n";

const SECTION: &str = "+++\nsort_by = 'date'\npaginate_by = 1\n+++\n# One\n\n[l](@/a.md#given)\n";

fn configured(text: &str) -> Result<Config, Vec<Diagnostic>> {
    let file = SourcePath::new("content/site.toml").unwrap();
    Config::parse(text, &file, &Overrides::default()).map(|(config, _)| config)
}

#[test]
fn a_spoiled_configuration_does_not_panic() {
    let mut dice = Dice(20_230_430);
    let (mut finished, mut refused) = (0, 0);
    for _ in 0..3_000 {
        let text = String::from_utf8_lossy(&spoiled(CONFIGURATION, &mut dice)).into_owned();
        match configured(&text) {
            Ok(_) => finished += 1,
            Err(told) => {
                assert!(told.iter().all(|one| !one.to_terminal(true).is_empty()));
                refused += 1;
            }
        }
    }
    assert!(
        finished > 100 && refused > 100,
        "{finished} finished, {refused} refused"
    );
}

#[test]
fn spoiled_content_does_not_panic() {
    let config = configured(CONFIGURATION).unwrap();
    let mut layer = Layer::default();
    for (name, text) in [("note.html", "{{ text }}"), ("box.md", "{{ body }}")] {
        let path = SourcePath::new(format!("templates/shortcodes/{name}")).unwrap();
        let text = text.into();
        layer
            .templates
            .insert(format!("shortcodes/{name}"), TextFile { path, text });
    }
    let layers = [layer];
    let selection = Selection {
        drafts: true,
        future: true,
        today: date(2024, 6, 1),
    };
    let mut dice = Dice(20_230_430);
    let sources = Sources::default();
    let (mut finished, mut refused) = (0, 0);
    for _ in 0..1_500 {
        let file = |name: &str, bytes: &[u8]| TextFile {
            path: SourcePath::new(format!("content/{name}")).unwrap(),
            text: String::from_utf8_lossy(bytes).into(),
        };
        let texts = [
            ("a.md", TOML_PAGE),
            ("b.md", YAML_PAGE),
            ("_index.md", SECTION),
        ];
        let which = dice.below(texts.len());
        let files = texts.iter().enumerate().map(|(nth, (name, text))| {
            if nth == which {
                file(name, &spoiled(text, &mut dice))
            } else {
                file(name, text.as_bytes())
            }
        });
        let files: Vec<TextFile> = files.collect();
        let parsed = parse::parse(&files, &layers, &config, false, &Parsed::default());
        let assembled = model::assemble(
            &parsed,
            &sources,
            &config,
            selection,
            &model::Cache::default(),
        );
        let told: Vec<_> = parsed.diagnostics().chain(&assembled.diagnostics).collect();
        assert!(told.iter().all(|one| one.place.is_some()), "{told:?}");
        if told.iter().any(|one| one.is_error()) {
            refused += 1;
        } else {
            finished += 1;
        }
    }
    assert!(
        finished > 50 && refused > 50,
        "{finished} finished, {refused} refused"
    );
}

#[test]
fn deep_nesting_is_told_before_the_stack_ends() {
    for piece in ["a{", ":is(", "(", "[", "a{b:calc("] {
        let told = assets::process(vec![asset("a.css", piece.repeat(20_000).into_bytes())]);
        let told = told.unwrap_err()[0].to_string();
        assert!(told.contains("more than 128 deep"), "{told}");
    }
    let script = "${`".repeat(20_000).into_bytes();
    let told = assets::process(vec![asset("a.js", script)]).unwrap_err()[0].to_string();
    assert!(told.contains("has no end"), "{told}");
    let circle = (0..500).map(|nth| {
        let next = format!("import './{}.js'", (nth + 1) % 500);
        asset(&format!("{nth}.js"), next.into_bytes())
    });
    assert!(assets::process(circle.collect()).is_ok());
}
