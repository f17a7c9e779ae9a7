//! Where a summary ends: at its divider, and where that stands inside elements with their end
//! tags, so that it is whole HTML.

use html5gum::{Token, Tokenizer};

/// Elements that have no end tag (HTML, 13.1.2).
const VOID: [&[u8]; 13] = [
    b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta",
    b"source", b"track", b"wbr",
];

/// Elements whose text is cut off, rather than a list of blocks.
const TEXT: [&[u8]; 10] = [
    b"a", b"code", b"dd", b"del", b"em", b"li", b"p", b"span", b"strong", b"td",
];

/// Whether `html` is `<!-- more -->`, however it is written.
pub(super) fn is_divider(html: &str) -> bool {
    let comment = html.trim().strip_prefix("<!--");
    let inside = comment.and_then(|rest| rest.strip_suffix("-->"));
    inside.is_some_and(|inside| inside.trim().eq_ignore_ascii_case("more"))
}

/// What has to stand behind `html`, the beginning of a body: the end tags of what is open, and
/// an ellipsis before them where a text is cut off.
pub(super) fn ending(html: &str) -> String {
    let mut open: Vec<Vec<u8>> = Vec::new();
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::StartTag(tag) if !tag.self_closing && !VOID.contains(&&tag.name[..]) => {
                open.push(tag.name.to_vec());
            }
            Token::EndTag(tag) => {
                if let Some(at) = open.iter().rposition(|name| *name == tag.name[..]) {
                    open.truncate(at);
                }
            }
            _ => {}
        }
    }
    let cuts_text = open.last().is_some_and(|name| TEXT.contains(&&name[..]));
    let mut ending = String::from(if cuts_text { "…" } else { "" });
    for name in open.iter().rev() {
        ending.push_str("</");
        ending.push_str(&String::from_utf8_lossy(name));
        ending.push('>');
    }
    ending
}

#[cfg(test)]
mod tests {
    use super::ending;

    #[test]
    fn what_is_open_is_ended() {
        for (html, expected) in [
            ("", ""),
            ("<p>One</p>\n<p>Two<br>", "…</p>"),
            ("<ul><li>a</li><li><p>b <em>c", "…</em></p></li></ul>"),
            ("<div class=\"intro\">\n<p>One</p>\n", "</div>"),
            (
                "<p>a < b</i> &lt;b&gt; <!-- <b> --><img src=\"x\" />",
                "…</p>",
            ),
        ] {
            assert_eq!(ending(html), expected, "{html}");
        }
    }
}
