//! Facts about orders. Topic `ordering`; the subject is the order's id.

use serde::{Deserialize, Serialize};

use super::{cart::OrderLine, event};
use crate::{Address, CartId, CustomerId, Money, OrderId, ProductId};

/// An order exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderSubmitted {
    /// The order.
    pub order_id: OrderId,
    /// The cart it came from.
    pub cart_id: CartId,
    /// The customer, where it has an account.
    pub customer_id: Option<CustomerId>,
    /// What it costs.
    pub total: Money,
    /// The tax in it.
    pub tax: Money,
    /// What is ordered.
    pub lines: Vec<OrderLine>,
    /// Where mail about it goes. Events of older orders do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}
event!(OrderSubmitted = "order.submitted.v1", also "OrderStarted", "OrderStatusChangedToSubmitted", "OrderCreated", "order.created");

/// The time in which an order can be cancelled freely is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GracePeriodConfirmed {
    /// The order.
    pub order_id: OrderId,
}
event!(GracePeriodConfirmed = "order.grace_period_confirmed.v1", also "GracePeriodConfirmed");

/// A scheduler outside of the shop says that an order's grace period has elapsed. It is delivered to ordering over HTTP; whether it has,
/// ordering decides by its own clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GracePeriodElapsed {
    /// The order.
    pub order_id: OrderId,
}
event!(GracePeriodElapsed = "order.grace_period_elapsed.v1");

/// A product and how many units of it an order needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StockLine {
    /// The product.
    pub product_id: ProductId,
    /// Units needed.
    pub quantity: u32,
}

/// The order waits for inventory to confirm its stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderAwaitingValidation {
    /// The order.
    pub order_id: OrderId,
    /// The cart whose holds are the order's.
    pub cart_id: CartId,
    /// The stocked lines, one per product.
    pub lines: Vec<StockLine>,
}
event!(OrderAwaitingValidation = "order.awaiting_validation.v1", also "OrderStatusChangedToAwaitingValidation");

/// The order's stock is certain; payment may begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderStockConfirmed {
    /// The order.
    pub order_id: OrderId,
    /// The customer, where it has an account.
    pub customer_id: Option<CustomerId>,
    /// What to charge.
    pub total: Money,
    /// `wallet`, or a gateway's token for the payment method.
    pub payment_method: String,
}
event!(OrderStockConfirmed = "order.stock_confirmed.v1", also "OrderStatusChangedToStockConfirmed");

/// The order is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderPaid {
    /// The order.
    pub order_id: OrderId,
    /// What was charged.
    pub total: Money,
    /// What is to be sent.
    pub lines: Vec<StockLine>,
    /// Where it goes.
    pub shipping_address: Address,
    /// The shipping option, by its code.
    pub shipping_method: String,
}
event!(OrderPaid = "order.paid.v1", also "OrderStatusChangedToPaid");

/// A customer asks to cancel a paid order; fulfilment decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderCancelRequested {
    /// The order.
    pub order_id: OrderId,
}
event!(OrderCancelRequested = "order.cancel_requested.v1");

/// The order's parcel is with the carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderShipped {
    /// The order.
    pub order_id: OrderId,
}
event!(OrderShipped = "order.shipped.v1", also "OrderStatusChangedToShipped");

/// The order's parcel has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderDelivered {
    /// The order.
    pub order_id: OrderId,
}
event!(OrderDelivered = "order.delivered.v1");

/// Something about the order changed that is no status of its own in the saga: it was packed, or cancelling it was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderUpdated {
    /// The order.
    pub order_id: OrderId,
    /// What changed: `packed` or `cancel_refused`.
    pub change: String,
}
event!(OrderUpdated = "order.updated.v1");

/// Why an order was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The customer asked.
    Customer,
    /// The shop's staff decided.
    Staff,
    /// There was not enough stock.
    OutOfStock,
    /// The payment was declined.
    PaymentFailed,
}

/// The order will not be fulfilled. Inventory releases or restocks, payment refunds what was charged, fulfilment stops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderCancelled {
    /// The order.
    pub order_id: OrderId,
    /// The cart it came from, whose holds are released with it.
    pub cart_id: CartId,
    /// Why.
    pub reason: CancelReason,
    /// Whether it had been paid when it was cancelled, so that its stock had been settled.
    pub was_paid: bool,
}
event!(OrderCancelled = "order.cancelled.v1", also "OrderStatusChangedToCancelled");

/// An order that a guest placed is a customer's from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderClaimed {
    /// The order.
    pub order_id: OrderId,
    /// Whose it is.
    pub customer_id: CustomerId,
}
event!(OrderClaimed = "order.claimed.v1");
