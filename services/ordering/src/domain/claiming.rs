//! Orders that were placed as a guest, and are a customer's as soon as the customer shows that their address is its own.
//!
//! An address that is verified is noted first, and what was ordered with it is claimed then, chunk by chunk. Each chunk looks whether the
//! address is still the customer's: it may be another's by then, or nobody's.

use std::time::Duration;

use contracts::{CustomerId, OrderId, Refusal};
use engine::{Cx, Key, Needs, Rows, Value};

use super::{Fact, Message, Order, Purchase, Status};
use crate::Ordering;

/// How many orders are looked at in one decision.
const CLAIMED_AT_ONCE: usize = 100;

/// How many addresses of a customer are forgotten at once; it has one, or two while it changes.
const ADDRESSES_MAX: usize = 10;

/// When orders are looked for once more. Where two lanes decide at once, an order and the verification of its address may each miss the
/// other, which has not committed yet. A batch commits within moments.
const LOOKED_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// An address that a customer has shown to be its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEmail {
    /// The address, as [`email_key`] writes it.
    pub email_key: String,
    /// Whose it is.
    pub customer_id: CustomerId,
}

/// How far a customer's events have been heard. One that comes again later must not bring back what has changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerHeard {
    /// The customer.
    pub customer_id: CustomerId,
    /// The last one's number among the customer's events.
    pub sequence: i64,
}

/// The form of an address in which two are compared: letter case means nothing to those who write them.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

pub(super) fn needs(message: &Message, needs: &mut Needs<'_>) {
    match message {
        Message::VerifyEmail { customer_id, email, .. } => {
            needs.write::<CustomerHeard>(*customer_id);
            needs.write_all::<VerifiedEmail>("customer_id", customer_id.0, None, ADDRESSES_MAX);
            let email_key = email_key(email);
            needs.write::<VerifiedEmail>(email_key.as_str());
            name_orders(email_key, None, needs);
        }
        Message::ClaimOrders { email, after, .. } => {
            let email_key = email_key(email);
            needs.read::<VerifiedEmail>(email_key.as_str());
            name_orders(email_key, *after, needs);
        }
        Message::ForgetCustomer { customer_id, .. } => {
            needs.write::<CustomerHeard>(*customer_id);
            needs.write_all::<VerifiedEmail>("customer_id", customer_id.0, None, ADDRESSES_MAX);
        }
        _ => {}
    }
}

fn name_orders(email_key: String, after: Option<OrderId>, needs: &mut Needs<'_>) {
    needs.write_all::<Purchase>("email_key", email_key.clone(), after.map(Key::from), CLAIMED_AT_ONCE);
    let found = needs.matching::<Purchase>("email_key", &Value::Text(email_key));
    let orders: Vec<OrderId> = found.into_iter().map(|purchase| purchase.order_id).collect();
    for order in orders {
        needs.write::<Order>(order);
    }
}

pub(super) fn handle(
    message: &Message,
    rows: &mut Rows,
    cx: &mut Cx<'_, Ordering>,
) -> Result<Status, Refusal> {
    match message {
        Message::VerifyEmail { customer_id, email, sequence } => {
            verify(*customer_id, email_key(email), *sequence, rows, cx);
        }
        Message::ClaimOrders { customer_id, email, after } => {
            let email_key = email_key(email);
            let known = rows.get::<VerifiedEmail>(email_key.as_str());
            if known.is_some_and(|known| known.customer_id == *customer_id) {
                claim(*customer_id, email_key, *after, rows, cx);
            }
        }
        Message::ForgetCustomer { customer_id, sequence } => leave(*customer_id, *sequence, rows),
        _ => {}
    }
    // Nobody waits for an answer to an event.
    Ok(Status::Submitted)
}

/// A timer of an address: a customer has one for each, so that an address does not end what is under way for another.
fn timer(what: &str, email_key: &str) -> String {
    format!("claim_orders {what} {email_key}")
}

/// Whether a customer's event is later than all that were heard; it is the last one from now on.
fn is_news(customer_id: CustomerId, sequence: i64, rows: &mut Rows) -> bool {
    let is_news = rows.get::<CustomerHeard>(customer_id).is_none_or(|heard| heard.sequence < sequence);
    if is_news {
        rows.put(CustomerHeard { customer_id, sequence });
    }
    is_news
}

/// The address is the customer's from now on, and what was ordered with it.
fn verify(
    customer_id: CustomerId,
    email_key: String,
    sequence: i64,
    rows: &mut Rows,
    cx: &mut Cx<'_, Ordering>,
) {
    if !is_news(customer_id, sequence, rows) {
        return;
    }
    forget(customer_id, rows);
    rows.put(VerifiedEmail { email_key: email_key.clone(), customer_id });
    let again = Message::ClaimOrders { customer_id, email: email_key.clone(), after: None };
    cx.schedule_in(customer_id, timer("again", &email_key), LOOKED_AGAIN_AFTER, again);
    claim(customer_id, email_key, None, rows, cx);
}

/// The customer has no account any more.
fn leave(customer_id: CustomerId, sequence: i64, rows: &mut Rows) {
    if is_news(customer_id, sequence, rows) {
        forget(customer_id, rows);
    }
}

/// The addresses that were the customer's are nobody's.
fn forget(customer_id: CustomerId, rows: &mut Rows) {
    let known = rows.matching::<VerifiedEmail>("customer_id", &customer_id.0.into());
    let keys: Vec<String> = known.into_iter().map(|known| known.email_key.clone()).collect();
    for key in keys {
        rows.remove::<VerifiedEmail>(key);
    }
}

fn claim(
    customer_id: CustomerId,
    email_key: String,
    after: Option<OrderId>,
    rows: &mut Rows,
    cx: &mut Cx<'_, Ordering>,
) {
    let found = rows.matching::<Purchase>("email_key", &Value::Text(email_key.clone()));
    let mut found: Vec<Purchase> =
        found.into_iter().filter(|purchase| Some(purchase.order_id) > after).cloned().collect();
    found.truncate(CLAIMED_AT_ONCE);
    let last = found.last().filter(|_| found.len() == CLAIMED_AT_ONCE).map(|purchase| purchase.order_id);
    if last.is_some() {
        let name = timer("after", &email_key);
        let next = Message::ClaimOrders { customer_id, email: email_key, after: last };
        cx.schedule(customer_id, name, cx.now(), next);
    }
    for purchase in found {
        let id = purchase.order_id;
        let Some(order) = rows.get::<Order>(id).filter(|order| order.customer_id.is_none()).cloned() else {
            continue;
        };
        rows.put(Order { customer_id: Some(customer_id), ..order });
        rows.put(Purchase { customer_id: Some(customer_id), ..purchase });
        // A step of the order's way, whatever led to it.
        cx.correlate(id);
        cx.publish::<Order>(id, Fact::Claimed(id, customer_id));
    }
}
