//! Movements: every change of the units on hand, kept for ever. Their sum is what is on hand.
//!
//! A product's movements are a chain: its stock knows the last one, and each knows the one before. So they need no index by
//! product, into which every line of every order would write at a place of its own; they lie in the order of their sources.

use contracts::{ProductId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AdjustmentReason;

/// The part of an order's movements in which its units left.
pub const SOLD: u64 = 0;

/// The part of an order's movements in which its units came back.
pub const RESTOCKED: u64 = 1;

/// Why the units on hand changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MovementReason {
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
    /// They left with a paid order.
    Sold,
    /// A paid order was cancelled, and they are back on the shelf.
    Restocked,
}

impl From<AdjustmentReason> for MovementReason {
    fn from(reason: AdjustmentReason) -> Self {
        match reason {
            AdjustmentReason::Received => Self::Received,
            AdjustmentReason::Counted => Self::Counted,
            AdjustmentReason::Damaged => Self::Damaged,
            AdjustmentReason::Lost => Self::Lost,
            AdjustmentReason::Returned => Self::Returned,
            AdjustmentReason::Other => Self::Other,
        }
    }
}

/// A change of a product's units on hand. Never changed itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// [`movement_id`] of source, product and part.
    pub movement_id: Uuid,
    /// The product.
    pub product_id: ProductId,
    /// The product's movement before.
    pub previous: Option<Uuid>,
    /// The product's how many-th it is, from 1 without gaps.
    pub number: i64,
    /// When it was decided.
    pub created_us: Timestamp,
    /// Why.
    pub reason: MovementReason,
    /// Units more; fewer where it is negative; never 0.
    pub delta: i64,
    /// Units on hand after it.
    pub on_hand: i64,
    /// The order, or the adjustment.
    pub source_id: Uuid,
    /// What staff say about it.
    pub note: Option<String>,
}

/// The id of a source's movement of a product: the same for the same parts, so that it is known before it is decided. Begins
/// with the time of the source, so that the movements of a source lie together, and next to those of its time.
pub fn movement_id(source_id: Uuid, product_id: ProductId, part: u64) -> Uuid {
    let mut name = [0; 24];
    name[..16].copy_from_slice(product_id.0.as_bytes());
    name[16..].copy_from_slice(&part.to_be_bytes());
    let mut bytes = *Uuid::new_v5(&source_id, &name).as_bytes();
    bytes[..6].copy_from_slice(&source_id.as_bytes()[..6]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
