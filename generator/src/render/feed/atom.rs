//! Atom (RFC 4287).

use std::fmt::Write as _;

use super::{Feed, FeedEntry};
use crate::escape::Xml;

pub(super) fn write(feed: &Feed) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let _ = writeln!(
        out,
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">",
        Xml(&feed.language)
    );
    let _ = writeln!(out, "<title>{}</title>", Xml(&feed.title));
    if !feed.description.is_empty() {
        let _ = writeln!(out, "<subtitle>{}</subtitle>", Xml(&feed.description));
    }
    let own = Xml(&feed.own);
    let _ = writeln!(
        out,
        "<link rel=\"self\" type=\"application/atom+xml\" href=\"{own}\"/>"
    );
    let _ = writeln!(
        out,
        "<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>",
        Xml(&feed.home)
    );
    let _ = writeln!(out, "<updated>{}</updated>", feed.updated);
    let _ = writeln!(out, "<id>{own}</id>");
    for entry in &feed.entries {
        write_entry(entry, &mut out);
    }
    out.push_str("</feed>\n");
    out
}

fn write_entry(entry: &FeedEntry, out: &mut String) {
    let address = Xml(&entry.address);
    let _ = writeln!(out, "<entry>\n<title>{}</title>", Xml(&entry.title));
    let _ = writeln!(out, "<published>{}</published>", entry.published);
    let _ = writeln!(out, "<updated>{}</updated>", entry.updated);
    for author in &entry.authors {
        let _ = writeln!(out, "<author><name>{}</name></author>", Xml(author));
    }
    let _ = writeln!(
        out,
        "<link rel=\"alternate\" type=\"text/html\" href=\"{address}\"/>"
    );
    let _ = writeln!(out, "<id>{address}</id>");
    if let Some(summary) = &entry.summary {
        let _ = writeln!(out, "<summary type=\"html\">{}</summary>", Xml(summary));
    }
    let _ = writeln!(
        out,
        "<content type=\"html\">{}</content>\n</entry>",
        Xml(&entry.html)
    );
}
