//! Facts about stock. Topic `inventory`; the subject is the product's id, or the order's where an order was decided on.

use serde::{Deserialize, Serialize};

use super::event;
use crate::{OrderId, ProductId};

/// Inventory counts a product from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StockCreated {
    /// The product.
    pub product_id: ProductId,
    /// Units on hand.
    pub on_hand: i64,
}
event!(StockCreated = "inventory.created.v1");

/// Units on hand were set by staff or a delivery, or a product went out of stock or came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StockUpdated {
    /// The product.
    pub product_id: ProductId,
    /// Units on hand.
    pub on_hand: i64,
    /// Units of these that are promised to carts and orders.
    pub reserved: i64,
}
event!(StockUpdated = "inventory.updated.v1");

/// A product has fewer units available than its threshold, and had more before. Said once until there are enough again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StockLow {
    /// The product.
    pub product_id: ProductId,
    /// Units that can still be promised.
    pub available: i64,
    /// Below this many units the stock is low.
    pub threshold: i64,
}
event!(StockLow = "inventory.low_stock.v1");

/// Every line of the order has its stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderConfirmed {
    /// The order.
    pub order_id: OrderId,
}
event!(OrderConfirmed = "inventory.order_confirmed.v1", also "OrderStockConfirmed");

/// The order cannot have its stock; nothing is kept for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderRejected {
    /// The order.
    pub order_id: OrderId,
    /// The products of which there was too little.
    pub short: Vec<ProductId>,
}
event!(OrderRejected = "inventory.order_rejected.v1", also "OrderStockRejected");
