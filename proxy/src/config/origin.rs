//! Origins: where browsers see the proxy and the site, and whether cookies go between the two.

use std::fmt;

use url::{Host, Url};

use crate::config::problem::Reason;

/// Suffixes below which strangers register, among those that hobby sites live on. The whole
/// public suffix list is a megabyte; what is missed here is refused by the browser instead.
const SHARED_SUFFIXES: [&str; 10] = [
    "github.io",
    "gitlab.io",
    "pages.dev",
    "workers.dev",
    "netlify.app",
    "vercel.app",
    "fly.dev",
    "onrender.com",
    "herokuapp.com",
    "web.app",
];

/// Second-level labels under which country domains are registered (`example.co.uk`, `example.my.id`).
const COUNTRY_SECOND_LEVELS: [&str; 14] = [
    "ac", "biz", "co", "com", "edu", "go", "gov", "id", "me", "my", "net", "or", "org", "web",
];

/// Scheme, host and port, as browsers write them in `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    host: Host<String>,
}

impl Origin {
    /// Reads `https://host[:port]`; plain `http` is for loopback.
    ///
    /// # Errors
    ///
    /// The reason, where `text` is anything else.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let url = https_url(text)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        match url.host() {
            Some(host) if bare && !text.ends_with("//") => Ok(Self {
                text: url.origin().ascii_serialization(),
                host: host.to_owned(),
            }),
            _ => Err(Reason::NotA {
                expected: "an origin, such as https://www.example.com",
                given: text.to_owned(),
            }),
        }
    }

    /// `https://host[:port]`, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `host[:port]`, as in the `Host` header.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.text.split_once("://").map_or("", |(_, rest)| rest)
    }

    /// The host without its port.
    #[must_use]
    pub fn hostname(&self) -> String {
        self.host.to_string()
    }

    /// Whether browsers count both as one site (same scheme, same registrable domain), so that a
    /// `SameSite=Strict` cookie goes between them.
    #[must_use]
    pub fn is_same_site(&self, other: &Self) -> bool {
        let scheme = |origin: &Self| origin.text.starts_with("https:");
        if scheme(self) != scheme(other) {
            return false;
        }
        match (&self.host, &other.host) {
            (Host::Domain(one), Host::Domain(two)) => one == two || share_a_domain(one, two),
            (one, two) => one == two,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Reads a URL that begins with `https://`, or with `http://` on loopback.
pub(crate) fn https_url(text: &str) -> Result<Url, Reason> {
    let not_a_url = || Reason::NotA {
        expected: "a URL, such as https://www.example.com/",
        given: text.to_owned(),
    };
    let url = Url::parse(text).map_err(|_| not_a_url())?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(not_a_url());
    }
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(host)) if is_loopback(&host) => Ok(url),
        ("http", Some(_)) => Err(Reason::NotHttps {
            given: text.to_owned(),
        }),
        _ => Err(not_a_url()),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn share_a_domain(one: &str, two: &str) -> bool {
    registrable(one).is_some_and(|domain| registrable(two) == Some(domain))
}

/// The part of `host` that one owner registered: a public suffix and one label more.
fn registrable(host: &str) -> Option<&str> {
    let labels: Vec<&str> = host.rsplit('.').collect();
    let suffix_labels = match labels.as_slice() {
        [top, second, ..] if is_shared(top, second) => 2,
        _ => 1,
    };
    let wanted = suffix_labels + 1;
    if labels.len() < wanted {
        return None;
    }
    let length: usize = labels[..wanted].iter().map(|label| label.len()).sum();
    host.get(host.len() - (length + wanted - 1)..)
}

fn is_shared(top: &str, second: &str) -> bool {
    (top.len() == 2 && COUNTRY_SECOND_LEVELS.contains(&second))
        || SHARED_SUFFIXES.contains(&format!("{second}.{top}").as_str())
}

#[cfg(test)]
mod tests {
    use super::Origin;

    fn same_site(one: &str, two: &str) -> bool {
        let parse = |text| Origin::parse(text).expect("an origin");
        parse(one).is_same_site(&parse(two))
    }

    #[test]
    fn origins_are_normalised() {
        let origin = Origin::parse("https://WWW.Example.com:443/").expect("an origin");
        assert_eq!(origin.as_str(), "https://www.example.com");
        assert_eq!(origin.authority(), "www.example.com");
        let origin = Origin::parse("http://127.0.0.1:4000").expect("an origin");
        assert_eq!(origin.authority(), "127.0.0.1:4000");
        assert_eq!(origin.hostname(), "127.0.0.1");
    }

    #[test]
    fn what_is_not_an_origin_is_refused() {
        for text in [
            "",
            "example.com",
            "https://",
            "https://example.com/path",
            "https://example.com/?q",
            "https://example.com/#f",
            "https://user@example.com",
            "http://example.com",
            "ftp://example.com",
            "null",
        ] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn siblings_below_one_domain_are_one_site() {
        assert!(same_site(
            "https://auth.example.com",
            "https://www.example.com"
        ));
        assert!(same_site("https://example.com", "https://auth.example.com"));
        assert!(same_site(
            "https://auth.example.co.uk",
            "https://example.co.uk"
        ));
        assert!(same_site(
            "https://spotifinfo.neutrixs.my.id",
            "https://auth.neutrixs.my.id"
        ));
        assert!(same_site("http://127.0.0.1:1", "http://127.0.0.1:2"));
    }

    #[test]
    fn strangers_are_not_one_site() {
        assert!(!same_site("https://example.com", "https://example.org"));
        assert!(!same_site("https://one.co.uk", "https://two.co.uk"));
        assert!(!same_site("https://one.my.id", "https://two.my.id"));
        assert!(!same_site("https://one.github.io", "https://two.github.io"));
        assert!(!same_site("http://localhost:1", "https://localhost:2"));
        assert!(!same_site("http://127.0.0.1:1", "http://localhost:1"));
        assert!(!same_site("https://badexample.com", "https://example.com"));
    }
}
