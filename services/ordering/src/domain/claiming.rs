//! Orders that were placed as a guest, and are a customer's as soon as the customer shows that their address is its own.

use contracts::{CustomerId, OrderId, Refusal};
use engine::{Cx, Key, Needs, Rows, Value};

use super::{Fact, Message, Order, Purchase, Status};
use crate::Ordering;

/// How many orders are looked at in one decision.
const CLAIMED_AT_ONCE: usize = 100;

/// How many addresses of a customer are forgotten at once; it has one, or two while it changes.
const ADDRESSES_MAX: usize = 10;

/// An address that a customer has shown to be its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEmail {
    /// The address, as [`email_key`] writes it.
    pub email_key: String,
    /// Whose it is.
    pub customer_id: CustomerId,
}

/// The form of an address in which two are compared: letter case means nothing to those who write them.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

pub(super) fn needs(message: &Message, needs: &mut Needs<'_>) {
    match message {
        Message::ClaimOrders { customer_id, email, after } => {
            let key = email_key(email);
            needs.write::<VerifiedEmail>(key.as_str());
            needs.write_all::<VerifiedEmail>("customer_id", customer_id.0, None, ADDRESSES_MAX);
            let after = after.map(Key::from);
            needs.write_all::<Purchase>("email_key", key.clone(), after, CLAIMED_AT_ONCE);
            let found = needs.matching::<Purchase>("email_key", &Value::Text(key));
            let orders: Vec<OrderId> = found.into_iter().map(|purchase| purchase.order_id).collect();
            for order in orders {
                needs.write::<Order>(order);
            }
        }
        Message::ForgetCustomer(customer_id) => {
            needs.write_all::<VerifiedEmail>("customer_id", customer_id.0, None, ADDRESSES_MAX);
        }
        _ => {}
    }
}

pub(super) fn handle(
    message: &Message,
    rows: &mut Rows,
    cx: &mut Cx<'_, Ordering>,
) -> Result<Status, Refusal> {
    match message {
        Message::ClaimOrders { customer_id, email, after } => {
            forget(*customer_id, rows);
            let email_key = email_key(email);
            rows.put(VerifiedEmail { email_key: email_key.clone(), customer_id: *customer_id });
            claim(*customer_id, email_key, *after, rows, cx);
        }
        Message::ForgetCustomer(customer_id) => forget(*customer_id, rows),
        _ => {}
    }
    // Nobody waits for an answer to an event.
    Ok(Status::Submitted)
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
    for purchase in found {
        let id = purchase.order_id;
        let Some(order) = rows.get::<Order>(id).filter(|order| order.customer_id.is_none()).cloned() else {
            continue;
        };
        rows.put(Order { customer_id: Some(customer_id), ..order });
        rows.put(Purchase { customer_id: Some(customer_id), ..purchase });
        cx.publish::<Order>(id, Fact::Claimed(id, customer_id));
    }
    if last.is_some() {
        let next = Message::ClaimOrders { customer_id, email: email_key, after: last };
        cx.schedule(customer_id, "claim_orders", cx.now(), next);
    }
}
