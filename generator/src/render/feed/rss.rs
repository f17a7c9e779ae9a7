//! RSS 2.0 (<https://www.rssboard.org/rss-specification>).

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Feed, FeedEntry};
use crate::escape::Xml;

pub(super) fn write(feed: &Feed) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n",
    );
    let _ = writeln!(out, "<title>{}</title>", Xml(&feed.title));
    let _ = writeln!(out, "<link>{}</link>", Xml(&feed.home));
    // The format requires a description; without one, it is the title again.
    let description = Some(&feed.description).filter(|text| !text.is_empty());
    let description = description.unwrap_or(&feed.title);
    let _ = writeln!(out, "<description>{}</description>", Xml(description));
    let _ = writeln!(out, "<language>{}</language>", Xml(&feed.language));
    let _ = writeln!(
        out,
        "<atom:link href=\"{}\" rel=\"self\" type=\"application/rss+xml\"/>",
        Xml(&feed.own)
    );
    let _ = writeln!(out, "<lastBuildDate>{}</lastBuildDate>", date(feed.updated));
    for entry in &feed.entries {
        write_entry(entry, &mut out);
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

fn write_entry(entry: &FeedEntry, out: &mut String) {
    let address = Xml(&entry.address);
    let _ = writeln!(out, "<item>\n<title>{}</title>", Xml(&entry.title));
    let _ = writeln!(out, "<pubDate>{}</pubDate>", date(entry.published));
    // RSS's own `author` would have to be an e-mail address.
    for author in &entry.authors {
        let _ = writeln!(out, "<dc:creator>{}</dc:creator>", Xml(author));
    }
    let _ = writeln!(out, "<link>{address}</link>\n<guid>{address}</guid>");
    let _ = writeln!(
        out,
        "<description>{}</description>\n</item>",
        Xml(&entry.html)
    );
}

/// A date by RFC 822, with four digits for the year.
fn date(moment: Timestamp) -> String {
    moment.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
