//! All that fulfilment can be asked or told.

use contracts::OrderId;
use engine::Key;
use serde::{Deserialize, Serialize};

use crate::domain::{Booking, Line, Parcel, slot};

/// A command, an event in fulfilment's own words, a timer, or a carrier's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Staff have packed it.
    Pack {
        /// The order.
        order_id: OrderId,
    },
    /// Staff hand it to the carrier.
    Ship {
        /// The order.
        order_id: OrderId,
    },
    /// Staff have handed it to a carrier themselves.
    HandOver {
        /// The order.
        order_id: OrderId,
        /// The carrier, and its number.
        booking: Booking,
    },
    /// Staff know that it has arrived.
    Deliver {
        /// The order.
        order_id: OrderId,
    },
    /// An order is paid: it gets a shipment.
    Prepare {
        /// Where it goes.
        parcel: Parcel,
        /// What is sent.
        lines: Vec<Line>,
    },
    /// The customer of a paid order asks to cancel it.
    StopIfPossible {
        /// The order.
        order_id: OrderId,
    },
    /// An order will not be fulfilled.
    Cancel {
        /// The order.
        order_id: OrderId,
    },
    /// The carrier has the parcel.
    Booked {
        /// The order.
        order_id: OrderId,
        /// The carrier's word.
        booking: Booking,
    },
    /// A slot is over: its parcels take their next step.
    EndSlot {
        /// The slot.
        slot: i64,
    },
}

impl Message {
    /// The aggregate that the message goes to.
    pub(crate) fn key(&self) -> Key {
        match self {
            Self::EndSlot { slot } => slot::timer_subject(*slot).into(),
            Self::Prepare { parcel, .. } => parcel.order_id.into(),
            Self::Pack { order_id }
            | Self::Ship { order_id }
            | Self::Deliver { order_id }
            | Self::StopIfPossible { order_id }
            | Self::Cancel { order_id }
            | Self::HandOver { order_id, .. }
            | Self::Booked { order_id, .. } => (*order_id).into(),
        }
    }
}
