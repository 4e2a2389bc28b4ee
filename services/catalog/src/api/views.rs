//! What the routes show.

use contracts::{Money, ProductId, TaxClass};
use serde::Serialize;

use crate::{
    domain::{Category, CategoryId, Made, Picture, Product, ProductOption, ProductStatus},
    pictures,
};

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
    /// What one unit costs; of a family, one unit of its cheapest variant.
    price: Money,
    /// Of a family: what its cheapest variant costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    price_from: Option<Money>,
    /// Whether it can be put into a cart. A family cannot: its variants can.
    buyable: bool,
    /// Weight of one unit; 0 when it is not a thing that is sent.
    weight_grams: u32,
    /// Whether units of it are counted.
    stocked: bool,
    tax_class: TaxClass,
    /// Its rank among those that the shop shows first, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    featured: Option<u32>,
    /// The best first; in lists, that one alone.
    pictures: Vec<Picture>,
    /// Of a variant: its family.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<ProductId>,
    /// Of a variant: its value of each option of the family.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    option_values: Vec<String>,
    /// Of a family: what its variants differ in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<ProductOption>,
    /// Of a family: what can be bought. Not in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<VariantView>,
    /// Where it is found. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    categories: Option<Vec<CategoryLink>>,
    created_at: String,
}

impl ProductView {
    /// A product as lists show it.
    pub fn listed(product: Product) -> Self {
        let pictures = pictures_of(&product, 1);
        Self::new(product, pictures)
    }

    /// A product on its own page, with all that belongs to it. A variant shows what its family says of all.
    pub fn page(
        product: Product,
        family: Option<Product>,
        variants: Vec<Product>,
        categories: Vec<Category>,
    ) -> Self {
        let pictures = match &family {
            Some(family) if product.details.pictures.is_empty() && !family.details.pictures.is_empty() => {
                pictures_of(family, usize::MAX)
            }
            _ => pictures_of(&product, usize::MAX),
        };
        let mut view = Self::new(product, pictures);
        if let Some(family) = family {
            view.description = family.description;
        }
        view.variants =
            variants.into_iter().filter(|variant| !variant.is_deleted()).map(Into::into).collect();
        view.categories = Some(categories.into_iter().map(Into::into).collect());
        view
    }

    fn new(product: Product, pictures: Vec<Picture>) -> Self {
        let (price, is_family) = (product.price(), product.is_family());
        Self {
            id: product.product_id,
            slug: product.slug,
            sku: product.sku,
            name: product.name,
            description: product.description,
            price,
            price_from: is_family.then_some(price),
            buyable: !is_family,
            weight_grams: product.weight_grams,
            stocked: product.stocked,
            tax_class: product.details.tax_class,
            featured: product.featured,
            pictures,
            parent_id: product.parent_id,
            option_values: product.details.option_values,
            options: product.details.options,
            variants: Vec::new(),
            categories: None,
            created_at: product.created_at.to_rfc3339(),
        }
    }
}

/// A product's own pictures, or else those drawn of it.
fn pictures_of(product: &Product, count: usize) -> Vec<Picture> {
    match product.details.pictures.is_empty() {
        true => pictures::drawn(&product.slug, &product.name, product.details.motif, count),
        false => product.details.pictures.iter().take(count).cloned().collect(),
    }
}

/// A product, as staff sees it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct StaffProductView {
    #[serde(flatten)]
    product: ProductView,
    /// Where it is shown.
    #[schema(inline)]
    status: ProductStatus,
    /// Grows with every change; the `ETag` is made of it.
    revision: u32,
}

impl StaffProductView {
    pub fn new(product: ProductView, status: ProductStatus, revision: u32) -> Self {
        Self { product, status, revision }
    }

    pub fn listed(product: Product) -> Self {
        let (status, revision) = (product.status, product.revision);
        Self::new(ProductView::listed(product), status, revision)
    }
}

/// A variant of a family.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct VariantView {
    id: ProductId,
    slug: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<String>,
    name: String,
    /// Its value of each option, in the family's order.
    option_values: Vec<String>,
    /// What one unit costs.
    price: Money,
    /// Weight of one unit.
    weight_grams: u32,
}

impl From<Product> for VariantView {
    fn from(variant: Product) -> Self {
        Self {
            id: variant.product_id,
            price: variant.price(),
            slug: variant.slug,
            sku: variant.sku,
            name: variant.name,
            option_values: variant.details.option_values,
            weight_grams: variant.weight_grams,
        }
    }
}

/// A category by name.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CategoryLink {
    id: CategoryId,
    slug: String,
    name: String,
}

impl From<Category> for CategoryLink {
    fn from(category: Category) -> Self {
        Self { id: category.category_id, slug: category.slug, name: category.name }
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
    /// Of a family: its variants, in order of their ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<VariantView>,
}

impl From<Made> for CreatedProduct {
    fn from(made: Made) -> Self {
        let Made { product, variants } = made;
        let variants = variants.into_iter().map(Into::into).collect();
        Self { id: product.product_id, slug: product.slug, sku: product.sku, variants }
    }
}
