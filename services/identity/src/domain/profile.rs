//! What customers change about themselves.

use std::time::Duration;

use contracts::{CustomerId, Refusal};
use engine::{Cx, Needs, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    AccountKind, AttemptKey, Customer, EmailClaim, Ended, LinkPurpose, PasswordHash, account, attempts,
    claim_key, customer, link, session,
};
use crate::service::Identity;

/// What a customer changes about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileChange {
    /// What it is called.
    pub name: Option<String>,
    /// Where it is called; empty for nowhere any more.
    pub phone: Option<String>,
    /// The address that it wants to have, normalised, and the link that verifies it.
    pub email: Option<(String, Uuid)>,
    /// What mail that the client asks for is counted under, where that is known.
    pub client: Option<AttemptKey>,
    /// Another password: which it had, and its new one.
    pub password: Option<(u32, PasswordHash)>,
    /// The attempts that have succeeded, where it had to confirm who it is.
    pub attempts: Vec<AttemptKey>,
}

/// What becomes of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is made. Sessions may have ended for it.
    Done(Vec<Ended>),
    /// Nothing is changed: too much mail was asked for, and one must wait so long.
    Wait(Duration),
}

pub fn name(customer_id: CustomerId, change: &ProfileChange, needs: &mut Needs<'_>) {
    needs.write::<Customer>(customer_id);
    attempts::name(&change.attempts, needs);
    if let Some((email, link_id)) = &change.email {
        needs.read::<EmailClaim>(claim_key(AccountKind::Customer, email));
        link::name_new(customer_id.0, *link_id, needs);
        attempts::name(&AttemptKey::mail_for(email, change.client.as_ref()), needs);
    }
    if change.password.is_some() {
        session::name_live(customer_id.0, needs);
        link::name_of(customer_id.0, needs);
    }
}

/// Changes what a customer says of itself. A new address counts once it is verified; a new password ends the other sessions.
///
/// # Errors
/// The address is another's, or the password was changed meanwhile.
pub fn change(
    customer_id: CustomerId,
    session_id: Uuid,
    change: &ProfileChange,
    allowed: (u32, u32),
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<Changed, Refusal> {
    let before = customer::active(customer_id, rows)?.clone();
    let mut customer = before.clone();
    if let Some(name) = &change.name {
        customer.name.clone_from(name);
        customer.name_order = name.to_lowercase();
    }
    if let Some(phone) = &change.phone {
        customer.phone = Some(phone.clone()).filter(|phone| !phone.is_empty());
    }
    if change.password.as_ref().is_some_and(|(version, _)| *version != customer.password_version) {
        return Err(customer::invalid_credentials());
    }
    let asks_for_mail = change.email.as_ref().filter(|(email, _)| *email != customer.email);
    if let Some((email, _)) = asks_for_mail {
        let claimed = rows.get::<EmailClaim>(claim_key(AccountKind::Customer, email));
        if claimed.is_some_and(|claim| claim.account_id != customer_id.0) {
            return Err(account::email_taken());
        }
    }
    attempts::succeed(&change.attempts, rows);
    if let Some((email, _)) = asks_for_mail {
        let wait = attempts::claim(&AttemptKey::mail_for(email, change.client.as_ref()), allowed, rows, cx);
        if !wait.is_zero() {
            return Ok(Changed::Wait(wait));
        }
    }
    let mut ended = Vec::new();
    if let Some((_, password)) = &change.password {
        customer.password = password.clone();
        customer.password_version += 1;
        ended = session::end_all(customer_id.0, Some(session_id), rows, cx);
        // A link that was sent for the old password would open the account past the new one.
        link::void(customer_id.0, LinkPurpose::ResetPassword, rows, cx);
    }
    if let Some((email, link_id)) = &change.email {
        if *email == customer.email {
            customer.pending_email = None;
            link::void(customer_id.0, LinkPurpose::VerifyEmail, rows, cx);
        } else {
            customer.pending_email = Some(email.clone());
            rows.put(customer.clone());
            link::request(customer_id, LinkPurpose::VerifyEmail, *link_id, email, rows, cx)?;
        }
    }
    if customer != before {
        customer.updated_us = cx.now();
        if customer.name != before.name {
            customer::publish_update(&customer, cx);
        }
        rows.put(customer);
    }
    Ok(Changed::Done(ended))
}
