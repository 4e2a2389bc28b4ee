//! Units promised to an order, from its checkout to its end.

use contracts::{OrderId, ProductId};
use serde::{Deserialize, Serialize};

use super::{Line, Units};

/// Where an order's stock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllocationStatus {
    /// What the cart held is the order's now; whether it is enough, validation decides.
    Held,
    /// All of it is promised.
    Allocated,
    /// There was too little; nothing is kept.
    Rejected,
    /// Paid for: the units have left.
    Settled,
    /// The order was cancelled before its units left; they can be promised again.
    Released,
    /// The order was cancelled after its units had left; they are back.
    Restocked,
    /// The order was cancelled before inventory heard of it: a tombstone, so that what still comes for it changes nothing.
    Cancelled,
}

/// What is promised to an order. Its events have the order as their subject, so the row stays for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The order.
    pub order_id: OrderId,
    /// Where it stands.
    pub status: AllocationStatus,
    /// What is promised, has left or came back; what was promised last where nothing is any more. One line per product.
    pub lines: Vec<Line>,
}

impl Allocation {
    /// An order's allocation of these units.
    pub fn new(order_id: OrderId, status: AllocationStatus, units: &Units) -> Self {
        let lines = units.iter().map(|(&product_id, &quantity)| Line { product_id, quantity }).collect();
        Self { order_id, status, lines }
    }

    /// Whether validation has nothing to decide any more.
    pub fn is_decided(&self) -> bool {
        self.status != AllocationStatus::Held
    }

    /// Whether its lines are promised: part of what is reserved.
    pub fn is_promised(&self) -> bool {
        matches!(self.status, AllocationStatus::Held | AllocationStatus::Allocated)
    }
}

/// What of a cart's hold an order takes over at checkout, and by how much less is promised then.
/// The order takes no more than it needs, whatever the revisions: after checkout the cart wants nothing else.
pub fn changes_of_checkout(held: &Units, wanted: &Units) -> (Units, Units) {
    let mut taken = Units::new();
    let mut changes = Units::new();
    for (&product_id, &quantity) in held {
        let kept = quantity.min(wanted.get(&product_id).copied().unwrap_or(0));
        if kept > 0 {
            taken.insert(product_id, kept);
        }
        if kept < quantity {
            changes.insert(product_id, kept - quantity);
        }
    }
    (taken, changes)
}

/// By how much more or less must be promised so that `wanted` is, where `kept` is now. Products without a change are left out.
pub fn changes_of_validation(kept: &Units, wanted: &Units) -> Units {
    let mut changes = wanted.clone();
    for (&product_id, &quantity) in kept {
        *changes.entry(product_id).or_default() -= quantity;
    }
    changes.retain(|_, change| *change != 0);
    changes
}

/// The decision on an order's stock, and how what is promised changes by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validation {
    /// The order can have all of it.
    Confirmed {
        /// More, where the hold was short; less, where it was too much.
        changes: Units,
    },
    /// It cannot.
    Rejected {
        /// All that was kept for it is given up.
        changes: Units,
        /// The products of which there is too little.
        short: Vec<ProductId>,
    },
}

/// Decides whether an order that has `kept` can have all that is `wanted`. Only asked for products of which more is needed,
/// `available` says how many units can still be promised.
pub fn validate(kept: &Units, wanted: &Units, available: impl Fn(ProductId) -> i64) -> Validation {
    let changes = changes_of_validation(kept, wanted);
    let is_short =
        |&(product_id, change): &(&ProductId, &i64)| *change > 0 && *change > available(*product_id);
    let short: Vec<ProductId> = changes.iter().filter(is_short).map(|(product_id, _)| *product_id).collect();
    if short.is_empty() {
        return Validation::Confirmed { changes };
    }
    let changes = kept.iter().map(|(&product_id, &quantity)| (product_id, -quantity)).collect();
    Validation::Rejected { changes, short }
}
