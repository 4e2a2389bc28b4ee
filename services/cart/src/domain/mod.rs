//! Carts: what is in one, what it costs, and when it becomes an order.

mod cart;
mod checkout;
mod import;
mod item;
mod ownership;
mod pricing;
mod product;
mod shipping;
mod tax;

pub use cart::{Cart, CartStatus, LINES_MAX};
pub use checkout::{CheckedOut, CheckoutRequest, OrderedLine, WALLET};
pub use import::{IMPORT_LINES_MAX, IMPORT_QUANTITY_MAX, ImportLine, imported_lines};
pub use item::{ItemChange, Line, QUANTITY_MAX};
pub(crate) use ownership::not_found as cart_not_found;
pub use ownership::{CurrentCart, MovedLine};
pub use pricing::{Amounts, Pricing, TaxShare};
pub(crate) use product::not_found as product_not_found;
pub use product::{CartProduct, ProductChange, ProductCopy, cart_product_id};
pub use shipping::{INCLUDED, Parcel, ShippingOption, ShippingPrice, WeightStep};
pub use tax::TaxRates;

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
