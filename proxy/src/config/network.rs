//! Networks in CIDR notation: whose word about the client's address is taken.

use std::net::IpAddr;

use crate::config::problem::Reason;

/// Cloudflare's published ranges (<https://www.cloudflare.com/ips/>). They are every customer's:
/// another customer's Worker connects from them too.
const CLOUDFLARE: [&str; 22] = [
    "173.245.48.0/20",
    "103.21.244.0/22",
    "103.22.200.0/22",
    "103.31.4.0/22",
    "141.101.64.0/18",
    "108.162.192.0/18",
    "190.93.240.0/20",
    "188.114.96.0/20",
    "197.234.240.0/22",
    "198.41.128.0/17",
    "162.158.0.0/15",
    "104.16.0.0/13",
    "104.24.0.0/14",
    "172.64.0.0/13",
    "131.0.72.0/22",
    "2400:cb00::/32",
    "2606:4700::/32",
    "2803:f800::/32",
    "2405:b500::/32",
    "2405:8100::/32",
    "2a06:98c0::/29",
    "2c0f:f248::/32",
];

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Reads `192.0.2.0/24`, `2001:db8::/32` or a single address.
    ///
    /// # Errors
    ///
    /// The reason, where `text` is none of these.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let wrong = || Reason::NotA {
            expected: "a network, such as 192.0.2.0/24 or 2001:db8::/32, nor `cloudflare`",
            given: text.to_owned(),
        };
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            "" if !text.contains('/') => widest,
            digits => digits.parse().map_err(|_| wrong())?,
        };
        if prefix > widest {
            return Err(wrong());
        }
        Ok(Self { address, prefix })
    }

    /// Whether `address` lies in it. An IPv4 address written as IPv6 counts as the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                shifted(own.to_bits().into(), 32 - self.prefix)
                    == shifted(other.to_bits().into(), 32 - self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                shifted(own.to_bits(), 128 - self.prefix)
                    == shifted(other.to_bits(), 128 - self.prefix)
            }
            _ => false,
        }
    }
}

/// Reads networks separated by commas, where `cloudflare` stands for all of Cloudflare's.
pub(crate) fn networks(text: &str) -> Result<Vec<Network>, Reason> {
    let mut all = Vec::new();
    for name in text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        if name == "cloudflare" {
            for range in CLOUDFLARE {
                all.push(Network::parse(range)?);
            }
        } else {
            all.push(Network::parse(name)?);
        }
    }
    Ok(all)
}

fn shifted(bits: u128, by: u32) -> u128 {
    bits.checked_shr(by).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Network, networks};

    fn contains(network: &str, address: &str) -> bool {
        let network = Network::parse(network).expect("a network");
        network.contains(address.parse().expect("an address"))
    }

    #[test]
    fn a_network_contains_its_addresses_alone() {
        assert!(contains("192.0.2.0/24", "192.0.2.255"));
        assert!(contains("192.0.2.0/24", "::ffff:192.0.2.1"));
        assert!(!contains("192.0.2.0/24", "192.0.3.0"));
        assert!(contains("127.0.0.1", "127.0.0.1"));
        assert!(!contains("127.0.0.1", "127.0.0.2"));
        assert!(contains("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!contains("2001:db8::/32", "2001:db9::1"));
        assert!(contains("0.0.0.0/0", "8.8.8.8"));
        assert!(contains("::/0", "2001:db8::1"));
        assert!(!contains("::/0", "8.8.8.8"));
    }

    #[test]
    fn what_is_not_a_network_is_refused() {
        for text in [
            "",
            "192.0.2.0/33",
            "192.0.2.0/",
            "192.0.2/24",
            "::/129",
            "x",
            "1.2.3.4/-1",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn cloudflare_stands_for_its_ranges() {
        let all = networks("127.0.0.1, cloudflare").expect("networks");
        assert_eq!(all.len(), 23);
        let inside = "104.16.1.2".parse().expect("an address");
        assert!(all.iter().any(|network| network.contains(inside)));
    }
}
