//! Lines of a cart: how many of a product, and what they cost.

use std::sync::Arc;

use contracts::{ProductId, Refusal, TaxClass};
use serde::{Deserialize, Serialize};

use super::ProductCopy;

/// Most units of a product in a cart.
pub const QUANTITY_MAX: u32 = 10_000;

/// The highest total of a line, in minor units. The sum of the most lines a cart can have stays inside an `i64`.
pub(super) const LINE_TOTAL_MAX: i64 = 1_000_000_000_000_000;

/// A product in a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The product.
    pub product_id: ProductId,
    /// Its name.
    pub name: Arc<str>,
    /// Units of it.
    pub quantity: u32,
    /// What one unit costs, in minor units of the cart's currency.
    pub unit_price_amount: i64,
    /// What the line costs. Quantity times unit price, except in an imported order, which states it.
    pub total_amount: i64,
    /// The cart's revision when the quantity was last changed.
    pub revision: i64,
    /// Whether units of it are counted in stock.
    pub stocked: bool,
    /// Weight of one unit in grams.
    pub weight_grams: u32,
    /// Which tax rate it has.
    pub tax_class: TaxClass,
}

/// A line has another quantity than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemChange {
    /// The product.
    pub product_id: ProductId,
    /// Units before; 0 when the line is new.
    pub previous_quantity: u32,
    /// Units now; 0 when the line is gone.
    pub quantity: u32,
    /// The cart's revision with this change in it.
    pub revision: i64,
    /// Whether units of it are counted in stock, so that more of them must be held.
    pub stocked: bool,
}

impl Line {
    /// A new line of a product.
    pub(super) fn new(product: &ProductCopy, quantity: u32, revision: i64) -> Result<Self, Refusal> {
        check_quantity(quantity)?;
        let mut line = Self {
            product_id: product.product_id,
            name: product.name.as_str().into(),
            quantity,
            unit_price_amount: product.price_amount,
            total_amount: 0,
            revision,
            stocked: product.stocked,
            weight_grams: product.weight_grams,
            tax_class: product.tax_class,
        };
        line.add_up()?;
        Ok(line)
    }

    /// Sets the quantity, and the total with it.
    pub(super) fn set_quantity(&mut self, quantity: u32, revision: i64) -> Result<(), Refusal> {
        check_quantity(quantity)?;
        self.quantity = quantity;
        self.revision = revision;
        self.add_up()
    }

    /// Takes over what a product is now; says whether anything changed.
    pub(super) fn refresh(&mut self, product: &ProductCopy) -> Result<bool, Refusal> {
        let before = self.clone();
        if *self.name != *product.name {
            self.name = product.name.as_str().into();
        }
        self.unit_price_amount = product.price_amount;
        self.weight_grams = product.weight_grams;
        self.tax_class = product.tax_class;
        self.add_up()?;
        Ok(*self != before)
    }

    fn add_up(&mut self) -> Result<(), Refusal> {
        let total = self.unit_price_amount.checked_mul(i64::from(self.quantity));
        self.total_amount =
            total.filter(|total| line_total_is_fine(*total)).ok_or_else(amount_out_of_range)?;
        Ok(())
    }
}

pub(super) fn line_total_is_fine(amount: i64) -> bool {
    (0..=LINE_TOTAL_MAX).contains(&amount)
}

pub(super) fn amount_out_of_range() -> Refusal {
    Refusal::invalid("amount_out_of_range", "The line costs less than nothing or more than a cart can count.")
}

fn check_quantity(quantity: u32) -> Result<(), Refusal> {
    if (1..=QUANTITY_MAX).contains(&quantity) {
        return Ok(());
    }
    Err(quantity_out_of_range(QUANTITY_MAX))
}

pub(super) fn quantity_out_of_range(max: u32) -> Refusal {
    Refusal::invalid("quantity_out_of_range", format!("A line has 1 to {max} units of a product."))
}
