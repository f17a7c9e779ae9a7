//! The form of a refresh token in the database: the id of the key, then the token, encrypted with
//! XChaCha20-Poly1305 and bound to its session, its provider and its key.

use crate::cookie::id::IdHash;
use crate::keys::{KeyId, KeyRing, NoRandomness, Purpose};
use crate::secret::Secret;

/// Seals `token` with the first key.
pub(super) fn seal(
    ring: &KeyRing,
    provider: &str,
    id: &IdHash,
    token: &Secret,
) -> Result<Vec<u8>, NoRandomness> {
    let key = ring.first();
    let context = [id.bytes().as_slice(), provider.as_bytes()];
    let sealed = key.seal(Purpose::Token, token.expose().as_bytes(), &context)?;
    Ok([key.id().bytes().as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made; `None` if its key is gone or anything does not match.
pub(super) fn open(ring: &KeyRing, provider: &str, id: &IdHash, sealed: &[u8]) -> Option<Secret> {
    let (key_id, sealed) = sealed.split_first_chunk::<4>()?;
    let key = ring.find(KeyId::from_bytes(*key_id))?;
    let context = [id.bytes().as_slice(), provider.as_bytes()];
    let plain = key.open(Purpose::Token, sealed, &context)?;
    let text = std::str::from_utf8(&plain).ok()?;
    Some(Secret::new(text.to_owned()))
}
