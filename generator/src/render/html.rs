//! Assembles the HTML of bodies.

use std::fmt::Write as _;

use minijinja::{Error, ErrorKind, Value};

use super::fields::Field;
use super::markup::{self, Standpoint};
use super::reads::{self, Read};
use super::shortcodes::Answered;
use super::world::World;
use crate::escape::Html;
use crate::model::Target;
use crate::parse::{InternalLink, Piece, Summary, anchor};

/// The whole body of `target`.
pub(super) fn content(world: &World, target: Target) -> Value {
    body(world, target, &world.content(target).body.pieces)
}

/// The body above `<!-- more -->`; none if there is no such mark.
pub(super) fn summary(world: &World, target: Target) -> Value {
    let whole = &world.content(target).body;
    let Some(Summary { pieces, ending }) = &whole.summary else {
        return Value::from(());
    };
    let cut = body(world, target, &whole.pieces[..*pieces]);
    match cut.as_str() {
        Some(html) if !ending.is_empty() || html.contains(FOOTNOTE) => {
            markup::value(without_lost_footnotes(html) + ending)
        }
        _ => cut,
    }
}

/// The beginning of the HTML of a mention of a footnote.
const FOOTNOTE: &str = "<sup class=\"footnote-reference\"";

/// `html` without the mentions of footnotes whose text is not in it.
fn without_lost_footnotes(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find(FOOTNOTE) {
        let end = rest[start..]
            .find("</sup>")
            .map_or(rest.len(), |at| start + at + 6);
        let mention = &rest[start..end];
        let id = mention
            .split_once("href=\"#")
            .and_then(|(_, id)| id.split('"').next());
        out.push_str(&rest[..start]);
        if id.is_some_and(|id| html.contains(&format!("id=\"{id}\""))) {
            out.push_str(mention);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn body(world: &World, target: Target, pieces: &[Piece]) -> Value {
    reads::note(|| Read::Field(world.target_key(target), Field::content(target)));
    if let Some(file) = world.site.source(target) {
        reads::note_source(file);
    }
    if !pieces.iter().any(|piece| matches!(piece, Piece::Call(_))) {
        return markup::value(join(world, target, pieces, &[]));
    }
    match world.answers.get().and_then(|answers| answers.get(&target)) {
        Some(answered) => {
            let Answered { texts, made_from } = &answered.value;
            made_from.iter().for_each(reads::note_source);
            markup::value(join(world, target, pieces, texts))
        }
        None => Value::from(Error::new(
            ErrorKind::InvalidOperation,
            "a shortcode cannot read the content of a page that calls shortcodes itself",
        )),
    }
}

/// The pieces of the body of `target` as HTML. `answers` holds the outputs of its shortcode calls,
/// at least of those that the pieces refer to.
pub(super) fn join(world: &World, target: Target, pieces: &[Piece], answers: &[String]) -> String {
    let length = pieces.iter().map(|piece| match piece {
        Piece::Html(html) => html.len(),
        _ => 64,
    });
    let content = world.content(target);
    let mut out = String::with_capacity(length.sum());
    for piece in pieces {
        match piece {
            Piece::Html(html) => out.push_str(html),
            Piece::Call(id) => out.push_str(&answers[id.index()]),
            Piece::Link(link) if content.lost.contains(link) => {}
            Piece::Link(link) => linked(world, link, &mut out),
            Piece::Beside => {
                if markup::standpoint() != Standpoint::On(target) {
                    address(world, target, &mut out);
                }
            }
            Piece::Anchor { heading, behind } => {
                let (before, after) = anchor(&heading.id, &heading.title, content.anchors);
                out.push_str(if *behind { &after } else { &before });
            }
        }
    }
    out
}

/// Writes where `link` leads. One to a file that could not be read has no address.
fn linked(world: &World, link: &InternalLink, out: &mut String) {
    if link.target.contains('%') {
        // Once there is a file of this very name, the link leads there and not to the decoded one.
        reads::note(|| Read::Source(link.target.as_str().into()));
    }
    let Some(target) = world.site.linked(&link.target) else {
        return;
    };
    address(world, target, out);
    if let Some(anchor) = &link.anchor {
        let _ = write!(out, "#{}", Html(anchor));
    }
}

/// Writes the address of `target`, as it leads there from where it will be read.
fn address(world: &World, target: Target, out: &mut String) {
    reads::note(|| Read::Field(world.target_key(target), Field::path(target)));
    let url = match target {
        Target::Page(id) => &world.site.page(id).url,
        Target::Section(id) => &world.site.section(id).url,
    };
    let base_url = &world.config.base_url;
    let address = match markup::standpoint() {
        Standpoint::Elsewhere => base_url.join(url),
        Standpoint::On(_) | Standpoint::Site => base_url.rooted(url),
    };
    let _ = write!(out, "{}", Html(&address));
}
