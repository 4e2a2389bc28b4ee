//! Seals what the database keeps and must not know: ChaCha20-Poly1305 with a key of the installation's secrets and a random nonce.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    error::Unspecified,
    rand::{SecureRandom, SystemRandom},
};

use crate::domain::Sealed;

/// Seals and opens.
pub struct Seal {
    key: LessSafeKey,
}

impl Seal {
    /// With a key of 32 bytes.
    ///
    /// # Errors
    /// The key is none.
    pub fn new(key: &[u8; 32]) -> Result<Self, Unspecified> {
        Ok(Self { key: LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key)?) })
    }

    /// Seals something that belongs to `owner`: it is opened as that one's only.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn seal(&self, owner: &str, plain: &[u8]) -> Result<Sealed, Unspecified> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce)?;
        let mut bytes = plain.to_vec();
        let aad = Aad::from(owner.as_bytes());
        self.key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut bytes)?;
        Ok(Sealed(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &bytes].concat())))
    }

    /// Opens what was sealed for `owner`; nothing where it was not, or with another key.
    pub fn open(&self, owner: &str, sealed: &Sealed) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(&sealed.0).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut bytes = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.key.open_in_place(nonce, Aad::from(owner.as_bytes()), &mut bytes).ok()?;
        Some(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::{Seal, Sealed};

    #[test]
    fn what_is_sealed_opens_for_its_owner_and_with_its_key_only() {
        let (seal, other) = (Seal::new(&[1; 32]).expect("a key"), Seal::new(&[2; 32]).expect("a key"));
        let sealed = seal.seal("key 1", b"a secret").expect("sealed");
        assert_eq!(seal.open("key 1", &sealed).as_deref(), Some(&b"a secret"[..]));
        assert_eq!(seal.open("key 2", &sealed), None);
        assert_eq!(other.open("key 1", &sealed), None);
        let mut changed = sealed.0.clone().into_bytes();
        changed[20] = if changed[20] == b'A' { b'B' } else { b'A' };
        let changed = Sealed(String::from_utf8(changed).expect("ASCII"));
        for broken in [changed, Sealed(String::new()), Sealed("AAAA".to_owned())] {
            assert_eq!(seal.open("key 1", &broken), None);
        }
        assert_ne!(seal.seal("key 1", b"a secret").expect("sealed"), sealed);
    }
}
