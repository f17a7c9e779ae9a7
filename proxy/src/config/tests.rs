//! From settings to a configuration, and what is told of mistakes.

use super::{AccessLog, AdminListen, Config, LogFormat, StoreConfig};
use crate::config::flags::{self, FLAGS, Settings};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// The least that works, and then `more`; `None` takes a flag away.
fn read(more: &[(&'static str, Option<&str>)]) -> Result<Config, Vec<String>> {
    let folder = TempDir::new().expect("a folder");
    let secret = folder.path().join("secret");
    fs::write(&secret, "hunter2\n").expect("written");
    let mut flags = vec![
        ("public-origin", "https://www.example.com".to_owned()),
        ("client-id", "client".to_owned()),
        ("client-secret-file", secret.display().to_string()),
        ("db", "sessions.db".to_owned()),
        ("keys-file", "keys".to_owned()),
    ];
    for (name, value) in more {
        flags.retain(|(other, _)| other != name);
        flags.extend(value.map(|value| (*name, value.to_owned())));
    }
    let settings = Settings::gather(flags, []);
    Config::from_settings(&settings).map_err(|errors| {
        let told = errors.to_string();
        told.lines().map(str::to_owned).collect()
    })
}

fn refused(name: &'static str, value: &str) -> String {
    match read(&[(name, Some(value))]) {
        Ok(_) => panic!("--{name} {value} was accepted"),
        Err(errors) => {
            assert_eq!(errors.len(), 1, "{errors:?}");
            errors.into_iter().next().unwrap_or_default()
        }
    }
}

#[test]
fn the_least_that_works_has_the_defaults_of_the_handbook() {
    let config = read(&[]).expect("a configuration");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.site_origin, config.public_origin);
    assert!(!config.is_sibling());
    assert_eq!(
        config.redirect_uri(),
        "https://www.example.com/api/callback"
    );
    assert_eq!(config.provider.name, "spotify");
    assert_eq!(
        config.provider.authorize_url.as_str(),
        "https://accounts.spotify.com/authorize"
    );
    assert_eq!(
        config.provider.token_url.as_str(),
        "https://accounts.spotify.com/api/token"
    );
    assert!(config.provider.scopes.contains(&"user-top-read".to_owned()));
    assert_eq!(config.provider.client_secret.expose(), "hunter2");
    assert_eq!(config.cookie_name, "state");
    assert_eq!((config.store.session_ttl, config.store.idle_ttl), (180, 90));
    assert_eq!(config.client_ip_header, "cf-connecting-ip");
    assert_eq!((config.rate_limit, config.max_connections), (10, 4096));
    assert_eq!(config.drain, Duration::from_secs(10));
    assert_eq!(config.access_log, AccessLog::Stdout);
    assert_eq!(config.access_log_keep, 30);
    assert_eq!(config.log_format, LogFormat::Text);
    assert_eq!(config.admin_listen, None);
    assert!(config.recaptcha.is_none());
    assert!(config.threads >= 1);
}

#[test]
fn all_mistakes_are_told_at_once_each_with_its_place() {
    let errors = read(&[
        ("public-origin", None),
        ("listen", Some("nowhere")),
        ("rate-limit", Some("0")),
        ("scopes", Some(",")),
        ("recaptcha-min-score", Some("2")),
        ("client-secret-file", Some("/nonexistent/secret")),
    ])
    .expect_err("mistakes");
    for place in [
        "--public-origin: is not set",
        "--listen: `nowhere`",
        "--rate-limit: `0`",
        "--scopes: `,`",
        "--recaptcha-min-score: `2`",
        "--client-secret-file: cannot read /nonexistent/secret",
    ] {
        let count = errors
            .iter()
            .filter(|error| error.starts_with(place))
            .count();
        assert_eq!(count, 1, "{place}: {errors:?}");
    }
    assert_eq!(errors.len(), 6, "{errors:?}");
}

#[test]
fn the_command_line_wins_over_the_environment_and_errors_name_the_source() {
    let environment = [
        (
            "SPOTIFINFO_DB".to_owned(),
            "from the environment".to_owned(),
        ),
        ("SPOTIFINFO_IDLE_TTL".to_owned(), "never".to_owned()),
        ("SPOTIFINFO_DATABASE".to_owned(), "a slip".to_owned()),
        ("PATH".to_owned(), "not ours".to_owned()),
    ];
    let flags = [("db", "from the flag".to_owned())];
    let settings = Settings::gather(flags, environment);
    assert_eq!(settings.get(&flags::DB), Some("from the flag"));
    let errors = StoreConfig::from_settings(&settings).expect_err("mistakes");
    assert_eq!(
        errors.to_string().lines().collect::<Vec<_>>(),
        [
            "SPOTIFINFO_IDLE_TTL: `never` is not a number of days from 1d to 400d",
            "SPOTIFINFO_DATABASE: there is no such setting; `--help` lists them",
        ]
    );
}

#[test]
fn plain_http_is_for_loopback_alone() {
    for (name, there, here) in [
        (
            "public-origin",
            "http://example.com",
            "http://127.0.0.1:4000",
        ),
        (
            "authorize-url",
            "http://example.com/a",
            "http://127.0.0.1:1/a",
        ),
        ("token-url", "http://example.com/t", "http://localhost:1/t"),
        (
            "recaptcha-verify-url",
            "http://example.com/v",
            "http://[::1]:1/v",
        ),
    ] {
        assert!(refused(name, there).contains("https://"), "{name}");
        assert!(read(&[(name, Some(here))]).is_ok(), "{name}");
    }
}

#[test]
fn another_provider_needs_its_urls_and_scopes() {
    let errors = read(&[("provider", Some("acme"))]).expect_err("incomplete");
    let places: Vec<&str> = errors.iter().filter_map(|e| e.split(':').next()).collect();
    assert_eq!(places, ["--authorize-url", "--token-url", "--scopes"]);
    let config = read(&[
        ("provider", Some("acme")),
        ("authorize-url", Some("https://acme.example/authorize")),
        ("token-url", Some("https://acme.example/token")),
        ("scopes", Some("one, two")),
    ])
    .expect("a configuration");
    assert_eq!(config.provider.scopes, ["one", "two"]);
    assert_eq!(config.store.provider, "acme");
}

#[test]
fn a_site_on_another_site_is_refused_and_a_sibling_is_not() {
    let told = refused("site-origin", "https://example.org");
    assert!(told.contains("not the same site"), "{told}");
    let sibling = [("site-origin", Some("https://pages.example.com"))];
    assert!(read(&sibling).expect("a configuration").is_sibling());
}

#[test]
fn the_admin_listener_stays_on_this_machine() {
    assert!(refused("admin-listen", "0.0.0.0:9000").contains("other machines"));
    let read = |value| read(&[("admin-listen", Some(value))]).expect("accepted");
    assert_eq!(
        read("unix:/run/admin").admin_listen,
        Some(AdminListen::Unix(PathBuf::from("/run/admin")))
    );
    assert!(matches!(
        read("[::1]:9000").admin_listen,
        Some(AdminListen::Tcp(_))
    ));
}

#[test]
fn shapes_and_units_are_strict() {
    for (name, bad) in [
        ("session-ttl", "0d"),
        ("session-ttl", "401"),
        ("session-ttl", "-1"),
        ("session-ttl", "180h"),
        ("drain", "10"),
        ("drain", "s"),
        ("drain", "25h"),
        ("drain", "18446744073709551615h"),
        ("drain", "10é"),
        ("cookie-name", "a=b"),
        ("cookie-name", "login-0"),
        ("client-ip-header", "a b"),
        ("trusted-proxies", "everybody"),
        ("accept-host", "exa mple"),
        ("log-format", "xml"),
        ("threads", "0"),
        ("max-connections", "1000001"),
        ("recaptcha-min-score", "NaN"),
        ("recaptcha-fail-open", "perhaps"),
        ("scopes", "a\"b"),
    ] {
        assert!(refused(name, bad).contains("is not"), "--{name} {bad}");
    }
}

#[test]
fn what_is_empty_is_called_empty() {
    for (name, blank, told) in [
        ("client-id", "", "--client-id: is empty; give a text"),
        ("client-id", " ", "--client-id: is empty; give a text"),
        ("db", "", "--db: is empty; give a path"),
        (
            "cookie-name",
            "",
            "--cookie-name: is empty; give a cookie's name, such as state or __Host-state",
        ),
    ] {
        assert_eq!(refused(name, blank), told);
    }
}

#[test]
fn a_secret_file_holds_one_line() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("secret");
    let shown = path.display().to_string();
    for bad in ["", "\n", "one\ntwo\n", "a\tb"] {
        fs::write(&path, bad).expect("written");
        let told = refused("client-secret-file", &shown);
        assert!(told.contains("first and only line"), "{bad:?}: {told}");
    }
    for good in ["s3cret", "s3cret\n", "s3cret\r\n"] {
        fs::write(&path, good).expect("written");
        let config = read(&[("client-secret-file", Some(&shown))]).expect("accepted");
        assert_eq!(config.provider.client_secret.expose(), "s3cret");
    }
}

#[test]
fn recaptcha_is_on_with_its_secret_and_asks_for_the_sites_name() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("captcha");
    fs::write(&path, "captcha-secret").expect("written");
    let shown = path.display().to_string();
    let config = read(&[
        ("recaptcha-secret-file", Some(&shown)),
        ("recaptcha-fail-open", Some("true")),
    ]);
    let recaptcha = config.expect("accepted").recaptcha.expect("it is on");
    assert_eq!(recaptcha.hostname, "www.example.com");
    assert!(recaptcha.fail_open);
    assert!((recaptcha.min_score - 0.5).abs() < f64::EPSILON);
}

#[test]
fn what_deserves_a_second_look_is_warned_of() {
    let config = read(&[]).expect("a configuration");
    let warned = config.warnings().join("\n");
    assert!(warned.contains("--trusted-proxies"), "{warned}");
    assert!(warned.contains("a cookie called 'state'"), "{warned}");
    assert!(warned.contains("a stranger's session"), "{warned}");
    assert!(!warned.contains("--client-ip-header"), "{warned}");
    for own in ["127.0.0.1", "cloudflare,::1", "0.0.0.0/0"] {
        let config = read(&[("trusted-proxies", Some(own))]).expect("a configuration");
        let warned = config.warnings().join("\n");
        assert!(warned.contains("--client-ip-header"), "{own}: {warned}");
    }
    let config = read(&[
        ("trusted-proxies", Some("127.0.0.1")),
        ("client-ip-header", Some("X-Real-IP")),
        ("cookie-name", Some("__Host-state")),
        ("access-log", Some("/var/log/access.log")),
    ]);
    assert_eq!(config.expect("a configuration").warnings(), [""; 0]);
}

#[test]
fn a_configuration_prints_without_its_secrets() {
    let printed = format!("{:?}", read(&[]).expect("a configuration"));
    assert!(printed.contains("[redacted]") && !printed.contains("hunter2"));
}

#[test]
fn every_flag_is_described_and_named_once() {
    for (number, flag) in FLAGS.iter().enumerate() {
        assert!(flag.help.len() > 10, "--{}", flag.name);
        let first = FLAGS.iter().position(|other| other.name == flag.name);
        assert_eq!(first, Some(number), "--{}", flag.name);
    }
}
