//! All that inventory can be asked or told, and what it answers.

use contracts::{CartId, OrderId, ProductId};
use engine::Key;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{AdjustmentReason, Hold, Line, Stock, WantedChange, slot};

/// A command, an event in inventory's own words, or a timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Hold so many units of a product for a cart, as of a revision of it; 0 releases them.
    SetHold {
        /// The cart.
        cart_id: CartId,
        /// The product.
        product_id: ProductId,
        /// Units.
        quantity: u32,
        /// The cart's revision that wants it.
        revision: i64,
    },
    /// Hold all of a cart anew, as of a revision of it, each product as far as there are enough units.
    RenewHolds {
        /// The cart.
        cart_id: CartId,
        /// What it wants.
        lines: Vec<Line>,
        /// The cart's revision that wants it.
        revision: i64,
    },
    /// Staff received, counted or wrote off units: all of it, or none where one change cannot be.
    AdjustStock {
        /// Given by whoever asks; the same id again changes nothing.
        adjustment_id: Uuid,
        /// Why.
        reason: AdjustmentReason,
        /// In staff's words.
        #[serde(default)]
        note: Option<String>,
        /// What.
        changes: Vec<WantedChange>,
    },
    /// Below how many available units is a product's stock low?
    SetThreshold {
        /// The product.
        product_id: ProductId,
        /// Units; 0 is never, `None` what the settings say.
        threshold: Option<i64>,
    },
    /// A product is in the catalogue, and its units are counted.
    CountProduct {
        /// The product.
        product_id: ProductId,
    },
    /// A cart has no more than so many units of a product, as of a revision.
    LowerHold {
        /// The cart.
        cart_id: CartId,
        /// The product.
        product_id: ProductId,
        /// Units.
        quantity: u32,
        /// The cart's revision that says so.
        revision: i64,
    },
    /// A cart was checked out: what is held for it is the order's.
    TakeHold {
        /// The order.
        order_id: OrderId,
        /// The cart.
        cart_id: CartId,
        /// The stocked lines.
        lines: Vec<Line>,
    },
    /// Decide whether an order can have its stock.
    Validate {
        /// The order.
        order_id: OrderId,
        /// The cart that it came from.
        cart_id: CartId,
        /// The stocked lines.
        lines: Vec<Line>,
    },
    /// An order is paid: its units leave.
    Settle {
        /// The order.
        order_id: OrderId,
    },
    /// An order will not be fulfilled.
    Cancel {
        /// The order.
        order_id: OrderId,
        /// The cart that it came from.
        cart_id: CartId,
    },
    /// A slot is over: find the holds that end with it.
    EndSlot {
        /// The slot.
        slot: i64,
    },
    /// A cart's hold ends, unless it was extended.
    EndHold {
        /// The cart.
        cart_id: CartId,
    },
}

impl Message {
    /// The aggregate that the message goes to.
    pub(crate) fn key(&self) -> Key {
        match self {
            Self::SetHold { cart_id, .. }
            | Self::RenewHolds { cart_id, .. }
            | Self::LowerHold { cart_id, .. }
            | Self::EndHold { cart_id } => (*cart_id).into(),
            Self::TakeHold { order_id, .. }
            | Self::Validate { order_id, .. }
            | Self::Settle { order_id }
            | Self::Cancel { order_id, .. } => (*order_id).into(),
            Self::AdjustStock { adjustment_id, .. } => (*adjustment_id).into(),
            Self::CountProduct { product_id } | Self::SetThreshold { product_id, .. } => (*product_id).into(),
            Self::EndSlot { slot } => slot::timer_subject(*slot).into(),
        }
    }
}

/// What a command is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It is so.
    Done,
    /// What is held for the cart now.
    Held(Option<Hold>),
    /// The adjusted products, as they are now.
    Adjusted(Vec<Level>),
    /// The product, as it is now.
    Stock(Stock),
}

/// Units of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The product.
    pub product_id: ProductId,
    /// Units on hand.
    pub on_hand: i64,
    /// Units that can still be promised.
    pub available: i64,
}

impl From<&Stock> for Level {
    fn from(stock: &Stock) -> Self {
        Self { product_id: stock.product_id, on_hand: stock.on_hand, available: stock.available() }
    }
}
