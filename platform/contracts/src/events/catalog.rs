//! Facts about products. Topic `catalog`; the subject is the product's id.

use serde::{Deserialize, Serialize};

use super::event;
use crate::{Money, ProductId, TaxClass};

/// A product was added to the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProductCreated {
    /// The product.
    pub product_id: ProductId,
    /// Its name in the shop's language.
    pub name: String,
    /// What one unit costs.
    pub price: Money,
    /// Weight of one unit in grams; 0 when it is not a thing that is sent.
    pub weight_grams: u32,
    /// Whether units of it are counted. A service or a fee is a product without stock.
    pub stocked: bool,
    /// Which tax rate it has.
    pub tax_class: TaxClass,
}
event!(ProductCreated = "product.created.v1", also "vendor.product.created");

/// A product is described otherwise from now on. Its price has an event of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProductUpdated {
    /// The product.
    pub product_id: ProductId,
    /// Its name in the shop's language.
    pub name: String,
    /// Weight of one unit in grams.
    pub weight_grams: u32,
    /// Which tax rate it has.
    pub tax_class: TaxClass,
}
event!(ProductUpdated = "product.updated.v1", also "vendor.product.updated");

/// A product is not sold any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProductDeleted {
    /// The product.
    pub product_id: ProductId,
}
event!(ProductDeleted = "product.deleted.v1");

/// A product has another price from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProductPriceChanged {
    /// The product.
    pub product_id: ProductId,
    /// The new price of one unit.
    pub price: Money,
    /// The price until now.
    pub previous_price: Money,
}
event!(ProductPriceChanged = "product.price_changed.v1", also "ProductPriceChanged");
