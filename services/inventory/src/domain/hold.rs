//! Units held for a cart, for a time.

use std::time::Duration;

use contracts::{CartId, ProductId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Units, slot};

/// What is held for a cart. A set, not an increment: each line says how many units it holds as of a revision of the cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The cart.
    pub cart_id: CartId,
    /// When the hold may end.
    pub expires_at: Timestamp,
    /// The slot whose end ends the hold; none once that is under way.
    pub expiry_slot: Option<i64>,
    /// One line per product that the cart ever had. One of no units remembers its revision.
    pub lines: Vec<HoldLine>,
}

/// The units of one product that are held for a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldLine {
    /// The product.
    pub product_id: ProductId,
    /// Units held.
    pub quantity: u32,
    /// The cart's revision that said so.
    pub revision: i64,
}

impl Hold {
    /// Nothing is held yet.
    pub fn new(cart_id: CartId) -> Self {
        Self { cart_id, expires_at: Timestamp(0), expiry_slot: None, lines: Vec::new() }
    }

    /// Holds `quantity` units of a product as of a revision; answers how many units more that is than before.
    /// `None` when a revision at least as new has spoken: then nothing changes.
    pub fn set(&mut self, product_id: ProductId, quantity: u32, revision: i64) -> Option<i64> {
        let Some(line) = self.lines.iter_mut().find(|line| line.product_id == product_id) else {
            self.lines.push(HoldLine { product_id, quantity, revision });
            return Some(i64::from(quantity));
        };
        if revision <= line.revision {
            return None;
        }
        let change = i64::from(quantity) - i64::from(line.quantity);
        *line = HoldLine { product_id, quantity, revision };
        Some(change)
    }

    /// Holds no more than `quantity` units of a product as of a revision; answers the change, which is never positive.
    pub fn lower(&mut self, product_id: ProductId, quantity: u32, revision: i64) -> Option<i64> {
        let held =
            self.lines.iter().find(|line| line.product_id == product_id).map_or(0, |line| line.quantity);
        self.set(product_id, held.min(quantity), revision)
    }

    /// Ends no earlier than `hold_time` from now.
    pub fn extend(&mut self, now: Timestamp, hold_time: Duration) {
        self.expires_at = now.plus(hold_time);
        self.expiry_slot = Some(slot::slot_of(self.cart_id, self.expires_at));
    }

    /// The units held.
    pub fn units(&self) -> Units {
        let held = self.lines.iter().filter(|line| line.quantity > 0);
        held.map(|line| (line.product_id, i64::from(line.quantity))).collect()
    }
}
