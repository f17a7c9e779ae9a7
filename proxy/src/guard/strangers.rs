//! Tells the operator which hosts requests have named in vain: a front that rewrites `Host`, or a
//! site at another address than the one configured, looks to visitors like a dead login.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::lock::lock;

/// How many are told in a process's life; what scanners send must not fill a disk.
const MOST: usize = 8;
/// The longest name that the DNS has, and a port.
const LONGEST: usize = 253 + 6;

/// The foreign hosts that were told already.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<BTreeSet<String>>);

impl Strangers {
    /// Tells of `host`, once.
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
