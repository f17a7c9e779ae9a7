//! Spoiled input ends in an error or a file, never in a panic.

use generator::assets::{self, AssetFile};
use generator::check;
use generator::output::{Output, OutputKind};
use generator::path::{OutputPath, SourcePath};

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
        name: name.to_owned(),
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
            made_from: Vec::new(),
        };
        let head = page.bytes.len();
        for facts in check::read(&[page]).into_values() {
            found += facts.references.len();
            assert!(facts.head.is_none_or(|at| at <= head));
        }
    }
    assert!(found > 3_000, "{found} references");
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
