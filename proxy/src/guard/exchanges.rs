//! The budget of code exchanges. Strangers can make us send worthless codes; when the provider then
//! refuses more, visitors who are logged in must not suffer, so refreshes do not draw on this
//! budget.
//!
//! No stranger may use all of it up: each address has a share, and so has each network, since one
//! owner may have thousands of addresses. A code that turns out to be good costs little, so that
//! many visitors can log in at once; yet no address can fill the database with sessions.

use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use crate::guard::rate::{Caller, Rates};
use crate::lock::lock;
use crate::tokens::cooling;

/// The budget grows by one exchange in this time.
const COST: Duration = Duration::from_millis(200);
/// The most that it grows to, as the time that this takes: fifty exchanges.
const BURST: Duration = Duration::from_secs(10);

/// The share of an address grows by one exchange in this time.
const COST_IN_A_SHARE: Duration = Duration::from_secs(4);
/// The most that it grows to.
const SHARE: u32 = 20;
/// The same for a network.
const COST_IN_A_NETWORK: Duration = Duration::from_secs(1);
const SHARE_OF_A_NETWORK: u32 = 25;

/// An address may log in once in the time in which it may ask this often, in the long run.
const REQUESTS_A_LOGIN: u32 = 40;
/// How often at once, for each request that it may ask a second.
const LOGINS_AT_ONCE: u32 = 10;

/// What is left of the budget. Times are monotonic.
#[derive(Debug)]
pub struct Exchanges {
    spent: Mutex<Spent>,
    addresses: Rates,
    networks: Rates,
    logins: Rates,
}

#[derive(Debug, Default)]
struct Spent {
    paid_at: Duration,
    until: Duration,
}

impl Exchanges {
    /// For addresses that may ask `limit` times a second.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        let limit = limit.max(1);
        let cost = Duration::from_secs(1) * REQUESTS_A_LOGIN / limit;
        Self {
            spent: Mutex::default(),
            addresses: Rates::each(COST_IN_A_SHARE, SHARE),
            networks: Rates::each(COST_IN_A_NETWORK, SHARE_OF_A_NETWORK),
            logins: Rates::each(cost, limit.saturating_mul(LOGINS_AT_ONCE)),
        }
    }

    /// Whether a code from `client` may be sent now. If so, it counts against the budget, the
    /// client's shares and its logins; a refusal counts against none of them.
    #[must_use]
    pub fn admit(&self, client: IpAddr, now: Duration) -> bool {
        let mut spent = lock(&self.spent);
        let paid_at = spent.paid_at.max(now);
        if now < spent.until || paid_at - now > BURST - COST {
            return false;
        }
        if !self.is_within_shares(client, now) {
            return false;
        }
        spent.paid_at = paid_at + COST;
        true
    }

    fn is_within_shares(&self, client: IpAddr, now: Duration) -> bool {
        let (address, network) = (Caller::Address(client), Caller::Network(client));
        let shares = [
            (&self.logins, address),
            (&self.addresses, address),
            (&self.networks, network),
        ];
        for (taken, (rates, caller)) in shares.into_iter().enumerate() {
            if rates.count(caller, now).is_err() {
                for (rates, caller) in &shares[..taken] {
                    rates.give_back(*caller);
                }
                return false;
            }
        }
        true
    }

    /// A code that was admitted was a visitor's own: it counts as one of the address's logins and
    /// as nothing else.
    pub fn redeemed(&self, client: IpAddr) {
        self.addresses.give_back(Caller::Address(client));
        self.networks.give_back(Caller::Network(client));
        let mut spent = lock(&self.spent);
        spent.paid_at = spent.paid_at.saturating_sub(COST);
    }

    /// Forgets the addresses and networks whose share is whole again.
    pub fn forget_paid(&self, now: Duration) {
        self.addresses.forget_paid(now);
        self.networks.forget_paid(now);
        self.logins.forget_paid(now);
    }

    /// The provider asked to wait.
    pub fn rate_limited(&self, now: Duration, wish: Option<Duration>) {
        let mut spent = lock(&self.spent);
        spent.until = spent.until.max(now + cooling::wait(wish));
    }
}

#[cfg(test)]
mod tests {
    use super::{Exchanges, SHARE, SHARE_OF_A_NETWORK};
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    /// Addresses in as many networks.
    fn client(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0001 + (number << 8)))
    }

    #[test]
    fn the_budget_is_fifty_and_then_five_a_second() {
        let exchanges = Exchanges::new(10);
        let all = |now| {
            let admitted = |number: &u32| exchanges.admit(client(*number), now);
            (0..60).filter(admitted).count()
        };
        let now = Duration::from_secs(100);
        assert_eq!(all(now), 50);
        assert_eq!(all(now + Duration::from_secs(1)), 5);
    }

    #[test]
    fn one_address_uses_up_its_share_and_no_more() {
        let exchanges = Exchanges::new(10);
        let now = Duration::from_secs(100);
        let admitted = |_: &u32| exchanges.admit(client(1), now);
        let admitted = (0..1000).filter(admitted).count();
        assert_eq!(admitted, SHARE as usize);
        assert!(exchanges.admit(client(2), now));
        assert!(exchanges.admit(client(1), now + Duration::from_secs(4)));
    }

    #[test]
    fn a_refusal_that_others_caused_takes_nothing_from_a_share() {
        let innocent = client(0);
        let now = Duration::from_secs(100);
        let by_budget = Exchanges::new(10);
        for number in 1..=50 {
            assert!(by_budget.admit(client(number), now));
        }
        let by_provider = Exchanges::new(10);
        by_provider.rate_limited(now, Some(Duration::from_secs(10)));
        for exchanges in [by_budget, by_provider] {
            for _ in 0..1000 {
                assert!(!exchanges.admit(innocent, now));
            }
            let later = now + Duration::from_secs(10);
            let admitted = |_: &u32| exchanges.admit(innocent, later);
            assert_eq!((0..1000).filter(admitted).count(), SHARE as usize);
        }
    }

    #[test]
    fn one_network_uses_up_its_share_and_no_more() {
        for address in [
            |number: u32| format!("192.0.2.{number}"),
            |number| format!("2001:db8:0:{number:x}::1"),
        ] {
            let exchanges = Exchanges::new(10);
            let now = Duration::from_secs(100);
            let near = |number| address(number).parse().expect("an address");
            let admitted = |number: &u32| exchanges.admit(near(*number), now);
            let admitted = (0..200).filter(admitted).count();
            assert_eq!(admitted, SHARE_OF_A_NETWORK as usize);
            assert!(exchanges.admit(client(1), now));
            assert!(exchanges.admit(near(201), now + Duration::from_secs(1)));
        }
    }

    #[test]
    fn a_network_that_has_used_up_its_share_takes_nothing_from_an_address_in_it() {
        let exchanges = Exchanges::new(10);
        let now = Duration::from_secs(100);
        let neighbour = |number: u32| IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0001 + number));
        let from_neighbours = (1..=2).flat_map(|number| [neighbour(number); SHARE as usize]);
        let admitted = from_neighbours.filter(|client| exchanges.admit(*client, now));
        assert_eq!(admitted.count(), SHARE_OF_A_NETWORK as usize);
        for _ in 0..1000 {
            assert!(!exchanges.admit(neighbour(3), now));
        }
        let later = now + Duration::from_secs(u64::from(SHARE_OF_A_NETWORK));
        let admitted = |_: &u32| exchanges.admit(neighbour(3), later);
        assert_eq!((0..1000).filter(admitted).count(), SHARE as usize);
    }

    #[test]
    fn who_is_let_in_uses_nothing_up() {
        let exchanges = Exchanges::new(10);
        let now = Duration::from_secs(100);
        for number in 0..1000 {
            assert!(exchanges.admit(client(number), now));
            exchanges.redeemed(client(number));
        }
        let admitted = |number: &u32| exchanges.admit(client(*number), now);
        assert_eq!((0..60).filter(admitted).count(), 50);
    }

    #[test]
    fn one_address_may_log_in_a_hundred_times_at_once_and_then_every_four_seconds() {
        let exchanges = Exchanges::new(10);
        let log_in = |client, now| {
            let is_admitted = exchanges.admit(client, now);
            if is_admitted {
                exchanges.redeemed(client);
            }
            is_admitted
        };
        let now = Duration::from_secs(100);
        let admitted = (0..1000).filter(|_| log_in(client(1), now)).count();
        assert_eq!(admitted, 100);
        assert!(log_in(client(2), now));
        let later = now + Duration::from_secs(4);
        assert!(log_in(client(1), later));
        assert!(!log_in(client(1), later));
    }

    #[test]
    fn a_wish_to_wait_is_respected() {
        let exchanges = Exchanges::new(10);
        exchanges.rate_limited(Duration::ZERO, Some(Duration::from_secs(3)));
        assert!(!exchanges.admit(client(1), Duration::from_secs(2)));
        assert!(exchanges.admit(client(1), Duration::from_secs(3)));
    }
}
