//! Routes of accounts and sessions. Passwords, tokens and codes end here: what goes on is their hashes.

mod addresses;
mod admin_customers;
mod admin_staff;
mod failure;
mod fields;
mod keys;
mod links;
mod log_in;
mod me;
mod sessions;
mod sign_up;
mod staff;
mod totp;
mod views;

use std::{net::IpAddr, sync::Arc};

use axum::http::{HeaderMap, header};
use engine::{Actor, Clock, CommandError, CommandKey, Engine, Ids, RandomIds};
use host::{ClientAddress, LinkTokens, Problem};
use parking_lot::Mutex;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    domain::{AccountKind, AttemptKey, Ended, LoggedIn, NewSession, Refreshed, password},
    keys::SigningKeys,
    message::{Message, Reply},
    passwords::{Passwords, Verified},
    refresh_tokens::RefreshTokens,
    seal::Seal,
    service::Identity,
};
use failure::Failure;

/// What the routes work with.
pub(crate) struct Api {
    pub engine: Engine<Identity>,
    pub clock: Arc<dyn Clock>,
    pub ids: Mutex<RandomIds>,
    pub passwords: Passwords,
    pub refresh_tokens: RefreshTokens,
    pub keys: Arc<SigningKeys>,
    pub links: LinkTokens,
    pub seal: Arc<Seal>,
    pub proxies: Vec<IpAddr>,
}

/// The longest name of a client that is kept, in characters.
const AGENT_CHARS_MAX: usize = 200;

impl Api {
    fn new_id(&self) -> Uuid {
        self.ids.lock().next(self.clock.now())
    }

    /// Gives a command. Sessions that end by it are over at once for whoever checks tokens, also when the caller has gone away meanwhile.
    async fn command(
        self: &Arc<Self>,
        actor: Option<Actor>,
        key: Option<CommandKey>,
        message: Message,
    ) -> Result<Reply, Failure> {
        let api = self.clone();
        let carried_out = tokio::spawn(async move {
            let reply = match actor {
                Some(actor) => api.engine.command_by(actor, key, message).await?,
                None => api.engine.command(key, message).await?,
            };
            api.keys.end(&ended_by(&reply));
            Ok(reply)
        });
        carried_out.await.unwrap_or(Err(CommandError::Internal)).map_err(Failure::from)
    }

    /// Counts an attempt before anything is looked at.
    async fn claim_attempt(self: &Arc<Self>, keys: Vec<AttemptKey>) -> Result<Vec<AttemptKey>, Failure> {
        if keys.is_empty() {
            return Ok(keys);
        }
        match self.command(None, None, Message::ClaimAttempt { keys: keys.clone() }).await? {
            Reply::Wait(wait) if wait.is_zero() => Ok(keys),
            Reply::Wait(wait) => Err(Failure::too_many_attempts(wait)),
            _ => Err(Problem::internal().into()),
        }
    }

    /// Takes an attempt back that was no guess.
    async fn refund_attempt(self: &Arc<Self>, keys: Vec<AttemptKey>) -> Result<(), Failure> {
        if !keys.is_empty() {
            self.command(None, None, Message::RefundAttempt { keys }).await?;
        }
        Ok(())
    }

    /// An attempt to log in to an account.
    async fn attempt_to_log_in(
        self: &Arc<Self>,
        kind: AccountKind,
        email: &str,
        client: &ClientAddress,
    ) -> Result<Vec<AttemptKey>, Failure> {
        let mut keys = vec![AttemptKey::log_in(kind, email)];
        keys.extend(self.address_key(client));
        self.claim_attempt(keys).await
    }

    /// An attempt to confirm, within a session, who one is.
    async fn attempt_to_confirm(
        self: &Arc<Self>,
        account_id: Uuid,
        client: &ClientAddress,
    ) -> Result<Vec<AttemptKey>, Failure> {
        let mut keys = vec![AttemptKey::confirmation(account_id)];
        keys.extend(self.address_key(client));
        self.claim_attempt(keys).await
    }

    /// What a client's failures are counted under; nothing for this process itself.
    fn address_key(&self, client: &ClientAddress) -> Option<AttemptKey> {
        client.behind(&self.proxies).map(|address| AttemptKey::address(&network(address)))
    }

    /// A session to be, with the refresh token that its holder gets.
    fn new_session(&self, headers: &HeaderMap) -> Result<(NewSession, String), Failure> {
        let session_id = self.new_id();
        let (refresh_token, token) = self.refresh_tokens.issue(session_id).map_err(no_randomness)?;
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let agent = agent.chars().take(AGENT_CHARS_MAX).collect();
        Ok((NewSession { session_id, token, agent }, refresh_token))
    }

    /// Refuses a password that is guessed first.
    fn check_choice(&self, field: &str, chosen: &str, email: &str) -> Result<(), Failure> {
        match password::objection(chosen, email) {
            Some(objection) => Err(Failure::invalid(field, objection)),
            None => Ok(()),
        }
    }

    /// Compares a password that confirms who one is.
    async fn confirm(&self, given: String, known: crate::domain::PasswordHash) -> Result<Verified, Failure> {
        let verified = self.passwords.verify(given, Some(known)).await?;
        verified.ok_or_else(|| Failure::unauthorised("invalid_credentials", "The password is not right."))
    }
}

/// Sessions that have ended by a command.
fn ended_by(reply: &Reply) -> Vec<Ended> {
    match reply {
        Reply::Done { ended } | Reply::Invited { ended, .. } => ended.clone(),
        Reply::SignedUp { logged_in, .. } | Reply::LoggedIn(logged_in) => {
            let LoggedIn { ended, .. } = &**logged_in;
            ended.clone()
        }
        Reply::Refreshed(refreshed) => match &**refreshed {
            Refreshed::Reused(ended) => vec![*ended],
            Refreshed::Granted(_) => Vec::new(),
        },
        Reply::Wait(_) => Vec::new(),
    }
}

/// What is counted as one client: an address, or of the longer ones the network that a household or a server has all of.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn no_randomness(_: ring::error::Unspecified) -> Problem {
    tracing::error!("the machine gives no randomness");
    Problem::internal()
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(sign_up::sign_up))
        .routes(routes!(log_in::log_in))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::log_out))
        .routes(routes!(sessions::list_sessions, sessions::end_other_sessions))
        .routes(routes!(sessions::end_session))
        .routes(routes!(links::verify_email))
        .routes(routes!(links::verify_email_again))
        .routes(routes!(links::forgot_password))
        .routes(routes!(links::reset_password))
        .routes(routes!(me::get, me::edit, me::delete))
        .routes(routes!(me::export))
        .routes(routes!(addresses::list, addresses::add))
        .routes(routes!(addresses::edit, addresses::remove))
        .routes(routes!(staff::log_in))
        .routes(routes!(staff::accept_invitation))
        .routes(routes!(staff::get_own))
        .routes(routes!(staff::change_password))
        .routes(routes!(staff::list_sessions, staff::end_other_sessions))
        .routes(routes!(totp::begin_totp, totp::remove_totp))
        .routes(routes!(totp::confirm_totp))
        .routes(routes!(admin_staff::list, admin_staff::add))
        .routes(routes!(admin_staff::get, admin_staff::edit))
        .routes(routes!(admin_staff::reset))
        .routes(routes!(admin_customers::list))
        .routes(routes!(admin_customers::get))
        .routes(routes!(admin_customers::disable))
        .routes(routes!(admin_customers::enable))
        .routes(routes!(keys::rotate))
        .with_state(Arc::new(api))
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn a_network_is_one_client() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("198.51.100.7"), "198.51.100.7");
        assert_eq!(of("2001:db8:1:2:3::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }
}
