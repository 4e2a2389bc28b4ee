//! What the routes take and show.

use contracts::{Money, ProductId};
use garde::Validate;
use serde::{Deserialize, Serialize};

use crate::domain::{NewProduct, Product, ProductStatus};

/// A product, as customers see it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ProductView {
    id: ProductId,
    /// Its name in web addresses.
    #[schema(example = "walnut-desk-lamp")]
    slug: String,
    /// The shop's own code, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<String>,
    name: String,
    /// Plain text.
    description: String,
    /// What one unit costs.
    price: Money,
    /// Weight of one unit; 0 when it is not a thing that is sent.
    weight_grams: u32,
    /// Whether units of it are counted.
    stocked: bool,
    created_at: String,
}

impl From<Product> for ProductView {
    fn from(product: Product) -> Self {
        Self {
            id: product.product_id,
            price: product.price(),
            slug: product.slug,
            sku: product.sku,
            name: product.name,
            description: product.description,
            weight_grams: product.weight_grams,
            stocked: product.stocked,
            created_at: product.created_at.to_rfc3339(),
        }
    }
}

/// Products to be added.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateProducts {
    /// 1 to 1,000 products.
    #[garde(length(min = 1, max = 1000), dive)]
    pub products: Vec<NewProductInput>,
}

/// A product to be added.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewProductInput {
    /// Its id; made here when there is none.
    #[garde(skip)]
    id: Option<ProductId>,
    /// Its name in web addresses; made from the name when there is none.
    #[garde(length(bytes, min = 1, max = 100), inner(custom(one_line)))]
    #[schema(example = "walnut-desk-lamp")]
    slug: Option<String>,
    /// The shop's own code. A product that has it already stays as it is, and is answered.
    #[garde(length(chars, min = 1, max = 64), inner(custom(one_line)))]
    sku: Option<String>,
    #[garde(length(chars, min = 1, max = 200))]
    name: String,
    /// Plain text.
    #[serde(default)]
    #[garde(length(chars, max = 5000))]
    description: String,
    /// What one unit costs.
    #[garde(skip)]
    price: Money,
    #[serde(default)]
    #[garde(range(max = 1_000_000))]
    weight_grams: u32,
    /// Whether units of it are counted.
    #[serde(default = "default_stocked")]
    #[garde(skip)]
    stocked: bool,
    #[serde(default)]
    #[garde(skip)]
    #[schema(inline)]
    status: ProductStatus,
}

/// Codes are looked up before the catalogue's rules see them, and a database need not know every character.
fn one_line(text: &str, _: &()) -> garde::Result {
    match text.chars().any(char::is_control) {
        true => Err(garde::Error::new("a control character is in it")),
        false => Ok(()),
    }
}

fn default_stocked() -> bool {
    true
}

impl NewProductInput {
    pub fn into_new_product(self, new_id: impl FnOnce() -> ProductId) -> NewProduct {
        NewProduct {
            product_id: self.id.unwrap_or_else(new_id),
            slug: self.slug,
            sku: self.sku,
            name: self.name,
            description: self.description,
            price: self.price,
            weight_grams: self.weight_grams,
            stocked: self.stocked,
            status: self.status,
        }
    }
}

/// The products, in the order of the request.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CreatedProducts {
    pub products: Vec<CreatedProduct>,
}

/// Where a product is found.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CreatedProduct {
    id: ProductId,
    slug: String,
    sku: Option<String>,
}

impl From<Product> for CreatedProduct {
    fn from(product: Product) -> Self {
        Self { id: product.product_id, slug: product.slug, sku: product.sku }
    }
}

/// A product's new price.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePrice {
    /// What one unit costs from now on, in the product's currency.
    #[garde(skip)]
    pub price: Money,
}
