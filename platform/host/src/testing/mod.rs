//! For tests of a service at work: people, who are signed as identity signs them, and the logs of the services that are not there.

mod logs;

use contracts::{CustomerId, Role, StaffId};
use ring::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use uuid::Uuid;

use crate::access_tokens::{AccessTokens, Claims, ISSUER, sign_access_token};

pub use logs::{Others, eventually};

/// The end of all tokens made here: the year 2100.
const END: i64 = 4_102_444_800;

/// Issues access tokens that a service under test believes.
pub struct Issuer {
    key: Vec<u8>,
}

#[allow(clippy::expect_used)] // A test's tool: what must not happen ends the test.
impl Issuer {
    /// An issuer whose key alone is trusted from now on.
    pub fn trusted_by(tokens: &AccessTokens) -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key").as_ref().to_vec();
        let pair = Ed25519KeyPair::from_pkcs8(&key).expect("a key");
        tokens.trust([("test".to_owned(), pair.public_key().as_ref().to_vec())]);
        Self { key }
    }

    /// A customer's token.
    pub fn customer(&self, customer: CustomerId) -> String {
        self.token(customer.0, Role::Customer, None)
    }

    /// The token of somebody of staff.
    pub fn staff(&self, staff: StaffId, role: Role, name: &str) -> String {
        self.token(staff.0, role, Some(name.to_owned()))
    }

    fn token(&self, sub: Uuid, role: Role, name: Option<String>) -> String {
        let claims =
            Claims { iss: ISSUER.to_owned(), sub, role, sid: sub, name, limited: false, iat: 0, exp: END };
        sign_access_token(&claims, "test", &self.key).expect("a token")
    }
}
