//! Facts read from small pages.

use super::{Inline, Role, read};

fn check(html: &str, expected: &[(&str, Role)]) {
    let facts = read(html.as_bytes());
    let found: Vec<(&str, Role)> = facts
        .references
        .iter()
        .map(|one| (one.url.as_str(), one.role))
        .collect();
    assert_eq!(found, expected, "in {html}");
}

#[test]
fn references_are_found_with_their_roles() {
    check("<a href=' /a?b&amp;c '>", &[("/a?b&c", Role::Link)]);
    check("<!-- <a href=/x> --><a name=y>", &[]);
    check("<script>'<a href=/x>'</script>", &[]);
    check("<script src=a.js></script>", &[("a.js", Role::Script)]);
    check(
        "<link rel=\"alternate stylesheet\" href=a>",
        &[("a", Role::Style)],
    );
    check(
        "<link rel=\"StyleSheet noopener\" href=a>",
        &[("a", Role::Style)],
    );
    check(
        "<link rel=\"preconnect icon stylesheet\" href=a>",
        &[("a", Role::Style), ("a", Role::Image)],
    );
    check("<link rel=preload as=font href=a>", &[("a", Role::Font)]);
    check("<link rel=preconnect href=https://x>", &[]);
    check(
        "<img src=a srcset='b 1x, c,d 2x , e'>",
        &[
            ("a", Role::Image),
            ("b", Role::Image),
            ("c,d", Role::Image),
            ("e", Role::Image),
        ],
    );
    check(
        "<form action=/f><svg><use href=#u></svg></form>",
        &[("/f", Role::Form), ("#u", Role::Image)],
    );
}

#[test]
fn anchors_are_ids_and_names() {
    let facts = read(b"<h1 id=b>x</h1><a name=a></a><p id='c&amp;d'>");
    assert_eq!(facts.ids, ["a", "b", "c&d"]);
}

#[test]
fn inline_code_is_hashed_and_data_is_not() {
    let facts = read(
        b"<script>alert(1)</script><script type=application/ld+json>{}</script>\
          <style>a{}</style><p style='x:y' onclick='z()'>",
    );
    let kinds: Vec<Inline> = facts.inline.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(
        kinds,
        [
            Inline::Script,
            Inline::Style,
            Inline::StyleAttribute,
            Inline::Handler
        ]
    );
    // From the shell: printf 'alert(1)' | openssl dgst -sha256 -binary | base64
    assert_eq!(
        facts.inline[0].1,
        "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
    );
}

#[test]
fn what_a_browser_runs_is_told_from_data() {
    for (kind, runs) in [
        ("", true),
        (" Module ", true),
        ("importmap", true),
        ("text/javascript", true),
        ("application/x-ecmascript", true),
        ("text/javascript1.5", true),
        ("text/javascript; charset=utf-8", false),
        ("text/x-template", false),
        ("application/json", false),
    ] {
        let facts = read(format!("<script type='{kind}'>1</script>").as_bytes());
        assert_eq!(!facts.inline.is_empty(), runs, "{kind}");
    }
}

#[test]
fn the_head_begins_behind_the_charset_if_nothing_is_loaded_before() {
    let place = |html: &str| read(html.as_bytes()).head.map(|at| html[at..].to_owned());
    assert_eq!(place("<head><meta charset=u><i>").as_deref(), Some("<i>"));
    assert_eq!(
        place("<head><script src=x></script><meta charset=u>").as_deref(),
        Some("<script src=x></script><meta charset=u>")
    );
    assert_eq!(place("<p>"), None);
}
