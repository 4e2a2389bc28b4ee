//! What the cart knows of products, and which open carts hold one.

use contracts::{CartId, Currency, Money, ProductId, Refusal, TaxClass};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The cart's own copy of a product, fed by the catalogue's events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductCopy {
    /// The product.
    pub product_id: ProductId,
    /// Its name.
    pub name: String,
    /// What one unit costs, in minor units.
    pub price_amount: i64,
    /// The currency of the price.
    pub currency: Currency,
    /// Weight of one unit in grams.
    pub weight_grams: u32,
    /// Whether units of it are counted in stock.
    pub stocked: bool,
    /// Which tax rate it has.
    pub tax_class: TaxClass,
    /// Whether it is still sold.
    pub sold: bool,
    /// The sequence of the product's event that said the price. One that comes late has a lower one.
    pub price_sequence: i64,
    /// The sequence of the product's event that described it. Prices may come by a topic of their own, so each has its own order.
    pub description_sequence: i64,
}

/// What the catalogue says about a product after it was announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProductChange {
    /// One unit costs something else.
    Price(Money),
    /// It is described otherwise.
    Description {
        /// Its name.
        name: String,
        /// Weight of one unit in grams.
        weight_grams: u32,
        /// Which tax rate it has.
        tax_class: TaxClass,
    },
    /// It is not sold any more.
    Deleted,
}

impl ProductCopy {
    /// What one unit costs.
    pub fn price(&self) -> Money {
        Money::new(self.price_amount, self.currency)
    }

    /// Takes over a change, unless the copy has had a later one of its kind; says whether it did.
    pub fn apply(&mut self, change: &ProductChange, sequence: i64) -> bool {
        match change {
            ProductChange::Price(price) if sequence > self.price_sequence => {
                self.price_amount = price.amount;
                self.currency = price.currency;
                self.price_sequence = sequence;
            }
            ProductChange::Description { name, weight_grams, tax_class }
                if sequence > self.description_sequence =>
            {
                self.name.clone_from(name);
                self.weight_grams = *weight_grams;
                self.tax_class = *tax_class;
                self.description_sequence = sequence;
            }
            ProductChange::Deleted if self.sold => self.sold = false,
            _ => return false,
        }
        true
    }
}

/// The answer to a product that the copies do not have.
pub(crate) fn not_found() -> Refusal {
    Refusal::not_found("product_not_found", "There is no such product.")
}

/// An open cart holds a product: how a change of the product finds its carts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartProduct {
    /// [`cart_product_id`] of the two.
    pub id: Uuid,
    /// The product.
    pub product_id: ProductId,
    /// The cart.
    pub cart_id: CartId,
}

impl CartProduct {
    /// The row of a cart and a product.
    pub fn of(cart_id: CartId, product_id: ProductId) -> Self {
        Self { id: cart_product_id(cart_id, product_id), product_id, cart_id }
    }
}

/// The key of a cart and a product: the cart's id with the product's hash (FNV-1a) over its random half. A key of 16 bytes is half
/// the row that a text of both ids would be, and as its first half is the cart's time, rows of one cart are written side by side.
pub fn cart_product_id(cart: CartId, product: ProductId) -> Uuid {
    let hash = product.0.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let (time, random) = cart.0.as_u64_pair();
    Uuid::from_u64_pair(time, random ^ hash)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::cart_product_id;

    /// A change here would tear stored rows from their carts.
    #[test]
    fn the_key_of_a_cart_and_a_product_never_changes() {
        let cart = Uuid::from_u128(0x0193_f5c2_7c1e_7d3a_9b51_5f1d_3f6f_0a11);
        let product = Uuid::from_u128(0x0193_f5c2_0000_7000_8000_0000_0000_0001);
        let key = cart_product_id(cart.into(), product.into());
        assert_eq!(key.to_string(), "0193f5c2-7c1e-7d3a-9aa2-ee3c1e593b30");
    }
}
