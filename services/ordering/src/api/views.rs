//! What orders look like.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use contracts::{Address, CartId, CustomerId, Money, OrderId, ProductId};
use serde::Serialize;

use crate::domain::{Line, Order, Purchase, Reason, Status};

/// One line of an order.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct OrderLineView {
    product_id: ProductId,
    name: String,
    quantity: u32,
    unit_price: Money,
    line_total: Money,
    /// The tax rate, in hundredths of a percent: 1,900 is 19 %.
    #[schema(example = 1900)]
    tax_rate_bp: u32,
}

/// An order, as its customer sees it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct OrderView {
    id: OrderId,
    status: Status,
    /// Why it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_reason: Option<Reason>,
    /// Whether cancelling was asked for after it was paid, and is not decided yet.
    cancel_requested: bool,
    email: String,
    lines: Vec<OrderLineView>,
    shipping_method: String,
    shipping: Money,
    /// The tax of lines and shipping.
    tax: Money,
    /// Whether prices and shipping have the tax in them; where they have not, the total has.
    prices_include_tax: bool,
    total: Money,
    shipping_address: Address,
    /// When the customer checked out.
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<String>,
    updated_at: String,
}

/// An order that ordering has not heard of yet.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PendingOrder {
    pub id: OrderId,
    pub status: Status,
}

impl OrderView {
    pub fn of(order: Order, purchase: Purchase) -> Self {
        let money = |amount| Money::new(amount, order.currency);
        let line = |line: Line| OrderLineView {
            product_id: line.product_id,
            name: line.name,
            quantity: line.quantity,
            unit_price: money(line.unit_price),
            line_total: money(line.line_total),
            tax_rate_bp: line.tax_rate_bp,
        };
        Self {
            id: order.id,
            status: order.status,
            cancel_reason: order.cancel_reason.filter(|_| order.status == Status::Cancelled),
            cancel_requested: order.cancel_requested,
            email: purchase.email,
            lines: purchase.lines.into_iter().map(line).collect(),
            shipping_method: purchase.shipping_method,
            shipping: money(purchase.shipping_price),
            tax: money(purchase.tax),
            prices_include_tax: purchase.prices_include_tax,
            total: money(order.total),
            shipping_address: purchase.shipping_address,
            created_at: order.created_us.to_rfc3339(),
            paid_at: order.paid_us.map(contracts::Timestamp::to_rfc3339),
            updated_at: order.updated_us.to_rfc3339(),
        }
    }
}

/// An order in a customer's list.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct OrderSummary {
    id: OrderId,
    status: Status,
    /// Why it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_reason: Option<Reason>,
    total: Money,
    lines: Vec<OrderLineView>,
    /// When the customer checked out.
    created_at: String,
    updated_at: String,
}

impl OrderSummary {
    pub fn of(order: Order, purchase: Purchase) -> Self {
        let view = OrderView::of(order, purchase);
        Self {
            id: view.id,
            status: view.status,
            cancel_reason: view.cancel_reason,
            total: view.total,
            lines: view.lines,
            created_at: view.created_at,
            updated_at: view.updated_at,
        }
    }
}

/// An order, as staff see it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct StaffOrderView {
    #[serde(flatten)]
    order: OrderView,
    /// The customer; not there where a guest ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<CustomerId>,
    /// The cart it came from.
    cart_id: CartId,
}

impl StaffOrderView {
    pub fn of(order: Order, purchase: Purchase) -> Self {
        let (customer_id, cart_id) = (order.customer_id, order.cart_id);
        Self { order: OrderView::of(order, purchase), customer_id, cart_id }
    }
}

/// What cancelling came to.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CancelView {
    pub id: OrderId,
    /// `cancelled`, or as before where fulfilment decides.
    pub status: Status,
}

impl IntoResponse for CancelView {
    fn into_response(self) -> Response {
        let code = if self.status == Status::Cancelled { StatusCode::OK } else { StatusCode::ACCEPTED };
        (code, Json(self)).into_response()
    }
}
