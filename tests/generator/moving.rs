//! What someone who moves a Zola site over counts on.

use crate::harness::site;

/// Zola lets white space stand before the front matter.
#[test]
fn a_draft_is_not_published_whatever_stands_before_its_front_matter() {
    let site = site();
    for (nth, head) in [
        "\n+++\ndraft = true\n+++\n",
        " +++\ndraft = true\n +++\n",
        "\r\n\r\n---\r\ndraft: true\r\n---\r\n",
        "\u{feff}\n+++\ndraft = true\n+++\n",
    ]
    .into_iter()
    .enumerate()
    {
        site.write(&format!("content/w{nth}.md"), format!("{head}secret"));
    }
    site.builds();
    assert!(!site.built("sitemap.xml").contains("example/w"));
    assert!(!site.output().keys().any(|path| path.starts_with('w')));
}

#[test]
fn front_matter_that_is_not_read_is_an_error() {
    for (text, told) in [
        ("One.\n\n+++\ndraft = true\n+++\n", "content/w.md:3:1"),
        ("# W\n---\ndraft: true\n---\n", "looks like front matter"),
        ("++++\ntitle = 'W'\n++++\n", "looks like front matter"),
        ("\n+++\ndraft = true\n", "content/w.md:2:1"),
        ("{\n  \"draft\": true\n}\n", "in JSON is not read"),
    ] {
        let site = site().with("content/w.md", text);
        site.run(&[]).fails(1, &[told]);
        site.lacks("w/index.html");
    }
    let shown = "+++\n+++\nA head:\n\n+++\ndraft = true\n+++\n";
    site().with("content/w.md", shown).builds();
}

/// The colours must not need anything of other style sheets: a moved site's lie in `static/`.
#[test]
fn the_colours_of_code_stand_on_their_own() {
    let link = "<link rel=\"stylesheet\" href=\"{{ asset('highlight.css') }}\">";
    let site = site()
        .with(
            "templates/page.html",
            &format!("<html><head>{link}</head></html>"),
        )
        .with("content/a.md", "+++\ntitle = 'A'\n+++\n")
        .with("assets/site.css", "a { color: light-dark(red, blue) }");
    site.builds();
    let output = site.output();
    let sheet = |name: &str| {
        let file = output.iter().find(|(path, _)| path.starts_with(name));
        String::from_utf8(file.expect("it is there").1.clone()).unwrap()
    };
    let code = sheet("assets/highlight.");
    assert!(!code.contains("var("), "{code}");
    let both = ".highlight .k{color:#a04900;color:light-dark(#a04900,#e9ae7e)";
    assert!(code.contains(both), "{code}");
    assert_eq!(sheet("assets/site."), "a{color:light-dark(red,#00f)}");
}
