//! The key ring: the master keys from a file. The first one signs and seals; the others still
//! verify and open what they made before.
//!
//! Each purpose has a key of its own, derived with HKDF-SHA256 (RFC 5869), so that a value made for
//! one purpose is not accepted for another.

pub mod file;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::clock::Day;
use crate::keys::file::KeyError;
use crate::secret::Secret;

const NONCE: usize = 24;

/// What a sealed value is for. It can be opened only for the same purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A login cookie.
    Login,
    /// A refresh token at rest.
    Token,
}

/// Names a key and tells nothing else about it: eight hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// Its four bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 4] {
        &self.0
    }

    /// From its four bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl FromStr for KeyId {
    type Err = NotAKeyId;

    fn from_str(text: &str) -> Result<Self, NotAKeyId> {
        let canonical = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 8 || !text.bytes().all(canonical) {
            return Err(NotAKeyId);
        }
        let number = u32::from_str_radix(text, 16).map_err(|_| NotAKeyId)?;
        Ok(Self(number.to_be_bytes()))
    }
}

/// The text is not the id of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAKeyId;

impl std::error::Error for NotAKeyId {}

impl fmt::Display for NotAKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key's id is eight digits, each 0-9 or a-f")
    }
}

/// One master key and what is derived from it.
pub struct Key {
    id: KeyId,
    created: Day,
    master: Secret<[u8; 32]>,
    session_mac: Hmac<Sha256>,
    login_seal: XChaCha20Poly1305,
    token_seal: XChaCha20Poly1305,
}

impl Key {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The date on which it was made, as the file says.
    #[must_use]
    pub fn created(&self) -> Day {
        self.created
    }

    /// The tag of a session cookie with these `fields`.
    #[must_use]
    pub fn sign_session(&self, fields: &[&[u8]]) -> [u8; 32] {
        self.session_mac(fields).finalize().into_bytes().into()
    }

    /// Whether `tag` is the tag of these `fields`, in constant time.
    #[must_use]
    pub fn verifies_session(&self, fields: &[&[u8]], tag: &[u8]) -> bool {
        self.session_mac(fields).verify_slice(tag).is_ok()
    }

    /// Seals `plain` so that it opens only for `purpose` and `context`. The result begins with a
    /// fresh nonce.
    ///
    /// # Errors
    ///
    /// Where the system gives no randomness for the nonce.
    #[expect(
        clippy::expect_used,
        reason = "XChaCha20-Poly1305 seals up to 256 GiB, and nothing here is longer than a token"
    )]
    pub fn seal(
        &self,
        purpose: Purpose,
        plain: &[u8],
        context: &[&[u8]],
    ) -> Result<Vec<u8>, NoRandomness> {
        let nonce = random::<NONCE>()?;
        let aad = self.context(purpose, context);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let sealed = self
            .cipher(purpose)
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a short message");
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Key::seal`] made; `None` if anything does not match.
    #[must_use]
    pub fn open(
        &self,
        purpose: Purpose,
        sealed: &[u8],
        context: &[&[u8]],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE>()?;
        let aad = self.context(purpose, context);
        let payload = Payload {
            msg: body,
            aad: &aad,
        };
        let plain = self.cipher(purpose).decrypt(&XNonce::from(*nonce), payload);
        plain.ok().map(Zeroizing::new)
    }

    /// Derives the key of each purpose from `master`.
    pub(crate) fn derive(id: KeyId, created: Day, master: Secret<[u8; 32]>) -> Self {
        let subkey = |purpose: &str| expand(&master, &["spotifinfo-proxy v1 ", purpose].concat());
        Self {
            id,
            created,
            session_mac: keyed_mac(&subkey("session cookie")),
            login_seal: XChaCha20Poly1305::new((&*subkey("login cookie")).into()),
            token_seal: XChaCha20Poly1305::new((&*subkey("refresh token")).into()),
            master,
        }
    }

    /// The master key, for the file that keeps it.
    pub(crate) fn master(&self) -> &Secret<[u8; 32]> {
        &self.master
    }

    fn session_mac(&self, fields: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.session_mac.clone();
        for field in [b"session cookie".as_slice()].iter().chain(fields) {
            mac.update(&length(field));
            mac.update(field);
        }
        mac
    }

    fn cipher(&self, purpose: Purpose) -> &XChaCha20Poly1305 {
        match purpose {
            Purpose::Login => &self.login_seal,
            Purpose::Token => &self.token_seal,
        }
    }

    fn context(&self, purpose: Purpose, fields: &[&[u8]]) -> Vec<u8> {
        let purpose: &[u8] = match purpose {
            Purpose::Login => b"login cookie",
            Purpose::Token => b"refresh token",
        };
        let own = [purpose, self.id.bytes().as_slice()];
        let mut context = Vec::new();
        for field in own.iter().chain(fields) {
            context.extend_from_slice(&length(field));
            context.extend_from_slice(field);
        }
        context
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// The operating system gave no randomness.
#[derive(Debug)]
pub struct NoRandomness;

impl std::error::Error for NoRandomness {}

impl fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the system gives no randomness (getrandom fails), so nothing can be encrypted; look at the machine")
    }
}

/// Unpredictable bytes from the operating system.
///
/// # Errors
///
/// Where it has none.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// What HKDF-SHA256 derives from `secret` for `purpose`.
#[expect(
    clippy::expect_used,
    reason = "HKDF-SHA256 gives up to 8,160 bytes (RFC 5869 section 2.3), and these are 32"
)]
pub(crate) fn expand(secret: &Secret<[u8; 32]>, purpose: &str) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    Hkdf::<Sha256>::new(None, secret.expose())
        .expand(purpose.as_bytes(), bytes.as_mut())
        .expect("32 bytes");
    bytes
}

#[expect(
    clippy::expect_used,
    reason = "HMAC takes keys of any length (RFC 2104 section 2)"
)]
fn keyed_mac(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key")
}

/// The keys in their order; there is always a first.
#[derive(Debug)]
pub struct KeyRing(Vec<Key>);

impl KeyRing {
    /// A ring of these keys; `None` if there is none.
    #[must_use]
    pub(crate) fn new(keys: Vec<Key>) -> Option<Self> {
        if keys.is_empty() {
            None
        } else {
            Some(Self(keys))
        }
    }

    /// The key that signs and seals.
    #[must_use]
    pub fn first(&self) -> &Key {
        &self.0[0]
    }

    /// The key with this id, unless it was retired.
    #[must_use]
    pub fn find(&self, id: KeyId) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id)
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }
}

/// The ring in use. A reload replaces it for all clones. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Keys {
    path: Arc<PathBuf>,
    ring: Arc<RwLock<Arc<KeyRing>>>,
}

impl Keys {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// As [`file::load`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Ok(Self::new(path.to_owned(), file::load(path)?))
    }

    /// A `ring` that was read from the file at `path`.
    #[must_use]
    pub fn new(path: PathBuf, ring: KeyRing) -> Self {
        Self {
            path: Arc::new(path),
            ring: Arc::new(RwLock::new(Arc::new(ring))),
        }
    }

    /// Reads the file again. If that fails, the ring stays as it was.
    ///
    /// # Errors
    ///
    /// As [`file::load`].
    pub fn reload(&self) -> Result<(), KeyError> {
        let ring = Arc::new(file::load(&self.path)?);
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    /// The ring as it is now.
    #[must_use]
    pub fn current(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The prefix that keeps fields apart: without it, `ab` + `c` would equal `a` + `bc`.
fn length(field: &[u8]) -> [u8; 8] {
    (field.len() as u64).to_be_bytes()
}

#[cfg(test)]
mod tests;
