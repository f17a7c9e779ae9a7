//! The flags: one table from which the command line, the environment's names, the help and the
//! reference in the handbook are made.

use std::collections::BTreeMap;

use crate::config::problem::Problem;

/// What the environment's names begin with.
pub const PREFIX: &str = "SPOTIFINFO_";

/// One flag of the command line, also taken from the environment.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// Its name, without the dashes.
    pub name: &'static str,
    /// The shape of its value with its unit; empty for a switch.
    pub shape: &'static str,
    /// What holds where it is not given.
    pub default: Option<&'static str>,
    /// What it does, in a line.
    pub help: &'static str,
}

impl Flag {
    /// Its name in the environment: `--rate-limit` is `SPOTIFINFO_RATE_LIMIT`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_uppercase().replace('-', "_"))
    }
}

/// Makes a constant of each flag, so that no name can be misspelt where its value is read, and the
/// list of all of them.
macro_rules! flags {
    ($($id:ident = $name:literal, $shape:literal, $default:expr, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $id: Flag = Flag {
                name: $name,
                shape: $shape,
                default: $default,
                help: $help,
            };
        )*
        /// Every flag, in the order of the help.
        pub const FLAGS: &[Flag] = &[$($id),*];
    };
}

flags! {
    LISTEN = "listen", "ADDRESS:PORT", Some("127.0.0.1:8080"),
        "Where to listen; port 0 takes a free one";
    PUBLIC_ORIGIN = "public-origin", "ORIGIN", None,
        "Where browsers see the proxy; the redirect URI is this followed by /api/callback";
    SITE_ORIGIN = "site-origin", "ORIGIN", None,
        "Where browsers see the site, if that is a sibling subdomain [default: the public origin]";
    ACCEPT_HOST = "accept-host", "HOST,...", None,
        "More values of the Host header to accept, for a CDN that rewrites it";
    PROVIDER = "provider", "NAME", Some("spotify"),
        "The OAuth 2.0 provider; any other than spotify needs both URLs and the scopes";
    AUTHORIZE_URL = "authorize-url", "URL", None,
        "The provider's authorization endpoint [default: Spotify's]";
    TOKEN_URL = "token-url", "URL", None,
        "The provider's token endpoint [default: Spotify's]";
    ISSUER = "issuer", "URL", None,
        "What the callback's iss has to be (RFC 9207) [default: not checked]";
    CLIENT_ID = "client-id", "TEXT", None,
        "The client's id at the provider";
    CLIENT_SECRET_FILE = "client-secret-file", "PATH", None,
        "A file that holds the client's secret";
    SCOPES = "scopes", "NAME,...", None,
        "The scopes to ask for, all of them required [default: those the Spotify site needs]";
    DB = "db", "PATH", None,
        "The database of sessions; created if it is missing";
    KEYS_FILE = "keys-file", "PATH", None,
        "The key file, as made by `keys generate`";
    COOKIE_NAME = "cookie-name", "NAME", Some("state"),
        "The session cookie's name; __Host-state adds the browser's own lock";
    SESSION_TTL = "session-ttl", "DAYS", Some("180d"),
        "How long a session lasts from its authorization, 1 to 400 days";
    IDLE_TTL = "idle-ttl", "DAYS", Some("90d"),
        "How long an unused session is kept, 1 to 400 days";
    TRUSTED_PROXIES = "trusted-proxies", "CIDR,...", None,
        "Front servers that may name the client; `cloudflare` stands for Cloudflare's ranges";
    CLIENT_IP_HEADER = "client-ip-header", "NAME", Some("CF-Connecting-IP"),
        "The header in which a trusted proxy names the client";
    RATE_LIMIT = "rate-limit", "NUMBER", Some("10"),
        "Requests a second for each session or address, in bursts of up to twenty times that";
    MAX_CONNECTIONS = "max-connections", "NUMBER", Some("4096"),
        "Connections at once; any more are answered 503";
    DRAIN = "drain", "DURATION", Some("10s"),
        "How long a shutdown waits for requests under way";
    ACCESS_LOG = "access-log", "-|PATH|off", Some("-"),
        "Where the access log goes: standard output (-), a file, or nowhere (off)";
    ACCESS_LOG_KEEP = "access-log-keep", "DAYS", Some("30d"),
        "How long a day's access log is kept, 1 to 400 days";
    LOG_FORMAT = "log-format", "text|json", Some("text"),
        "The format of the operational log on standard error";
    ADMIN_LISTEN = "admin-listen", "ADDRESS:PORT|unix:PATH", None,
        "Health, readiness and metrics, on loopback or a Unix socket [default: off]";
    RECAPTCHA_SECRET_FILE = "recaptcha-secret-file", "PATH", None,
        "A file that holds the reCAPTCHA v3 secret [default: reCAPTCHA is off]";
    RECAPTCHA_MIN_SCORE = "recaptcha-min-score", "0.0-1.0", Some("0.5"),
        "The lowest score that lets a visitor in";
    RECAPTCHA_HOSTNAME = "recaptcha-hostname", "HOST", None,
        "The hostname that a verification has to be for [default: the site's]";
    RECAPTCHA_VERIFY_URL = "recaptcha-verify-url", "URL", Some("https://www.google.com/recaptcha/api/siteverify"),
        "Where tokens are verified";
    RECAPTCHA_FAIL_OPEN = "recaptcha-fail-open", "", None,
        "Let visitors through while the verifier is down";
    THREADS = "threads", "NUMBER", None,
        "Worker threads [default: one per core]";
}

/// The strings that were given, not yet checked.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    values: BTreeMap<&'static str, Given>,
    unknown: Vec<Problem>,
}

#[derive(Debug, Clone)]
struct Given {
    text: String,
    place: String,
}

impl Settings {
    /// Collects what the command line gave (names without dashes) and what the environment
    /// holds; the command line wins. Unknown names become problems of the configuration.
    #[must_use]
    pub fn gather<'a>(
        flags: impl IntoIterator<Item = (&'a str, String)>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut settings = Self::default();
        for (variable, text) in environment {
            settings.take_variable(variable, text);
        }
        for (name, text) in flags {
            match FLAGS.iter().find(|flag| flag.name == name) {
                Some(flag) => settings.put(flag, text, format!("--{name}")),
                None => settings.unknown.push(Problem::unknown(format!("--{name}"))),
            }
        }
        settings
    }

    /// The text given for `flag`, if any.
    #[must_use]
    pub fn get(&self, flag: &Flag) -> Option<&str> {
        self.values.get(flag.name).map(|given| given.text.as_str())
    }

    /// Where `flag` was given: `--db`, or the variable's name.
    #[must_use]
    pub fn place(&self, flag: &Flag) -> String {
        match self.values.get(flag.name) {
            Some(given) => given.place.clone(),
            None => format!("--{}", flag.name),
        }
    }

    /// Names that no flag has.
    pub(crate) fn unknown(&self) -> &[Problem] {
        &self.unknown
    }

    fn take_variable(&mut self, variable: String, text: String) {
        if !variable.starts_with(PREFIX) {
            return;
        }
        match FLAGS.iter().find(|flag| flag.variable() == variable) {
            Some(flag) => self.put(flag, text, variable),
            None => self.unknown.push(Problem::unknown(variable)),
        }
    }

    fn put(&mut self, flag: &'static Flag, text: String, place: String) {
        self.values.insert(flag.name, Given { text, place });
    }
}

#[cfg(test)]
mod tests {
    use super::FLAGS;

    #[test]
    fn the_handbook_lists_every_flag_as_it_is() {
        let handbook = include_str!("../../README.md");
        let lines = handbook.lines();
        let table = lines
            .skip_while(|line| *line != "<!-- flags -->")
            .take_while(|line| *line != "<!-- /flags -->");
        let listed: Vec<&str> = table.filter(|line| line.starts_with("| `--")).collect();
        let expected: Vec<String> = FLAGS
            .iter()
            .map(|flag| {
                let shape = flag.shape.replace('|', "\\|");
                let shape = match flag.shape {
                    "" => "switch".to_owned(),
                    _ => format!("`{shape}`"),
                };
                let default = flag.default.map(|text| format!("`{text}`"));
                let (name, help) = (flag.name, flag.help);
                let default = default.unwrap_or_default();
                format!("| `--{name}` | {shape} | {default} | {help} |")
            })
            .collect();
        assert_eq!(
            listed,
            expected,
            "proxy/README.md has to read:\n{}",
            expected.join("\n")
        );
    }
}
