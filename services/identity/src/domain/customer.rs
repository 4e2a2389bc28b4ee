//! Customers: who they are, and how they come and go.

use contracts::{CartId, CustomerId, Refusal, Timestamp};
use engine::{Cx, Needs, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Account, AccountKind, AddressBook, AttemptKey, EmailClaim, Ended, Fact, Grant, Link, LinkPurpose,
    NewSession, PasswordHash, Rules, account, attempts, claim_key, link, session,
};
use crate::service::Identity;

/// What a customer's account is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStatus {
    /// It is used.
    Active,
    /// Staff have closed it, and may open it again.
    Disabled,
    /// Its holder has closed it for good. Nothing but the id is left.
    Deleted,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Its id.
    pub customer_id: CustomerId,
    /// Its address, normalised.
    pub email: String,
    /// The address that it wants to have, once it is verified.
    pub pending_email: Option<String>,
    /// What it is called.
    pub name: String,
    /// The same in small letters, to be found by.
    pub name_order: String,
    /// Where it is called.
    pub phone: Option<String>,
    /// Its password.
    pub password: PasswordHash,
    /// Grows with each change of the password.
    pub password_version: u32,
    /// When it has shown that mail reaches it.
    pub verified_us: Option<Timestamp>,
    /// What the account is at.
    pub status: CustomerStatus,
    /// When it signed up.
    pub created_us: Timestamp,
    /// When it was changed last.
    pub updated_us: Timestamp,
}

/// Somebody signs up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUp {
    /// Given by whoever asks.
    pub customer_id: CustomerId,
    /// Normalised.
    pub email: String,
    /// What it is called.
    pub name: String,
    /// The password's hash.
    pub password: PasswordHash,
    /// The session that begins with it.
    pub session: NewSession,
    /// The cart that it filled before.
    pub cart_id: Option<CartId>,
    /// The link that verifies the address.
    pub link_id: Uuid,
}

/// A password, or more, was right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogIn {
    /// Whose.
    pub account: Account,
    /// Which of the account's passwords was right.
    pub password_version: u32,
    /// The same password hashed as it is now to be hashed.
    pub rehashed: Option<PasswordHash>,
    /// The session that begins.
    pub session: NewSession,
    /// The cart that was filled before.
    pub cart_id: Option<CartId>,
    /// The attempts that have succeeded.
    pub attempts: Vec<AttemptKey>,
    /// What was shown besides the password.
    pub second_factor: Option<super::SecondFactor>,
}

/// What a log-in comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedIn {
    /// What the session's holder may be given.
    pub grant: Grant,
    /// Sessions that have ended for it.
    pub ended: Vec<Ended>,
}

/// The account is not there.
pub fn customer_not_found() -> Refusal {
    Refusal::not_found("customer_not_found", "There is no such customer.")
}

/// What was entered is not right, or not any more.
pub fn invalid_credentials() -> Refusal {
    Refusal::conflict("invalid_credentials", "The e-mail address or the password is not right.")
}

/// The account was closed by staff.
pub fn account_disabled() -> Refusal {
    Refusal::conflict("account_disabled", "This account has been closed. Ask the shop.")
}

/// A customer whose account may be used.
pub fn active(customer_id: CustomerId, rows: &Rows) -> Result<&Customer, Refusal> {
    let customer =
        rows.get::<Customer>(customer_id).filter(|customer| customer.status != CustomerStatus::Deleted);
    let customer = customer.ok_or_else(customer_not_found)?;
    if customer.status == CustomerStatus::Disabled { Err(account_disabled()) } else { Ok(customer) }
}

pub fn name_sign_up(sign_up: &SignUp, needs: &mut Needs<'_>) {
    needs.write::<EmailClaim>(claim_key(AccountKind::Customer, &sign_up.email));
    needs.write::<Customer>(sign_up.customer_id);
    needs.write::<session::Session>(sign_up.session.session_id);
    session::name_live(sign_up.customer_id.0, needs);
    link::name_new(sign_up.customer_id.0, sign_up.link_id, needs);
    attempts::name(&[AttemptKey::mail(&sign_up.email)], needs);
}

/// Signs somebody up and logs it in. Where too much mail was asked for to its address, the link is not sent: nobody is kept from signing
/// up by others who ask for mail.
pub fn sign_up(
    sign_up: &SignUp,
    rules: &Rules,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<LoggedIn, Refusal> {
    let SignUp { customer_id, email, name, password, .. } = sign_up.clone();
    account::claim(AccountKind::Customer, &email, customer_id.0, rows)?;
    let now = cx.now();
    rows.put(Customer {
        customer_id,
        email: email.clone(),
        pending_email: None,
        name_order: name.to_lowercase(),
        name: name.clone(),
        phone: None,
        password,
        password_version: 1,
        verified_us: None,
        status: CustomerStatus::Active,
        created_us: now,
        updated_us: now,
    });
    cx.publish::<Customer>(customer_id, Fact::Created { customer_id, email: email.clone(), name });
    let wait = attempts::claim(&[AttemptKey::mail(&email)], rules.attempts_allowed(), rows, cx);
    if wait.is_zero() {
        link::request(customer_id, LinkPurpose::VerifyEmail, sign_up.link_id, &email, rows, cx)?;
    }
    let account = Account::Customer(customer_id);
    let ended = session::start(account, &sign_up.session, false, rules, rows, cx);
    bring_cart(customer_id, sign_up.cart_id, cx);
    let grant = session::grant(sign_up.session.session_id, rules, rows, now)?;
    Ok(LoggedIn { grant, ended })
}

fn bring_cart(customer_id: CustomerId, cart_id: Option<CartId>, cx: &mut Cx<'_, Identity>) {
    if let Some(cart_id) = cart_id {
        cx.publish::<Customer>(customer_id, Fact::CartClaimed { customer_id, cart_id });
    }
}

pub fn name_log_in(customer_id: CustomerId, log_in: &LogIn, needs: &mut Needs<'_>) {
    needs.write::<Customer>(customer_id);
    needs.write::<session::Session>(log_in.session.session_id);
    session::name_live(customer_id.0, needs);
    attempts::name(&log_in.attempts, needs);
}

/// Logs a customer in whose password was right a moment ago.
///
/// # Errors
/// It is not any more, or the account is closed.
pub fn log_in(
    customer_id: CustomerId,
    log_in: &LogIn,
    rules: &Rules,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<LoggedIn, Refusal> {
    let customer = active(customer_id, rows)?;
    if customer.password_version != log_in.password_version {
        return Err(invalid_credentials());
    }
    if let Some(rehashed) = &log_in.rehashed {
        let mut customer = customer.clone();
        customer.password = rehashed.clone();
        rows.put(customer);
    }
    attempts::succeed(&log_in.attempts, rows);
    let ended = session::start(log_in.account, &log_in.session, false, rules, rows, cx);
    bring_cart(customer_id, log_in.cart_id, cx);
    let grant = session::grant(log_in.session.session_id, rules, rows, cx.now())?;
    Ok(LoggedIn { grant, ended })
}

/// Tells what a customer is called, and where mail reaches it.
pub(super) fn publish_update(customer: &Customer, cx: &mut Cx<'_, Identity>) {
    let Customer { customer_id, email, name, .. } = customer.clone();
    cx.publish::<Customer>(customer_id, Fact::Updated { customer_id, email, name });
}

/// Names what a link's verification of its address changes.
pub fn name_verification(link_id: Uuid, needs: &mut Needs<'_>) {
    let Some((customer_id, email)) =
        needs.write::<Link>(link_id).map(|link| (link.account_id, link.email.clone()))
    else {
        return;
    };
    needs.write::<EmailClaim>(claim_key(AccountKind::Customer, &email));
    let current = needs.write::<Customer>(customer_id).map(|customer| customer.email.clone());
    if let Some(current) = current {
        needs.write::<EmailClaim>(claim_key(AccountKind::Customer, &current));
    }
}

/// A link was followed that was sent to an address: mail reaches it, and where the customer wanted to have it, it has it now.
///
/// # Errors
/// The link is not good any more, or another account has the address by now.
pub fn verify(link_id: Uuid, rows: &mut Rows, cx: &mut Cx<'_, Identity>) -> Result<Customer, Refusal> {
    let link = link::take(link_id, LinkPurpose::VerifyEmail, rows, cx)?;
    let mut customer = active(link.account_id.into(), rows).map_err(|_| link::link_invalid())?.clone();
    if link.email != customer.email {
        if customer.pending_email.as_ref() != Some(&link.email) {
            return Err(link::link_invalid());
        }
        account::claim(AccountKind::Customer, &link.email, link.account_id, rows)?;
        rows.remove::<EmailClaim>(claim_key(AccountKind::Customer, &customer.email));
        customer.email = link.email;
        customer.pending_email = None;
        customer.verified_us = None;
        publish_update(&customer, cx);
    }
    mark_verified(&mut customer, cx);
    customer.updated_us = cx.now();
    rows.put(customer.clone());
    Ok(customer)
}

/// Mail reaches the customer: told once for an address.
pub fn mark_verified(customer: &mut Customer, cx: &mut Cx<'_, Identity>) {
    if customer.verified_us.is_some() {
        return;
    }
    customer.verified_us = Some(cx.now());
    let (customer_id, email) = (customer.customer_id, customer.email.clone());
    cx.publish::<Customer>(customer_id, Fact::EmailVerified { customer_id, email });
}

/// Names all that is kept about a customer.
pub fn name_all(customer_id: CustomerId, confirmed: &[AttemptKey], needs: &mut Needs<'_>) {
    attempts::name(confirmed, needs);
    session::name_live(customer_id.0, needs);
    link::name_of(customer_id.0, needs);
    needs.write::<AddressBook>(customer_id);
    if let Some(customer) = needs.write::<Customer>(customer_id).cloned() {
        needs.write::<EmailClaim>(claim_key(AccountKind::Customer, &customer.email));
        attempts::name(&attempts_of(&customer), needs);
    }
}

/// Attempts to log in are kept by the address. So is how much mail was asked for, which stays for its day: else whoever signs up and
/// leaves again and again could send as much as it likes to anybody.
fn attempts_of(customer: &Customer) -> Vec<AttemptKey> {
    let addresses = [&customer.email].into_iter().chain(&customer.pending_email);
    addresses.map(|email| AttemptKey::log_in(AccountKind::Customer, email)).collect()
}

/// Forgets a customer. Its row stays with nothing in it but the id, so that its events stay in order.
///
/// # Errors
/// There is no such customer, or the password was changed meanwhile.
pub fn delete(
    customer_id: CustomerId,
    password_version: u32,
    confirmed: &[AttemptKey],
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<Vec<Ended>, Refusal> {
    let customer = active(customer_id, rows)?.clone();
    if customer.password_version != password_version {
        return Err(invalid_credentials());
    }
    attempts::succeed(confirmed, rows);
    let ended = session::end_all(customer_id.0, None, rows, cx);
    link::void_all(customer_id.0, rows, cx);
    rows.remove::<AddressBook>(customer_id);
    rows.remove::<EmailClaim>(claim_key(AccountKind::Customer, &customer.email));
    for key in attempts_of(&customer) {
        rows.remove::<attempts::Attempts>(key.0);
    }
    rows.put(Customer {
        customer_id,
        email: String::new(),
        pending_email: None,
        name: String::new(),
        name_order: String::new(),
        phone: None,
        password: PasswordHash(String::new()),
        password_version: customer.password_version + 1,
        verified_us: None,
        status: CustomerStatus::Deleted,
        created_us: customer.created_us,
        updated_us: cx.now(),
    });
    cx.publish::<Customer>(customer_id, Fact::Deleted { customer_id });
    Ok(ended)
}

/// Staff close an account, or open it again.
///
/// # Errors
/// There is no such customer.
pub fn set_disabled(
    customer_id: CustomerId,
    disabled: bool,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<(Customer, Vec<Ended>), Refusal> {
    let customer =
        rows.get::<Customer>(customer_id).filter(|customer| customer.status != CustomerStatus::Deleted);
    let mut customer = customer.cloned().ok_or_else(customer_not_found)?;
    let status = if disabled { CustomerStatus::Disabled } else { CustomerStatus::Active };
    if customer.status == status {
        return Ok((customer, Vec::new()));
    }
    customer.status = status;
    customer.updated_us = cx.now();
    rows.put(customer.clone());
    let ended = if disabled { session::end_all(customer_id.0, None, rows, cx) } else { Vec::new() };
    Ok((customer, ended))
}
