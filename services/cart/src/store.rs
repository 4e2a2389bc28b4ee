//! The carts' tables.

use std::sync::Arc;

use contracts::{Address, CartId, Currency, OrderId, ProductId, TaxClass, Timestamp};
use uuid::Uuid;

use crate::domain::{Cart, CartProduct, CartStatus, Line, ProductCopy};

engine::text_field!(CartStatus);

engine::record! {
    Cart => "cart" {
        key cart_id: CartId,
        field status: CartStatus,
        field currency: Currency,
        field revision: i64,
        json lines: Vec<Line>,
        json shipping_address: Option<Arc<Address>>,
        field shipping_method: Option<String>,
        field order_id: Option<OrderId>,
        field created_at: Timestamp,
        field checked_out_at: Option<Timestamp>,
    }
}

engine::record! {
    CartProduct => "cart_product" {
        key id: Uuid,
        field product_id: ProductId,
        field cart_id: CartId,
    }
    index ["product_id", "id"]
}

engine::record! {
    ProductCopy => "product_copy" {
        key product_id: ProductId,
        field name: String,
        field price_amount: i64,
        field currency: Currency,
        field weight_grams: u32,
        field stocked: bool,
        field tax_class: TaxClass,
        field sold: bool,
        field price_sequence: i64,
        field description_sequence: i64,
    }
}
