//! Resolves links relative to the page they are on (RFC 3986, 5.2, as far as paths are concerned).

use std::borrow::Cow;

use crate::config::BaseUrl;
use crate::path::{OutputPath, percent_decode, percent_encode};

/// The target of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// Something that is not on this site.
    Elsewhere,
    /// Something on this site.
    Here {
        /// The path below the site's root, decoded, without a leading slash.
        path: String,
        /// The anchor behind `#`, decoded; empty if there is none.
        anchor: String,
    },
    /// A path on the same host, but outside of the folder in the base URL.
    BesideTheSite {
        /// The path, decoded, without a leading slash.
        path: String,
    },
    /// A path with more `..` than there are folders.
    Escapes,
}

/// The target of the link `url` on `page`.
#[must_use]
pub fn meant(page: &OutputPath, url: &str, base: &BaseUrl) -> Meant {
    let (url, anchor) = url.split_once('#').unwrap_or((url, ""));
    let anchor = anchor.split(":~:").next().unwrap_or(anchor);
    let url = url.split('?').next().unwrap_or(url);
    let from = || {
        let mut from = format!("{}/", base.sub_path());
        percent_encode(page.as_str(), &mut from);
        from
    };
    let absolute = match on_this_host(url, base) {
        None => return Meant::Elsewhere,
        Some("") => Cow::Owned(from()),
        Some(path) if path.starts_with('/') => Cow::Borrowed(path),
        Some(path) => {
            let from = from();
            let folder = from.rfind('/').map_or("", |at| &from[..at]);
            Cow::Owned(format!("{folder}/{path}"))
        }
    };
    let Some(path) = without_dots(&absolute) else {
        return Meant::Escapes;
    };
    match below(&path, base.sub_path().trim_start_matches('/')) {
        Some(below) => Meant::Here {
            path: percent_decode(below),
            anchor: percent_decode(anchor),
        },
        None => Meant::BesideTheSite {
            path: percent_decode(&path),
        },
    }
}

/// The part of `path` below `folder`, without a slash before it.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    if folder.is_empty() {
        return Some(path);
    }
    let below = path.strip_prefix(folder)?;
    let is_below = below.is_empty() || below.starts_with('/');
    is_below.then(|| below.trim_start_matches('/'))
}

/// The path of a URL on this host; `None` for any other.
fn on_this_host<'a>(url: &'a str, base: &BaseUrl) -> Option<&'a str> {
    if let Some(path) = base.below_origin(url) {
        return Some(if path.is_empty() { "/" } else { path });
    }
    if url.starts_with("//") {
        return None;
    }
    let scheme = url.split(['/', ':']).next().unwrap_or("");
    let has_scheme = url[scheme.len()..].starts_with(':')
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    (!has_scheme).then_some(url)
}

/// `/a/./b/../c/` becomes `a/c/`.
fn without_dots(path: &str) -> Option<Cow<'_, str>> {
    let path = path.trim_start_matches('/');
    let mut segments = path.strip_suffix('/').unwrap_or(path).split('/');
    if path.is_empty() || segments.all(|part| !matches!(part, "" | "." | "..")) {
        return Some(Cow::Borrowed(path));
    }
    let mut parts: Vec<&str> = Vec::new();
    let mut ends_in_folder = false;
    for part in path.split('/') {
        ends_in_folder = matches!(part, "" | "." | "..");
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let mut joined = parts.join("/");
    if ends_in_folder && !joined.is_empty() {
        joined.push('/');
    }
    Some(Cow::Owned(joined))
}

#[cfg(test)]
mod tests {
    use super::{Meant, meant};
    use crate::config::BaseUrl;
    use crate::path::OutputPath;

    fn check(base: &str, page: &str, url: &str, expected: &str) {
        let base = BaseUrl::new(base).unwrap();
        let page = OutputPath::new(page).unwrap();
        let found = match meant(&page, url, &base) {
            Meant::Elsewhere => "elsewhere".to_owned(),
            Meant::Escapes => "escapes".to_owned(),
            Meant::BesideTheSite { path } => format!("beside {path}"),
            Meant::Here { path, anchor } => format!("{path}#{anchor}"),
        };
        assert_eq!(found, expected, "{url} on {page}");
    }

    #[test]
    fn links_are_resolved_where_they_stand() {
        let check = |page, url, expected| check("https://a.example", page, url, expected);
        check("a/index.html", "", "a/index.html#");
        check("a/index.html", "#x%20y", "a/index.html#x y");
        check("a/index.html", "b/", "a/b/#");
        check("a/index.html", "../c?d#e", "c#e");
        check("a/index.html", "./", "a/#");
        check("index.html", "d%C3%A9j%C3%A0/", "déjà/#");
        check("a.html", "../x", "escapes");
        check("a.html", "https://a.example/b/#c", "b/#c");
        check("a.html", "https://a.example", "#");
        check("a.html", "https://a.example.org/", "elsewhere");
        check("a.html", "//b.example/", "elsewhere");
        check("a.html", "mailto:a@b", "elsewhere");
        check("a.html", "#:~:text=x", "a.html#");
        check("a.html", "%zz%é", "%zz%é#");
        check("a.html", "%+1", "%+1#");
        check("a%41 b/index.html", "#c", "a%41 b/index.html#c");
        check("a%41/index.html", "b", "a%41/b#");
    }

    #[test]
    fn a_site_in_a_folder_knows_what_is_beside_it() {
        let check = |url, expected| check("https://a.example/sub", "b/index.html", url, expected);
        check("/sub/c/", "c/#");
        check("/sub", "#");
        check("c", "b/c#");
        check("../../c", "beside c");
        check("/subway/", "beside subway/");
        check("https://a.example/x", "beside x");
    }
}
