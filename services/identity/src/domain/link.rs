//! Links that are sent by mail, or handed over: each is good once and for a time, and an older one is void when a newer is asked for.

use std::time::Duration;

use contracts::{CustomerId, Refusal, Timestamp};
use engine::{Cx, Needs, Rows, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Customer, Fact, customer};
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

/// Makes a link for a customer, and tells that it is to be sent. Its reader is called by name only where mail there has shown to be the
/// customer's: anybody can sign up with somebody else's address, and a name may be any text.
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
    let customer = customer::active(customer_id, rows)?;
    let is_theirs = customer.verified_us.is_some() && customer.email == email;
    let name = if is_theirs { customer.name.clone() } else { String::new() };
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
