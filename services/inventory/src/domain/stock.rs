//! Units of one product, and how staff change them.

use contracts::{ProductId, Refusal, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Units of one product.
///
/// Invariants: `0 <= reserved <= on_hand`, and `on_hand = received - settled + restocked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// The product.
    pub product_id: ProductId,
    /// Units in the warehouse.
    pub on_hand: i64,
    /// Units of these that are promised to carts and orders.
    pub reserved: i64,
    /// The sum of all that staff received and corrected, ever.
    pub received: i64,
    /// Units that left with paid orders, ever.
    pub settled: i64,
    /// Units of these that came back from orders cancelled after they were paid, ever.
    pub restocked: i64,
    /// Below this many available units the stock is low; 0 is never, `None` what the settings say.
    pub threshold: Option<i64>,
    /// How many movements its history has.
    pub movements: i64,
    /// The last one of them.
    pub last_movement: Option<Uuid>,
}

impl Stock {
    /// No units yet.
    pub fn new(product_id: ProductId) -> Self {
        Self {
            product_id,
            on_hand: 0,
            reserved: 0,
            received: 0,
            settled: 0,
            restocked: 0,
            threshold: None,
            movements: 0,
            last_movement: None,
        }
    }

    /// Units that can still be promised.
    pub fn available(&self) -> i64 {
        self.on_hand - self.reserved
    }

    /// Below how many available units the stock is low, where the settings say `default`.
    pub fn threshold_or(&self, default: i64) -> i64 {
        self.threshold.unwrap_or(default)
    }

    /// Adds what staff received, takes away what they found missing, or takes over what they counted; answers how many units
    /// more there are.
    ///
    /// # Errors
    /// `stock_promised` when fewer units would be left than are promised; `quantity_out_of_range` past the range of the counters.
    pub fn adjust(&mut self, change: Change) -> Result<i64, Refusal> {
        let out_of_range = || Refusal::invalid("quantity_out_of_range", "The quantity is out of range.");
        let delta = match change {
            Change::By(delta) => Some(delta),
            Change::To(on_hand) => on_hand.checked_sub(self.on_hand),
        };
        let delta = delta.ok_or_else(out_of_range)?;
        let on_hand = self.on_hand.checked_add(delta).ok_or_else(out_of_range)?;
        let received = self.received.checked_add(delta).ok_or_else(out_of_range)?;
        if on_hand < self.reserved {
            let Self { product_id, reserved, .. } = self;
            let detail =
                format!("{reserved} units of product {product_id} are promised to carts and orders.");
            return Err(Refusal::conflict("stock_promised", detail));
        }
        self.on_hand = on_hand;
        self.received = received;
        Ok(delta)
    }

    /// Promises `delta` more units, or that many fewer.
    ///
    /// # Panics
    /// More than is available, or fewer than none: whoever asks has looked before.
    pub fn reserve(&mut self, delta: i64) {
        self.reserved += delta;
        self.check();
    }

    /// Promised units leave.
    ///
    /// # Panics
    /// They were not promised.
    pub fn settle(&mut self, quantity: i64) {
        self.on_hand -= quantity;
        self.reserved -= quantity;
        self.settled += quantity;
        self.check();
    }

    /// Units that had left are back.
    ///
    /// # Panics
    /// They had not left.
    pub fn restock(&mut self, quantity: i64) {
        self.on_hand += quantity;
        self.restocked += quantity;
        self.check();
    }

    fn check(&self) {
        let promised_is_there = 0 <= self.reserved && self.reserved <= self.on_hand;
        let accounted_for = self.on_hand == self.received - self.settled + self.restocked;
        assert!(
            promised_is_there && accounted_for && self.restocked <= self.settled,
            "stock does not add up: {self:?}"
        );
    }
}

/// Why staff changed the units on hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentReason {
    /// A delivery came in.
    Received,
    /// Somebody counted, and the shelf is right.
    Counted,
    /// Units are broken or spoilt.
    Damaged,
    /// Units are gone, and nobody knows where.
    Lost,
    /// A customer sent units back.
    Returned,
    /// What the note says.
    Other,
}

/// How staff change the units on hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// So many units more; fewer where it is negative.
    By(i64),
    /// Exactly so many units, from now on.
    To(i64),
}

/// A change that staff make to a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedChange {
    /// The product.
    pub product_id: ProductId,
    /// The change.
    pub change: Change,
}

/// How many units of a product more, or fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockChange {
    /// The product.
    pub product_id: ProductId,
    /// Units more; fewer where it is negative.
    pub delta: i64,
}

/// A change of stock by staff, kept for ever: the sum of all of them is what [`Stock::received`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Given by whoever adjusts: the same id again changes nothing.
    pub adjustment_id: Uuid,
    /// Why.
    pub reason: AdjustmentReason,
    /// In staff's words.
    pub note: Option<String>,
    /// When.
    pub created_us: Timestamp,
    /// What.
    pub changes: Vec<StockChange>,
}
