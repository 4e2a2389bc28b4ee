//! Payments and their rules.

use contracts::{Currency, OrderId, Refusal, Timestamp};
use engine::{Cx, EffectPolicy, Key, Needs, Rows};
use serde::{Deserialize, Serialize};

use crate::Payments;

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The gateway is asked to capture.
    Capturing,
    /// Captured.
    Completed,
    /// Declined; nothing was captured.
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
    /// A gateway's token for the payment method.
    pub method: String,
    /// The gateway's reference of the capture.
    pub reference: Option<String>,
    /// The gateway's code of a declined payment.
    pub decline_code: Option<String>,
    /// Whether the order was cancelled while the gateway was capturing.
    pub order_cancelled: bool,
    /// When it was asked for.
    pub created_us: Timestamp,
    /// When it changed last.
    pub updated_us: Timestamp,
}

/// All that can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// The order's stock is certain: charge it.
    Charge {
        /// The order.
        order_id: OrderId,
        /// How much, in minor units.
        amount: i64,
        /// Its currency.
        currency: Currency,
        /// A gateway's token for the payment method.
        method: String,
    },
    /// The order was cancelled: pay back, or never charge.
    OrderCancelled(OrderId),
    /// The gateway has captured; as an answer or as a callback, perhaps more than once.
    Captured {
        /// The order.
        order_id: OrderId,
        /// The gateway's reference.
        reference: String,
    },
    /// The gateway has declined.
    Declined {
        /// The order.
        order_id: OrderId,
        /// The gateway's code.
        code: String,
    },
    /// The gateway has paid back.
    Refunded(OrderId),
}

impl Message {
    /// The order that it is about.
    pub fn order_id(&self) -> OrderId {
        match self {
            Self::Charge { order_id, .. }
            | Self::Captured { order_id, .. }
            | Self::Declined { order_id, .. } => *order_id,
            Self::OrderCancelled(order_id) | Self::Refunded(order_id) => *order_id,
        }
    }
}

/// What happened to a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It was captured.
    Completed(Payment),
    /// It was declined.
    Failed(Payment),
    /// It was paid back.
    Refunded(Payment),
}

/// What a gateway is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Take the money.
    Capture {
        /// For which order.
        order_id: OrderId,
        /// How much, in minor units.
        amount: i64,
        /// Its currency.
        currency: Currency,
        /// By which payment method.
        method: String,
    },
    /// Give it back.
    Refund {
        /// For which order.
        order_id: OrderId,
        /// How much, in minor units.
        amount: i64,
        /// Its currency.
        currency: Currency,
        /// The gateway's reference of the capture.
        reference: String,
    },
}

/// What a gateway answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// The money is taken.
    Captured {
        /// The gateway's reference.
        reference: String,
    },
    /// It is not, and will not be.
    Declined {
        /// Why, as the gateway's code.
        code: String,
    },
    /// The money is given back.
    Refunded,
}

/// The aggregate that a message goes to.
pub fn key(message: &Message) -> Key {
    message.order_id().into()
}

/// Every message is about one payment and needs that row alone.
pub fn needs(message: &Message, needs: &mut Needs<'_>) {
    needs.write::<Payment>(message.order_id());
}

/// What the end of an effect says.
pub fn effect_ended(request: Request, response: Response) -> Message {
    let (Request::Capture { order_id, .. } | Request::Refund { order_id, .. }) = request;
    match response {
        Response::Captured { reference } => Message::Captured { order_id, reference },
        Response::Declined { code } => Message::Declined { order_id, code },
        Response::Refunded => Message::Refunded(order_id),
    }
}

/// Decides what a message does to its payment.
///
/// # Errors
/// The gateway's word about a payment that was never asked for.
pub fn handle(message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Payments>) -> Result<(), Refusal> {
    let id = message.order_id();
    cx.correlate(id);
    match message {
        Message::Charge { amount, currency, method, .. } => charge(id, *amount, *currency, method, rows, cx),
        Message::OrderCancelled(_) => order_cancelled(id, rows, cx),
        Message::Captured { reference, .. } => return captured(id, reference, rows, cx),
        Message::Declined { code, .. } => {
            let now = cx.now();
            let payment = payment(id, rows)?;
            if payment.status == Status::Capturing {
                payment.status = Status::Failed;
                payment.decline_code = Some(code.clone());
                payment.updated_us = now;
                cx.publish::<Payment>(id, Fact::Failed(payment.clone()));
            }
        }
        Message::Refunded(_) => {
            let now = cx.now();
            let payment = payment(id, rows)?;
            if payment.status == Status::Refunding {
                payment.status = Status::Refunded;
                payment.updated_us = now;
                cx.publish::<Payment>(id, Fact::Refunded(payment.clone()));
            }
        }
    }
    Ok(())
}

fn payment(id: OrderId, rows: &mut Rows) -> Result<&mut Payment, Refusal> {
    let unknown = || Refusal::not_found("payment_not_found", "There is no payment of this order.");
    rows.get_mut::<Payment>(id).ok_or_else(unknown)
}

fn charge(
    id: OrderId,
    amount: i64,
    currency: Currency,
    method: &str,
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) {
    if rows.get::<Payment>(id).is_some() {
        // Charged already, or void because the order was cancelled first.
        return;
    }
    rows.put(Payment {
        order_id: id,
        status: Status::Capturing,
        amount,
        currency: Some(currency),
        method: method.to_owned(),
        reference: None,
        decline_code: None,
        order_cancelled: false,
        created_us: cx.now(),
        updated_us: cx.now(),
    });
    let request = Request::Capture { order_id: id, amount, currency, method: method.to_owned() };
    cx.effect(format!("capture:{id}"), EffectPolicy::Ask, request);
}

fn captured(id: OrderId, reference: &str, rows: &mut Rows, cx: &mut Cx<'_, Payments>) -> Result<(), Refusal> {
    let now = cx.now();
    let payment = payment(id, rows)?;
    if payment.status != Status::Capturing {
        // A second word about the same capture.
        return Ok(());
    }
    payment.status = Status::Completed;
    payment.reference = Some(reference.to_owned());
    payment.updated_us = now;
    cx.publish::<Payment>(id, Fact::Completed(payment.clone()));
    if payment.order_cancelled {
        refund(payment, cx);
    }
    Ok(())
}

fn order_cancelled(id: OrderId, rows: &mut Rows, cx: &mut Cx<'_, Payments>) {
    let now = cx.now();
    let Some(payment) = rows.get_mut::<Payment>(id) else {
        rows.put(void(id, now));
        return;
    };
    match payment.status {
        Status::Capturing => payment.order_cancelled = true,
        Status::Completed => {
            payment.order_cancelled = true;
            payment.updated_us = now;
            refund(payment, cx);
        }
        Status::Failed | Status::Refunding | Status::Refunded | Status::Void => {}
    }
}

/// The tombstone of an order that was cancelled before its first message came here.
fn void(order_id: OrderId, now: Timestamp) -> Payment {
    Payment {
        order_id,
        status: Status::Void,
        amount: 0,
        currency: None,
        method: String::new(),
        reference: None,
        decline_code: None,
        order_cancelled: true,
        created_us: now,
        updated_us: now,
    }
}

fn refund(payment: &mut Payment, cx: &mut Cx<'_, Payments>) {
    let (Some(currency), Some(reference)) = (payment.currency, payment.reference.clone()) else { return };
    payment.status = Status::Refunding;
    let id = payment.order_id;
    let request = Request::Refund { order_id: id, amount: payment.amount, currency, reference };
    cx.effect(format!("refund:{id}"), EffectPolicy::Ask, request);
}
