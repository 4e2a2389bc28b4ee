//! Facts about payments. Topic `payment`; the subject is the order's id: an order has one payment.

use serde::{Deserialize, Serialize};

use super::event;
use crate::{Money, OrderId};

/// The order's total was captured, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PaymentCompleted {
    /// The order.
    pub order_id: OrderId,
    /// What was captured.
    pub amount: Money,
    /// The gateway's own reference of the capture.
    pub reference: String,
}
event!(PaymentCompleted = "payment.completed.v1", also "OrderPaymentSucceeded", "PaymentCompleted");

/// Nothing was captured and nothing will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PaymentFailed {
    /// The order.
    pub order_id: OrderId,
    /// The gateway's code, such as `card_declined`.
    pub code: String,
}
event!(PaymentFailed = "payment.failed.v1", also "OrderPaymentFailed", "PaymentFailed");

/// What was captured was paid back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PaymentRefunded {
    /// The order.
    pub order_id: OrderId,
    /// What was paid back.
    pub amount: Money,
}
event!(PaymentRefunded = "payment.refunded.v1");
