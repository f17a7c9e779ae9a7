//! What a valid configuration allows and an operator should look at twice.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{AccessLog, COOKIE_SENTENCE, Config};

/// What Cloudflare's connector sets, and what other fronts hand on as the visitor wrote it.
const CLOUDFLARES_HEADER: &str = "CF-Connecting-IP";

impl Config {
    /// What is allowed and yet worth a second look.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.listen.ip().is_loopback() && self.trusted_proxies.is_empty() {
            warnings.push(
                "--trusted-proxies: listening on loopback without any, so every visitor behind \
                 the front server counts as one address; name the front server"
                    .to_owned(),
            );
        }
        if self.trusts_this_machine()
            && self
                .client_ip_header
                .eq_ignore_ascii_case(CLOUDFLARES_HEADER)
        {
            warnings.push(format!(
                "--client-ip-header: {CLOUDFLARES_HEADER} is believed from this machine, which is \
                 right where cloudflared stands in front; behind nginx or Caddy visitors could \
                 name any address in it, so give X-Real-IP, as their recipes say"
            ));
        }
        if !self.cookie_name.starts_with("__Host-") {
            warnings.push(format!(
                "--cookie-name: under `__Host-{name}` browsers refuse cookies planted from a \
                 sibling domain, which else can log visitors into a stranger's session or keep \
                 them from logging in; the policy names the cookie in: \u{201c}{quote}\u{201d}",
                name = self.cookie_name,
                quote = COOKIE_SENTENCE,
            ));
        }
        if self.access_log == AccessLog::Stdout {
            warnings.push(format!(
                "--access-log: --access-log-keep deletes nothing from standard output; the site \
                 tells that lines are kept for {} days, so whatever collects them has to delete \
                 them by then",
                self.access_log_keep
            ));
        }
        if self.public_origin.as_str().starts_with("http:") {
            warnings.push("--public-origin: plain HTTP, which is for trying out alone".to_owned());
        }
        warnings
    }

    fn trusts_this_machine(&self) -> bool {
        let loopback = [
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST),
        ];
        let mut trusted = self.trusted_proxies.iter();
        trusted.any(|network| loopback.iter().any(|own| network.contains(*own)))
    }
}
