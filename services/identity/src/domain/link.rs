//! Links that are sent by mail, or handed over: each is good once and for a time, and an older one is void when a newer is asked for.

use std::time::Duration;

use contracts::{CustomerId, Refusal, Timestamp};
use engine::{Cx, Needs, Rows, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Account, AccountKind, AttemptKey, Customer, CustomerStatus, EmailClaim, Ended, Fact, PasswordHash,
    attempts, claim_key, customer, session,
};
use crate::{message::Message, service::Identity};

/// How many links an account has at once: one of each purpose.
const OF_ACCOUNT_MAX: usize = 8;

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// It shows that mail to an address arrives.
    VerifyEmail,
    /// It lets a customer choose a new password.
    ResetPassword,
    /// It lets somebody of staff choose a password.
    Invitation,
}

impl LinkPurpose {
    /// How long it is good.
    pub fn lifetime(self) -> Duration {
        let hours = match self {
            Self::VerifyEmail => 3 * 24,
            Self::ResetPassword => 1,
            Self::Invitation => 48,
        };
        Duration::from_secs(hours * 3_600)
    }
}

/// A link that is still good. One that was followed, voided or is over is not there any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id, from which the installation makes its token.
    pub link_id: Uuid,
    /// What for.
    pub purpose: LinkPurpose,
    /// Whose account it is about.
    pub account_id: Uuid,
    /// Where it was sent.
    pub email: String,
    /// Until when it is good.
    pub expires_us: Timestamp,
}

/// The link cannot be followed, whyever.
pub fn link_invalid() -> Refusal {
    Refusal::invalid("link_invalid", "The link is not good, or not any more. Ask for another.")
}

/// Names the links of an account.
pub fn name_of(account_id: Uuid, needs: &mut Needs<'_>) {
    needs.write_all::<Link>("account_id", account_id, None, OF_ACCOUNT_MAX);
}

/// Names a new link, and those that it takes the place of.
pub fn name_new(account_id: Uuid, link_id: Uuid, needs: &mut Needs<'_>) {
    needs.write::<Link>(link_id);
    name_of(account_id, needs);
}

fn of(account_id: Uuid, rows: &Rows) -> Vec<(Uuid, LinkPurpose)> {
    let links = rows.matching::<Link>("account_id", &Value::Id(account_id));
    links.into_iter().map(|link| (link.link_id, link.purpose)).collect()
}

fn remove(link_id: Uuid, rows: &mut Rows, cx: &mut Cx<'_, Identity>) {
    rows.remove::<Link>(link_id);
    cx.cancel(link_id, "expire");
}

/// Voids the links of an account for a purpose.
pub fn void(account_id: Uuid, purpose: LinkPurpose, rows: &mut Rows, cx: &mut Cx<'_, Identity>) {
    for (link_id, _) in of(account_id, rows).into_iter().filter(|(_, other)| *other == purpose) {
        remove(link_id, rows, cx);
    }
}

/// Voids all links of an account.
pub fn void_all(account_id: Uuid, rows: &mut Rows, cx: &mut Cx<'_, Identity>) {
    for (link_id, _) in of(account_id, rows) {
        remove(link_id, rows, cx);
    }
}

/// Makes a link; an older one for the same purpose is void.
pub fn make(
    account_id: Uuid,
    purpose: LinkPurpose,
    link_id: Uuid,
    email: &str,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Timestamp {
    void(account_id, purpose, rows, cx);
    let expires_us = cx.now().plus(purpose.lifetime());
    rows.put(Link { link_id, purpose, account_id, email: email.to_owned(), expires_us });
    cx.schedule(link_id, "expire", expires_us, Message::ExpireLink { link_id });
    expires_us
}

/// Makes a link for a customer, and tells that it is to be sent.
///
/// # Errors
/// There is no such customer.
pub fn request(
    customer_id: CustomerId,
    purpose: LinkPurpose,
    link_id: Uuid,
    email: &str,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<(), Refusal> {
    let name = customer::active(customer_id, rows)?.name.clone();
    let expires_us = make(customer_id.0, purpose, link_id, email, rows, cx);
    let email = email.to_owned();
    cx.publish::<Customer>(
        customer_id,
        Fact::LinkRequested { link_id, purpose, customer_id, email, name, expires_us },
    );
    Ok(())
}

/// Takes a link that is followed: it is good no more.
///
/// # Errors
/// It is not good, or for something else.
pub fn take(
    link_id: Uuid,
    purpose: LinkPurpose,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<Link, Refusal> {
    let now = cx.now();
    let link = rows.get::<Link>(link_id).filter(|link| link.purpose == purpose && now < link.expires_us);
    let link = link.cloned().ok_or_else(link_invalid)?;
    remove(link_id, rows, cx);
    Ok(link)
}

/// Forgets a link whose time is over.
pub fn expire(link_id: Uuid, rows: &mut Rows) {
    rows.remove::<Link>(link_id);
}

/// Names what asking for another password needs.
pub fn name_forgotten(email: &str, link_id: Uuid, counted: &[AttemptKey], needs: &mut Needs<'_>) {
    attempts::name(counted, needs);
    let claim = needs.read::<EmailClaim>(claim_key(AccountKind::Customer, email));
    if let Some(account_id) = claim.map(|claim| claim.account_id) {
        needs.write::<Customer>(account_id);
        name_new(account_id, link_id, needs);
    }
}

/// Somebody does not know the password of an address's account any more. Where there is such an account, it is sent a link, unless too
/// many were asked for already. Nobody is told which.
pub fn forgotten(
    email: &str,
    link_id: Uuid,
    counted: &[AttemptKey],
    allowed: (u32, u32),
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<(), Refusal> {
    let wait = attempts::claim(counted, allowed, rows, cx);
    let claim = rows.get::<EmailClaim>(claim_key(AccountKind::Customer, email));
    let Some(customer_id) = claim.map(|claim| CustomerId(claim.account_id)) else { return Ok(()) };
    let customer = rows.get::<Customer>(customer_id);
    let may = customer.is_some_and(|customer| customer.status == CustomerStatus::Active);
    match may && wait.is_zero() {
        true => request(customer_id, LinkPurpose::ResetPassword, link_id, email, rows, cx),
        false => Ok(()),
    }
}

/// Names what asking for the verification again needs.
pub fn name_verification_again(customer_id: CustomerId, link_id: Uuid, needs: &mut Needs<'_>) {
    let email = needs.write::<Customer>(customer_id).map(to_verify);
    if let Some(email) = email {
        attempts::name(&[AttemptKey::mail(&email)], needs);
    }
    name_new(customer_id.0, link_id, needs);
}

/// The address that waits to be verified, or is.
fn to_verify(customer: &Customer) -> String {
    customer.pending_email.clone().unwrap_or_else(|| customer.email.clone())
}

/// A customer asks for the verification again. Answers how long it must wait, where it has asked too often.
///
/// # Errors
/// Nothing is to be verified.
pub fn verification_again(
    customer_id: CustomerId,
    link_id: Uuid,
    allowed: (u32, u32),
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<Duration, Refusal> {
    let customer = customer::active(customer_id, rows)?;
    if customer.verified_us.is_some() && customer.pending_email.is_none() {
        return Err(Refusal::conflict("email_verified", "This address has been verified."));
    }
    let email = to_verify(customer);
    let wait = attempts::claim(&[AttemptKey::mail(&email)], allowed, rows, cx);
    if wait.is_zero() {
        request(customer_id, LinkPurpose::VerifyEmail, link_id, &email, rows, cx)?;
    }
    Ok(wait)
}

/// Names what a new password changes.
pub fn name_reset(link_id: Uuid, needs: &mut Needs<'_>) {
    let link = needs.write::<Link>(link_id).map(|link| (link.account_id, link.email.clone()));
    if let Some((account_id, email)) = link {
        needs.write::<Customer>(account_id);
        session::name_live(account_id, needs);
        name_of(account_id, needs);
        attempts::name(&[AttemptKey::log_in(AccountKind::Customer, &email)], needs);
    }
}

/// A customer has followed the link to a new password: all sessions end, and mail reaches it, as the link shows.
///
/// # Errors
/// The link is not good any more.
pub fn reset(
    link_id: Uuid,
    password: &PasswordHash,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<(Account, Vec<Ended>), Refusal> {
    let link = take(link_id, LinkPurpose::ResetPassword, rows, cx)?;
    let customer_id = CustomerId(link.account_id);
    let mut customer = customer::active(customer_id, rows).map_err(|_| link_invalid())?.clone();
    if customer.email != link.email {
        return Err(link_invalid());
    }
    customer.password = password.clone();
    customer.password_version += 1;
    customer.updated_us = cx.now();
    customer::mark_verified(&mut customer, cx);
    if customer.pending_email.is_none() {
        void(link.account_id, LinkPurpose::VerifyEmail, rows, cx);
    }
    attempts::succeed(&[AttemptKey::log_in(AccountKind::Customer, &customer.email)], rows);
    rows.put(customer);
    Ok((Account::Customer(customer_id), session::end_all(link.account_id, None, rows, cx)))
}
