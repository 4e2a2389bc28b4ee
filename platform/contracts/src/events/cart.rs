//! Facts about carts. Topic `cart`; the subject is the cart's id.

use serde::{Deserialize, Serialize};

use super::event;
use crate::{Address, CartId, CustomerId, Money, OrderId, ProductId};

/// A cart was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CartCreated {
    /// The cart.
    pub cart_id: CartId,
}
event!(CartCreated = "cart.created.v1");

/// A product's quantity in a cart was set to more than it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CartItemAdded {
    /// The cart.
    pub cart_id: CartId,
    /// The product.
    pub product_id: ProductId,
    /// Units of it in the cart now.
    pub quantity: u32,
    /// The cart's revision with this change in it.
    pub revision: i64,
}
event!(CartItemAdded = "cart.item.added.v1");

/// A product's quantity in a cart was set to less than it was, down to none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CartItemRemoved {
    /// The cart.
    pub cart_id: CartId,
    /// The product.
    pub product_id: ProductId,
    /// Units of it in the cart now; 0 when it is gone.
    pub quantity: u32,
    /// The cart's revision with this change in it.
    pub revision: i64,
}
event!(CartItemRemoved = "cart.item.removed.v1");

/// One line of an order, as it was in the cart at checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderLine {
    /// The product.
    pub product_id: ProductId,
    /// Its name at checkout.
    pub name: String,
    /// Units ordered.
    #[schema(example = 2)]
    pub quantity: u32,
    /// What one unit cost at checkout.
    pub unit_price: Money,
    /// What the line costs. Stated, because a line of real data may round once for all its units.
    pub line_total: Money,
    /// The tax rate, in hundredths of a percent: 1,900 is 19 %.
    #[schema(example = 1900)]
    pub tax_rate_bp: u32,
    /// Whether units of it are counted in stock.
    pub stocked: bool,
}

/// A customer has confirmed the cart as an order and said how it is paid and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CartCheckedOut {
    /// The cart; for an order that was bought at once, a cart that only ever held this order.
    pub cart_id: CartId,
    /// The cart's revision; inventory moves holds of this or an older revision to the order.
    pub revision: i64,
    /// The order's id, minted here.
    pub order_id: OrderId,
    /// The customer, where it has an account.
    pub customer_id: Option<CustomerId>,
    /// Where mail about the order goes.
    pub email: String,
    /// Where the parcel goes.
    pub shipping_address: Address,
    /// The shipping option, by its code.
    pub shipping_method: String,
    /// What shipping costs.
    pub shipping_price: Money,
    /// The tax of lines and shipping together.
    pub tax: Money,
    /// Whether prices have the tax in them, as in Europe; where they have not, it is added to the total.
    pub prices_include_tax: bool,
    /// How it is paid: `wallet`, or a gateway's token for a payment method, never a card number.
    pub payment_method: String,
    /// What is ordered.
    pub lines: Vec<OrderLine>,
    /// Lines, shipping, and tax where prices do not include it; what will be charged.
    pub total: Money,
}
event!(CartCheckedOut = "cart.checked_out.v1", also "UserCheckoutAccepted", "cart.checkout");
