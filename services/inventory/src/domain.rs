//! The rules of stock: what is on hand, what of it is promised, to whom, and until when.

mod allocation;
mod hold;
mod stock;

use std::{collections::BTreeMap, time::Duration};

use contracts::{OrderId, ProductId, Timestamp};
use serde::{Deserialize, Serialize};

pub use allocation::{
    Allocation, AllocationStatus, Validation, changes_of_checkout, changes_of_validation, validate,
};
pub use hold::{Hold, HoldLine};
pub use stock::{Adjustment, AdjustmentReason, Stock, StockChange};

/// Units by product. A change of what is promised is one too: more where it is positive, less where it is negative.
pub type Units = BTreeMap<ProductId, i64>;

/// Units of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The product.
    pub product_id: ProductId,
    /// How many units; never negative.
    pub quantity: i64,
}

/// The units of all lines, those of one product together.
pub fn units_of(lines: &[Line]) -> Units {
    let mut units = Units::new();
    for line in lines {
        *units.entry(line.product_id).or_default() += line.quantity;
    }
    units
}

/// What inventory has to tell others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A product is counted from now on.
    StockCreated {
        /// The product.
        product_id: ProductId,
        /// Units on hand.
        on_hand: i64,
    },
    /// Staff changed the units on hand, or a product went out of stock or came back.
    StockUpdated {
        /// The product.
        product_id: ProductId,
        /// Units on hand.
        on_hand: i64,
        /// Units of these that are promised.
        reserved: i64,
    },
    /// All of an order's stock is promised to it.
    OrderConfirmed {
        /// The order.
        order_id: OrderId,
    },
    /// An order cannot have its stock, and nothing is kept for it.
    OrderRejected {
        /// The order.
        order_id: OrderId,
        /// The products of which there was too little.
        short: Vec<ProductId>,
    },
}

/// Holds end in slots of this length, so that one timer and one look at an index end all the holds of a slot.
pub const EXPIRY_SLOT: Duration = Duration::from_secs(5);

/// The number of the first slot that is over once `expires_at` is.
pub fn expiry_slot(expires_at: Timestamp) -> i64 {
    let length = EXPIRY_SLOT.as_micros() as i64;
    expires_at.0.div_euclid(length) + i64::from(expires_at.0.rem_euclid(length) > 0)
}

/// When a slot is over.
pub fn end_of_slot(slot: i64) -> Timestamp {
    Timestamp(slot.saturating_mul(EXPIRY_SLOT.as_micros() as i64))
}

#[cfg(test)]
mod tests {
    use contracts::Timestamp;

    use super::{end_of_slot, expiry_slot};

    #[test]
    fn a_slot_is_over_when_or_after_its_holds_expire() {
        for micros in [0, 1, 4_999_999, 5_000_000, 5_000_001, 1_767_225_600_123_456] {
            let end = end_of_slot(expiry_slot(Timestamp(micros)));
            assert!(end >= Timestamp(micros), "{micros}");
            assert!(end.micros_since(Timestamp(micros)) < 5_000_000, "{micros}");
        }
    }
}
