//! Carts: what is in one, what it costs, and when it becomes an order.

mod cart;
mod checkout;
mod import;
mod item;
mod product;
mod shipping;

pub use cart::{Cart, CartStatus, LINES_MAX};
pub use checkout::{CheckedOut, CheckoutRequest};
pub use import::{IMPORT_LINES_MAX, IMPORT_QUANTITY_MAX, ImportLine, imported_lines};
pub use item::{ItemChange, Line, QUANTITY_MAX};
pub(crate) use product::not_found as product_not_found;
pub use product::{CartProduct, ProductCopy, cart_product_id};
pub use shipping::{SHIPPING_OPTIONS, ShippingMethod};

use contracts::CartId;

/// What happened to a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It was opened.
    Created(CartId),
    /// A line has another quantity.
    ItemChanged(CartId, ItemChange),
    /// It was checked out as an order.
    CheckedOut(Box<CheckedOut>),
}
