#![doc = include_str!("../README.md")]

mod api;
mod config;
mod domain;
mod events;
mod keys;
mod message;
mod passwords;
mod refresh_tokens;
mod seal;
mod service;
mod store;
mod totp;

use std::sync::Arc;

use contracts::ServiceName;
use engine::{EngineError, RandomIds, StoreError};
use parking_lot::Mutex;

pub use config::{Config, HashCost, SecondFactorSetting};
pub use domain::{
    Account, AccountKind, AddressBook, AddressChange, AttemptKey, Attempts, Customer, CustomerStatus,
    EmailClaim, Ended, Fact, Grant, Link, LinkPurpose, LogIn, LoggedIn, NewKey, NewSession, NewStaff,
    PasswordHash, ProfileChange, Refreshed, Rules, SavedAddress, Sealed, SecondFactor, Session, SessionTimes,
    SignUp, SigningKey, Staff, StaffChange, TokenHash, TokenHashes, TotpState, own_staff::OwnChange,
};
pub use message::{Message, Reply};
pub use service::Identity;

/// Mounts the service.
///
/// # Errors
/// Its database cannot be opened, or the machine gives no randomness.
pub async fn mount(ctx: &host::Context, config: &Config) -> Result<host::Mounted, EngineError> {
    let broken = |what: &str| EngineError::Store {
        service: ServiceName::Identity,
        source: StoreError::Unavailable(what.to_owned()),
    };
    let at_once = config.password_hashes_at_once;
    let passwords =
        passwords::Passwords::new(config.password_hash, at_once, config.password_hashes_waiting_max);
    let passwords = passwords.map_err(|_| broken("the machine gives no randomness"))?;
    let seal = seal::Seal::new(&ctx.secrets.identity_key("seal"));
    let seal = Arc::new(seal.map_err(|_| broken("no key to seal with"))?);

    let opened = ctx.open(Identity::new(config.rules()), None).await?;
    let engine = opened.engine();
    let keys = keys::SigningKeys::new(engine.clone(), ctx.access.clone(), seal.clone(), ctx.clock.clone());
    let keys = Arc::new(keys);
    let routes = api::routes(api::Api {
        engine: engine.clone(),
        clock: ctx.clock.clone(),
        ids: Mutex::new(RandomIds::new()),
        passwords,
        refresh_tokens: refresh_tokens::RefreshTokens::new(&ctx.secrets.identity_key("refresh tokens")),
        keys: keys.clone(),
        links: ctx.secrets.link_tokens(),
        seal,
        proxies: config.trusted_proxies.clone(),
    });
    let clock = ctx.clock.clone();
    let after_start = Box::pin(async move {
        // What has ended is named before any key is trusted, so that none of its tokens is good for a moment.
        let ended = store::ended_sessions(engine.reads(), clock.now()).await;
        keys.end(&ended.map_err(|source| EngineError::Store { service: ServiceName::Identity, source })?);
        keys.load().await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "signing keys");
            EngineError::Store {
                service: ServiceName::Identity,
                source: StoreError::Unavailable(error.to_string()),
            }
        })
    });
    Ok(host::Mounted { routes, service: host::hosted_then(opened, after_start) })
}
