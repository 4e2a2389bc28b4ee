//! Remarks and their rules.

use contracts::{Currency, Money, ProductId, Refusal};
use engine::Rows;
use serde::{Deserialize, Serialize};

/// All that can be asked or told: what changes about a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The product.
    pub product_id: ProductId,
    /// What changes.
    pub change: Change,
}

/// What can change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Staff note something. The price must be known.
    Note(String),
    /// One unit costs something else, as the product's event of that sequence says.
    Price(Money, i64),
}

/// What happened here that others hear of: nothing yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {}

/// What is noted about a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The product.
    pub product_id: ProductId,
    /// What staff wrote; empty at first.
    pub text: String,
    /// What one unit costs now, in minor units.
    pub price_amount: i64,
    /// The currency of the price.
    pub currency: Currency,
    /// The sequence of the event that the price is from.
    pub sequence: i64,
}

/// Decides a message.
pub(crate) fn handle(message: &Message, rows: &mut Rows) -> Result<Remark, Refusal> {
    let product_id = message.product_id;
    let remark = match (&message.change, rows.get::<Remark>(product_id).cloned()) {
        (Change::Note(_), None) => {
            return Err(Refusal::not_found("product_not_found", "No price of this product is known."));
        }
        (Change::Note(text), Some(remark)) => Remark { text: text.clone(), ..remark },
        // A late event says what the price was before.
        (Change::Price(_, sequence), Some(remark)) if *sequence <= remark.sequence => remark,
        (Change::Price(price, sequence), known) => Remark {
            product_id,
            text: known.map(|remark| remark.text).unwrap_or_default(),
            price_amount: price.amount,
            currency: price.currency,
            sequence: *sequence,
        },
    };
    rows.put(remark.clone());
    Ok(remark)
}
