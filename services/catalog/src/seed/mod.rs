//! Demo products of our own making: the same ones, with the same ids, every time, so that documents and measurements can name them.

mod categories;
mod generated;
mod handmade;

use contracts::{Currency, Money, ProductId};

use crate::domain::{NewProduct, NewVariant, ProductOption, ProductStatus};
pub use categories::categories;

/// How many products a new shop starts with: those that were written by hand.
pub const DEFAULT_COUNT: usize = handmade::COUNT;

/// The first of 2026, in milliseconds: when the demo products were made, if their ids are asked.
const FIRST_MILLIS: u64 = 1_767_225_600_000;

/// The first `count` demo products. A command takes up to [`PRODUCTS_PER_COMMAND_MAX`](crate::domain::PRODUCTS_PER_COMMAND_MAX) of them.
pub fn products(count: usize) -> Vec<NewProduct> {
    (0..count).map(product).collect()
}

fn product(index: usize) -> NewProduct {
    let Some(handmade) = handmade::get(index) else {
        return generated::product(index - handmade::COUNT, id(index));
    };
    let option = |(name, values): &(&str, &[&str])| ProductOption {
        name: (*name).to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    NewProduct {
        product_id: id(index),
        slug: None,
        sku: Some(handmade.sku.to_owned()),
        name: handmade.name.to_owned(),
        description: handmade.description.to_owned(),
        price: Money::new(handmade.price_cents, Currency::EUR),
        weight_grams: handmade.weight_grams,
        stocked: handmade.weight_grams > 0,
        status: ProductStatus::Listed,
        tax_class: handmade.tax_class,
        category_ids: categories::id(handmade.category).into_iter().collect(),
        pictures: Vec::new(),
        featured: handmade.featured,
        options: handmade.options.iter().map(option).collect(),
        variants: variants(handmade.sku, id(index), handmade.options),
    }
}

/// A variant for each combination of values.
fn variants(sku: &str, family_id: ProductId, options: handmade::Options) -> Vec<NewVariant> {
    let mut combinations: Vec<Vec<String>> = vec![Vec::new()];
    for (_, values) in options {
        let with = |combination: &Vec<String>| {
            let longer = |value: &&str| combination.iter().cloned().chain([(*value).to_owned()]).collect();
            values.iter().map(longer).collect::<Vec<Vec<String>>>()
        };
        combinations = combinations.iter().flat_map(with).collect();
    }
    if options.is_empty() {
        combinations.clear();
    }
    let variant = |(number, option_values): (usize, Vec<String>)| {
        let mut digits = *family_id.0.as_bytes();
        digits[15] ^= number as u8 + 1;
        NewVariant {
            product_id: uuid::Uuid::from_bytes(digits).into(),
            slug: None,
            sku: Some(format!("{sku}-{:02}", number + 1)),
            option_values,
            price: None,
            weight_grams: None,
        }
    };
    combinations.into_iter().enumerate().map(variant).collect()
}

/// The id of a demo product: a UUIDv7 whose time and digits count up, so that a list shows them in this order.
fn id(index: usize) -> ProductId {
    made_id(FIRST_MILLIS, index as u64).into()
}

fn made_id(first_millis: u64, index: u64) -> uuid::Uuid {
    let mut digits = [0; 10];
    // FNV's prime spreads the index over the digits, as random ones would be.
    digits[..8].copy_from_slice(&(index + 1).wrapping_mul(0x0100_0000_01b3).rotate_left(24).to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(first_millis + index, &digits).into_uuid()
}
