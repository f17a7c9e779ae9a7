//! Texts as they are written into HTML and XML. Printing one of these types copies no text that
//! needs no escaping.

use std::fmt;

use pulldown_cmark_escape::{FmtWriter, escape_html};

/// A text in HTML: between tags, or in an attribute in quotes of any kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Html<'t>(pub(crate) &'t str);

/// A text in XML: between tags, or in an attribute. Control characters, of which XML allows few
/// (XML 1.0, 2.2), are left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Xml<'t>(pub(crate) &'t str);

impl fmt::Display for Html<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape_html(FmtWriter(f), self.0)
    }
}

impl fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0;
        let mut start = 0;
        for (at, c) in text.char_indices() {
            let instead = match c {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&apos;",
                '\t' | '\n' | '\r' => continue,
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => "",
                _ => continue,
            };
            f.write_str(&text[start..at])?;
            f.write_str(instead)?;
            start = at + c.len_utf8();
        }
        f.write_str(&text[start..])
    }
}

#[cfg(test)]
mod tests {
    use super::{Html, Xml};

    #[test]
    fn each_format_has_its_way() {
        let text = "é & <b> \"it's\"\u{b}\u{ffff}\n";
        assert_eq!(
            Html(text).to_string(),
            "é &amp; &lt;b&gt; &quot;it&#39;s&quot;\u{b}\u{ffff}\n"
        );
        assert_eq!(
            Xml(text).to_string(),
            "é &amp; &lt;b&gt; &quot;it&apos;s&quot;\n"
        );
    }
}
