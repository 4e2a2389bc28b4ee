//! Refresh tokens: the session's id, 256 random bits, and a tag that tells a token of this installation from one that was made up. Of a
//! token only its SHA-256 is kept; by the tag an old one is known as such although nothing is kept of it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest, hmac,
    rand::{SecureRandom, SystemRandom},
};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::domain::TokenHash;

const ID_BYTES: usize = 16;
const RANDOM_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// Makes and reads refresh tokens.
pub struct RefreshTokens {
    key: hmac::Key,
}

/// A token that was made here, perhaps long ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The session that it is of.
    pub session_id: Uuid,
    /// Its hash.
    pub hash: TokenHash,
}

impl RefreshTokens {
    /// With a key of the installation.
    pub fn new(key: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// A new token of a session.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn issue(&self, session_id: Uuid) -> Result<(String, TokenHash), ring::error::Unspecified> {
        let mut token = [0; ID_BYTES + RANDOM_BYTES + TAG_BYTES];
        let (body, tag) = token.split_at_mut(ID_BYTES + RANDOM_BYTES);
        body[..ID_BYTES].copy_from_slice(session_id.as_bytes());
        SystemRandom::new().fill(&mut body[ID_BYTES..])?;
        tag.copy_from_slice(&hmac::sign(&self.key, body).as_ref()[..TAG_BYTES]);
        Ok((URL_SAFE_NO_PAD.encode(token), hash(&token)))
    }

    /// Reads a token; nothing where this installation has not made it.
    pub fn read(&self, token: &str) -> Option<Presented> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let bytes: [u8; ID_BYTES + RANDOM_BYTES + TAG_BYTES] = bytes.try_into().ok()?;
        let (body, tag) = bytes.split_at(ID_BYTES + RANDOM_BYTES);
        let expected = hmac::sign(&self.key, body);
        if !bool::from(expected.as_ref()[..TAG_BYTES].ct_eq(tag)) {
            return None;
        }
        let session_id = Uuid::from_slice(&body[..ID_BYTES]).ok()?;
        Some(Presented { session_id, hash: hash(&bytes) })
    }
}

/// What is kept of something long and random.
pub fn hash(secret: &[u8]) -> TokenHash {
    TokenHash(URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, secret)))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::RefreshTokens;

    #[test]
    fn a_token_is_read_where_it_was_made() {
        let (here, elsewhere) = (RefreshTokens::new(&[1; 32]), RefreshTokens::new(&[2; 32]));
        let session = Uuid::from_u128(7);
        let (token, hash) = here.issue(session).expect("a token");
        let presented = here.read(&token).expect("it was made here");
        assert_eq!((presented.session_id, &presented.hash), (session, &hash));
        assert_ne!(here.issue(session).expect("another").1, hash);
        assert_eq!(elsewhere.read(&token), None);
        for forged in ["", "AAAA", &token[1..], &format!("{token}A"), &token.replace(&token[30..31], "-")] {
            assert!(here.read(forged).is_none_or(|read| forged == token && read.hash == hash), "{forged}");
        }
    }
}
