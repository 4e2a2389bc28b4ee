//! Families: one product in several sizes or colours. Each variant is a product of its own, with its own price and stock.

use std::collections::HashSet;

use contracts::{Money, ProductId, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Details, Product, ProductStatus, slug, text};

/// How many options a family has at most.
pub const OPTIONS_MAX: usize = 3;

/// How many values an option has at most.
pub const OPTION_VALUES_MAX: usize = 50;

/// How many variants a family has at most, with those that are not sold any more.
pub const VARIANTS_MAX: usize = 100;

const TEXT_LENGTH_MAX: usize = 40;

/// What variants of a family differ in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductOption {
    /// Such as "Size".
    #[schema(example = "Size")]
    pub name: String,
    /// Such as "S", "M" and "L", in the order in which they are shown.
    pub values: Vec<String>,
}

/// A variant to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVariant {
    /// Its id, made by the caller.
    pub product_id: ProductId,
    /// Its name in web addresses; made from its name when there is none.
    pub slug: Option<String>,
    /// The stock-keeping unit, where it has one.
    pub sku: Option<String>,
    /// Its value of each option, in the family's order.
    pub option_values: Vec<String>,
    /// What one unit costs; the family's price when there is none.
    pub price: Option<Money>,
    /// Weight of one unit in grams; the family's when there is none.
    pub weight_grams: Option<u32>,
}

impl NewVariant {
    /// The slugs that it may take as a variant of a family of this name, best first.
    pub fn slug_candidates(&self, family_name: &str) -> Vec<String> {
        let name = name_of(family_name, &self.option_values);
        slug::candidates(self.slug.as_deref(), &name, self.product_id)
    }
}

/// The name of a variant: "Family, M, blue".
pub(super) fn name_of(family_name: &str, option_values: &[String]) -> String {
    let mut name = family_name.trim().to_owned();
    for value in option_values {
        name.push_str(", ");
        name.push_str(value);
    }
    name
}

/// Checks a new family's options and its variants against them.
pub(super) fn check_options(options: &[ProductOption], variants: &[NewVariant]) -> Result<(), Refusal> {
    let invalid = |detail: String| Err(Refusal::invalid("options_invalid", detail));
    if options.len() > OPTIONS_MAX {
        return invalid(format!("A family has 1 to {OPTIONS_MAX} options."));
    }
    if options.is_empty() != variants.is_empty() {
        return invalid("Options come with variants, and variants with options.".to_owned());
    }
    if variants.len() > VARIANTS_MAX {
        return Err(too_many());
    }
    let mut names = HashSet::new();
    for option in options {
        check_text(&option.name)?;
        let values: HashSet<&String> = option.values.iter().collect();
        if values.len() != option.values.len() || !names.insert(&option.name) {
            return invalid(
                "No two options have one name, and no two values of an option are the same.".to_owned(),
            );
        }
        if option.values.is_empty() || option.values.len() > OPTION_VALUES_MAX {
            return invalid(format!("An option has 1 to {OPTION_VALUES_MAX} values."));
        }
        option.values.iter().try_for_each(|value| check_text(value))?;
    }
    for variant in variants {
        let is_known = |(option, value): (&ProductOption, &String)| option.values.contains(value);
        let mut pairs = options.iter().zip(&variant.option_values);
        if variant.option_values.len() != options.len() || !pairs.all(is_known) {
            return invalid("A variant has one of the values of each option.".to_owned());
        }
    }
    Ok(())
}

fn check_text(text: &str) -> Result<(), Refusal> {
    let is_long = text.chars().count() > TEXT_LENGTH_MAX;
    if text.trim() != text || text.is_empty() || is_long || text.chars().any(char::is_control) {
        let detail = format!(
            "Names and values of options have 1 to {TEXT_LENGTH_MAX} printable characters and no space around them."
        );
        return Err(Refusal::invalid("options_invalid", detail));
    }
    Ok(())
}

fn too_many() -> Refusal {
    Refusal::conflict("too_many_variants", format!("A family has at most {VARIANTS_MAX} variants."))
}

/// Makes a variant of a family beside those that there are, under a slug that is free. A value that its option does not
/// have yet is added to it.
///
/// # Errors
/// `not_a_family`, `product_deleted`, `too_many_variants`, `variant_exists`, or what is wrong with the variant.
pub fn add_variant(
    family: &mut Product,
    there: &[Product],
    new: &NewVariant,
    slug: String,
    now: Timestamp,
) -> Result<Product, Refusal> {
    family.check_sold()?;
    if !family.is_family() {
        return Err(Refusal::conflict("not_a_family", "The product has no options to tell variants by."));
    }
    if there.len() >= VARIANTS_MAX {
        return Err(too_many());
    }
    if new.option_values.len() != family.details.options.len() {
        let detail = "A variant has one value of each option.";
        return Err(Refusal::invalid("options_invalid", detail));
    }
    let is_same = |other: &&Product| other.details.option_values == new.option_values;
    if there.iter().filter(|other| !other.is_deleted()).any(|other| is_same(&other)) {
        return Err(Refusal::conflict("variant_exists", "The family has a variant of these values already."));
    }
    for (option, value) in family.details.options.iter_mut().zip(&new.option_values) {
        check_text(value)?;
        if !option.values.contains(value) {
            if option.values.len() >= OPTION_VALUES_MAX {
                let detail = format!("An option has 1 to {OPTION_VALUES_MAX} values.");
                return Err(Refusal::invalid("options_invalid", detail));
            }
            option.values.push(value.clone());
        }
    }
    variant_of(family, new, slug, now)
}

/// A variant of a family, its values being checked.
pub(super) fn variant_of(
    family: &Product,
    new: &NewVariant,
    slug: String,
    now: Timestamp,
) -> Result<Product, Refusal> {
    let name = name_of(&family.name, &new.option_values);
    text::check_name(&name)?;
    new.sku.as_deref().map_or(Ok(()), text::check_sku)?;
    slug::check(&slug)?;
    let price = new.price.unwrap_or_else(|| family.price());
    family.check_price(price)?;
    let weight_grams = new.weight_grams.unwrap_or(family.weight_grams);
    text::check_weight(weight_grams)?;
    let mut variant = Product {
        product_id: new.product_id,
        slug,
        sku: new.sku.clone(),
        name,
        description: String::new(),
        price_amount: price.amount,
        currency: price.currency,
        weight_grams,
        stocked: family.stocked,
        status: ProductStatus::Unlisted,
        created_at: now,
        parent_id: Some(family.product_id),
        featured: None,
        revision: 1,
        name_order: String::new(),
        search_text: String::new(),
        details: Details {
            tax_class: family.details.tax_class,
            motif: family.details.motif,
            option_values: new.option_values.clone(),
            ..Details::default()
        },
    };
    variant.derive([]);
    Ok(variant)
}
