//! The catalogue's table and the ways it is read.

use contracts::{Currency, ProductId, Timestamp};
use engine::{Field, Reads, StoreError, Value};

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

/// The first products of the shop's list past `after`, by id, which is by age.
pub(crate) async fn listed(
    reads: &Reads,
    after: Option<ProductId>,
    limit: u32,
) -> Result<Vec<Product>, StoreError> {
    let mut parameters = vec![ProductStatus::Listed.to_value()];
    let mut condition = format!("WHERE status = {}", reads.parameter(1));
    if let Some(after) = after {
        parameters.push(after.to_value());
        condition.push_str(&format!(" AND product_id > {}", reads.parameter(2)));
    }
    condition.push_str(&format!(" ORDER BY product_id LIMIT {limit}"));
    reads.select(&condition, parameters).await
}

/// The product of a slug.
pub(crate) async fn of_slug(reads: &Reads, slug: &str) -> Result<Option<Product>, StoreError> {
    reads.one_by("slug", Value::from(slug)).await
}
