//! The catalogue's tables and the ways they are read.

mod list;

use contracts::{Currency, ProductId, Timestamp};
use engine::{Field, Reads, StoreError, Value};
use uuid::Uuid;

use crate::domain::{
    Category, CategoryId, Details, Placement, Product, ProductStatus, Tree, TreeRevision, VARIANTS_MAX,
};
pub(crate) use list::{After, ListQuery, Sort, SortKey, listed};

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
        field parent_id: Option<ProductId>,
        field featured: Option<u32>,
        field revision: u32,
        field name_order: String,
        field search_text: String,
        field details: Details,
    }
    unique ["slug"]
    unique ["sku"]
    index ["status", "product_id"]
    index ["status", "price_amount", "product_id"]
    index ["status", "name_order", "product_id"]
    index ["status", "featured", "product_id"]
    index ["parent_id", "product_id"]
    index ["parent_id", "price_amount", "product_id"]
    index ["parent_id", "name_order", "product_id"]
}

engine::record! {
    Category => "category" {
        key category_id: CategoryId,
        json above: Vec<CategoryId>,
        field slug: String,
        field name: String,
        field position: i32,
        field tree: u8,
    }
    unique ["slug"]
    index ["tree", "category_id"]
}

engine::record! {
    TreeRevision => "category_tree" {
        key tree: String,
        field revision: u32,
    }
}

engine::record! {
    Placement => "placement" {
        key placement_id: Uuid,
        field category_id: CategoryId,
        field product_id: ProductId,
        field status: ProductStatus,
        field price_amount: i64,
        field name_order: String,
    }
    index ["category_id", "status", "product_id"]
    index ["category_id", "status", "price_amount", "product_id"]
    index ["category_id", "status", "name_order", "product_id"]
}

/// The product of a slug.
pub(crate) async fn of_slug(reads: &Reads, slug: &str) -> Result<Option<Product>, StoreError> {
    reads.one_by("slug", Value::from(slug)).await
}

/// The variants of a family, in the order in which they came.
pub(crate) async fn variants_of(reads: &Reads, family_id: ProductId) -> Result<Vec<Product>, StoreError> {
    let condition =
        format!("WHERE parent_id = {} ORDER BY product_id LIMIT {VARIANTS_MAX}", reads.parameter(1));
    reads.select(&condition, vec![family_id.to_value()]).await
}

/// The products that the shop shows first, by their rank.
pub(crate) async fn featured(reads: &Reads, limit: u32) -> Result<Vec<Product>, StoreError> {
    let condition = format!(
        "WHERE status = {} AND featured >= 0 ORDER BY featured, product_id LIMIT {limit}",
        reads.parameter(1)
    );
    reads.select(&condition, vec![ProductStatus::Listed.to_value()]).await
}

/// All categories.
pub(crate) async fn tree(reads: &Reads) -> Result<Tree, StoreError> {
    Ok(Tree::of(reads.select::<Category>("ORDER BY category_id", Vec::new()).await?))
}

/// The category of a slug.
pub(crate) async fn category_of_slug(reads: &Reads, slug: &str) -> Result<Option<Category>, StoreError> {
    reads.one_by("slug", Value::from(slug)).await
}

/// Categories by id, in no order.
pub(crate) async fn categories(reads: &Reads, ids: &[CategoryId]) -> Result<Vec<Category>, StoreError> {
    reads.all_of(ids.iter().map(|id| id.0)).await
}

/// How many listed products are in each category, with all below it.
pub(crate) async fn listed_counts(reads: &Reads) -> Result<Vec<(CategoryId, i64)>, StoreError> {
    let sql = format!(
        "SELECT category_id, COUNT(*) FROM placement WHERE status = {} GROUP BY category_id",
        reads.parameter(1)
    );
    let rows = reads.query(sql, vec![ProductStatus::Listed.to_value()]).await?;
    rows.iter()
        .map(|row| Ok((CategoryId(row.try_get_by_index::<Uuid>(0)?), row.try_get_by_index::<i64>(1)?)))
        .collect()
}
