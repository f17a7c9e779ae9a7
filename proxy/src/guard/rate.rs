//! How often a session or an address may ask: the generic cell rate algorithm (ITU-T I.371), with
//! one number for each, in a table of limited size.
//!
//! The number is the time at which all requests so far will be paid for. Once it has passed,
//! nothing is lost by forgetting it. If the table is full, those that owe least are forgotten. So a
//! flood of new addresses cannot use up memory.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::cookie::id::IdHash;
use crate::kept::{Basis, Kept};
use crate::lock::lock;

const SHARDS: usize = 32;
/// How many callers a shard remembers; 65,536 in all.
const KEYS_A_SHARD: usize = 2048;
/// A burst may be as large as the requests of this many seconds.
const BURST_SECONDS: u32 = 20;

/// What is kept in memory about callers.
pub const KEPT: [Kept; 1] = [Kept {
    field: "address",
    purpose: "counts requests, so that nobody can use up everybody's share",
    form: "the IP address (of IPv6 the first half), for minutes",
    basis: Basis::Policy("Find and prevent fraud"),
}];

/// Whom a request counts for.
#[derive(Debug, Clone, Copy)]
pub enum Caller {
    /// Whoever has a cookie that we signed.
    Session(IdHash),
    /// Anybody at this address; of IPv6, anybody in its /64.
    Address(IpAddr),
    /// Anybody near this address: in its /24 of IPv4, in its /48 of IPv6, which is as much as one
    /// site is given (RFC 6177).
    Network(IpAddr),
}

/// The rates of all callers.
#[derive(Debug)]
pub struct Rates {
    /// The time that a request costs, in nanoseconds.
    cost: u64,
    burst: u64,
    // Seeded at random, so that nobody can choose addresses with the same hash.
    hasher: RandomState,
    shards: [Mutex<HashMap<u64, u64>>; SHARDS],
}

impl Rates {
    /// `limit` requests a second, with bursts of twenty times that.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        let limit = limit.max(1);
        let cost = Duration::from_secs(1) / limit;
        Self::each(cost, limit.saturating_mul(BURST_SECONDS))
    }

    /// One request in each `cost`, with bursts of `burst` requests.
    #[must_use]
    pub fn each(cost: Duration, burst: u32) -> Self {
        let cost = u64::try_from(cost.as_nanos()).unwrap_or(u64::MAX);
        Self {
            cost,
            burst: cost.saturating_mul(u64::from(burst)),
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::new(HashMap::new())),
        }
    }

    /// Counts a request at `now`, a monotonic time.
    ///
    /// # Errors
    ///
    /// How long to wait, if there were too many. Such a request is not counted.
    pub fn count(&self, caller: Caller, now: Duration) -> Result<(), Duration> {
        let now = nanoseconds(now);
        let key = self.key(caller);
        let mut shard = self.shard(key);
        let paid_at = shard.get(&key).copied().unwrap_or(0).max(now);
        if paid_at - now > self.burst - self.cost {
            return Err(Duration::from_nanos(
                paid_at - now - (self.burst - self.cost),
            ));
        }
        if shard.len() >= KEYS_A_SHARD && !shard.contains_key(&key) {
            make_room(&mut shard, now);
        }
        shard.insert(key, paid_at + self.cost);
        Ok(())
    }

    /// Undoes the count of one request.
    pub fn give_back(&self, caller: Caller) {
        let key = self.key(caller);
        if let Some(paid_at) = self.shard(key).get_mut(&key) {
            *paid_at = paid_at.saturating_sub(self.cost);
        }
    }

    /// Forgets those that owe nothing.
    pub fn forget_paid(&self, now: Duration) {
        let now = nanoseconds(now);
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.retain(|_, paid_at| *paid_at > now);
            shard.shrink_to(KEYS_A_SHARD / 8);
        }
    }

    fn shard(&self, key: u64) -> MutexGuard<'_, HashMap<u64, u64>> {
        lock(&self.shards[key as usize % SHARDS])
    }

    fn key(&self, caller: Caller) -> u64 {
        match caller {
            Caller::Session(id) => self.hasher.hash_one((0_u8, id)),
            Caller::Address(IpAddr::V4(address)) => self.hasher.hash_one((4_u8, address)),
            Caller::Address(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                self.hasher.hash_one((6_u8, [a, b, c, d]))
            }
            Caller::Network(IpAddr::V4(address)) => {
                let [a, b, c, _] = address.octets();
                self.hasher.hash_one((24_u8, [a, b, c]))
            }
            Caller::Network(IpAddr::V6(address)) => {
                let [a, b, c, ..] = address.segments();
                self.hasher.hash_one((48_u8, [a, b, c]))
            }
        }
    }
}

/// Forgets those that owe nothing and, if that is not enough, the quarter that owes least.
/// Forgetting a quarter at a time saves a scan of the shard for every newcomer.
fn make_room(shard: &mut HashMap<u64, u64>, now: u64) {
    shard.retain(|_, paid_at| *paid_at > now);
    if shard.len() < KEYS_A_SHARD {
        return;
    }
    let mut debts: Vec<u64> = shard.values().copied().collect();
    let (_, threshold, _) = debts.select_nth_unstable(KEYS_A_SHARD / 4);
    let threshold = *threshold;
    shard.retain(|_, paid_at| *paid_at > threshold);
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Caller, KEYS_A_SHARD, Rates, SHARDS};
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    fn from(address: &str) -> Caller {
        Caller::Address(address.parse().expect("an address"))
    }

    #[test]
    fn a_burst_is_let_through_and_then_the_rate() {
        let rates = Rates::new(10);
        let caller = from("192.0.2.1");
        for _ in 0..200 {
            assert!(rates.count(caller, Duration::ZERO).is_ok());
        }
        let wait = rates.count(caller, Duration::ZERO).expect_err("too many");
        assert_eq!(wait, Duration::from_millis(100));
        assert!(rates.count(caller, wait).is_ok());
        assert!(rates.count(caller, wait).is_err());
        assert!(rates.count(from("192.0.2.2"), wait).is_ok());
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let rates = Rates::new(1);
        for host in 0..20 {
            let caller = from(&format!("2001:db8::{host:x}"));
            assert!(rates.count(caller, Duration::ZERO).is_ok());
        }
        assert!(
            rates
                .count(from("2001:db8::ffff:1"), Duration::ZERO)
                .is_err()
        );
        assert!(rates.count(from("2001:db8:0:1::1"), Duration::ZERO).is_ok());
    }

    #[test]
    fn a_million_addresses_take_bounded_memory_and_do_not_free_the_one_that_owes() {
        let rates = Rates::new(10);
        let noisy = from("192.0.2.1");
        for _ in 0..200 {
            assert!(rates.count(noisy, Duration::ZERO).is_ok());
        }
        for number in 0..1_000_000 {
            let address = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number));
            let caller = Caller::Address(address);
            assert!(
                rates
                    .count(caller, Duration::from_nanos(number.into()))
                    .is_ok()
            );
        }
        let kept: usize = rates
            .shards
            .iter()
            .map(|shard| shard.lock().expect("no panic").len())
            .sum();
        assert!(kept <= SHARDS * KEYS_A_SHARD, "{kept}");
        assert!(rates.count(noisy, Duration::from_millis(50)).is_err());
    }

    #[test]
    fn who_owes_nothing_is_forgotten_before_the_table_is_full() {
        let rates = Rates::new(10);
        let kept = || -> usize {
            rates
                .shards
                .iter()
                .map(|shard| super::lock(shard).len())
                .sum()
        };
        assert!(rates.count(from("192.0.2.1"), Duration::ZERO).is_ok());
        for _ in 0..200 {
            assert!(rates.count(from("192.0.2.2"), Duration::ZERO).is_ok());
        }
        rates.forget_paid(Duration::from_millis(100));
        assert_eq!(kept(), 1, "the one that owes");
        rates.forget_paid(Duration::from_secs(20));
        assert_eq!(kept(), 0);
    }
}
