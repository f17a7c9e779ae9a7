//! Renders markdown as HTML: CommonMark 0.31 with extensions, parsed by pulldown-cmark. The bodies
//! of shortcode calls are rendered by themselves.

mod renderer;

use std::ops::Range;

use super::body::{Body, Call, CallBody};
use super::calls;
use super::pieces;
use super::problem::BodyProblem;
use super::shortcode::{Shortcodes, expand};
use crate::config::Config;
use crate::fingerprint;

/// Renders the bytes `body` of `text`. Spans of problems and links are places in `text`.
pub(super) fn render(
    text: &str,
    body: Range<usize>,
    shortcodes: &Shortcodes,
    config: &Config,
) -> (Body, Vec<BodyProblem>) {
    let mut expanded = expand(text, body.clone(), shortcodes);
    let mut problems = std::mem::take(&mut expanded.problems);
    let mut calls = Vec::with_capacity(expanded.calls.len());
    let mut fingerprints = Vec::with_capacity(expanded.calls.len());
    for call in expanded.calls {
        let body = call.body.map(|body| {
            let (html, more) = renderer::render(&body, calls.len(), config);
            problems.extend(more);
            fingerprints.push(html.fingerprint);
            CallBody {
                raw: pieces::split(&body.text, &[], &[], calls.len()).0,
                html: html.pieces,
            }
        });
        calls.push(Call {
            name: call.name,
            arguments: call.arguments,
            body,
            number: call.number,
            span: call.span,
        });
    }
    let (mut rendered, more) = renderer::render(&expanded.text, calls.len(), config);
    problems.extend(more);
    // The text is hashed too, because the arguments of calls appear nowhere else.
    rendered.fingerprint = fingerprint::of(&(rendered.fingerprint, fingerprints, &text[body]));
    rendered.has_gaps = expanded.has_gaps;
    rendered.calls = calls::kept(&mut rendered.pieces, calls);
    (rendered, problems)
}
