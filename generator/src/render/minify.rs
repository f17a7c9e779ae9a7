//! Removes the white space and the comments from HTML that do not show.
//!
//! A run of white space becomes one character, which looks the same. Tags, and the content of
//! `pre`, `textarea`, `script` and `style`, stay as they are.

/// Elements whose content stays as it is.
const VERBATIM: [&str; 4] = ["pre", "script", "style", "textarea"];

pub(super) fn minified(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    loop {
        let text = rest.find('<').unwrap_or(rest.len());
        collapse(&rest[..text], &mut out);
        rest = &rest[text..];
        if rest.is_empty() {
            return out;
        }
        if let Some(comment) = rest.strip_prefix("<!--") {
            let end = comment.find("-->").map_or(comment.len(), |at| at + 3);
            // Comments such as `<!--[if …` and `<!--#include …` mean something to old browsers and
            // to servers.
            if comment.starts_with(['[', '#']) {
                out.push_str(&rest[..end + 4]);
            }
            rest = &comment[end..];
            continue;
        }
        let end = tag_end(rest);
        let (tag, behind) = rest.split_at(end);
        out.push_str(tag);
        let kept = verbatim(tag).map_or(0, |name| closing(behind, name));
        out.push_str(&behind[..kept]);
        rest = &behind[kept..];
    }
}

fn collapse(text: &str, out: &mut String) {
    let mut parts = text.split(|c: char| c.is_ascii_whitespace()).peekable();
    while let Some(part) = parts.next() {
        out.push_str(part);
        if parts.peek().is_some() && !out.ends_with([' ', '\n']) {
            out.push(if text.contains('\n') { '\n' } else { ' ' });
        }
    }
}

/// The end of the tag, or what looks like one, at the start of `text`.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// The name of the element that `tag` opens, if it is in [`VERBATIM`].
fn verbatim(tag: &str) -> Option<&'static str> {
    let name = tag[1..]
        .split(|c: char| !c.is_ascii_alphanumeric())
        .next()?;
    VERBATIM
        .into_iter()
        .find(|known| name.eq_ignore_ascii_case(known))
}

/// The start of the closing tag of `name` in `text`; the end of `text` if there is none.
fn closing(text: &str, name: &str) -> usize {
    let closes = |at: &usize| {
        let behind = text.get(at + 2..at + 2 + name.len());
        behind.is_some_and(|behind| behind.eq_ignore_ascii_case(name))
    };
    let found = text.match_indices("</").map(|(at, _)| at).find(closes);
    found.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::minified;

    #[test]
    fn only_what_nobody_sees_is_taken_out() {
        for (html, expected) in [
            (
                "<p>\n  a   b\n</p>\n\n<p>c</p>",
                "<p>\na\nb\n</p>\n<p>c</p>",
            ),
            ("<b>a</b>  <i>b</i>", "<b>a</b> <i>b</i>"),
            (
                "<a title='x  >  y'  href=b>c  d</a>",
                "<a title='x  >  y'  href=b>c d</a>",
            ),
            (
                "a<!-- b -->c<!--[if IE]>d<![endif]-->",
                "ac<!--[if IE]>d<![endif]-->",
            ),
            ("<PRE>\n a  b </PRE>  c", "<PRE>\n a  b </PRE> c"),
            (
                "<script>a  =  '</p>'  </script>  x",
                "<script>a  =  '</p>'  </script> x",
            ),
            ("<textarea>  é", "<textarea>  é"),
            ("a < b", "a < b"),
            ("<!-- open", ""),
            ("é\u{a0}\u{a0}é", "é\u{a0}\u{a0}é"),
            ("", ""),
        ] {
            assert_eq!(minified(html), expected, "{html}");
        }
    }
}
