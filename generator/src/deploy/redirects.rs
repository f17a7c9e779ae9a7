//! Makes `_redirects`, and a small HTML page for each redirect, for hosts that do not read that
//! file.

use std::fmt::Write as _;

use crate::config::Config;
use crate::diag::Diagnostic;
use crate::escape::Html;
use crate::model::Redirect;
use crate::output::{Output, OutputKind};

/// Limits of Cloudflare Pages ("Redirects"): the number of static rules, and the bytes of the file.
const MOST: usize = 2000;
const LARGEST: usize = 100 * 1024;

/// The whole file, empty if there are no redirects, with a warning if it is too much for hosts.
pub(super) fn file(redirects: &[Redirect], config: &Config) -> (String, Option<Diagnostic>) {
    let mut text = String::new();
    for (from, to) in lines(redirects, config) {
        let _ = writeln!(text, "{from} {to} 301");
    }
    let count = text.lines().count();
    let warning = (count > MOST || text.len() > LARGEST).then(|| {
        Diagnostic::warning(format!(
            "`_redirects` has {count} lines and {} KiB; Cloudflare Pages reads {MOST} lines and {} \
             KiB",
            text.len() / 1024,
            LARGEST / 1024
        ))
        .hint("drop the oldest `aliases`; their pages redirect all the same")
    });
    (text, warning)
}

/// The addresses and targets of all redirects, each address with and without a slash at its end.
pub(super) fn lines(redirects: &[Redirect], config: &Config) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for redirect in redirects {
        let to = target(redirect, config, false);
        let from = config.base_url.rooted(&redirect.from);
        let bare = from.trim_end_matches('/');
        if !bare.is_empty() {
            lines.push((bare.to_owned(), to.clone()));
        }
        if !redirect.is_from_a_file() && from != to {
            lines.push((format!("{bare}/"), to));
        }
    }
    lines
}

/// The HTML pages, one for the address of each redirect.
pub(super) fn pages<'r>(
    redirects: impl Iterator<Item = &'r Redirect>,
    config: &Config,
) -> Vec<Output> {
    redirects
        .map(|redirect| Output {
            path: redirect.output(),
            bytes: page(redirect, config).into(),
            kind: OutputKind::Page,
            made_from: redirect.source.clone().into_iter().collect(),
        })
        .collect()
}

fn target(redirect: &Redirect, config: &Config, whole: bool) -> String {
    if redirect.to.contains("://") {
        return redirect.to.clone();
    }
    let base = &config.base_url;
    let start = if whole {
        base.as_str()
    } else {
        base.sub_path()
    };
    format!("{start}/{}", redirect.to.trim_start_matches('/'))
}

fn page(redirect: &Redirect, config: &Config) -> String {
    let (to, canonical) = (
        target(redirect, config, false),
        target(redirect, config, true),
    );
    let (to, canonical) = (Html(&to), Html(&canonical));
    let language = Html(&config.default_language);
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{to}</title>\n<link rel=\"canonical\" href=\"{canonical}\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={to}\">\n</head>\n\
         <body>\n<p><a href=\"{to}\">{to}</a></p>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::{MOST, file, pages};
    use crate::config::Config;
    use crate::model::Redirect;
    use crate::path::{SourcePath, UrlPath};

    fn config() -> Config {
        Config::minimal("https://a.example/sub", "")
    }

    fn redirect(from: &str, to: &str) -> Redirect {
        Redirect {
            from: UrlPath::new(from).unwrap(),
            to: to.to_owned(),
            source: SourcePath::new("content/a.md").ok(),
        }
    }

    #[test]
    fn both_forms_of_an_address_lead_on() {
        let redirects = [
            redirect("/old", "/new/"),
            redirect("/old.html", "/new/"),
            redirect("/out/", "https://b.example/?a=1&b=2"),
        ];
        let (text, warning) = file(&redirects, &config());
        assert!(warning.is_none());
        assert_eq!(
            text,
            "/sub/old /sub/new/ 301\n/sub/old/ /sub/new/ 301\n/sub/old.html /sub/new/ 301\n\
             /sub/out https://b.example/?a=1&b=2 301\n/sub/out/ https://b.example/?a=1&b=2 301\n"
        );
        let pages = pages(redirects.iter(), &config());
        let places: Vec<&str> = pages.iter().map(|page| page.path.as_str()).collect();
        assert_eq!(places, ["old/index.html", "old.html", "out/index.html"]);
        let html = String::from_utf8_lossy(&pages[2].bytes);
        assert!(
            html.contains("content=\"0; url=https://b.example/?a=1&amp;b=2\""),
            "{html}"
        );
    }

    #[test]
    fn more_than_hosts_read_is_told() {
        let redirects: Vec<Redirect> = (0..=MOST)
            .map(|number| redirect(&format!("/{number}.html"), "/"))
            .collect();
        let (_, warning) = file(&redirects, &config());
        let warning = warning.unwrap().to_string();
        assert!(
            warning.contains("Cloudflare Pages reads 2000 lines"),
            "{warning}"
        );
    }
}
