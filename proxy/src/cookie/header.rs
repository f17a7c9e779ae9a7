//! The headers `Cookie` and `Set-Cookie`.

use hyper::HeaderMap;
use hyper::header::{COOKIE, HeaderValue};

use crate::cookie::PRIVATE_ATTRIBUTES;

/// The cookies with one name in a request, in all its header lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// The name is not there.
    None,
    /// It is there once.
    One(&'a str),
    /// It is there more than once.
    Several,
}

/// Looks for the cookie `name`. A value that is not ASCII counts as an empty one.
#[must_use]
pub fn find<'a>(headers: &'a HeaderMap, name: &str) -> Found<'a> {
    let mut found = Found::None;
    for line in headers.get_all(COOKIE) {
        for pair in line.as_bytes().split(|byte| *byte == b';') {
            let Some(value) = value_of(pair.trim_ascii(), name) else {
                continue;
            };
            match found {
                Found::None => found = Found::One(value),
                Found::One(_) | Found::Several => return Found::Several,
            }
        }
    }
    found
}

/// With which requests a browser sends a cookie (RFC 6265bis section 4.1.2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// With those of the site's own pages.
    Strict,
    /// Also when a link or a redirect of another site leads here.
    Lax,
}

impl SameSite {
    /// The attribute.
    #[must_use]
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Strict => "SameSite=Strict",
            Self::Lax => "SameSite=Lax",
        }
    }
}

/// In what one cookie of ours differs from another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attributes {
    pub(super) path: &'static str,
    pub(super) same_site: SameSite,
    /// In seconds; 0 deletes the cookie.
    pub(super) max_age: i64,
}

/// A `Set-Cookie` for this host only, with the attributes that all our cookies have.
pub(super) fn set(name: &str, value: &str, attributes: Attributes) -> HeaderValue {
    let Attributes {
        path,
        same_site,
        max_age,
    } = attributes;
    let (private, same_site) = (PRIVATE_ATTRIBUTES.join("; "), same_site.attribute());
    let text = format!("{name}={value}; Path={path}; Max-Age={max_age}; {private}; {same_site}");
    // Names and values consist of characters that are valid here. An empty header would set
    // nothing.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<&'a str> {
    let value = pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
    Some(std::str::from_utf8(value).unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::{Attributes, Found, SameSite, find, set};
    use hyper::HeaderMap;
    use hyper::header::{COOKIE, HeaderValue};

    fn headers(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for line in [
            "state=x",
            "a=b; state=x",
            "state=x;a=b",
            "xstate=y; state=x; statex=z",
        ] {
            assert_eq!(find(&headers(&[line]), "state"), Found::One("x"), "{line}");
        }
        for line in ["", "State=x", "a=state=x", "state", "xstate=y"] {
            assert_eq!(find(&headers(&[line]), "state"), Found::None, "{line}");
        }
    }

    #[test]
    fn two_of_a_name_are_noticed_across_header_lines() {
        assert_eq!(
            find(&headers(&["state=x; state=x"]), "state"),
            Found::Several
        );
        assert_eq!(
            find(&headers(&["state=x", "a=b; state=y"]), "state"),
            Found::Several
        );
    }

    #[test]
    fn bytes_that_are_not_text_are_an_empty_value() {
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_bytes(b"state=\xff\xfe").expect("a value");
        headers.append(COOKIE, line);
        assert_eq!(find(&headers, "state"), Found::One(""));
    }

    #[test]
    fn a_cookie_is_set_for_this_host_alone() {
        let attributes = Attributes {
            path: "/",
            same_site: SameSite::Strict,
            max_age: 60,
        };
        assert_eq!(
            set("state", "x", attributes),
            "state=x; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Strict"
        );
    }
}
