//! Products: what may be sold, and what a change of price is.

mod new_product;
mod slug;

use contracts::{Currency, Money, ProductId, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

pub use new_product::{NewProduct, Outcome, PRODUCTS_PER_COMMAND_MAX, create};
pub(crate) use slug::is_slug;

/// The highest price of one unit, in minor units: ten billion euro. Keeps every sum of a cart inside an `i64`.
pub const PRICE_AMOUNT_MAX: i64 = 1_000_000_000_000;

/// Where a product is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// In the shop's lists.
    #[default]
    Listed,
    /// In no list: a fee or a service that is on orders only. It is found by its id and its slug.
    Unlisted,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    pub product_id: ProductId,
    /// Its name in web addresses; no other product has it.
    pub slug: String,
    /// The stock-keeping unit, where it has one; no other product has it.
    pub sku: Option<String>,
    /// Its name in the shop's language.
    pub name: String,
    /// What a customer should know, in plain text.
    pub description: String,
    /// What one unit costs, in minor units.
    pub price_amount: i64,
    /// The currency of the price; never another one.
    pub currency: Currency,
    /// Weight of one unit in grams; 0 when it is not a thing that is sent.
    pub weight_grams: u32,
    /// Whether units of it are counted.
    pub stocked: bool,
    /// Where it is shown.
    pub status: ProductStatus,
    /// Since when it is in the catalogue.
    pub created_at: Timestamp,
}

/// What happened to a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It was added to the catalogue.
    Created(Product),
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

impl Product {
    /// What one unit costs.
    pub fn price(&self) -> Money {
        Money::new(self.price_amount, self.currency)
    }

    /// Sets the price; no fact when it is the price already.
    ///
    /// # Errors
    /// `price_out_of_range`, or `currency_mismatch` for a price in another currency.
    pub fn change_price(&mut self, price: Money) -> Result<Option<Fact>, Refusal> {
        check_price(price)?;
        let previous_price = self.price();
        if price.currency != previous_price.currency {
            let detail = format!("The product is sold in {}.", previous_price.currency.code());
            return Err(Refusal::invalid("currency_mismatch", detail));
        }
        if price == previous_price {
            return Ok(None);
        }
        self.price_amount = price.amount;
        Ok(Some(Fact::PriceChanged { product_id: self.product_id, price, previous_price }))
    }
}

fn check_price(price: Money) -> Result<(), Refusal> {
    if (0..=PRICE_AMOUNT_MAX).contains(&price.amount) {
        return Ok(());
    }
    let detail = format!("A price is between 0 and {PRICE_AMOUNT_MAX} minor units.");
    Err(Refusal::invalid("price_out_of_range", detail))
}
