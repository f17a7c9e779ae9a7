//! The owner's privacy policy is published word for word.

use html5gum::{Token, Tokenizer};
use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};
use tempfile::TempDir;

use crate::harness::{Outcome, repository};

/// The policy as its owner wrote it.
const SEED: &str = include_str!("privacy-policy.md");

#[test]
fn the_content_file_holds_the_seed() {
    let file = repository().join("content/privacy.md");
    let text = std::fs::read_to_string(file).unwrap();
    let body = text.splitn(3, "+++\n").nth(2).unwrap();
    assert_eq!(body.trim(), SEED.trim());
}

#[test]
fn the_page_holds_every_word_heading_list_and_link_in_order() {
    let out = TempDir::new().unwrap();
    let dist = out.path().join("dist");
    let arguments = ["--out", dist.to_str().unwrap()];
    Outcome::of(&repository(), &arguments).succeeds();
    let page = std::fs::read_to_string(dist.join("privacy/index.html")).unwrap();
    let written = of_markdown(SEED);
    assert!(
        written.len() > 800,
        "the policy has {} parts",
        written.len()
    );
    let shown = of_html(&page);
    for (nth, (written, shown)) in written.iter().zip(&shown).enumerate() {
        assert_eq!(shown, written, "part {nth}");
    }
    assert_eq!(shown.len(), written.len());
}

/// Words, and what they stand in: `h2`, `ul`, `li`, `/ul`, `a mailto:…`.
fn of_markdown(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => parts.push(heading(level)),
            Event::End(TagEnd::Heading(level)) => parts.push(format!("/{}", heading(level))),
            Event::Start(Tag::List(start)) => parts.push(list(start.is_some()).to_owned()),
            Event::End(TagEnd::List(ordered)) => parts.push(format!("/{}", list(ordered))),
            Event::Start(Tag::Item) => parts.push("li".to_owned()),
            Event::Start(Tag::Link { dest_url, .. }) => parts.push(format!("a {dest_url}")),
            Event::Rule => parts.push("hr".to_owned()),
            Event::Text(text) | Event::Code(text) => words(&text, &mut parts),
            _ => {}
        }
    }
    parts
}

fn heading(level: HeadingLevel) -> String {
    level.to_string()
}

fn list(ordered: bool) -> &'static str {
    if ordered { "ol" } else { "ul" }
}

fn words(text: &str, parts: &mut Vec<String>) {
    parts.extend(text.split_whitespace().map(str::to_owned));
}

/// The same of the page's article.
fn of_html(page: &str) -> Vec<String> {
    let article = page.split("<article").nth(1).unwrap();
    let article = article.split_once('>').unwrap().1;
    let article = article.split("</article>").next().unwrap();
    let mut parts = Vec::new();
    for token in Tokenizer::new(article) {
        match token.unwrap() {
            Token::StartTag(tag) => {
                let name = String::from_utf8(tag.name.to_vec()).unwrap();
                match name.as_str() {
                    "h1" | "h2" | "h3" | "h4" | "ul" | "ol" | "li" | "hr" => parts.push(name),
                    "a" => {
                        let href = tag.attributes.get(b"href".as_slice()).unwrap();
                        parts.push(format!("a {}", String::from_utf8_lossy(href)));
                    }
                    _ => {}
                }
            }
            Token::EndTag(tag) => {
                let name = String::from_utf8(tag.name.to_vec()).unwrap();
                if matches!(name.as_str(), "h1" | "h2" | "h3" | "h4" | "ul" | "ol") {
                    parts.push(format!("/{name}"));
                }
            }
            Token::String(text) => words(&String::from_utf8_lossy(&text), &mut parts),
            _ => {}
        }
    }
    parts
}
