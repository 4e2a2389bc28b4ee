//! What customers do with links: a password that is forgotten, and an address that is verified once more.

use std::time::Duration;

use contracts::{CustomerId, Refusal};
use engine::{Cx, Needs, Rows};
use uuid::Uuid;

use super::{
    Account, AccountKind, AttemptKey, Customer, CustomerStatus, EmailClaim, Ended, Link, LinkPurpose,
    PasswordHash, attempts, claim_key, customer, link, session,
};
use crate::service::Identity;

/// Names what asking for another password needs.
pub fn name_forgotten(email: &str, link_id: Uuid, counted: &[AttemptKey], needs: &mut Needs<'_>) {
    attempts::name(counted, needs);
    let claim = needs.read::<EmailClaim>(claim_key(AccountKind::Customer, email));
    if let Some(account_id) = claim.map(|claim| claim.account_id) {
        needs.write::<Customer>(account_id);
        link::name_new(account_id, link_id, needs);
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
        true => link::request(customer_id, LinkPurpose::ResetPassword, link_id, email, rows, cx),
        false => Ok(()),
    }
}

/// Names what asking for the verification again needs.
pub fn name_verification_again(
    customer_id: CustomerId,
    link_id: Uuid,
    client: Option<&AttemptKey>,
    needs: &mut Needs<'_>,
) {
    let email = needs.write::<Customer>(customer_id).map(to_verify);
    if let Some(email) = email {
        attempts::name(&AttemptKey::mail_for(&email, client), needs);
    }
    link::name_new(customer_id.0, link_id, needs);
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
    client: Option<&AttemptKey>,
    allowed: (u32, u32),
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<Duration, Refusal> {
    let customer = customer::active(customer_id, rows)?;
    if customer.verified_us.is_some() && customer.pending_email.is_none() {
        return Err(Refusal::conflict("email_verified", "This address has been verified."));
    }
    let email = to_verify(customer);
    let wait = attempts::claim(&AttemptKey::mail_for(&email, client), allowed, rows, cx);
    if wait.is_zero() {
        link::request(customer_id, LinkPurpose::VerifyEmail, link_id, &email, rows, cx)?;
    }
    Ok(wait)
}

/// Names what a new password changes.
pub fn name_reset(link_id: Uuid, needs: &mut Needs<'_>) {
    let link = needs.write::<Link>(link_id).map(|link| (link.account_id, link.email.clone()));
    if let Some((account_id, email)) = link {
        needs.write::<Customer>(account_id);
        session::name_live(account_id, needs);
        link::name_of(account_id, needs);
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
    let link = link::take(link_id, LinkPurpose::ResetPassword, rows, cx)?;
    let customer_id = CustomerId(link.account_id);
    let mut customer = customer::active(customer_id, rows).map_err(|_| link::link_invalid())?.clone();
    if customer.email != link.email {
        return Err(link::link_invalid());
    }
    customer.password = password.clone();
    customer.password_version += 1;
    customer.updated_us = cx.now();
    customer::mark_verified(&mut customer, cx);
    if customer.pending_email.is_none() {
        link::void(link.account_id, LinkPurpose::VerifyEmail, rows, cx);
    }
    attempts::succeed(&[AttemptKey::log_in(AccountKind::Customer, &customer.email)], rows);
    rows.put(customer);
    Ok((Account::Customer(customer_id), session::end_all(link.account_id, None, rows, cx)))
}
