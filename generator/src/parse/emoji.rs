//! Emoji by their names on GitHub: `:tada:`.

/// The longest text that may be a name, in bytes; all known names are shorter.
const LONGEST: usize = 64;

/// `text` with the names replaced; `None` if there are none.
pub(super) fn replaced(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(':') {
        let behind = &rest[start + 1..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_+-".contains(c);
        let end = behind.find(|c| !is_part(c)).unwrap_or(behind.len());
        let closed = behind[end..].starts_with(':') && (1..=LONGEST).contains(&end);
        let emoji = closed
            .then(|| emojis::get_by_shortcode(&behind[..end]))
            .flatten();
        match emoji {
            Some(emoji) => {
                out.push_str(&rest[..start]);
                out.push_str(emoji.as_str());
                rest = &behind[end + 1..];
            }
            None => {
                out.push_str(&rest[..=start]);
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    (out != text).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn names_become_pictures() {
        for (text, expected) in [
            (":tada:", "🎉"),
            ("a :heart_eyes: b:+1:", "a 😍 b👍"),
            ("12:30:tada:", "12:30🎉"),
        ] {
            assert_eq!(replaced(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", ":", "::", "12:30:45", ":nothing_of_this:", ":tada"] {
            assert_eq!(replaced(text), None, "{text}");
        }
    }
}
