//! The carts' tables.

use std::sync::Arc;

use contracts::{Address, CartId, Currency, CustomerId, OrderId, ProductId, TaxClass, Timestamp};
use uuid::Uuid;

use crate::domain::{Cart, CartProduct, CartStatus, CurrentCart, Line, ProductCopy};

engine::text_field!(CartStatus);

engine::record! {
    Cart => "cart" {
        key cart_id: CartId,
        field customer_id: Option<CustomerId>,
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
    sparse ["customer_id", "cart_id"]
}

engine::record! {
    CurrentCart => "current_cart" {
        key customer_id: CustomerId,
        field cart_id: CartId,
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
