//! The rules of stock: what is on hand, what of it is promised, to whom, and until when.

mod allocation;
mod hold;
mod movement;
pub(crate) mod slot;
mod stock;

use std::collections::BTreeMap;

use contracts::{OrderId, ProductId};
use serde::{Deserialize, Serialize};

pub use allocation::{
    Allocation, AllocationStatus, Validation, changes_of_checkout, changes_of_validation, validate,
};
pub use hold::{Hold, HoldLine};
pub use movement::{Movement, MovementReason, RESTOCKED, SOLD, movement_id};
pub use stock::{Adjustment, AdjustmentReason, Change, Stock, StockChange, WantedChange};

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
    /// Fewer units are available than the threshold says, and there were enough before.
    StockLow {
        /// The product.
        product_id: ProductId,
        /// Units that can still be promised.
        available: i64,
        /// Below this many units the stock is low.
        threshold: i64,
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
