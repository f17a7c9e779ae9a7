//! Checks where a login leads afterwards: to a path of the site, never to the proxy or another
//! site.

/// The longest path that is remembered, in bytes.
const LONGEST: usize = 512;

/// `wanted` if it is a path of the site, otherwise `/`.
///
/// Browsers read `\` as `/`, drop tabs and line breaks, and may decode percent-encoding after a
/// redirect. So the path is checked as they would understand it (WHATWG URL, section 4.4).
#[must_use]
pub fn checked(wanted: &str) -> &str {
    if is_path_of_the_site(wanted) {
        wanted
    } else {
        "/"
    }
}

fn is_path_of_the_site(wanted: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    if wanted.len() > LONGEST || !wanted.starts_with('/') || !wanted.bytes().all(plain) {
        return false;
    }
    let path = wanted.split(['?', '#']).next().unwrap_or_default();
    let Some(path) = decoded(path) else {
        return false;
    };
    let stays = !path.contains("//") && path.split('/').all(|part| part != ".." && part != ".");
    let is_api = path == "/api" || path.starts_with("/api/");
    stays && !is_api
}

/// The path without percent-encoding. `None` if that is broken, or hides a character that would
/// change the path's structure.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = tail;
            continue;
        }
        let pair = std::str::from_utf8(tail.get(..2)?).ok()?;
        let byte = u8::from_str_radix(pair, 16).ok()?;
        if byte.is_ascii_control() || matches!(byte, b'\\' | b'/' | b'%') {
            return None;
        }
        bytes.push(byte);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn paths_of_the_site_are_kept() {
        for path in [
            "/",
            "/top/tracks/?range=long_term",
            "/a%20b/",
            "/d%C3%A9j%C3%A0/#x",
            "/apis/",
        ] {
            assert_eq!(checked(path), path);
        }
    }

    #[test]
    fn everything_else_leads_home() {
        let long = format!("/{}", "a".repeat(512));
        for path in [
            "",
            "//e",
            "/\\e",
            "/%2f%2fe",
            "/%2Fe",
            "/%09/e",
            "/%5ce",
            "https:e",
            "https://e",
            "a",
            "/a/../..//e",
            "/a/../b",
            "/%2e%2e/b",
            "/a/./b",
            "/api",
            "/api/x",
            "/%61pi/x",
            "/api/?x",
            "/a\tb",
            "/a\r\nb",
            "/a%0d%0ab",
            "/a b",
            "/é",
            "/%zz",
            "/%",
            &long,
        ] {
            assert_eq!(checked(path), "/", "{path:?}");
        }
    }
}
