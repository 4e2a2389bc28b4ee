//! Refunds: of a part of a payment or of all that is left of it, by staff; of what is left when the order is cancelled.

use contracts::{Currency, Money, OrderId, Refusal, Timestamp};
use engine::{Cx, EffectPolicy, Needs, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Fact, Request,
    ledger::{self, EntryKind, Transaction, post, transaction_of},
    payment::{Payment, Status},
};
use crate::Payments;

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// The gateway is asked.
    Pending,
    /// The customer has it.
    Completed,
    /// The gateway would not; a person must look.
    Failed,
}

/// A refund that staff decided, or that a cancelled order asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id.
    pub refund_id: Uuid,
    /// The order.
    pub order_id: OrderId,
    /// Where it stands.
    pub status: RefundStatus,
    /// Minor units.
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
    /// Why, in a sentence.
    pub reason: String,
    /// When it was decided.
    pub created_us: Timestamp,
    /// When it changed last.
    pub updated_us: Timestamp,
}

fn transaction(refund_id: Uuid) -> Uuid {
    transaction_of(refund_id, "refund")
}

/// Asks for the rows of a refund.
pub fn name_refund(order_id: OrderId, refund_id: Uuid, needs: &mut Needs<'_>) {
    needs.write::<Refund>(refund_id);
    let paid = needs.write::<Payment>(order_id).and_then(Payment::paid_from_wallet);
    if let Some((customer_id, amount)) = paid {
        ledger::name(transaction(refund_id), customer_id, amount.currency, needs);
    }
}

/// Pays back a part of what an order was paid, or all that is left of it.
///
/// # Errors
/// `payment_not_found`; `payment_not_refundable` where nothing was taken, or all is given back; `refund_too_large`.
pub fn refund(
    refund_id: Uuid,
    order_id: OrderId,
    amount: Option<i64>,
    reason: &str,
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) -> Result<Refund, Refusal> {
    cx.correlate(order_id);
    let Some(mut payment) = rows.get::<Payment>(order_id).cloned() else {
        return Err(Refusal::not_found("payment_not_found", "There is no payment of this order."));
    };
    let was_taken = matches!(payment.status, Status::Completed | Status::Refunding | Status::RefundDeclined);
    let left = payment.kept();
    if !was_taken || left == 0 {
        let detail = "Nothing was taken for this order, or nothing is left of it.";
        return Err(Refusal::conflict("payment_not_refundable", detail));
    }
    let amount = amount.unwrap_or(left);
    if !(1..=left).contains(&amount) {
        let currency = payment.currency.as_ref().map_or("", Currency::code);
        let detail = format!("Between 1 and {left} minor units of {currency} can be refunded.");
        return Err(Refusal::invalid("refund_too_large", detail));
    }
    let refund = pay_back(refund_id, amount, reason, &mut payment, rows, cx)?;
    payment.settle(cx.now());
    rows.put(payment);
    Ok(refund)
}

/// Gives a part of a payment back: to the wallet at once, or by asking the gateway. The payment is left to be settled and kept.
///
/// # Errors
/// The ledger cannot hold it.
pub(super) fn pay_back(
    refund_id: Uuid,
    amount: i64,
    reason: &str,
    payment: &mut Payment,
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) -> Result<Refund, Refusal> {
    let now = cx.now();
    let order_id = payment.order_id;
    let currency = payment.currency.unwrap_or(Currency::XXX);
    let mut refund = Refund {
        refund_id,
        order_id,
        status: RefundStatus::Pending,
        amount,
        currency,
        reason: reason.to_owned(),
        created_us: now,
        updated_us: now,
    };
    if let Some((customer_id, _)) = payment.paid_from_wallet() {
        let transaction = Transaction {
            id: transaction(refund_id),
            kind: EntryKind::Refund,
            customer_id,
            amount: Money::new(amount, currency),
            reference: order_id.to_string(),
            reason: Some(reason.to_owned()),
        };
        post(transaction, rows, now)?;
        complete(&mut refund, cx);
    } else {
        payment.refund_pending += amount;
        let reference = payment.reference.clone().unwrap_or_default();
        let request = Request::Refund { order_id, amount, currency, reference, refund_id };
        cx.effect(format!("refund:{order_id}:{refund_id}"), EffectPolicy::Ask, request);
    }
    payment.refunded += amount;
    rows.put(refund.clone());
    Ok(refund)
}

/// The gateway has paid back, or will not.
///
/// # Errors
/// The refund was never asked for.
pub fn refund_answered(
    refund_id: Uuid,
    order_id: OrderId,
    paid_back: bool,
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) -> Result<(), Refusal> {
    cx.correlate(order_id);
    let unknown = || Refusal::not_found("refund_not_found", "There is no such refund.");
    let mut refund = rows.get::<Refund>(refund_id).cloned().ok_or_else(unknown)?;
    let mut payment = rows.get::<Payment>(order_id).cloned().ok_or_else(unknown)?;
    if refund.status != RefundStatus::Pending {
        // A second word about the same refund.
        return Ok(());
    }
    payment.refund_pending -= refund.amount;
    if paid_back {
        complete(&mut refund, cx);
    } else {
        refund.status = RefundStatus::Failed;
        refund.updated_us = cx.now();
        payment.refunded -= refund.amount;
        tracing::warn!(%order_id, %refund_id, amount = refund.amount, "the gateway would not pay back");
    }
    payment.settle(cx.now());
    rows.put(payment);
    rows.put(refund);
    Ok(())
}

fn complete(refund: &mut Refund, cx: &mut Cx<'_, Payments>) {
    refund.status = RefundStatus::Completed;
    refund.updated_us = cx.now();
    let amount = Money::new(refund.amount, refund.currency);
    cx.publish::<Payment>(refund.order_id, Fact::PaidBack { order_id: refund.order_id, amount });
}
