//! What a valid configuration allows and an operator should look at twice.

use super::{AccessLog, COOKIE_SENTENCE, Config};

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
        if !self.cookie_name.starts_with("__Host-") {
            warnings.push(format!(
                "--cookie-name: `__Host-{name}` would let browsers refuse a cookie planted from a \
                 sibling domain; the policy names the cookie in: \u{201c}{quote}\u{201d}",
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
}
