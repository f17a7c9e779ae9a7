//! Decides which requests are let in: by their `Host`, by the page they come from (Fetch Metadata
//! and
//! `Origin`), by the client's address, and by how often that address or session asks.
//!
//! Origins in answers come from the configuration; nothing of a request is echoed.

pub mod exchanges;
pub mod rate;
mod strangers;

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{HOST, HeaderName, ORIGIN};
use hyper::http::uri::Authority;

use crate::config::Config;
use crate::config::network::Network;
use crate::config::origin::Origin;
use crate::guard::rate::Rates;
use crate::guard::strangers::Strangers;

const SEC_FETCH_SITE: &str = "sec-fetch-site";
const SEC_FETCH_DEST: &str = "sec-fetch-dest";
const SEC_PURPOSE: &str = "sec-purpose";
/// What Chromium and WebKit sent before there was `Sec-Purpose`.
const PURPOSE: &str = "purpose";

/// Decides about requests by their heads.
#[derive(Debug)]
pub struct Guard {
    hosts: Vec<String>,
    site_origin: Origin,
    is_sibling: bool,
    trusted: Vec<Network>,
    client_ip_header: HeaderName,
    strangers: Strangers,
    /// How often each session or address may ask.
    pub rates: Rates,
}

/// Why a `Host` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostRefusal {
    /// It is missing, there are several, or it is not text.
    Unclear,
    /// It is not ours.
    Foreign,
}

/// The request does not come from the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotTheSite;

/// What to do with a request to start a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginStart {
    /// Start the login.
    Allowed,
    /// A link on another site led here: show the home page, where the visitor can log in.
    Home,
    /// The browser only prefetches: refuse, so that it asks again when the visitor clicks.
    Prefetch,
    /// No visitor navigated here: it is an image, a frame, a script's request or the like.
    Refused,
}

impl Guard {
    /// The checks that `config` asks for.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let own = config.public_origin.authority().to_owned();
        let mut hosts = vec![own];
        hosts.extend(config.accept_hosts.iter().cloned());
        Self {
            hosts,
            site_origin: config.site_origin.clone(),
            is_sibling: config.is_sibling(),
            trusted: config.trusted_proxies.clone(),
            client_ip_header: config.client_ip_header.clone(),
            strangers: Strangers::default(),
            rates: Rates::new(config.rate_limit),
        }
    }

    /// Checks that there is exactly one `Host` and that it is ours. A host in the request's target
    /// has to be ours, too.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn host(&self, headers: &HeaderMap, target: Option<&Authority>) -> Result<(), HostRefusal> {
        let host = single(headers, HOST.as_str()).ok_or(HostRefusal::Unclear)?;
        let is_ours = |host: &str| self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
        if is_ours(host) && target.is_none_or(|target| is_ours(target.as_str())) {
            Ok(())
        } else {
            self.strangers.tell(host);
            Err(HostRefusal::Foreign)
        }
    }

    /// The client's address: the peer's, or the one that a trusted peer names in its header.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusted.iter().any(|network| network.contains(peer)) {
            return peer;
        }
        let mut lines = headers.get_all(&self.client_ip_header).iter();
        let named = lines.next_back().and_then(|line| {
            // A front may append to a list that the client sent: only the last address is its own.
            let last = line.to_str().ok()?.rsplit(',').next()?;
            last.trim().parse::<IpAddr>().ok()
        });
        named.map_or(peer, |named| named.to_canonical())
    }

    /// Lets a request in that a page of the site sends.
    ///
    /// # Errors
    ///
    /// [`NotTheSite`]
    pub fn from_the_site(&self, headers: &HeaderMap) -> Result<(), NotTheSite> {
        let is_its_origin = self.names_the_site(headers);
        let has_origin = headers.contains_key(ORIGIN);
        let allowed = match fetch_site(headers) {
            Fetch::Absent => is_its_origin,
            Fetch::Is("same-origin") => is_its_origin || !has_origin,
            Fetch::Is("same-site") => self.is_sibling && is_its_origin,
            _ => false,
        };
        if allowed { Ok(()) } else { Err(NotTheSite) }
    }

    /// Whether `Origin` names the site.
    #[must_use]
    pub fn names_the_site(&self, headers: &HeaderMap) -> bool {
        single(headers, ORIGIN.as_str()) == Some(self.site_origin.as_str())
    }

    /// Whether the site needs CORS headers to read answers.
    #[must_use]
    pub fn needs_cors(&self) -> bool {
        self.is_sibling
    }

    /// Whether and how a login may start.
    #[must_use]
    pub fn login_start(&self, headers: &HeaderMap) -> LoginStart {
        if is_prefetch(headers) {
            return LoginStart::Prefetch;
        }
        match fetch_site(headers) {
            _ if !is_document(headers) => LoginStart::Refused,
            Fetch::Absent | Fetch::Is("same-origin" | "none") => LoginStart::Allowed,
            Fetch::Is("same-site") if self.is_sibling => LoginStart::Allowed,
            Fetch::Is("same-site" | "cross-site") => LoginStart::Home,
            _ => LoginStart::Refused,
        }
    }
}

/// Whether the browser fetches in advance, before the visitor has clicked.
#[must_use]
pub fn is_prefetch(headers: &HeaderMap) -> bool {
    [SEC_PURPOSE, PURPOSE].iter().any(|name| {
        let mut lines = headers.get_all(*name).iter();
        lines.any(|line| line.as_bytes().windows(8).any(|part| part == b"prefetch"))
    })
}

/// Whether the visitor would see the answer as a page.
#[must_use]
pub fn is_document(headers: &HeaderMap) -> bool {
    matches!(
        fetch(headers, SEC_FETCH_DEST),
        Fetch::Absent | Fetch::Is("document")
    )
}

/// What a header of Fetch Metadata says.
enum Fetch<'a> {
    Absent,
    Is(&'a str),
    /// There are several, or it is not text. No browser does this.
    Unclear,
}

fn fetch_site(headers: &HeaderMap) -> Fetch<'_> {
    fetch(headers, SEC_FETCH_SITE)
}

fn fetch<'a>(headers: &'a HeaderMap, name: &str) -> Fetch<'a> {
    match single(headers, name) {
        Some(value) => Fetch::Is(value),
        None if headers.contains_key(name) => Fetch::Unclear,
        None => Fetch::Absent,
    }
}

/// The header's value, if there is exactly one and it is text.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => line.to_str().ok(),
        _ => None,
    }
}
