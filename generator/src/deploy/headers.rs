//! Makes `_headers`, in the format that Cloudflare Pages and Netlify share.
//!
//! If two rules for a path set the same header, hosts join the values, so a header is never set by
//! two rules that can apply to one path. HTML needs no caching rule: without one, these hosts let
//! browsers ask for every file again.

use std::fmt::Write as _;

use crate::assets::FOLDER;
use crate::config::Config;
use crate::diag::Diagnostic;

use super::csp::Policy;

/// Limits of Cloudflare Pages ("Headers"): the number of rules, and the characters of a line.
const MOST_RULES: usize = 100;
const LONGEST_LINE: usize = 2000;

/// A path pattern, and the headers of the files that it matches.
pub(super) type Rule = (String, Vec<(String, String)>);

/// The whole file, with warnings about what is too much for hosts.
pub(super) fn file(policy: &Policy, config: &Config) -> (String, Vec<Diagnostic>) {
    let rules = rules(policy, config);
    let mut warnings = Vec::new();
    if rules.len() > MOST_RULES {
        warnings.push(limit(&format!(
            "`_headers` has {} rules; Cloudflare Pages reads {MOST_RULES}",
            rules.len()
        )));
    }
    let mut text = String::new();
    for (pattern, headers) in &rules {
        let _ = writeln!(text, "{pattern}");
        for (name, value) in headers {
            if name.len() + value.len() + 4 > LONGEST_LINE {
                warnings.push(limit(&format!(
                    "the header {name} of `{pattern}` is longer than the {LONGEST_LINE} \
                     characters that Cloudflare Pages reads"
                )));
            }
            let _ = writeln!(text, "  {name}: {value}");
        }
    }
    (text, warnings)
}

fn limit(message: &str) -> Diagnostic {
    Diagnostic::warning(message).hint("shorten [headers] in the configuration")
}

/// All rules, the one for everything first.
pub(super) fn rules(policy: &Policy, config: &Config) -> Vec<Rule> {
    let sub_path = config.base_url.sub_path();
    let everywhere = format!("{sub_path}/*");
    let assets = format!("{sub_path}/{FOLDER}/*");
    let mut rules: Vec<Rule> = vec![
        (everywhere, defaults(policy, config)),
        (
            assets,
            vec![pair("Cache-Control", "public, max-age=31536000, immutable")],
        ),
    ];
    for (pattern, headers) in &config.headers.rules {
        let pattern = format!("{sub_path}{pattern}");
        // Those of the configuration differ from one another.
        let usual = &mut rules[..2];
        match usual.iter_mut().find(|(known, _)| *known == pattern) {
            Some((_, known)) => {
                for (name, value) in headers {
                    known.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
                    known.push((name.clone(), value.clone()));
                }
            }
            None => rules.push((pattern, headers.clone())),
        }
    }
    for (_, headers) in &mut rules {
        // An empty value in the configuration removes a header.
        headers.retain(|(_, value)| !value.is_empty());
    }
    rules
}

fn defaults(policy: &Policy, config: &Config) -> Vec<(String, String)> {
    let mut headers = vec![
        pair("Content-Security-Policy", &policy.text()),
        pair("Cross-Origin-Opener-Policy", "same-origin"),
        pair("Cross-Origin-Resource-Policy", "same-origin"),
        pair(
            "Permissions-Policy",
            "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), \
             microphone=(), payment=(), usb=()",
        ),
        pair("Referrer-Policy", "strict-origin-when-cross-origin"),
        pair("X-Content-Type-Options", "nosniff"),
        pair("X-Frame-Options", "DENY"),
    ];
    if config.base_url.as_str().starts_with("https:") {
        headers.push(pair("Strict-Transport-Security", "max-age=63072000"));
    }
    headers
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
