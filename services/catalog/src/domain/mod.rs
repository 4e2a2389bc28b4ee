//! Products, families and categories: what may be sold, how it is described and where it is found.

mod category;
mod details;
mod edit;
mod family;
mod new_product;
mod placement;
mod product;
mod slug;
mod text;
mod tree;

use contracts::{Money, ProductId, Refusal};

pub use category::{
    CATEGORIES_MAX, Category, CategoryChange, CategoryId, DEPTH_MAX, NewCategory, TREE, TreeRevision,
};
pub use details::{Details, PICTURES_MAX, Picture};
pub use edit::ProductChange;
pub use family::{NewVariant, OPTION_VALUES_MAX, OPTIONS_MAX, ProductOption, VARIANTS_MAX, add_variant};
pub use new_product::{Made, NewProduct, Outcome, PRODUCTS_PER_COMMAND_MAX, create};
pub use placement::{CATEGORIES_PER_PRODUCT_MAX, PRODUCTS_MOVED_MAX, Placement, places};
pub use product::{Product, ProductStatus};
pub(crate) use slug::is_slug;
pub(crate) use text::{folded, is_name_order};
pub use tree::Tree;

/// The highest price of one unit, in minor units: ten billion euro. Keeps every sum of a cart inside an `i64`.
pub const PRICE_AMOUNT_MAX: i64 = 1_000_000_000_000;

/// What happened to a product that can be bought. A family cannot, so nothing is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It was added to the catalogue.
    Created(Product),
    /// Something that others keep copies of is different: its name, its weight or its tax class.
    Updated(Product),
    /// It is not sold any more.
    Deleted(ProductId),
    /// It costs something else from now on.
    PriceChanged {
        /// The product.
        product_id: ProductId,
        /// What one unit costs now.
        price: Money,
        /// What it cost until now.
        previous_price: Money,
    },
}

fn check_price(price: Money) -> Result<(), Refusal> {
    if (0..=PRICE_AMOUNT_MAX).contains(&price.amount) {
        return Ok(());
    }
    let detail = format!("A price is between 0 and {PRICE_AMOUNT_MAX} minor units.");
    Err(Refusal::invalid("price_out_of_range", detail))
}
