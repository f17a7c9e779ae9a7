//! Translates the rules of `_headers` and `_redirects` for nginx and Caddy, into snippets to
//! include in a server's configuration.

use std::fmt::Write as _;

use crate::config::Config;
use crate::model::Redirect;
use crate::path::{OutputPath, percent_decode};

use super::headers::{Rule, rules};
use super::redirects::lines;
use super::{Policy, Server};

/// The `Cache-Control` of HTML and of everything else without a rule: browsers ask every time
/// whether it has changed.
const REVALIDATED: &str = "no-cache";

/// Files for hosts, which are not sent to visitors.
const HIDDEN: [&str; 4] = ["_headers", "_redirects", "nginx.conf", "Caddyfile"];

impl Server {
    /// The name of its snippet in the output.
    fn file(self) -> OutputPath {
        OutputPath::fixed(match self {
            Self::Nginx => "nginx.conf",
            Self::Caddy => "Caddyfile",
        })
    }

    /// The snippet with its file name.
    pub(super) fn snippet(
        self,
        policy: &Policy,
        redirects: &[Redirect],
        config: &Config,
    ) -> (OutputPath, String) {
        let rules = rules(policy, config);
        let redirects = lines(redirects, config);
        let text = match self {
            Self::Nginx => nginx(&rules, &redirects, config.base_url.sub_path()),
            Self::Caddy => caddy(&rules, &redirects, config.base_url.sub_path()),
        };
        (self.file(), text)
    }
}

/// The snippet for nginx, which applies the headers of only one location. So each location gets all
/// headers that apply to it.
fn nginx(rules: &[Rule], redirects: &[(String, String)], sub_path: &str) -> String {
    let mut text = format!(
        "# Include this in a server block whose `root` is the output folder.\n\
         index index.html;\nabsolute_redirect off;\nerror_page 404 {sub_path}/404.html;\n"
    );
    for hidden in HIDDEN {
        let _ = writeln!(text, "location = {sub_path}/{hidden} {{ return 404; }}");
    }
    for (from, to) in redirects {
        // nginx compares locations with decoded paths.
        let _ = writeln!(
            text,
            "location = {} {{ return 301 {}; }}",
            quoted(&percent_decode(from)),
            quoted(&literal(to))
        );
    }
    for (pattern, _) in rules {
        let _ = writeln!(text, "location {} {{", location(pattern));
        text.push_str("    try_files $uri $uri/ =404;\n");
        for (name, value) in applying(rules, pattern) {
            let _ = writeln!(text, "    add_header {name} {} always;", quoted(&value));
        }
        text.push_str("}\n");
    }
    text
}

/// The snippet for Caddy. Everything is inside a `handle`, so that other handlers of the site block
/// keep their own headers.
fn caddy(rules: &[Rule], redirects: &[(String, String)], sub_path: &str) -> String {
    let mut text =
        "# Import this in a site block whose `root` is the output folder.\nhandle {\n".to_owned();
    for (from, to) in redirects {
        let _ = writeln!(
            text,
            "\tredir {} {} 301",
            quoted(from),
            quoted(&literal(to))
        );
    }
    for (pattern, headers) in rules {
        let _ = writeln!(text, "\theader {pattern} {{");
        caddy_headers(headers, "\t\t", &mut text);
        text.push_str("\t}\n");
    }
    let _ = writeln!(
        text,
        "\theader ?Cache-Control {REVALIDATED}\n\
         \tfile_server {{\n\t\tprecompressed br gzip\n\t\thide {}\n\t}}\n}}",
        HIDDEN.join(" ")
    );
    let missing = format!("{sub_path}/404.html");
    text.push_str(
        "handle_errors {\n\t@missing expression {http.error.status_code} == 404\n\
         \thandle @missing {\n\t\theader {\n",
    );
    caddy_headers(&applying(rules, &missing), "\t\t\t", &mut text);
    let _ = writeln!(
        text,
        "\t\t}}\n\t\trewrite * {missing}\n\t\tfile_server\n\t}}\n}}"
    );
    text
}

fn caddy_headers(headers: &[(String, String)], indent: &str, text: &mut String) {
    for (name, value) in headers {
        let _ = writeln!(text, "{indent}{name} {}", quoted(value));
    }
}

/// The headers of all rules that cover `pattern`. Later rules override earlier ones.
fn applying(rules: &[Rule], pattern: &str) -> Vec<(String, String)> {
    let mut headers = vec![("Cache-Control".to_owned(), REVALIDATED.to_owned())];
    for (other, more) in rules {
        if !covers(other, pattern) {
            continue;
        }
        for (name, value) in more {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value.clone()));
        }
    }
    headers
}

fn covers(pattern: &str, other: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => other.starts_with(start),
        None => pattern == other,
    }
}

fn location(pattern: &str) -> String {
    match pattern.strip_suffix('*') {
        Some(start) if !start.contains(['*', ':']) => quoted(start),
        _ if !pattern.contains(['*', ':']) => format!("= {}", quoted(pattern)),
        _ => format!("~ {}", quoted(&regex(pattern))),
    }
}

/// `pattern` as a regular expression. `*` matches anything, `:name` one segment.
fn regex(pattern: &str) -> String {
    let mut regex = "^".to_owned();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' => regex.push_str(".*"),
            ':' => {
                while rest.next_if(|c| c.is_alphanumeric() || *c == '_').is_some() {}
                regex.push_str("[^/]+");
            }
            c if c.is_alphanumeric() || "/-_".contains(c) => regex.push(c),
            c => regex.extend(['\\', c]),
        }
    }
    regex.push('$');
    regex
}

/// `address` with the characters escaped that begin a variable of nginx or a placeholder of Caddy.
fn literal(address: &str) -> String {
    let address = address.replace('$', "%24");
    address.replace('{', "%7B").replace('}', "%7D")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{applying, caddy, location, nginx};

    fn rules() -> Vec<(String, Vec<(String, String)>)> {
        [
            ("/*", "X-One", "a \"b\""),
            ("/assets/*", "Cache-Control", "immutable"),
            ("/x/*", "X-One", "other"),
        ]
        .into_iter()
        .map(|(pattern, name, value)| {
            (
                pattern.to_owned(),
                vec![(name.to_owned(), value.to_owned())],
            )
        })
        .collect()
    }

    #[test]
    fn a_location_gets_all_headers_that_apply() {
        let shown = |pattern| {
            let headers = applying(&rules(), pattern);
            let headers: Vec<String> = headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            headers.join(", ")
        };
        assert_eq!(shown("/*"), "Cache-Control: no-cache, X-One: a \"b\"");
        assert_eq!(
            shown("/assets/*"),
            "X-One: a \"b\", Cache-Control: immutable"
        );
        assert_eq!(shown("/x/*"), "Cache-Control: no-cache, X-One: other");
    }

    #[test]
    fn patterns_become_locations() {
        for (pattern, expected) in [
            ("/*", "\"/\""),
            ("/a/*", "\"/a/\""),
            ("/a.txt", "= \"/a.txt\""),
            ("/*.txt", "~ \"^/.*\\\\.txt$\""),
            ("/a/:page/c", "~ \"^/a/[^/]+/c$\""),
        ] {
            assert_eq!(location(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn both_say_where_redirects_lead() {
        let redirects = [
            ("/old".to_owned(), "/new/".to_owned()),
            (
                "/d%C3%A9j%C3%A0".to_owned(),
                "https://b.example/$host/{x}".to_owned(),
            ),
        ];
        let nginx = nginx(&rules(), &redirects, "");
        assert!(
            nginx.contains("location = \"/old\" { return 301 \"/new/\"; }"),
            "{nginx}"
        );
        let encoded = "location = \"/déjà\" { return 301 \"https://b.example/%24host/%7Bx%7D\"; }";
        assert!(nginx.contains(encoded), "{nginx}");
        assert!(
            nginx.contains("    add_header X-One \"a \\\"b\\\"\" always;"),
            "{nginx}"
        );
        let caddy = caddy(&rules(), &redirects, "");
        assert!(caddy.contains("redir \"/old\" \"/new/\" 301"), "{caddy}");
    }
}
