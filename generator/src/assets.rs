//! Turns the assets of themes into files whose names hold a hash of their content, and a
//! [`Manifest`] to find them by.
//!
//! Every asset `a/site.css` comes out as `/assets/a/site.HASH.css`. Style sheets are bundled,
//! lowered for older browsers and minified. Modules stay modules; their imports are rewritten to
//! the new names. A changed asset gets a new name, and so does every asset that refers to it, but
//! no other.

mod css;
mod error;
mod lexer;
mod manifest;
mod modules;
mod nesting;
mod reference;
mod script;
mod shelf;

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::diag::{self, Diagnostic, MOST_IN_A_FILE};
use crate::output::Output;
use crate::path::{Segments, SourcePath};

pub use self::error::{AssetError, Reason};
pub use self::manifest::Manifest;

use self::shelf::Shelf;

/// The folder for assets in the output.
pub const FOLDER: &str = "assets";

/// An asset before processing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetFile {
    /// Its path below `assets/`, by which templates ask for it: `css/site.css`.
    pub name: Segments,
    /// The file it was read from.
    pub path: SourcePath,
    /// Its content.
    pub bytes: Bytes,
}

/// The finished assets.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    /// The files, sorted by path.
    pub outputs: Vec<Output>,
    /// Where to find each of them.
    pub manifest: Manifest,
}

/// Finishes all assets. No two `files` may have the same name.
///
/// A style sheet whose file name starts with `_` can only be imported: it gets no file of its own.
///
/// # Errors
/// Everything that is wrong with them.
pub fn process(files: Vec<AssetFile>) -> Result<Assets, Vec<Diagnostic>> {
    let mut shelf = Shelf::default();
    let (styles, rest): (Vec<_>, Vec<_>) = files.into_iter().partition(is_style);
    let (scripts, plain): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_script);
    for file in plain {
        shelf.place(&file.name, file.bytes, vec![file.path]);
    }
    let of_styles = css::place(&by_name(styles), &mut shelf);
    let of_scripts = modules::place(&by_name(scripts), &mut shelf);
    diag::collect([of_styles, of_scripts]).map_err(|errors| diagnostics(&errors.concat()))?;
    Ok(shelf.finish())
}

fn diagnostics(errors: &[AssetError]) -> Vec<Diagnostic> {
    let mut counts: BTreeMap<&SourcePath, usize> = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for error in errors {
        let count = counts.entry(&error.file).or_default();
        *count += 1;
        if *count <= MOST_IN_A_FILE {
            diagnostics.push(Diagnostic::from(error));
        }
    }
    for (file, count) in counts {
        diagnostics.extend(diag::surplus(count, file));
    }
    diagnostics
}

type Files = BTreeMap<Segments, AssetFile>;

fn by_name(files: Vec<AssetFile>) -> Files {
    files
        .into_iter()
        .map(|file| (file.name.clone(), file))
        .collect()
}

fn is_style(file: &AssetFile) -> bool {
    file.name.as_str().ends_with(".css")
}

fn is_script(file: &AssetFile) -> bool {
    let name = file.name.as_str();
    name.ends_with(".js") || name.ends_with(".mjs")
}

#[cfg(test)]
mod tests {
    use super::{AssetFile, Assets, process};
    use crate::path::{Segments, SourcePath};

    fn made(files: &[(&str, &str)]) -> Result<Assets, String> {
        let files = files
            .iter()
            .map(|(name, text)| AssetFile {
                name: Segments::new(*name).unwrap(),
                path: SourcePath::new(format!("themes/t/assets/{name}")).unwrap(),
                bytes: text.as_bytes().to_vec().into(),
            })
            .collect();
        process(files).map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    fn text(assets: &Assets, name: &str) -> String {
        let path = assets.manifest.url(name).unwrap().output();
        let output = assets.outputs.iter().find(|one| one.path == path).unwrap();
        String::from_utf8(output.bytes.to_vec()).unwrap()
    }

    fn url(assets: &Assets, name: &str) -> String {
        assets.manifest.url(name).unwrap().to_string()
    }

    #[test]
    fn a_style_sheet_is_bundled_minified_and_knows_the_new_names() {
        let assets = made(&[
            ("css/site.css", "@layer base, top;\n@import './parts/_a.css' layer(base) screen;\nb { color: #ff0000; }\n"),
            ("css/parts/_a.css", "a { background: url('../../img/x.svg#y'); & b { top: 0px } }"),
            ("img/x.svg", "<svg/>"),
        ])
        .unwrap();
        let image = url(&assets, "img/x.svg");
        let image = image.strip_prefix("/assets/").unwrap();
        assert_eq!(
            text(&assets, "css/site.css"),
            format!(
                "@layer base,top;@media screen{{@layer base{{a{{background:url(../{image}#y)}}a b{{top:0}}}}}}b{{color:red}}"
            )
        );
        assert_eq!(assets.manifest.url("css/parts/_a.css"), None);
    }

    #[test]
    fn modules_are_rewritten_and_preloaded_in_order() {
        let assets = made(&[
            (
                "main.js",
                "import { a } from './lib/a.js';\nimport('./lazy.js');\n",
            ),
            ("lib/a.js", "import './b.js'; export const a = 1;"),
            ("lib/b.js", "export {};"),
            ("lazy.js", "export {};"),
        ])
        .unwrap();
        let name = |of: &str| url(&assets, of).trim_start_matches("/assets/").to_owned();
        assert_eq!(
            text(&assets, "main.js"),
            format!(
                "import{{a}}from './{}';import('./{}');\n",
                name("lib/a.js"),
                name("lazy.js")
            )
        );
        assert_eq!(assets.manifest.imports("main.js"), ["lib/b.js", "lib/a.js"]);
        assert!(
            assets
                .manifest
                .integrity("main.js")
                .unwrap()
                .starts_with("sha384-")
        );
    }

    #[test]
    fn a_change_renames_what_refers_to_it_and_nothing_else() {
        let files = |end: &'static str| {
            made(&[
                ("main.js", "import './a.js'"),
                ("a.js", "import './b.js'"),
                ("b.js", "import './a.js'"),
                ("end.js", end),
                ("uses.js", "import './end.js'"),
            ])
            .unwrap()
        };
        let (before, after) = (files("1"), files("2"));
        for name in ["main.js", "a.js", "b.js"] {
            assert_eq!(url(&before, name), url(&after, name), "{name}");
        }
        for name in ["end.js", "uses.js"] {
            assert_ne!(url(&before, name), url(&after, name), "{name}");
        }
    }

    #[test]
    fn a_circle_is_renamed_as_one() {
        let circle = |b: &'static str| {
            made(&[
                ("a.js", "import './b.js'"),
                ("b.js", b),
                ("self.js", "import './self.js'"),
            ])
            .unwrap()
        };
        let (before, after) = (circle("import './a.js'"), circle("import './a.js';"));
        assert_ne!(url(&before, "a.js"), url(&after, "a.js"));
        assert_ne!(url(&before, "b.js"), url(&after, "b.js"));
        assert_eq!(url(&before, "self.js"), url(&after, "self.js"));
        let b = url(&before, "b.js").replace("/assets/", "./");
        assert_eq!(text(&before, "a.js"), format!("import '{b}'\n"));
        assert_eq!(before.manifest.imports("a.js"), ["b.js"]);
    }

    #[test]
    fn all_mistakes_are_told_with_their_places() {
        let messages = made(&[
            (
                "a.css",
                "a { color: red }\nb { background: url(img/pic.svg) }",
            ),
            ("b.css", "a {\n  color red;\n}\n"),
            ("c.css", "@import 'https://a.example/x.css';"),
            ("img/pik.svg", ""),
            ("a.js", "import './b.js'"),
            (
                "b.js",
                "import 'lit';\n  import './img/pik.svgz'; import '../x.js'",
            ),
        ])
        .unwrap_err();
        for part in [
            "themes/t/assets/a.css:2:21",
            "did you mean `img/pik.svg`?",
            "themes/t/assets/b.css:2:8",
            "unexpected `red`",
            "imported from another site",
            "themes/t/assets/b.js:1:9",
            "`lit` is not a path",
            "themes/t/assets/b.js:2:11",
            "`../x.js` leads out of `assets/`",
        ] {
            assert!(
                messages.contains(part),
                "{part} is missing from\n{messages}"
            );
        }
    }
}
