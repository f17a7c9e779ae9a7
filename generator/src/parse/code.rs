//! Code blocks.

use pulldown_cmark_escape::{escape_html, escape_html_body_text};

/// A code block as HTML; `info` is what stands behind the fence.
pub(super) fn block(info: &str, code: &str) -> String {
    let language = info.split([',', ' ', '{']).next().unwrap_or_default();
    let mut html = String::with_capacity(code.len() * 5 / 4);
    if language.is_empty() {
        html.push_str("<pre><code>");
    } else {
        html.push_str("<pre><code class=\"language-");
        let _ = escape_html(&mut html, language);
        html.push_str("\">");
    }
    let _ = escape_html_body_text(&mut html, code);
    html.push_str("</code></pre>\n");
    html
}
