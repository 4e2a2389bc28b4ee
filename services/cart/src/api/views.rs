//! What carts look like to customers.

use std::sync::Arc;

use contracts::{Address, CartId, Currency, Money, OrderId, ProductId};
use serde::Serialize;

use crate::domain::{Cart, CartStatus, Line};

/// A cart.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CartView {
    id: CartId,
    #[schema(inline)]
    status: CartStatus,
    /// The currency of all its amounts: that of the first product in it.
    #[schema(value_type = String, example = "EUR")]
    currency: Currency,
    lines: Vec<LineView>,
    /// What the lines cost.
    subtotal: Money,
    /// What shipping costs; 0 while no method is chosen.
    shipping: Money,
    /// What a checkout has to state.
    total: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Address>)]
    shipping_address: Option<Arc<Address>>,
    /// The shipping option's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "standard")]
    shipping_method: Option<&'static str>,
    /// The order that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    /// How often it was changed.
    revision: i64,
    created_at: String,
}

/// A product in a cart.
#[derive(Serialize, utoipa::ToSchema)]
struct LineView {
    product_id: ProductId,
    #[schema(value_type = String)]
    name: Arc<str>,
    quantity: u32,
    unit_price: Money,
    line_total: Money,
}

impl From<Cart> for CartView {
    fn from(cart: Cart) -> Self {
        let currency = cart.currency;
        let line_view = |line: Line| LineView {
            product_id: line.product_id,
            name: line.name,
            quantity: line.quantity,
            unit_price: Money::new(line.unit_price_amount, currency),
            line_total: Money::new(line.total_amount, currency),
        };
        Self {
            id: cart.cart_id,
            status: cart.status,
            currency,
            subtotal: cart.subtotal(),
            shipping: cart.shipping_price(),
            total: cart.total(),
            lines: cart.lines.into_iter().map(line_view).collect(),
            shipping_address: cart.shipping_address,
            shipping_method: cart.shipping_method.map(|method| method.code()),
            order_id: cart.order_id,
            revision: cart.revision,
            created_at: cart.created_at.to_rfc3339(),
        }
    }
}
