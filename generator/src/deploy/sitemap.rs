//! `sitemap.xml` (sitemaps.org, protocol 0.9) and `robots.txt` (RFC 9309).

use std::fmt::Write as _;

use crate::config::Config;

use super::Entry;

/// How many addresses one file may list.
const MOST: usize = 50_000;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// The sitemap: one file, or an index and its parts.
pub(super) fn files(entries: &[Entry], config: &Config) -> Vec<(String, String)> {
    if entries.len() <= MOST {
        return vec![("sitemap.xml".to_owned(), list(entries, config))];
    }
    let mut files = Vec::new();
    let mut index = head("sitemapindex");
    for (number, part) in entries.chunks(MOST).enumerate() {
        let name = format!("sitemap{}.xml", number + 1);
        let address = format!("{}/{name}", config.base_url.as_str());
        let _ = writeln!(
            index,
            "  <sitemap><loc>{}</loc></sitemap>",
            escaped(&address)
        );
        files.push((name, list(part, config)));
    }
    index.push_str("</sitemapindex>\n");
    files.push(("sitemap.xml".to_owned(), index));
    files
}

/// Everything may be fetched; the sitemap is told where there is one.
pub(super) fn robots(config: &Config) -> String {
    let mut text = "User-agent: *\nDisallow:\n".to_owned();
    if config.generate_sitemap {
        let _ = writeln!(text, "Sitemap: {}/sitemap.xml", config.base_url.as_str());
    }
    text
}

fn list(entries: &[Entry], config: &Config) -> String {
    let mut text = head("urlset");
    for entry in entries {
        let address = escaped(&config.base_url.join(&entry.url));
        let _ = match &entry.changed {
            Some(day) => {
                writeln!(
                    text,
                    "  <url><loc>{address}</loc><lastmod>{day}</lastmod></url>"
                )
            }
            None => writeln!(text, "  <url><loc>{address}</loc></url>"),
        };
    }
    text.push_str("</urlset>\n");
    text
}

fn head(element: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{element} xmlns=\"{NAMESPACE}\">\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('\'', "&apos;")
}
