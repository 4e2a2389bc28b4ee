//! Facts about payments and wallets. Topic `payment`; the subject is the order's id, as an order has one payment, or the
//! customer's, whose wallet it is.

use serde::{Deserialize, Serialize};

use super::event;
use crate::{CustomerId, Money, OrderId};

/// The order's total was captured, or paid from the customer's wallet, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PaymentCompleted {
    /// The order.
    pub order_id: OrderId,
    /// What was captured.
    pub amount: Money,
    /// The gateway's own reference of the capture, or the id of the wallet's transaction.
    pub reference: String,
}
event!(PaymentCompleted = "payment.completed.v1", also "OrderPaymentSucceeded", "PaymentCompleted");

/// Nothing was captured and nothing will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PaymentFailed {
    /// The order.
    pub order_id: OrderId,
    /// The gateway's code, such as `card_declined`; `insufficient_funds` or `no_wallet` where a wallet was to pay.
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

/// A customer's money is in the wallet: the gateway has captured a top-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WalletToppedUp {
    /// Whose wallet.
    pub customer_id: CustomerId,
    /// How much came in.
    pub amount: Money,
}
event!(WalletToppedUp = "wallet.topped_up.v1");
