//! The catalogue's table and the ways it is read.

use contracts::{Currency, ProductId, Timestamp};

use crate::domain::{Product, ProductStatus};

engine::text_field!(ProductStatus);

engine::record! {
    Product => "product" {
        key product_id: ProductId,
        field slug: String,
        field sku: Option<String>,
        field name: String,
        field description: String,
        field price_amount: i64,
        field currency: Currency,
        field weight_grams: u32,
        field stocked: bool,
        field status: ProductStatus,
        field created_at: Timestamp,
    }
    unique ["slug"]
    unique ["sku"]
    index ["status", "product_id"]
}
