//! Theme assets on finished pages, and the policy that lets them in.

use crate::harness::site;

fn themed() -> crate::harness::Site {
    site()
        .with("content/_index.md", "+++\ntitle = 'Home'\n+++\nHello\n")
        .with("assets/site.css", "body { background: url(dot.svg) }\n")
        .with("assets/dot.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n")
        .with("assets/main.js", "import './part.js';\n")
        .with("assets/part.js", "export {};\n")
        .with(
            "templates/index.html",
            "<!doctype html><html lang=en><head><meta charset=utf-8><title>x</title>\n\
             <link rel=stylesheet href=\"{{ asset('site.css') }}\" integrity=\"{{ integrity('site.css') }}\">\n\
             {% for name in asset_imports('main.js') %}<link rel=modulepreload href=\"{{ asset(name) }}\">{% endfor %}\n\
             <script type=module src=\"{{ asset('main.js') }}\"></script></head><body></body></html>\n",
        )
}

#[test]
fn the_policy_allows_what_is_used_and_nothing_else() {
    let site = themed();
    site.builds();
    site.has(
        "_headers",
        "Content-Security-Policy: base-uri 'none'; default-src 'none'; form-action 'none'; \
         frame-ancestors 'none'; img-src 'self'; script-src 'self'; style-src 'self'\n",
    );
    site.has(
        "index.html",
        "<meta charset=utf-8><meta http-equiv=\"Content-Security-Policy\" content=\"base-uri 'none'; \
         default-src 'none'; form-action 'none'; img-src 'self'; script-src 'self'; style-src 'self'\">",
    );
    site.has(
        "_headers",
        "/assets/*\n  Cache-Control: public, max-age=31536000, immutable\n",
    );
}

#[test]
fn inline_code_is_allowed_by_its_hash() {
    let site = themed().with(
        "templates/index.html",
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>x</title>\
         <script>alert(1)</script></head><body><p style='color:red'>x</p></body></html>",
    );
    site.builds();
    site.has(
        "_headers",
        "script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='",
    );
    site.has("_headers", "style-src-attr 'sha256-");
    assert!(!site.built("_headers").contains("unsafe-inline"));
}

#[test]
fn a_style_sheet_is_allowed_whatever_else_its_link_says() {
    let site = site()
        .with("content/_index.md", "")
        .with("static/a.css", "a { color: red }")
        .with(
            "templates/index.html",
            "<!doctype html><html lang=en><head><meta charset=utf-8><title>x</title>\
             <link rel=\"stylesheet noopener\" href=/a.css></head></html>",
        );
    site.builds().has("index.html", "style-src 'self'");
}

#[test]
fn a_changed_asset_renames_what_refers_to_it() {
    let site = themed();
    site.builds();
    let names = |site: &crate::harness::Site| -> Vec<String> {
        let all = site.output().into_keys();
        all.filter(|name| name.starts_with("assets/")).collect()
    };
    let before = names(&site);
    assert_eq!(before.len(), 4);
    site.write("assets/part.js", "export {}; 1;\n");
    site.builds();
    let after = names(&site);
    let kept: Vec<_> = before.iter().filter(|name| after.contains(name)).collect();
    assert_eq!(kept.len(), 4, "the assets before stay for one build");
    assert_eq!(after.len(), 6, "{after:?}");
    site.write("assets/part.js", "export {}; 2;\n");
    site.builds();
    assert_eq!(names(&site).len(), 6);
}

#[test]
fn a_mistake_in_an_asset_has_its_place() {
    themed()
        .with("assets/main.js", "\nimport './prat.js';\n")
        .run(&[])
        .fails(1, &["assets/main.js:2:9", "did you mean `part.js`?"]);
}

#[test]
fn a_block_that_is_left_open_is_told_where_it_begins() {
    themed()
        .with(
            "assets/open.css",
            "a { color: red }\nb {\nc { color: red }\n",
        )
        .run(&[])
        .fails(1, &["assets/open.css:2:3", "this has no end", "block"]);
}

#[test]
fn headers_from_the_configuration_replace_the_computed_ones() {
    let site = themed().with(
        "content/site.toml",
        "base_url = 'https://a.example'\n[headers.csp]\nconnect-src = ['https://b.example']\n\
         [headers.'/*']\nReferrer-Policy = 'no-referrer'\nX-Frame-Options = ''\n\
         [headers.'/x/*']\nX-Robots-Tag = 'noindex'\n",
    );
    site.builds();
    let headers = site.built("_headers");
    assert!(
        headers.contains("connect-src https://b.example;"),
        "{headers}"
    );
    assert!(
        headers.contains("Referrer-Policy: no-referrer"),
        "{headers}"
    );
    assert_eq!(headers.matches("Referrer-Policy").count(), 1, "{headers}");
    assert!(!headers.contains("X-Frame-Options"), "{headers}");
    assert!(
        headers.contains("/x/*\n  X-Robots-Tag: noindex\n"),
        "{headers}"
    );
    site.has("index.html", "connect-src https://b.example;");
}
