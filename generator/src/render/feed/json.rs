//! JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>).

use serde_json::{Value, json};

use super::{Feed, FeedEntry};

pub(super) fn write(feed: &Feed) -> String {
    let items: Vec<Value> = feed.entries.iter().map(item).collect();
    let mut value = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.own,
        "language": feed.language,
        "items": items,
    });
    if !feed.description.is_empty() {
        value["description"] = Value::from(feed.description.as_str());
    }
    format!("{value:#}\n")
}

fn item(entry: &FeedEntry) -> Value {
    let authors: Vec<Value> = entry
        .authors
        .iter()
        .map(|name| json!({ "name": name }))
        .collect();
    let mut value = json!({
        "id": entry.address,
        "url": entry.address,
        "title": entry.title,
        "date_published": entry.published.to_string(),
        "date_modified": entry.updated.to_string(),
        "authors": authors,
        "content_html": entry.html,
    });
    if let Some(summary) = &entry.summary {
        value["summary"] = Value::from(summary.as_str());
    }
    value
}
