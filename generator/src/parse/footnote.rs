//! Moves footnotes to the end of a body, as GitHub shows them: numbered in the order of their first
//! mention, with links back. Their ids are made of their names, as in Zola.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::escape::Html;

/// The footnotes that were mentioned so far.
#[derive(Default)]
struct Notes {
    /// Their names, by the number that each has, from 1.
    names: Vec<String>,
    known: BTreeMap<String, Note>,
}

/// The number of a footnote, and how often it was mentioned so far.
#[derive(Clone, Copy)]
struct Note {
    number: usize,
    mentions: usize,
}

/// `events` with the footnotes moved to the end. Footnotes that are never mentioned are left out.
pub(super) fn at_the_end(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let (mut out, definitions) = extract_definitions(events);
    if definitions.is_empty() {
        return out;
    }
    let mut notes = Notes::default();
    notes.mention(&mut out);
    // A footnote may mention further ones, which are then numbered after it.
    let mut ready = Vec::new();
    while let Some(name) = notes.names.get(ready.len()).cloned() {
        let mut body = definitions.get(&name).cloned().unwrap_or_default();
        notes.mention(&mut body);
        ready.push((name, body));
    }
    if ready.is_empty() {
        return out;
    }
    let html = |text: String| Event::Html(text.into());
    out.push(html(
        "<footer class=\"footnotes\">\n<ol class=\"footnotes-list\">\n".to_owned(),
    ));
    for (name, mut body) in ready {
        let Some(note) = notes.known.get(&name) else {
            continue;
        };
        let id = id(&name);
        let back: String = (1..=note.mentions)
            .map(|nth| format!(" <a href=\"#fr-{id}-{nth}\" aria-label=\"Back to the text\">↩</a>"))
            .collect();
        let last = body
            .iter()
            .rposition(|event| matches!(event, Event::End(TagEnd::Paragraph)));
        body.insert(last.unwrap_or(body.len()), Event::InlineHtml(back.into()));
        out.push(html(format!("<li id=\"fn-{id}\">\n")));
        out.append(&mut body);
        out.push(html("</li>\n".to_owned()));
    }
    out.push(html("</ol>\n</footer>\n".to_owned()));
    out
}

/// What a footnote's ids are made of, inside an attribute: an id holds no white space.
fn id(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    Html(&words.join("-")).to_string()
}

type Definitions<'e> = BTreeMap<String, Vec<Event<'e>>>;

fn extract_definitions(events: Vec<Event<'_>>) -> (Vec<Event<'_>>, Definitions<'_>) {
    let mut out = Vec::with_capacity(events.len());
    let mut definitions = Definitions::new();
    let mut open: Option<(String, Vec<Event<'_>>)> = None;
    for event in events {
        match event {
            Event::Start(Tag::FootnoteDefinition(name)) => {
                open = Some((name.into_string(), Vec::new()));
            }
            Event::End(TagEnd::FootnoteDefinition) => {
                definitions.extend(open.take());
            }
            event => match &mut open {
                Some((_, body)) => body.push(event),
                None => out.push(event),
            },
        }
    }
    (out, definitions)
}

impl Notes {
    /// Numbers the footnotes that `events` mention.
    fn mention(&mut self, events: &mut [Event<'_>]) {
        for event in events {
            let Event::FootnoteReference(name) = event else {
                continue;
            };
            let Note { number, mentions } = self.mentioned(name);
            let id = id(name);
            *event = Event::InlineHtml(
                format!(
                    "<sup class=\"footnote-reference\" id=\"fr-{id}-{mentions}\">\
                     <a href=\"#fn-{id}\">{number}</a></sup>"
                )
                .into(),
            );
        }
    }

    /// Counts one more mention.
    fn mentioned(&mut self, name: &str) -> Note {
        if let Some(note) = self.known.get_mut(name) {
            note.mentions += 1;
            return *note;
        }
        self.names.push(name.to_owned());
        let note = Note {
            number: self.names.len(),
            mentions: 1,
        };
        self.known.insert(name.to_owned(), note);
        note
    }
}
