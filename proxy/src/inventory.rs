//! What is kept about visitors, collected from the modules that keep it. The site's page about data
//! is built from this list, so that it is written down only once.

use serde::Serialize;

use crate::access_log::fields;
use crate::config::COOKIE_SENTENCE;
use crate::config::retention::RetentionConfig;
use crate::cookie::header::SameSite;
use crate::cookie::{LOGIN_MINUTES, LOGIN_SAME_SITE, Names, PRIVATE_ATTRIBUTES, SESSION_SAME_SITE};
use crate::guard::rate;
use crate::kept::{Basis, Kept};
use crate::store;
use crate::tokens;

/// The inventory; as JSON it is what the command `inventory` prints.
#[derive(Debug, Serialize)]
pub struct Inventory {
    /// The version of this shape.
    pub version: u32,
    /// Cookies in the visitor's browser.
    pub cookies: Vec<Cookie>,
    /// Columns of the database.
    pub stored: Vec<Kept>,
    /// What the running process remembers.
    pub memory: Vec<Kept>,
    /// Fields of a line of the access log; none where there is no log.
    pub logs: Vec<Kept>,
    /// How many days a day's access log is kept; `null` where there is none.
    pub log_keep_days: Option<u32>,
    /// Who else learns something, and what.
    pub third_parties: Vec<ThirdParty>,
    /// How long things are kept.
    pub retention: Vec<Retention>,
    /// Whether reCAPTCHA is on.
    pub captcha: bool,
}

/// A cookie.
#[derive(Debug, Serialize)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: &'static str,
    /// What is in it.
    pub contains: &'static str,
    /// How long the browser keeps it.
    pub lifetime: String,
    /// Its attributes.
    pub attributes: Vec<&'static str>,
    /// What allows it.
    #[serde(flatten)]
    pub basis: Basis,
}

/// A third party that learns something.
#[derive(Debug, Serialize)]
pub struct ThirdParty {
    /// Their name.
    pub name: &'static str,
    /// What they do for the visitor.
    pub purpose: &'static str,
    /// What they learn.
    pub receives: &'static str,
    /// When they learn it.
    pub when: &'static str,
    /// Their own privacy policy.
    pub url: &'static str,
}

/// How long something is kept.
#[derive(Debug, Serialize)]
pub struct Retention {
    /// What is kept.
    pub what: &'static str,
    /// For how many days at most.
    pub days: u32,
    /// Why so long and no longer.
    pub why: &'static str,
}

impl Inventory {
    /// What is kept under this configuration.
    #[must_use]
    pub fn new(config: &RetentionConfig) -> Self {
        Self {
            version: 1,
            cookies: cookies(config),
            stored: store::KEPT.to_vec(),
            memory: memory(),
            logs: logs(config),
            log_keep_days: config.access_log_keep,
            third_parties: third_parties(config),
            retention: retention(config),
            captcha: config.captcha,
        }
    }

    /// As indented JSON, with a newline at the end.
    ///
    /// # Errors
    ///
    /// Never in practice: there are only texts and numbers in it.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// What the running process remembers, and forgets when it ends.
fn memory() -> Vec<Kept> {
    [tokens::KEPT, rate::KEPT, store::REMEMBERED].concat()
}

fn logs(config: &RetentionConfig) -> Vec<Kept> {
    let fields = config.access_log_keep.map(|_| fields::FIELDS.to_vec());
    fields.unwrap_or_default()
}

fn cookies(config: &RetentionConfig) -> Vec<Cookie> {
    let names = Names::new(&config.cookie_name);
    let [first_login, .., last_login] = &names.logins;
    let attributes =
        |same_site: SameSite| [PRIVATE_ATTRIBUTES.as_slice(), &[same_site.attribute()]].concat();
    vec![
        Cookie {
            name: names.session.clone(),
            purpose: "keeps you logged in",
            contains: "a random unique ID, the date it was issued and our signature; nothing about you",
            lifetime: format!("{} days", config.session_ttl),
            attributes: attributes(SESSION_SAME_SITE),
            basis: Basis::Policy(COOKIE_SENTENCE),
        },
        Cookie {
            name: format!("{first_login} to {last_login}"),
            purpose: "connects your return from the login page with the login that you started here",
            contains: "a random secret, the time and the page to return to, encrypted; nothing about you",
            lifetime: format!("{LOGIN_MINUTES} minutes"),
            attributes: attributes(LOGIN_SAME_SITE),
            basis: Basis::Exception(
                "without it somebody else could slip their own login into your browser",
            ),
        },
    ]
}

fn third_parties(config: &RetentionConfig) -> Vec<ThirdParty> {
    let mut parties = vec![
        ThirdParty {
            name: "Spotify",
            purpose: "logs you in and answers your browser's questions about your music",
            receives: "what any site you visit learns from your browser; from us, your refresh token when it is renewed",
            when: "while you are logged in; covers and lists go from Spotify to your browser and never through us",
            url: "https://www.spotify.com/legal/privacy-policy/",
        },
        ThirdParty {
            name: "Cloudflare",
            purpose: "delivers our pages quickly and keeps attacks away",
            receives: "your address, your browser's name and which of our pages you ask for",
            when: "with each request to this site",
            url: "https://www.cloudflare.com/privacypolicy/",
        },
    ];
    if config.captcha {
        parties.push(ThirdParty {
            name: "Google reCAPTCHA",
            purpose: "tells visitors from bots before a token is renewed",
            receives: "what its script learns in your browser; from us, the answer it gave you, without your address",
            when: "when a token is renewed",
            url: "https://policies.google.com/privacy",
        });
    }
    parties
}

fn retention(config: &RetentionConfig) -> Vec<Retention> {
    let mut retention = vec![
        Retention {
            what: "a session",
            days: config.session_ttl,
            why: "counted from your login; about as long as the provider lets a refresh token live",
        },
        Retention {
            what: "a session that is not used",
            days: config.idle_ttl,
            why: "counted from its last use; you have probably gone, unless you asked us to restrict it",
        },
    ];
    if let Some(days) = config.access_log_keep {
        retention.push(Retention {
            what: "a line of the access log",
            days,
            why: "long enough to look into an attack or a fault",
        });
    }
    retention
}

#[cfg(test)]
mod tests {
    use super::Inventory;
    use crate::config::flags::Settings;
    use crate::config::retention::RetentionConfig;
    use crate::kept::Basis;

    const POLICY: &str = include_str!("../../content/privacy.md");
    const COMMITTED: &str = include_str!("../../content/data/inventory.json");

    fn inventory(flags: &[(&'static str, &str)]) -> Inventory {
        let flags = flags.iter().map(|(name, text)| (*name, (*text).to_owned()));
        let settings = Settings::gather(flags, []);
        Inventory::new(&RetentionConfig::from_settings(&settings).expect("settings"))
    }

    #[test]
    fn the_site_tells_what_the_proxy_keeps() {
        let json = inventory(&[]).to_json().expect("JSON");
        assert_eq!(
            json, COMMITTED,
            "write it anew: spotifinfo-proxy inventory > content/data/inventory.json"
        );
    }

    #[test]
    fn every_quotation_is_in_the_policy_word_for_word() {
        let inventory = inventory(&[]);
        let cookies = inventory.cookies.iter().map(|cookie| cookie.basis);
        let fields = [&inventory.stored, &inventory.memory, &inventory.logs];
        let fields = fields.into_iter().flatten().map(|kept| kept.basis);
        let mut quoted = 0;
        for basis in cookies.chain(fields) {
            match basis {
                Basis::Policy(quotation) => {
                    quoted += 1;
                    assert!(
                        POLICY.contains(quotation),
                        "the policy does not say: {quotation}"
                    );
                }
                Basis::Exception(reason) => assert!(!reason.is_empty()),
            }
        }
        assert!(quoted > 5, "only {quoted} quotations");
    }

    #[test]
    fn a_captcha_is_told_with_its_third_party() {
        let without = inventory(&[]);
        assert!(!without.captcha);
        assert_eq!(without.third_parties.len(), 2);
        let with = inventory(&[("recaptcha-secret-file", "secret")]);
        assert!(with.captcha);
        assert_eq!(with.third_parties[2].name, "Google reCAPTCHA");
        for party in &with.third_parties[1..] {
            assert!(POLICY.contains(party.url), "{}", party.url);
        }
    }

    #[test]
    fn no_log_is_told_where_none_is_kept() {
        let without = inventory(&[("access-log", "off")]);
        assert_eq!((without.logs.len(), without.log_keep_days), (0, None));
        let told = without.to_json().expect("JSON");
        assert!(!told.contains("a line of the access log"), "{told}");
        for target in ["-", "/var/log/access.log"] {
            let with = inventory(&[("access-log", target)]);
            assert_eq!((with.logs.len(), with.log_keep_days), (8, Some(30)));
            assert!(with.retention.iter().any(|kept| kept.what.contains("log")));
        }
    }

    #[test]
    fn names_and_lifetimes_follow_the_configuration() {
        let inventory = inventory(&[
            ("cookie-name", "__Host-state"),
            ("session-ttl", "30d"),
            ("access-log-keep", "7d"),
        ]);
        assert_eq!(inventory.cookies[0].name, "__Host-state");
        assert_eq!(inventory.cookies[0].lifetime, "30 days");
        assert_eq!(
            inventory.cookies[1].name,
            "__Host-login-0 to __Host-login-4"
        );
        assert_eq!(inventory.log_keep_days, Some(7));
        assert_eq!(inventory.retention[0].days, 30);
    }
}
