//! Where products are found: a row for each category that a product is in, and for each one above it. So the products of
//! a category and of all below it are one range of an index, in any order that a list has.

use std::collections::BTreeSet;

use contracts::{ProductId, Refusal};
use uuid::Uuid;

use super::{Category, CategoryId, Product, ProductStatus};
use crate::pictures::Motif;

/// How many categories a product is put into at most.
pub const CATEGORIES_PER_PRODUCT_MAX: usize = 20;

/// How many products may be in a category, with all below it, for it to be moved: they all move in one transaction.
pub const PRODUCTS_MOVED_MAX: usize = 5_000;

/// A product in a category or below it, with what lists are ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Of the category and the product.
    pub placement_id: Uuid,
    /// The category.
    pub category_id: CategoryId,
    /// The product.
    pub product_id: ProductId,
    /// Where the product is shown.
    pub status: ProductStatus,
    /// What it costs, in minor units.
    pub price_amount: i64,
    /// The place of its name.
    pub name_order: String,
}

impl Placement {
    /// The id of a product's row in a category.
    pub fn id(category_id: CategoryId, product_id: ProductId) -> Uuid {
        Uuid::new_v5(&category_id.0, product_id.0.as_bytes())
    }

    /// The row of a product in a category.
    pub fn of(category_id: CategoryId, product: &Product) -> Self {
        Self {
            placement_id: Self::id(category_id, product.product_id),
            category_id,
            product_id: product.product_id,
            status: product.status,
            price_amount: product.price_amount,
            name_order: product.name_order.clone(),
        }
    }
}

/// The categories in which a product is found that was put into `category_ids`: those and all above them.
pub fn places(
    category_ids: &[CategoryId],
    of: impl Fn(CategoryId) -> Option<Category>,
) -> BTreeSet<CategoryId> {
    category_ids.iter().filter_map(|id| of(*id)).flat_map(|category| category.chain()).collect()
}

/// The categories that a product is put into, each once; they must all be there.
pub(super) fn check_categories(
    category_ids: &[CategoryId],
    of: impl Fn(CategoryId) -> Option<Category>,
) -> Result<Vec<CategoryId>, Refusal> {
    let ids: BTreeSet<CategoryId> = category_ids.iter().copied().collect();
    if ids.len() > CATEGORIES_PER_PRODUCT_MAX {
        let detail = format!("A product is in at most {CATEGORIES_PER_PRODUCT_MAX} categories.");
        return Err(Refusal::invalid("too_many_categories", detail));
    }
    if ids.iter().any(|id| of(*id).is_none()) {
        let detail = "One of the categories that are named is not there.";
        return Err(Refusal::invalid("category_not_found", detail));
    }
    Ok(ids.into_iter().collect())
}

/// What a drawn picture of a product shows: told by its slug, else by the categories that it is in.
pub(super) fn motif_of(
    slug: &str,
    category_ids: &[CategoryId],
    of: impl Fn(CategoryId) -> Option<Category>,
) -> Motif {
    let categories: Vec<String> =
        category_ids.iter().filter_map(|id| of(*id)).map(|found| found.slug).collect();
    Motif::of(slug, categories.iter().map(String::as_str))
}
