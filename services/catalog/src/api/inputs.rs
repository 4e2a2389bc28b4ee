//! What staff's routes for products take.

use std::collections::HashMap;

use axum::http::StatusCode;
use contracts::{Money, ProductId, TaxClass};
use garde::Validate;
use host::{FieldError, Problem};
use serde::{Deserialize, Deserializer};

use crate::domain::{
    CategoryId, NewProduct, NewVariant, Picture, ProductChange, ProductOption, ProductStatus, Tree,
};

/// Products to be added.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateProducts {
    /// 1 to 1,000 products, with their variants.
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
    /// What one unit costs. A family's variants cost this where they say nothing else.
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
    #[serde(default)]
    #[garde(skip)]
    tax_class: TaxClass,
    /// The categories that it is in, each by id or slug.
    #[serde(default)]
    #[garde(length(max = 20), inner(length(bytes, min = 1, max = 100), custom(one_line)))]
    pub categories: Vec<String>,
    /// Its own pictures, the best first. Without any, one is drawn.
    #[serde(default)]
    #[garde(length(max = 20))]
    pictures: Vec<Picture>,
    /// Its rank among those that the shop shows first: lower ones come first.
    #[garde(skip)]
    featured: Option<u32>,
    /// What its variants differ in. A product that has options is a family, and its variants are bought.
    #[serde(default)]
    #[garde(length(max = 3))]
    options: Vec<ProductOption>,
    /// Its variants.
    #[serde(default)]
    #[garde(length(max = 100), dive)]
    variants: Vec<NewVariantInput>,
}

/// A variant to be added.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewVariantInput {
    /// Its id; made here when there is none.
    #[garde(skip)]
    id: Option<ProductId>,
    /// Its name in web addresses; made from its name when there is none.
    #[garde(length(bytes, min = 1, max = 100), inner(custom(one_line)))]
    slug: Option<String>,
    /// The shop's own code.
    #[garde(length(chars, min = 1, max = 64), inner(custom(one_line)))]
    sku: Option<String>,
    /// Its value of each option, in the family's order.
    #[garde(length(min = 1, max = 3), inner(length(chars, min = 1, max = 40), custom(one_line)))]
    #[schema(example = json!(["M", "Blue"]))]
    option_values: Vec<String>,
    /// What one unit costs; the family's price when there is none.
    #[garde(skip)]
    price: Option<Money>,
    /// Weight of one unit; the family's when there is none.
    #[garde(range(max = 1_000_000))]
    weight_grams: Option<u32>,
}

/// Codes are looked up before the catalogue's rules see them, and a database need not know every character.
pub(super) fn one_line(text: &str, _: &()) -> garde::Result {
    match text.chars().any(char::is_control) {
        true => Err(garde::Error::new("a control character is in it")),
        false => Ok(()),
    }
}

fn default_stocked() -> bool {
    true
}

impl NewProductInput {
    pub fn into_new_product(
        self,
        category_ids: Vec<CategoryId>,
        new_id: &mut dyn FnMut() -> ProductId,
    ) -> NewProduct {
        NewProduct {
            product_id: self.id.unwrap_or_else(&mut *new_id),
            slug: self.slug,
            sku: self.sku,
            name: self.name,
            description: self.description,
            price: self.price,
            weight_grams: self.weight_grams,
            stocked: self.stocked,
            status: self.status,
            tax_class: self.tax_class,
            category_ids,
            pictures: self.pictures,
            featured: self.featured,
            options: self.options,
            variants: self.variants.into_iter().map(|input| input.into_new_variant(new_id)).collect(),
        }
    }
}

impl NewVariantInput {
    pub fn into_new_variant(self, new_id: &mut dyn FnMut() -> ProductId) -> NewVariant {
        NewVariant {
            product_id: self.id.unwrap_or_else(new_id),
            slug: self.slug,
            sku: self.sku,
            option_values: self.option_values,
            price: self.price,
            weight_grams: self.weight_grams,
        }
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

/// What is to be different about a product. What is not named stays as it is.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditProduct {
    #[garde(length(chars, min = 1, max = 200))]
    name: Option<String>,
    /// Plain text.
    #[garde(length(chars, max = 5000))]
    description: Option<String>,
    #[garde(range(max = 1_000_000))]
    weight_grams: Option<u32>,
    #[garde(skip)]
    tax_class: Option<TaxClass>,
    /// The categories that it is in, each by id or slug.
    #[garde(length(max = 20), inner(inner(length(bytes, min = 1, max = 100), custom(one_line))))]
    pub categories: Option<Vec<String>>,
    /// Its own pictures, the best first. With none, one is drawn.
    #[garde(length(max = 20))]
    pictures: Option<Vec<Picture>>,
    /// Its rank among those that the shop shows first; null takes it from there.
    #[serde(default, deserialize_with = "present")]
    #[garde(skip)]
    #[schema(value_type = Option<u32>)]
    featured: Option<Option<u32>>,
    #[garde(skip)]
    #[schema(inline)]
    status: Option<ProductStatus>,
}

/// A field that is there, be it null: not the same as one that is not.
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl EditProduct {
    pub fn into_change(self, category_ids: Option<Vec<CategoryId>>) -> ProductChange {
        ProductChange {
            name: self.name,
            description: self.description,
            weight_grams: self.weight_grams,
            tax_class: self.tax_class,
            category_ids,
            pictures: self.pictures,
            featured: self.featured,
            status: self.status,
        }
    }
}

/// Categories by what callers name them.
pub(super) struct CategoryNames(HashMap<String, CategoryId>);

impl CategoryNames {
    pub fn of(tree: &Tree) -> Self {
        let categories = tree.children().into_values().flatten();
        Self(categories.map(|category| (category.slug.clone(), category.category_id)).collect())
    }

    /// The ids of categories that are named by id or slug.
    ///
    /// # Errors
    /// 422 with the field of the first name that is no category's.
    pub fn ids(&self, names: &[String], field: &str) -> Result<Vec<CategoryId>, Problem> {
        let id = |(index, name): (usize, &String)| match name.parse() {
            Ok(id) => Ok(CategoryId(id)),
            Err(_) => {
                let unknown = || invalid(&format!("{field}[{index}]"), "there is no such category");
                self.0.get(name).copied().ok_or_else(unknown)
            }
        };
        names.iter().enumerate().map(id).collect()
    }
}

/// A field's value breaks a rule that only the catalogue knows.
pub(super) fn invalid(field: &str, detail: &str) -> Problem {
    let error = FieldError { field: field.to_owned(), detail: detail.to_owned() };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_input", "The input breaks a rule.")
        .with_errors(vec![error])
}
