//! All that payment can be asked or told, where it goes, and which rows it needs.

use contracts::{Currency, CustomerId, Money, OrderId};
use engine::{Key, Needs};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{self, Adjusted, Adjustment, Payment, Refund, Request, Response, TopUp};

/// A command, an event in payment's own words, or a gateway's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// The order's stock is certain: charge it.
    Charge {
        /// The order.
        order_id: OrderId,
        /// The customer, where it has an account.
        #[serde(default)]
        customer_id: Option<CustomerId>,
        /// How much, in minor units.
        amount: i64,
        /// Its currency.
        currency: Currency,
        /// `wallet`, or a gateway's token for the payment method.
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
    /// Staff pay back a part of what an order was paid, or all that is left of it.
    Refund {
        /// Made by whoever asks.
        refund_id: Uuid,
        /// The order.
        order_id: OrderId,
        /// How much, in minor units; without it, all that is left.
        amount: Option<i64>,
        /// Why.
        reason: String,
    },
    /// The gateway's answer to a refund.
    RefundAnswered {
        /// The refund.
        refund_id: Uuid,
        /// The order.
        order_id: OrderId,
        /// Whether the customer has the money.
        paid_back: bool,
    },
    /// A customer puts money into the wallet.
    TopUp {
        /// Given by whoever asks; the same id again changes nothing.
        top_up_id: Uuid,
        /// Whose wallet.
        customer_id: CustomerId,
        /// How much.
        amount: Money,
        /// A gateway's token for the payment method.
        method: String,
    },
    /// The gateway has captured a top-up; as an answer or as a callback, perhaps more than once.
    TopUpCaptured {
        /// The top-up.
        top_up_id: Uuid,
        /// The gateway's reference.
        reference: String,
    },
    /// The gateway has declined a top-up.
    TopUpDeclined {
        /// The top-up.
        top_up_id: Uuid,
        /// The gateway's code.
        code: String,
    },
    /// Staff give to wallets or take from them: all of it, or none where one cannot be.
    Adjust(Vec<Adjustment>),
}

/// What a command is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It is so.
    Done,
    /// The top-up as it is now.
    TopUp(TopUp),
    /// The refund as it is now.
    Refund(Refund),
    /// The adjustments, in the order asked.
    Adjusted(Vec<Adjusted>),
}

/// The aggregate that a message goes to.
pub fn key(message: &Message) -> Key {
    match message {
        Message::Charge { order_id, .. }
        | Message::Captured { order_id, .. }
        | Message::Declined { order_id, .. }
        | Message::Refund { order_id, .. }
        | Message::RefundAnswered { order_id, .. }
        | Message::OrderCancelled(order_id) => (*order_id).into(),
        Message::TopUp { top_up_id, .. }
        | Message::TopUpCaptured { top_up_id, .. }
        | Message::TopUpDeclined { top_up_id, .. } => (*top_up_id).into(),
        Message::Adjust(adjustments) => {
            let first = adjustments.first().map_or("", |adjustment| adjustment.id.as_str());
            format!("adjustment:{first}").into()
        }
    }
}

/// Asks for the rows that a message reads or changes.
pub fn needs(message: &Message, needs: &mut Needs<'_>) {
    match message {
        Message::Charge { order_id, customer_id, currency, method, .. } => {
            domain::name_charge(*order_id, *customer_id, *currency, method, needs);
        }
        Message::OrderCancelled(order_id) => domain::name_cancellation(*order_id, needs),
        Message::Captured { order_id, .. } => domain::name_capture(*order_id, needs),
        Message::Declined { order_id, .. } => {
            needs.write::<Payment>(*order_id);
        }
        Message::Refund { order_id, refund_id, .. } | Message::RefundAnswered { order_id, refund_id, .. } => {
            domain::name_refund(*order_id, *refund_id, needs);
        }
        Message::TopUp { top_up_id, customer_id, amount, .. } => {
            domain::name_top_up(*top_up_id, *customer_id, amount.currency, needs);
        }
        Message::TopUpCaptured { top_up_id, .. } => domain::name_top_up_captured(*top_up_id, needs),
        Message::TopUpDeclined { top_up_id, .. } => {
            needs.write::<TopUp>(*top_up_id);
        }
        Message::Adjust(adjustments) => domain::name_adjustments(adjustments, needs),
    }
}

/// What the end of an effect says.
pub fn effect_ended(request: Request, response: Response) -> Message {
    match request {
        Request::Refund { order_id, refund_id, .. } => {
            let paid_back = response == Response::Refunded;
            Message::RefundAnswered { refund_id, order_id, paid_back }
        }
        Request::Capture { order_id, .. } => match response {
            Response::Captured { reference } => Message::Captured { order_id, reference },
            Response::Declined { code } => Message::Declined { order_id, code },
            // A gateway that says so of a capture has kept nothing of it.
            Response::Refunded => Message::Declined { order_id, code: "refunded".to_owned() },
        },
        Request::TopUp { top_up_id, .. } => match response {
            Response::Captured { reference } => Message::TopUpCaptured { top_up_id, reference },
            Response::Declined { code } => Message::TopUpDeclined { top_up_id, code },
            // A gateway that says so of a capture has kept nothing of it.
            Response::Refunded => Message::TopUpDeclined { top_up_id, code: "refunded".to_owned() },
        },
    }
}
