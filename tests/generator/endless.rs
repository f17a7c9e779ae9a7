//! Templates that take few steps, of which one never ends.

use std::process::{Command, Stdio};

use crate::harness::{Outcome, Site, site};

/// Sets `all.s` to `first`, and then `rounds` times to `next`.
fn growing(first: &str, rounds: usize, next: &str) -> String {
    format!(
        "{{% set all = namespace(s={first}) %}}{{% for i in range({rounds}) %}}\
         {{% set all.s = {next} %}}{{% endfor %}}"
    )
}

fn page(template: &str) -> Site {
    site()
        .with("content/_index.md", "")
        .with("content/a.md", "x")
        .with("templates/page.html", template)
}

fn in_a_second(site: &Site, arguments: &[&str]) -> Outcome {
    site.run_with(&[("SITE_TIMEOUT", "1")], arguments)
}

#[test]
fn values_that_double_are_given_up() {
    let twice = growing("[1]", 60, "[all.s, all.s]");
    let list = growing("[1]", 60, "all.s + all.s");
    let chain = growing("{'a': 1}", 60, "all.s | chain(all.s)");
    for template in [
        format!("{list}{{{{ all.s | length }}}}"),
        format!("{chain}{{{{ all.s | length }}}}"),
        format!("{twice}{{{{ all.s }}}}"),
        format!("{twice}{{{{ all.s | json_encode }}}}"),
        format!("{twice}{{% set one = all.s %}}{twice}{{{{ one == all.s }}}}"),
        "{% macro f(s, n) %}{% if n %}{{ f([s, s, s] * 9, n - 1) }}\
         {% else %}{{ s | tojson }}{% endif %}{% endmacro %}{{ f([1], 10) }}"
            .to_owned(),
    ] {
        let site = page(&template);
        in_a_second(&site, &[]).fails(
            1,
            &[
                "error: the template `page.html` takes longer than 1 s\n  --> content/a.md",
                "raise `timeout` in the configuration",
                "1 error: nothing was written",
            ],
        );
        site.lacks("a/index.html");
    }
}

#[test]
fn what_fills_the_memory_is_given_up() {
    let large = "{% set large = [['a' * 1000000] * 100] * 100 %}";
    for shown in [
        "{{ large }}",
        "{{ large ~ '' }}",
        "{{ get_url(path=large) }}",
    ] {
        let site = page(&format!("{large}{shown}"));
        site.run_with(&[("SITE_TIMEOUT", "0")], &[]).fails(
            1,
            &["`page.html` takes more than 512 MiB of memory\n  --> content/a.md"],
        );
    }
    let site = page("{{ page.content }}")
        .with("content/a.md", "{{ b() }}")
        .with(
            "templates/shortcodes/b.md",
            &format!("{large}{{{{ large }}}}"),
        );
    site.run(&[])
        .fails(1, &["`shortcodes/b.md` takes more than 512 MiB of memory"]);
}

#[test]
fn pages_that_come_to_too_much_together_are_refused() {
    let long = page("{% for a in range(600) %}{{ 'x' * 100000 }}{% endfor %}");
    let calls = page("{{ page.content }}")
        .with("content/a.md", &"{{ b() }}\n".repeat(20))
        .with(
            "templates/shortcodes/b.html",
            "{% for a in range(600) %}{{ 'x' * 100000 }}{% endfor %}",
        );
    for nth in 0..20 {
        long.write(&format!("content/{nth}.md"), "x");
    }
    long.run(&[]).fails(
        1,
        &[
            "all pages together say more than 517 MiB",
            "more pages",
            "1 error",
        ],
    );
    calls
        .run(&[])
        .fails(1, &["all pages together say more than 512 MiB"]);
}

#[test]
fn a_long_message_is_cut() {
    let told = page("{{ throw(message='é' * 100000) }}")
        .run(&[])
        .fails(1, &["template: éé", "é…\n"]);
    assert!(told.stderr.len() < 5000, "{}", told.stderr.len());
}

#[test]
fn lists_that_filters_join_have_an_end() {
    for next in ["all.s | chain(all.s)", "all.s | concat(with=all.s)"] {
        let template = growing("[1]", 60, next) + "{{ all.s | length }}";
        page(&template).run(&[]).fails(
            1,
            &[
                "templates/page.html:1:",
                "the list is longer than 4000000 items",
            ],
        );
    }
    let template = "{{ [1] | chain([2, 3], {'a': 4}) | join }} {{ {'a': 1} | chain({'b': 2}) | length }}\
                    {% for empty in [[]] %}{{ empty | chain(empty) | length }}{% endfor %}";
    page(template).builds().has("a/index.html", "123a 20");
}

#[test]
fn the_calls_of_all_kinds_of_templates_are_given_up() {
    let endless = growing("[1]", 60, "[all.s, all.s]") + "{{ all.s | json_encode }}";
    let plain = || page("{{ page.content }}");
    for (site, told) in [
        (
            plain()
                .with("content/a.md", "{{ b() }}")
                .with("templates/shortcodes/b.html", &endless),
            "`shortcodes/b.html` takes longer than 1 s\n  --> content/a.md",
        ),
        (
            plain()
                .with("content/a.md", "{{ b() }}")
                .with("templates/shortcodes/b.md", &endless),
            "`shortcodes/b.md` takes longer than 1 s",
        ),
        (
            plain().with("templates/robots.txt", &endless),
            "`robots.txt` takes longer than 1 s",
        ),
        (
            plain().with("templates/atom.xml", &endless).with(
                "content/site.toml",
                "base_url = 'https://a.example'\ngenerate_feeds = true\n",
            ),
            "`atom.xml` takes longer than 1 s",
        ),
    ] {
        in_a_second(&site, &["check"]).fails(1, &[told]);
    }
}

#[test]
fn what_is_given_up_is_told_as_json_too() {
    let site = page(&(growing("[1]", 60, "[all.s, all.s]") + "{{ all.s }}"));
    let told = in_a_second(&site, &["--json"]).fails(1, &[]);
    let told: serde_json::Value = serde_json::from_str(told.stdout.trim()).unwrap();
    assert_eq!(told["file"], "content/a.md");
    assert_eq!(told["severity"], "error");
}

#[test]
fn serve_says_why_it_ends() {
    let site = page(&(growing("[1]", 60, "[all.s, all.s]") + "{{ all.s }}"));
    let served = Command::new(env!("CARGO_BIN_EXE_spotifinfo"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .current_dir(site.path(""))
        .env("SITE_TIMEOUT", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(served.status.code(), Some(1));
    let told = String::from_utf8(served.stderr).unwrap();
    assert!(told.contains("`page.html` takes longer than 1 s"), "{told}");
    assert!(told.contains("the server ends"), "{told}");
}

#[test]
fn a_template_takes_as_long_as_the_site_says() {
    // About a second's work for a debug build.
    let slow = "{% for a in range(700) %}{% for b in range(700) %}{% endfor %}{% endfor %}done";
    let site = page(slow);
    for seconds in ["0", "600"] {
        site.run_with(&[("SITE_TIMEOUT", seconds)], &[]).succeeds();
        site.has("a/index.html", "done");
    }
    site.run_with(&[("SITE_TIMEOUT", "-1")], &[])
        .fails(2, &["`timeout` must be zero or more"]);
}

#[test]
fn values_in_values_are_shown_and_let_go_at_any_depth_that_steps_can_make() {
    for next in ["[all.s]", "{'a': all.s}", "all.s * 1", "all.s | batch(2)"] {
        let deep = growing("[1]", 30_000, next);
        let site = page(&(deep + "{{ all.s }}done"));
        site.run_with(&[("SITE_TIMEOUT", "0")], &[]).succeeds();
        site.has("a/index.html", "done");
    }
}
