//! A session's id in its three forms: the id itself, which only the browser has; its hash, which is
//! in the database; and a short reference, which people can quote.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::secret::Secret;

/// The id of a session. Whoever has it can use the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionId(Secret<[u8; 32]>);

impl SessionId {
    /// From its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// Its hash, under which the database stores the session.
    #[must_use]
    pub fn hash(&self) -> IdHash {
        IdHash(Sha256::digest(self.0.expose()).into())
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        self.0.expose()
    }

    pub(super) fn encoded(&self) -> Secret {
        Secret::new(URL_SAFE_NO_PAD.encode(self.0.expose()))
    }
}

/// SHA-256 of a session's id. The cookie cannot be made from it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdHash([u8; 32]);

impl IdHash {
    /// From its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its first eight bytes, for people.
    #[must_use]
    pub fn reference(&self) -> Reference {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0[..8]);
        Reference(bytes)
    }
}

/// Prints no bytes, because they could link a line of a log to a row.
impl fmt::Debug for IdHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdHash(..)")
    }
}

/// A name for a session that a visitor can tell the operator: `ab12-cd34-ef56-0718`. It gives no
/// access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference([u8; 8]);

impl Reference {
    /// The bytes that the session's hash begins with.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, pair) in self.0.chunks(2).enumerate() {
            let dash = if number == 0 { "" } else { "-" };
            let [high, low] = [pair[0], pair[1]];
            write!(f, "{dash}{high:02x}{low:02x}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
        if digits.len() != 16 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(NotAReference);
        }
        let number = u64::from_str_radix(&digits, 16).map_err(|_| NotAReference)?;
        Ok(Self(number.to_be_bytes()))
    }
}

/// The text is not a reference.
#[derive(Debug)]
pub struct NotAReference;

impl std::error::Error for NotAReference {}

impl fmt::Display for NotAReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reference has sixteen hexadecimal digits, such as ab12-cd34-ef56-0718; the visitor's page and `sessions list` show them")
    }
}

#[cfg(test)]
mod tests {
    use super::{IdHash, Reference, SessionId};

    #[test]
    fn a_reference_reads_back_with_and_without_dashes() {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&[0xab, 0x12, 0xcd, 0x34, 0xef, 0x56, 0x07, 0x18]);
        let reference = IdHash::from_bytes(bytes).reference();
        assert_eq!(reference.to_string(), "ab12-cd34-ef56-0718");
        for text in [
            "ab12-cd34-ef56-0718",
            "AB12CD34EF560718",
            " ab12-cd34-ef56-0718\n",
        ] {
            assert_eq!(text.parse::<Reference>().expect("a reference"), reference);
        }
        for text in ["", "ab12", "ab12-cd34-ef56-071", "+b12-cd34-ef56-0718"] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }

    #[test]
    fn ids_and_hashes_do_not_print() {
        let id = SessionId::from_bytes([7; 32]);
        assert_eq!(format!("{id:?}"), "SessionId([redacted])");
        assert_eq!(format!("{:?}", id.hash()), "IdHash(..)");
    }
}
