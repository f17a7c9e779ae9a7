//! The examples of the CommonMark specification, through the parse stage, with all extensions
//! that are on by default: none of them changes an example.

use generator::config::{Config, Overrides};
use generator::load::TextFile;
use generator::parse::{self, Parsed, Piece};
use generator::path::SourcePath;

fn config() -> Config {
    let file = SourcePath::new("content/site.toml").unwrap();
    let text = "base_url = 'https://a.example'\n[markdown.highlighting]\nenable = false\n";
    Config::parse(text, &file, &Overrides::default()).unwrap().0
}

/// The body's HTML, without the ids that headings get here.
fn html(markdown: &str, config: &Config) -> String {
    let file = TextFile {
        path: SourcePath::new("content/a.md").unwrap(),
        // An empty head keeps a first line such as `---` part of the body.
        text: format!("+++\n+++\n{markdown}").into(),
    };
    let before = Parsed::default();
    let parsed = parse::parse(&[file], &[], config, false, &before);
    let pieces = parsed.documents[0].body.pieces.iter();
    let html: String = pieces
        .map(|piece| match piece {
            Piece::Html(html) => &**html,
            // Headings have no links to themselves here, and the page is read at its own address.
            Piece::Anchor { .. } | Piece::Beside => "",
            other => panic!("{other:?}"),
        })
        .collect();
    without_ids(&html)
}

/// `html` without what does not change its meaning: how a quote in a text is written, and the
/// end of a line behind a list item's tag.
fn meaning(html: &str) -> String {
    let html = html.replace("&quot;", "\"").replace("<li>\n", "<li>");
    html.trim_end().to_owned()
}

fn without_ids(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find(" id=\"") {
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        let is_heading = before.ends_with(|c: char| ('1'..='6').contains(&c))
            && before[..before.len() - 1].ends_with("<h");
        let end = behind[5..].find('"').map_or(behind.len(), |end| end + 6);
        if !is_heading {
            out.push_str(&behind[..end]);
        }
        rest = &behind[end..];
    }
    out + rest
}

fn examples() -> Vec<(String, String)> {
    let fence = "`".repeat(32);
    let text = include_str!("commonmark.txt").replace('→', "\t");
    text.split(&format!("{fence} example\n"))
        .skip(1)
        .map(|example| {
            let example = example.split(&fence).next().unwrap();
            let (markdown, html) = if let Some(html) = example.strip_prefix(".\n") {
                ("", html)
            } else {
                let at = example.find("\n.\n").unwrap();
                (&example[..=at], &example[at + 3..])
            };
            (markdown.to_owned(), html.to_owned())
        })
        .collect()
}

#[test]
fn every_example_reads_as_the_specification_says() {
    let config = config();
    let examples = examples();
    assert_eq!(examples.len(), 652);
    let mut wrong = Vec::new();
    for (number, (markdown, expected)) in examples.iter().enumerate() {
        let got = html(markdown, &config);
        if meaning(&got) != meaning(expected) {
            let number = number + 1;
            wrong.push(format!(
                "{number}:\n{markdown}--- expected\n{expected}--- got\n{got}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} examples:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
