//! Logs the foreign hosts that requests name. If a front server rewrites `Host`, or the site has
//! another address than the one configured, logins fail, and this tells the operator why.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::lock::lock;

/// How many are logged in the life of a process; scanners must not be able to fill the disk.
const MOST: usize = 8;
/// The longest name in the DNS, and a port.
const LONGEST: usize = 253 + 6;

/// The foreign hosts that were logged already.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<BTreeSet<String>>);

impl Strangers {
    /// Logs `host`, once.
    pub(super) fn tell(&self, host: &str) {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-.:[]_".contains(c);
        if host.len() > LONGEST || !host.chars().all(allowed) {
            return;
        }
        if self.is_news(host) {
            tracing::warn!(
                host,
                "a request named a host that is neither --public-origin's nor in --accept-host"
            );
        }
    }

    fn is_news(&self, host: &str) -> bool {
        let mut told = lock(&self.0);
        told.len() < MOST && told.insert(host.to_ascii_lowercase())
    }
}
