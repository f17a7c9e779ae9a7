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
                "--trusted-proxies: not set, although the proxy listens on loopback: all visitors \
                 behind the front server count as one address; set it to the front server's"
                    .to_owned(),
            );
        }
        if self.trusts_this_machine() && self.client_ip_header == CLOUDFLARES_HEADER {
            warnings.push(format!(
                "--client-ip-header: {CLOUDFLARES_HEADER} is trusted from this machine, which is \
                 right if cloudflared is in front; behind nginx or Caddy visitors could write any \
                 address into it, so set X-Real-IP, as their recipes say"
            ));
        }
        if !self.cookie_name.starts_with("__Host-") {
            warnings.push(format!(
                "--cookie-name: with `__Host-{name}`, browsers refuse a cookie that another \
                 subdomain sets; without it, such a subdomain can log visitors into a stranger's \
                 session or keep them from logging in. The policy names the cookie here: \
                 \u{201c}{quote}\u{201d}",
                name = self.cookie_name,
                quote = COOKIE_SENTENCE,
            ));
        }
        if self.access_log == AccessLog::Stdout {
            warnings.push(format!(
                "--access-log: --access-log-keep does not apply to standard output; the site says \
                 that lines are kept for {} days, so whatever collects them has to delete them by \
                 then",
                self.access_log_keep
            ));
        }
        if self.public_origin.as_str().starts_with("http:") {
            warnings.push("--public-origin: plain HTTP, which is only for trying out".to_owned());
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
