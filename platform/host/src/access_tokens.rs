//! Access tokens: who somebody is, signed by identity, for a few minutes. Checked here without asking anybody.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::{Role, Timestamp};
use engine::Clock;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use parking_lot::RwLock;
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

use crate::jwt;

/// Who issues the tokens, as their `iss` says.
pub const ISSUER: &str = "isotope";

/// How many tokens are remembered as genuine. A signature costs more to check than all else of a small request.
const REMEMBERED_MAX: usize = 20_000;

/// The longest token that is looked at, in bytes.
const TOKEN_LENGTH_MAX: usize = 2_000;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// [`ISSUER`].
    pub iss: String,
    /// The account: a customer's id, or that of somebody of staff.
    pub sub: Uuid,
    /// What the account may do.
    pub role: Role,
    /// The session that the token is of.
    pub sid: Uuid,
    /// What staff are called in the audit log; customers' tokens name nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The session may do nothing but what completes it: somebody of staff who has yet to set up a second factor.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub limited: bool,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// It is none of ours, or its session has ended.
    #[error("the token is not valid")]
    Invalid,
}

/// Checks access tokens. Clones share it: identity says which keys sign them and which sessions have ended.
#[derive(Clone)]
pub struct AccessTokens(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    keys: RwLock<BTreeMap<String, TrustedKey>>,
    genuine: Cache<String, Arc<Claims>>,
    ended: RwLock<EndedSessions>,
    /// Told of each session that ends and of each change of the keys.
    changed: watch::Sender<()>,
    validation: Validation,
}

/// Sessions that ended before their tokens did.
#[derive(Default)]
struct EndedSessions {
    /// When the last token of each is over.
    until: HashMap<Uuid, Timestamp>,
    /// How many were left when those that are over were dropped last.
    kept: usize,
}

/// So many ended sessions are not worth a look at which of them are over.
const ENDED_FEW: usize = 64;

impl EndedSessions {
    /// Adds some. Says whether all were looked at, to drop those that are over: when they are twice as many as were left the last time,
    /// so that the looks come to little for each, however many there are.
    fn add(&mut self, sessions: impl IntoIterator<Item = (Uuid, Timestamp)>, now: Timestamp) -> bool {
        self.until.extend(sessions);
        let is_due = self.until.len() >= 2 * self.kept.max(ENDED_FEW);
        if is_due {
            self.until.retain(|_, until| *until >= now);
            self.kept = self.until.len();
        }
        is_due
    }
}

/// A key that signs.
struct TrustedKey {
    public: Vec<u8>,
    decoding: DecodingKey,
}

impl AccessTokens {
    /// Checks nothing but wrong, until keys are named.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        jwt::install();
        let mut validation = Validation::new(Algorithm::EdDSA);
        // Time is the shop's clock, and is compared below.
        validation.validate_exp = false;
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "sub", "exp"]);
        Self(Arc::new(Inner {
            clock,
            keys: RwLock::default(),
            genuine: Cache::new(REMEMBERED_MAX),
            ended: RwLock::default(),
            changed: watch::Sender::new(()),
            validation,
        }))
    }

    /// Names the keys that sign, by their ids; tokens of others open nothing from now on. Keys are Ed25519's 32 bytes.
    pub fn trust(&self, keys: impl IntoIterator<Item = (String, Vec<u8>)>) {
        let trusted = |public: Vec<u8>| TrustedKey { decoding: DecodingKey::from_ed_der(&public), public };
        let keys = keys.into_iter().map(|(id, key)| (id, trusted(key))).collect();
        let mut trusted = self.0.keys.write();
        *trusted = keys;
        self.0.genuine.clear();
        drop(trusted);
        self.0.changed.send_replace(());
    }

    /// Tells when a token may have ceased to be good for another reason than its time.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// The keys that sign, by their ids, as a JSON Web Key Set (RFC 7517, RFC 8037), for those who check tokens elsewhere.
    pub fn key_set(&self) -> serde_json::Value {
        let keys = self.0.keys.read();
        let keys = keys.iter().map(|(id, key)| {
            let x = URL_SAFE_NO_PAD.encode(&key.public);
            json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": id, "x": x })
        });
        json!({ "keys": keys.collect::<Vec<_>>() })
    }

    /// Says that a session has ended. Its tokens open nothing from now on; none of them is good after `until` anyway.
    pub fn end_session(&self, session: Uuid, until: Timestamp) {
        self.end_sessions([(session, until)]);
    }

    /// Says of many sessions that they have ended; see [`end_session`](Self::end_session).
    pub fn end_sessions(&self, sessions: impl IntoIterator<Item = (Uuid, Timestamp)>) {
        let mut sessions = sessions.into_iter().peekable();
        if sessions.peek().is_none() {
            return;
        }
        self.0.ended.write().add(sessions, self.0.clock.now());
        self.0.changed.send_replace(());
    }

    /// What a token says, when it is genuine and its time has come and not gone.
    ///
    /// # Errors
    /// It is not.
    pub fn verify(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        let claims = match self.0.genuine.get(token) {
            Some(claims) => claims,
            None => self.read(token)?,
        };
        if claims.exp <= self.0.clock.now().0.div_euclid(1_000_000) {
            return Err(TokenError::Expired);
        }
        if self.0.ended.read().until.contains_key(&claims.sid) {
            return Err(TokenError::Invalid);
        }
        Ok(claims)
    }

    fn read(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        if token.len() > TOKEN_LENGTH_MAX {
            return Err(TokenError::Invalid);
        }
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        let key_id = header.kid.ok_or(TokenError::Invalid)?;
        // Under the lock until it is remembered: a key that is dropped meanwhile leaves no token of its own behind.
        let keys = self.0.keys.read();
        let key = keys.get(&key_id).ok_or(TokenError::Invalid)?;
        let read = decode::<Claims>(token, &key.decoding, &self.0.validation);
        let claims = Arc::new(read.map_err(|_| TokenError::Invalid)?.claims);
        self.0.genuine.insert(token.to_owned(), claims.clone());
        Ok(claims)
    }
}

/// Makes tokens with a key: PKCS#8 of an Ed25519 pair.
///
/// # Errors
/// The key is none.
pub fn sign_access_token(
    claims: &Claims,
    key_id: &str,
    pkcs8: &[u8],
) -> Result<String, jsonwebtoken::errors::Error> {
    jwt::install();
    let mut header = jsonwebtoken::Header::new(Algorithm::EdDSA);
    header.kid = Some(key_id.to_owned());
    jsonwebtoken::encode(&header, claims, &jsonwebtoken::EncodingKey::from_ed_der(pkcs8))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use contracts::{Role, Timestamp};
    use engine::ManualClock;
    use ring::{
        rand::SystemRandom,
        signature::{Ed25519KeyPair, KeyPair},
    };
    use uuid::Uuid;

    use super::{AccessTokens, Claims, ENDED_FEW, EndedSessions, ISSUER, TokenError, sign_access_token};

    pub(crate) struct Issuer {
        pkcs8: Vec<u8>,
        pub public: Vec<u8>,
    }

    impl Issuer {
        pub fn new() -> Self {
            let pkcs8 =
                Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key").as_ref().to_vec();
            let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).expect("a key");
            Self { pkcs8, public: pair.public_key().as_ref().to_vec() }
        }

        pub fn token(&self, key_id: &str, claims: &Claims) -> String {
            sign_access_token(claims, key_id, &self.pkcs8).expect("a token")
        }
    }

    pub(crate) fn claims() -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            sub: Uuid::from_u128(1),
            role: Role::Customer,
            sid: Uuid::from_u128(2),
            name: None,
            limited: false,
            iat: 1_000,
            exp: 1_900,
        }
    }

    pub(crate) fn tokens_at(seconds: i64) -> (AccessTokens, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp(seconds * 1_000_000)));
        (AccessTokens::new(clock.clone()), clock)
    }

    #[test]
    fn a_token_is_good_for_its_time() {
        let issuer = Issuer::new();
        let (tokens, clock) = tokens_at(1_000);
        let token = issuer.token("a", &claims());
        assert_eq!(tokens.verify(&token), Err(TokenError::Invalid), "no key is trusted yet");
        tokens.trust([("a".to_owned(), issuer.public.clone())]);
        assert_eq!(*tokens.verify(&token).expect("genuine"), claims());
        clock.advance_to(Timestamp(1_899_000_000));
        assert!(tokens.verify(&token).is_ok());
        clock.advance_to(Timestamp(1_900_000_000));
        assert_eq!(tokens.verify(&token), Err(TokenError::Expired));
    }

    #[test]
    fn a_forged_token_opens_nothing() {
        let (issuer, thief) = (Issuer::new(), Issuer::new());
        let (tokens, _) = tokens_at(1_000);
        tokens.trust([("a".to_owned(), issuer.public.clone())]);
        let good = issuer.token("a", &claims());
        let parts: Vec<&str> = good.split('.').collect();
        let raised = URL_SAFE_NO_PAD
            .encode(serde_json::to_vec(&Claims { role: Role::Admin, ..claims() }).expect("claims"));
        let unsigned = URL_SAFE_NO_PAD.encode(br#"{"alg":"none","typ":"JWT","kid":"a"}"#);
        let symmetric = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT","kid":"a"}"#);
        for forged in [
            thief.token("a", &claims()),
            issuer.token("b", &claims()),
            issuer.token("a", &Claims { iss: "another".to_owned(), ..claims() }),
            format!("{}.{raised}.{}", parts[0], parts[2]),
            format!("{unsigned}.{}.", parts[1]),
            format!("{symmetric}.{}.{}", parts[1], parts[2]),
            good[..good.len() - 4].to_owned(),
            "..".to_owned(),
            format!("{good}{}", "A".repeat(5_000)),
        ] {
            assert_eq!(tokens.verify(&forged), Err(TokenError::Invalid), "{forged}");
        }
        assert!(tokens.verify(&good).is_ok());
    }

    #[test]
    fn keys_are_published_as_they_are_trusted() {
        let issuer = Issuer::new();
        let (tokens, _) = tokens_at(1_000);
        assert_eq!(tokens.key_set(), serde_json::json!({ "keys": [] }));
        tokens.trust([("a".to_owned(), issuer.public.clone())]);
        let key = &tokens.key_set()["keys"][0];
        assert_eq!((&key["kid"], &key["crv"]), (&"a".into(), &"Ed25519".into()));
        assert_eq!(key["x"], URL_SAFE_NO_PAD.encode(&issuer.public));
    }

    #[test]
    fn ended_sessions_are_seldom_looked_at_and_do_not_stay() {
        let mut ended = EndedSessions::default();
        let add = |ended: &mut EndedSessions, number: u128| {
            ended.add([(Uuid::from_u128(number), Timestamp(1_000))], Timestamp(0))
        };
        let looks = (0..100_000).filter(|number| add(&mut ended, *number)).count();
        assert!(looks <= 12, "{looks}");
        assert_eq!(ended.until.len(), 100_000, "none is over");
        let many = (100_000..300_000).map(|number| (Uuid::from_u128(number), Timestamp(2_000)));
        assert!(ended.add(many, Timestamp(1_001)), "many are looked at once");
        assert_eq!(ended.until.len(), 200_000);
        let few = (0..2 * ended.kept as u128).map(|number| (Uuid::from_u128(number), Timestamp(3_000)));
        ended.add(few, Timestamp(2_500));
        assert!(ended.until.values().all(|until| *until >= Timestamp(2_500)) && ended.kept > ENDED_FEW);
    }

    #[test]
    fn keys_and_sessions_end_at_once() {
        let issuer = Issuer::new();
        let (tokens, _) = tokens_at(1_000);
        tokens.trust([("a".to_owned(), issuer.public.clone())]);
        let other = Claims { sid: Uuid::from_u128(3), ..claims() };
        let (ended, kept) = (issuer.token("a", &claims()), issuer.token("a", &other));
        assert!(tokens.verify(&ended).is_ok() && tokens.verify(&kept).is_ok());
        tokens.end_session(claims().sid, Timestamp(1_900_000_000));
        assert_eq!(tokens.verify(&ended), Err(TokenError::Invalid));
        assert!(tokens.verify(&kept).is_ok());
        tokens.trust([]);
        assert_eq!(tokens.verify(&kept), Err(TokenError::Invalid));
    }
}
