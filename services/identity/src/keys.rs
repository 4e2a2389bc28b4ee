//! The keys that sign access tokens, at work: read from the database once, opened, and named to whoever checks tokens.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::Timestamp;
use engine::{Actor, Clock, Engine, Ids, RandomIds};
use host::{AccessTokens, Claims, ISSUER, Problem, sign_access_token};
use parking_lot::{Mutex, RwLock};
use ring::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use uuid::Uuid;

use crate::{
    domain::{Ended, Grant, NewKey, signing},
    message::Message,
    seal::Seal,
    service::Identity,
    store,
};

/// Why keys cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The machine gives no randomness.
    #[error("no key can be drawn")]
    NotDrawn,
    /// The key in the database was sealed with another installation's secrets.
    #[error("the signing key {0} was sealed with another identity.key")]
    NotOpened(Uuid),
    /// The database.
    #[error("the signing keys cannot be read")]
    Store(#[from] engine::StoreError),
    /// The command was not carried out.
    #[error("the signing keys cannot be kept")]
    Command(#[from] engine::CommandError),
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "signing keys");
        Self::unavailable()
    }
}

struct Opened {
    id: Uuid,
    pkcs8: Vec<u8>,
    public: Vec<u8>,
    signs_from: Timestamp,
}

#[derive(Default)]
struct Ring {
    keys: Vec<Opened>,
    signer: usize,
    changes: Option<Timestamp>,
}

/// Signs access tokens.
pub struct SigningKeys {
    engine: Engine<Identity>,
    access: AccessTokens,
    seal: Arc<Seal>,
    clock: Arc<dyn Clock>,
    ids: Mutex<RandomIds>,
    ring: RwLock<Ring>,
    making: AtomicBool,
    /// Held from a change of the keys until they are read again: a reading from before a change must not follow it, or keys that are
    /// revoked would be trusted again.
    turn: tokio::sync::Mutex<()>,
}

impl SigningKeys {
    /// Without keys, until [`load`](Self::load).
    pub fn new(
        engine: Engine<Identity>,
        access: AccessTokens,
        seal: Arc<Seal>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (ids, ring, making) = (Mutex::new(RandomIds::new()), RwLock::default(), AtomicBool::new(false));
        Self { engine, access, seal, clock, ids, ring, making, turn: tokio::sync::Mutex::default() }
    }

    /// Reads the keys, and draws those that are missing: one to sign, and one that is published before it does.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn load(&self) -> Result<(), KeyError> {
        let turn = self.turn.lock().await;
        match self.read().await {
            // Whatever was signed with a key that cannot be opened any more is not to be told from what others may sign.
            Err(error @ KeyError::NotOpened(_)) => {
                tracing::warn!(%error, "everybody must log in again: access tokens are signed with new keys");
                let message = Message::RotateSigningKeys { keys: self.draw_two()?, revoke: true };
                self.engine.command(None, message).await?;
                self.read().await?;
            }
            other => other?,
        }
        drop(turn);
        for _ in 0..2 {
            if self.next_is_there() {
                break;
            }
            self.add().await?;
        }
        Ok(())
    }

    /// Whether another key follows the one that signs.
    fn next_is_there(&self) -> bool {
        let ring = self.ring.read();
        ring.signer + 1 < ring.keys.len()
    }

    async fn add(&self) -> Result<(), KeyError> {
        let _turn = self.turn.lock().await;
        let after = self.ring.read().keys.last().map(|key| key.id);
        self.engine.command(None, Message::AddSigningKey { key: self.draw()?, after }).await?;
        self.read().await
    }

    /// Signs with the next key from now on; with `revoke`, what was signed before opens nothing any more, also when the caller has gone
    /// away meanwhile.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn rotate(self: &Arc<Self>, actor: Actor, revoke: bool) -> Result<(), KeyError> {
        let keys = self.clone();
        let rotated = tokio::spawn(async move {
            let _turn = keys.turn.lock().await;
            let drawn = keys.draw_two()?;
            let message = Message::RotateSigningKeys { keys: drawn, revoke };
            keys.engine.command_by(actor, None, message).await?;
            keys.read().await
        });
        rotated.await.unwrap_or_else(|_| Err(engine::CommandError::Internal.into()))
    }

    fn draw_two(&self) -> Result<Box<[NewKey; 2]>, KeyError> {
        Ok(Box::new([self.draw()?, self.draw()?]))
    }

    fn draw(&self) -> Result<NewKey, KeyError> {
        let key_id = self.ids.lock().next(self.clock.now());
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::NotDrawn)?;
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|_| KeyError::NotDrawn)?;
        let sealed = self.seal.seal(&owner(key_id), pkcs8.as_ref()).map_err(|_| KeyError::NotDrawn)?;
        Ok(NewKey { key_id, sealed, public: URL_SAFE_NO_PAD.encode(pair.public_key()) })
    }

    async fn read(&self) -> Result<(), KeyError> {
        let mut keys = Vec::new();
        for key in store::signing_keys(self.engine.reads()).await? {
            let not_opened = || KeyError::NotOpened(key.key_id);
            let pkcs8 = self.seal.open(&owner(key.key_id), &key.sealed).ok_or_else(not_opened)?;
            let public = URL_SAFE_NO_PAD.decode(&key.public).map_err(|_| not_opened())?;
            keys.push(Opened { id: key.key_id, pkcs8, public, signs_from: key.signs_from_us });
        }
        let mut ring = self.ring.write();
        ring.keys = keys;
        self.arrange(&mut ring);
        Ok(())
    }

    /// Says which key signs now and which are trusted.
    fn arrange(&self, ring: &mut Ring) {
        let signs_from: Vec<Timestamp> = ring.keys.iter().map(|key| key.signs_from).collect();
        let longest = self.engine.service().rules().longest_access();
        let plan = signing::plan(&signs_from, longest, self.clock.now());
        let trusted = ring.keys.iter().skip(plan.trusted_from);
        self.access.trust(trusted.map(|key| (key.id.to_string(), key.public.clone())));
        (ring.signer, ring.changes) = (plan.signer, plan.changes_us);
    }

    /// An access token of what its holder may be given.
    ///
    /// # Errors
    /// There is no key.
    pub fn sign(self: &Arc<Self>, grant: &Grant) -> Result<String, Problem> {
        self.follow_time();
        let ring = self.ring.read();
        let key = ring.keys.get(ring.signer).ok_or_else(Problem::unavailable)?;
        let seconds = |time: Timestamp| time.0.div_euclid(1_000_000);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: grant.account.id(),
            role: grant.role,
            sid: grant.session_id,
            name: grant.name.clone(),
            limited: grant.limited,
            iat: seconds(grant.issued_us),
            exp: seconds(grant.access_until_us),
        };
        sign_access_token(&claims, &key.id.to_string(), &key.pkcs8).map_err(|error| {
            tracing::error!(%error, "an access token could not be signed");
            Problem::internal()
        })
    }

    /// Lets another key sign whose time has come, and has the next one made.
    fn follow_time(self: &Arc<Self>) {
        let now = self.clock.now();
        if self.ring.read().changes.is_some_and(|changes| changes <= now) {
            let mut ring = self.ring.write();
            self.arrange(&mut ring);
        }
        if !self.next_is_there() && !self.making.swap(true, Ordering::AcqRel) {
            let keys = self.clone();
            tokio::spawn(async move {
                if let Err(error) = keys.add().await {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the next signing key is not made yet"
                    );
                }
                keys.making.store(false, Ordering::Release);
            });
        }
    }

    /// Says at once that sessions have ended.
    pub fn end(&self, ended: &[Ended]) {
        self.access.end_sessions(ended.iter().map(|session| (session.session_id, session.until_us)));
    }
}

/// Whose a sealed key is.
fn owner(key_id: Uuid) -> String {
    format!("signing key {key_id}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bus::Embedded;
    use contracts::Timestamp;
    use engine::{Actor, ManualClock};
    use futures_util::FutureExt;
    use host::{Context, Stores};
    use uuid::Uuid;

    use super::{SigningKeys, store};
    use crate::{config::Config, message::Message, seal::Seal, service::Identity};

    async fn kept(keys: &SigningKeys) -> Vec<Uuid> {
        let kept = store::signing_keys(keys.engine.reads()).await.expect("it reads");
        kept.into_iter().map(|key| key.key_id).collect()
    }

    fn trusted(keys: &SigningKeys) -> Vec<Uuid> {
        let set = keys.access.key_set();
        let of = |key: &serde_json::Value| key["kid"].as_str().and_then(|id| id.parse().ok());
        set["keys"].as_array().expect("keys").iter().map(|key| of(key).expect("an id")).collect()
    }

    /// Keys are not changed while others are between a change and its reading, which would bring back what the change has taken.
    #[tokio::test]
    async fn a_change_of_the_keys_waits_until_the_one_before_is_read() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::at(Timestamp(1_767_225_600_000_000)));
        let stores = Stores::Sqlite(directory.path().to_owned());
        let ctx =
            Context::new(directory.path(), stores, Embedded::new(), clock.clone()).expect("new secrets");
        let opened = ctx.open(Identity::new(Config::default().rules()), None).await.expect("opened");
        let engine = opened.engine();
        opened.start(&engine).await.expect("started");
        let seal = Arc::new(Seal::new(&ctx.secrets.identity_key("seal")).expect("a key to seal with"));
        let keys = Arc::new(SigningKeys::new(engine.clone(), ctx.access.clone(), seal, clock));
        keys.load().await.expect("loaded");
        let before = kept(&keys).await;

        let turn = keys.turn.lock().await;
        let actor = Actor { id: None, name: "operator".to_owned(), action: "rotate".to_owned() };
        let mut rotating = Box::pin(keys.rotate(actor, true));
        assert!(rotating.as_mut().now_or_never().is_none());
        tokio::task::yield_now().await;
        // All of the keys are one aggregate: what was asked for before this has been done after it.
        let nothing = Message::AddSigningKey { key: keys.draw().expect("a key"), after: None };
        engine.command(None, nothing).await.expect("there are newer ones");
        assert_eq!(kept(&keys).await, before);
        drop(turn);
        rotating.await.expect("rotated");
        let (mut after, mut trusted) = (kept(&keys).await, trusted(&keys));
        assert!(after.iter().all(|key| !before.contains(key)));
        after.sort_unstable();
        trusted.sort_unstable();
        assert_eq!(trusted, after);
        engine.stop().await;
    }
}
