//! Makes `sitemap.xml` (sitemaps.org, protocol 0.9) and `robots.txt` (RFC 9309).

use std::fmt::Write as _;

use crate::config::Config;
use crate::escape::Xml;
use crate::path::{OutputPath, UrlPath};

use super::Url;

/// How many addresses one file may list.
const MOST: usize = 50_000;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// The sitemap: one file, or for a large site an index and its parts.
pub(super) fn files(entries: &[Url], config: &Config) -> Vec<(OutputPath, String)> {
    let main = OutputPath::fixed("sitemap.xml");
    if entries.len() <= MOST {
        return vec![(main, list(entries, config))];
    }
    let mut files = Vec::new();
    let mut index = head("sitemapindex");
    for (number, part) in entries.chunks(MOST).enumerate() {
        let path = OutputPath::fixed("sitemap").with_number(number + 1);
        let path = path.with_suffix(".xml");
        let address = config.base_url.join(&UrlPath::from(&path));
        let _ = writeln!(index, "  <sitemap><loc>{}</loc></sitemap>", Xml(&address));
        files.push((path, list(part, config)));
    }
    index.push_str("</sitemapindex>\n");
    files.push((main, index));
    files
}

/// A `robots.txt` that allows everything, and names the sitemap if there is one.
pub(super) fn robots(config: &Config) -> String {
    let mut text = "User-agent: *\nDisallow:\n".to_owned();
    if config.generate_sitemap {
        let _ = writeln!(text, "Sitemap: {}/sitemap.xml", config.base_url.as_str());
    }
    text
}

fn list(entries: &[Url], config: &Config) -> String {
    let mut text = head("urlset");
    for entry in entries {
        let address = config.base_url.join(&entry.url);
        let address = Xml(&address);
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

#[cfg(test)]
mod tests {
    use super::{MOST, files, robots};
    use crate::config::Config;
    use crate::deploy::Url;
    use crate::path::UrlPath;

    fn config() -> Config {
        Config::minimal("https://a.example/sub", "")
    }

    fn entries(count: usize) -> Vec<Url> {
        let entry = |number: usize| Url {
            url: UrlPath::new(&format!("a&b/{number}/")).unwrap(),
            changed: (number == 0).then(|| jiff::civil::date(2024, 1, 31)),
        };
        (0..count).map(entry).collect()
    }

    #[test]
    fn one_file_lists_all_pages() {
        let files = files(&entries(2), &config());
        assert_eq!(files.len(), 1);
        let (name, text) = &files[0];
        assert_eq!(name.as_str(), "sitemap.xml");
        let first =
            "<url><loc>https://a.example/sub/a&amp;b/0/</loc><lastmod>2024-01-31</lastmod></url>";
        let second = "<url><loc>https://a.example/sub/a&amp;b/1/</loc></url>";
        assert!(text.contains(first) && text.contains(second), "{text}");
    }

    #[test]
    fn a_long_list_is_split_behind_an_index() {
        let files = files(&entries(MOST + 1), &config());
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["sitemap1.xml", "sitemap2.xml", "sitemap.xml"]);
        assert_eq!(files[0].1.matches("<url>").count(), MOST);
        assert_eq!(files[1].1.matches("<url>").count(), 1);
        let part = "<sitemap><loc>https://a.example/sub/sitemap2.xml</loc></sitemap>";
        assert!(files[2].1.contains(part));
    }

    #[test]
    fn robots_are_told_where_the_sitemap_is() {
        let expected = "User-agent: *\nDisallow:\nSitemap: https://a.example/sub/sitemap.xml\n";
        assert_eq!(robots(&config()), expected);
    }
}
