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

/// A `Set-Cookie` for this host only, with the attributes that all our cookies have.
pub(super) fn set(name: &str, value: &str, path: &str, same_site: &str, life: i64) -> HeaderValue {
    let private = PRIVATE_ATTRIBUTES.join("; ");
    let text =
        format!("{name}={value}; Path={path}; Max-Age={life}; {private}; SameSite={same_site}");
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
    use super::{Found, find, set};
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
        assert_eq!(
            set("state", "x", "/", "Strict", 60),
            "state=x; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Strict"
        );
    }
}
