//! Demo products of our own making: the same ones, with the same ids, every time, so that documents and measurements can name them.

mod generated;
mod handmade;

use contracts::{Currency, Money, ProductId};

use crate::domain::{NewProduct, ProductStatus};

/// How many products a new shop starts with: those that were written by hand.
pub const DEFAULT_COUNT: usize = handmade::PRODUCTS.len();

/// The first of 2026, in milliseconds: when the demo products were made, if their ids are asked.
const FIRST_MILLIS: u64 = 1_767_225_600_000;

/// The first `count` demo products. A command takes up to [`PRODUCTS_PER_COMMAND_MAX`](crate::domain::PRODUCTS_PER_COMMAND_MAX) of them.
pub fn products(count: usize) -> Vec<NewProduct> {
    (0..count).map(product).collect()
}

fn product(index: usize) -> NewProduct {
    let Some(handmade) = handmade::PRODUCTS.get(index) else {
        return generated::product(index - handmade::PRODUCTS.len(), id(index));
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
        tax_class: contracts::TaxClass::Standard,
        category_ids: Vec::new(),
        pictures: Vec::new(),
        featured: None,
        options: Vec::new(),
        variants: Vec::new(),
    }
}

/// The id of a demo product: a UUIDv7 whose time and digits count up, so that a list shows them in this order.
fn id(index: usize) -> ProductId {
    let index = index as u64;
    let mut digits = [0; 10];
    // FNV's prime spreads the index over the digits, as random ones would be.
    digits[..8].copy_from_slice(&(index + 1).wrapping_mul(0x0100_0000_01b3).rotate_left(24).to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(FIRST_MILLIS + index, &digits).into_uuid().into()
}
