//! Payments of orders, by a gateway or from the customer's wallet.

use contracts::{Currency, CustomerId, Money, OrderId, Refusal, Timestamp};
use engine::{Cx, EffectPolicy, Needs, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Fact, Request, WALLET,
    ledger::{self, EntryKind, Transaction, balance, post, transaction_of},
};
use crate::Payments;

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The gateway is asked to capture.
    Capturing,
    /// Captured, or paid from the wallet.
    Completed,
    /// Declined, or the wallet has too little; nothing was captured.
    Failed,
    /// The gateway is asked to pay back.
    Refunding,
    /// Paid back.
    Refunded,
    /// The order was cancelled before it could be charged; it never will be.
    Void,
}

/// An order's payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The order.
    pub order_id: OrderId,
    /// Where it stands.
    pub status: Status,
    /// What is charged, in minor units.
    pub amount: i64,
    /// Its currency; `None` when the order was cancelled before it said what it costs.
    pub currency: Option<Currency>,
    /// `wallet`, or a gateway's token for the payment method.
    pub method: String,
    /// Whose wallet pays; `None` for all other methods.
    pub customer_id: Option<CustomerId>,
    /// The gateway's reference of the capture, or the ledger's transaction.
    pub reference: Option<String>,
    /// The gateway's code of a declined payment, `insufficient_funds` or `no_wallet`.
    pub decline_code: Option<String>,
    /// Whether the order was cancelled while the gateway was capturing.
    pub order_cancelled: bool,
    /// When it was asked for.
    pub created_us: Timestamp,
    /// When it changed last.
    pub updated_us: Timestamp,
    /// What staff have paid back or are paying back, in minor units.
    pub refunded: i64,
}

impl Payment {
    /// What is left of what was taken, in minor units.
    pub fn kept(&self) -> i64 {
        self.amount - self.refunded
    }

    /// Whose wallet has paid how much, while it has not been paid back.
    pub(super) fn paid_from_wallet(&self) -> Option<(CustomerId, Money)> {
        let (customer_id, currency) = self.customer_id.zip(self.currency)?;
        (self.status == Status::Completed).then(|| (customer_id, Money::new(self.amount, currency)))
    }
}

fn payment_transaction(order_id: OrderId) -> Uuid {
    transaction_of(order_id.0, "payment")
}

fn refund_transaction(order_id: OrderId) -> Uuid {
    transaction_of(order_id.0, "refund")
}

/// Asks for the rows of a charge.
pub fn name_charge(
    order_id: OrderId,
    customer_id: Option<CustomerId>,
    currency: Currency,
    method: &str,
    needs: &mut Needs<'_>,
) {
    needs.write::<Payment>(order_id);
    if let Some(customer_id) = customer_id.filter(|_| method == WALLET) {
        ledger::name(payment_transaction(order_id), customer_id, currency, needs);
    }
}

/// Asks for the rows of a cancelled order: the wallet, where it has paid.
pub fn name_cancellation(order_id: OrderId, needs: &mut Needs<'_>) {
    let paid = needs.write::<Payment>(order_id).and_then(Payment::paid_from_wallet);
    if let Some((customer_id, amount)) = paid {
        ledger::name(refund_transaction(order_id), customer_id, amount.currency, needs);
    }
}

/// Charges an order: asks the gateway, or takes the money from the wallet at once.
///
/// # Errors
/// The ledger cannot hold it.
pub fn charge(
    order_id: OrderId,
    customer_id: Option<CustomerId>,
    amount: Money,
    method: &str,
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) -> Result<(), Refusal> {
    cx.correlate(order_id);
    if rows.get::<Payment>(order_id).is_some() {
        // Charged already, or void because the order was cancelled first.
        return Ok(());
    }
    let payment = Payment {
        order_id,
        status: Status::Capturing,
        amount: amount.amount,
        currency: Some(amount.currency),
        method: method.to_owned(),
        customer_id: None,
        reference: None,
        decline_code: None,
        order_cancelled: false,
        created_us: cx.now(),
        updated_us: cx.now(),
        refunded: 0,
    };
    if method == WALLET {
        return charge_wallet(payment, customer_id, amount, rows, cx);
    }
    rows.put(payment);
    let Money { amount, currency } = amount;
    let request = Request::Capture { order_id, amount, currency, method: method.to_owned() };
    cx.effect(format!("capture:{order_id}"), EffectPolicy::Ask, request);
    Ok(())
}

fn charge_wallet(
    payment: Payment,
    customer_id: Option<CustomerId>,
    amount: Money,
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) -> Result<(), Refusal> {
    let order_id = payment.order_id;
    let decline_code = match customer_id {
        None => Some("no_wallet"),
        Some(customer_id) if balance(customer_id, amount.currency, rows) < amount.amount => {
            Some("insufficient_funds")
        }
        Some(_) if amount.amount < 0 => Some("amount_invalid"),
        Some(_) => None,
    };
    let (Some(customer_id), None) = (customer_id, decline_code) else {
        let decline_code = decline_code.map(str::to_owned);
        let payment = Payment { status: Status::Failed, customer_id, decline_code, ..payment };
        rows.put(payment.clone());
        cx.publish::<Payment>(order_id, Fact::Failed(payment));
        return Ok(());
    };
    let id = payment_transaction(order_id);
    let transaction = Transaction {
        id,
        kind: EntryKind::Payment,
        customer_id,
        amount: Money::new(-amount.amount, amount.currency),
        reference: order_id.to_string(),
        reason: None,
    };
    post(transaction, rows, cx.now())?;
    let payment = Payment {
        status: Status::Completed,
        customer_id: Some(customer_id),
        reference: Some(id.to_string()),
        ..payment
    };
    rows.put(payment.clone());
    cx.publish::<Payment>(order_id, Fact::Completed(payment));
    Ok(())
}

/// The gateway has captured.
///
/// # Errors
/// The payment was never asked for.
pub fn captured(
    id: OrderId,
    reference: &str,
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) -> Result<(), Refusal> {
    cx.correlate(id);
    let now = cx.now();
    let payment = known(id, rows)?;
    if payment.status != Status::Capturing {
        // A second word about the same capture.
        return Ok(());
    }
    payment.status = Status::Completed;
    payment.reference = Some(reference.to_owned());
    payment.updated_us = now;
    cx.publish::<Payment>(id, Fact::Completed(payment.clone()));
    if payment.order_cancelled {
        ask_for_refund(payment, cx);
    }
    Ok(())
}

/// The gateway has declined.
///
/// # Errors
/// The payment was never asked for.
pub fn declined(id: OrderId, code: &str, rows: &mut Rows, cx: &mut Cx<'_, Payments>) -> Result<(), Refusal> {
    cx.correlate(id);
    let now = cx.now();
    let payment = known(id, rows)?;
    if payment.status == Status::Capturing {
        payment.status = Status::Failed;
        payment.decline_code = Some(code.to_owned());
        payment.updated_us = now;
        cx.publish::<Payment>(id, Fact::Failed(payment.clone()));
    }
    Ok(())
}

/// The gateway has paid back.
///
/// # Errors
/// The payment was never asked for.
pub fn refunded(id: OrderId, rows: &mut Rows, cx: &mut Cx<'_, Payments>) -> Result<(), Refusal> {
    cx.correlate(id);
    let now = cx.now();
    let payment = known(id, rows)?;
    if payment.status == Status::Refunding {
        payment.status = Status::Refunded;
        payment.updated_us = now;
        let amount = Money::new(payment.kept(), payment.currency.unwrap_or(Currency::XXX));
        cx.publish::<Payment>(id, Fact::PaidBack { order_id: id, amount });
    }
    Ok(())
}

fn known(id: OrderId, rows: &mut Rows) -> Result<&mut Payment, Refusal> {
    let unknown = || Refusal::not_found("payment_not_found", "There is no payment of this order.");
    rows.get_mut::<Payment>(id).ok_or_else(unknown)
}

/// An order was cancelled: what was taken for it is paid back, and what was not will not be taken.
///
/// # Errors
/// The ledger cannot hold it.
pub fn cancel_order(id: OrderId, rows: &mut Rows, cx: &mut Cx<'_, Payments>) -> Result<(), Refusal> {
    cx.correlate(id);
    let now = cx.now();
    let Some(payment) = rows.get_mut::<Payment>(id) else {
        rows.put(void(id, now));
        return Ok(());
    };
    match payment.status {
        Status::Capturing => payment.order_cancelled = true,
        Status::Completed => {
            payment.order_cancelled = true;
            payment.updated_us = now;
            if payment.kept() == 0 {
                // Staff have paid all of it back, or are about to.
                payment.status = Status::Refunded;
            } else if let Some((customer_id, paid)) = payment.paid_from_wallet() {
                let amount = Money::new(payment.kept(), paid.currency);
                payment.status = Status::Refunded;
                let payment = payment.clone();
                let transaction = Transaction {
                    id: refund_transaction(id),
                    kind: EntryKind::Refund,
                    customer_id,
                    amount,
                    reference: id.to_string(),
                    reason: None,
                };
                post(transaction, rows, now)?;
                cx.publish::<Payment>(id, Fact::PaidBack { order_id: payment.order_id, amount });
            } else {
                ask_for_refund(payment, cx);
            }
        }
        Status::Failed | Status::Refunding | Status::Refunded | Status::Void => {}
    }
    Ok(())
}

/// The tombstone of an order that was cancelled before its first message came here.
fn void(order_id: OrderId, now: Timestamp) -> Payment {
    Payment {
        order_id,
        status: Status::Void,
        amount: 0,
        currency: None,
        method: String::new(),
        customer_id: None,
        reference: None,
        decline_code: None,
        order_cancelled: true,
        created_us: now,
        updated_us: now,
        refunded: 0,
    }
}

fn ask_for_refund(payment: &mut Payment, cx: &mut Cx<'_, Payments>) {
    let (Some(currency), Some(reference)) = (payment.currency, payment.reference.clone()) else { return };
    payment.status = Status::Refunding;
    let id = payment.order_id;
    let request =
        Request::Refund { order_id: id, amount: payment.kept(), currency, reference, refund_id: None };
    cx.effect(format!("refund:{id}"), EffectPolicy::Ask, request);
}
