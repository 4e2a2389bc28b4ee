//! Payments of orders, by a gateway or from the customer's wallet.

use contracts::{Currency, CustomerId, Money, OrderId, Refusal, Timestamp};
use engine::{Cx, EffectPolicy, Needs, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Fact, Request, WALLET,
    ledger::{self, EntryKind, Transaction, balance, post, transaction_of},
    refund::{Refund, name_refund, pay_back},
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
    /// The order is cancelled, and the gateway is asked to pay back.
    Refunding,
    /// All of it is paid back.
    Refunded,
    /// The order is cancelled, and the gateway would not pay all of it back: a person must look, and may ask again.
    RefundDeclined,
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
    /// Whether the order was cancelled.
    pub order_cancelled: bool,
    /// When it was asked for.
    pub created_us: Timestamp,
    /// When it changed last.
    pub updated_us: Timestamp,
    /// What is paid back or is to be, in minor units.
    pub refunded: i64,
    /// Of that, what the gateway has not answered yet.
    pub refund_pending: i64,
}

impl Payment {
    /// What is left of what was taken, in minor units.
    pub fn kept(&self) -> i64 {
        self.amount - self.refunded
    }

    /// What refunds have made of a payment that was taken.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let (is_asked, is_kept) = (self.refund_pending > 0, self.kept() > 0);
        self.status = match (is_asked, is_kept, self.order_cancelled) {
            (true, _, true) => Status::Refunding,
            (false, true, true) => Status::RefundDeclined,
            (false, false, _) => Status::Refunded,
            (true, _, false) | (false, true, false) => Status::Completed,
        };
        self.updated_us = now;
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

/// The refund that gives a cancelled order's money back.
fn refund_of_cancellation(order_id: OrderId) -> Uuid {
    transaction_of(order_id.0, "cancellation")
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

/// Asks for the rows of a cancelled order: its refund, and the wallet, where it has paid.
pub fn name_cancellation(order_id: OrderId, needs: &mut Needs<'_>) {
    name_refund(order_id, refund_of_cancellation(order_id), needs);
}

/// Asks for the rows of a capture: also its refund, where the order was cancelled meanwhile.
pub fn name_capture(order_id: OrderId, needs: &mut Needs<'_>) {
    if needs.write::<Payment>(order_id).is_some_and(|payment| payment.order_cancelled) {
        needs.write::<Refund>(refund_of_cancellation(order_id));
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
        refund_pending: 0,
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
/// The payment was never asked for, or what goes back cannot be held.
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
    let payment = payment.clone();
    cx.publish::<Payment>(id, Fact::Completed(payment.clone()));
    match payment.order_cancelled {
        true => give_all_back(payment, rows, cx),
        false => Ok(()),
    }
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
        Status::Completed | Status::Refunded => {
            payment.order_cancelled = true;
            let payment = payment.clone();
            return give_all_back(payment, rows, cx);
        }
        Status::Failed | Status::Refunding | Status::RefundDeclined | Status::Void => {}
    }
    Ok(())
}

/// Pays back what is left of it, if anything is.
fn give_all_back(mut payment: Payment, rows: &mut Rows, cx: &mut Cx<'_, Payments>) -> Result<(), Refusal> {
    let (id, left) = (refund_of_cancellation(payment.order_id), payment.kept());
    if left > 0 {
        pay_back(id, left, "The order was cancelled.", &mut payment, rows, cx)?;
    }
    payment.settle(cx.now());
    rows.put(payment);
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
        refund_pending: 0,
    }
}
