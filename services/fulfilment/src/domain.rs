//! Shipments and their rules: which step follows which, and until when a parcel can be stopped.

pub(crate) mod slot;

use std::time::Duration;

use contracts::{Address, OrderId, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a shipment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// To be packed.
    Pending,
    /// Packed, and still in the house.
    Packed,
    /// The carrier is being asked to take it: too late to stop it, whatever the answer.
    Dispatching,
    /// With the carrier.
    Shipped,
    /// With the customer.
    Delivered,
    /// Stopped before the carrier was asked.
    Stopped,
    /// There is none: the order was cancelled before it was paid. A payment that comes later ships nothing.
    Tombstone,
}

/// A product and how many units of it are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ShipmentLine)]
pub struct Line {
    /// The product.
    pub product_id: contracts::ProductId,
    /// How many units.
    pub quantity: u32,
}

/// An order's shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// The order.
    pub order_id: OrderId,
    /// Where it stands.
    pub status: Status,
    /// When fulfilment heard of the order.
    pub created_us: Timestamp,
    /// The same as long as staff or the carrier have something to do; none once it is over. The queue is sorted by it.
    pub waiting_since: Option<Timestamp>,
    /// The slot whose end brings the next step; none where staff take it, or none is left.
    pub step_slot: Option<i64>,
    /// The carrier's name, once it has the parcel.
    pub carrier: Option<String>,
    /// The carrier's number to follow the parcel by.
    pub tracking_number: Option<String>,
    /// The shipping option, by its code.
    pub shipping_method: String,
    /// Where it goes; none for a tombstone.
    pub address: Option<Address>,
    /// What is sent.
    pub lines: Vec<Line>,
}

/// What a parcel needs to be booked with a carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The order.
    pub order_id: OrderId,
    /// The shipping option, by its code.
    pub shipping_method: String,
    /// Where it goes.
    pub address: Address,
}

/// A carrier's word that it has the parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// The carrier's name.
    pub carrier: String,
    /// Its number to follow the parcel by.
    pub tracking_number: String,
}

/// What happened to a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It was packed.
    Packed(OrderId),
    /// The carrier has it.
    Shipped(OrderId, Booking),
    /// It has arrived.
    Delivered(OrderId),
    /// It was stopped in time.
    Stopped(OrderId),
    /// It was too late to stop it.
    StopRefused(OrderId),
}

/// What trying to stop a shipment came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopping {
    /// It is stopped now.
    Stopped,
    /// It is on its way.
    TooLate,
    /// There was nothing to stop.
    Nothing,
}

impl Shipment {
    /// A paid order's shipment, to be packed.
    pub fn new(parcel: Parcel, lines: Vec<Line>, created_us: Timestamp) -> Self {
        Self {
            order_id: parcel.order_id,
            status: Status::Pending,
            created_us,
            waiting_since: Some(created_us),
            step_slot: None,
            carrier: None,
            tracking_number: None,
            shipping_method: parcel.shipping_method,
            address: Some(parcel.address),
            lines,
        }
    }

    /// The tombstone of an order that was cancelled before it was paid.
    pub fn tombstone(order_id: OrderId, created_us: Timestamp) -> Self {
        Self {
            order_id,
            status: Status::Tombstone,
            created_us,
            waiting_since: None,
            step_slot: None,
            carrier: None,
            tracking_number: None,
            shipping_method: String::new(),
            address: None,
            lines: Vec::new(),
        }
    }

    /// It is in its box.
    ///
    /// # Errors
    /// `shipment_not_pending`.
    pub fn pack(&mut self) -> Result<Fact, Refusal> {
        self.step(Status::Pending, Status::Packed, "shipment_not_pending")?;
        Ok(Fact::Packed(self.order_id))
    }

    /// The carrier is to be asked to take it.
    ///
    /// # Errors
    /// `shipment_not_packed`.
    pub fn dispatch(&mut self) -> Result<Parcel, Refusal> {
        let Some(address) = self.address.clone() else {
            return Err(Refusal::not_found("shipment_not_found", "The order has no shipment."));
        };
        self.step(Status::Packed, Status::Dispatching, "shipment_not_packed")?;
        let shipping_method = self.shipping_method.clone();
        Ok(Parcel { order_id: self.order_id, shipping_method, address })
    }

    /// The carrier has it.
    ///
    /// # Errors
    /// `shipment_not_dispatching`.
    pub fn ship(&mut self, booking: &Booking) -> Result<Fact, Refusal> {
        self.step(Status::Dispatching, Status::Shipped, "shipment_not_dispatching")?;
        self.carrier = Some(booking.carrier.clone());
        self.tracking_number = Some(booking.tracking_number.clone());
        Ok(Fact::Shipped(self.order_id, booking.clone()))
    }

    /// The customer has it.
    ///
    /// # Errors
    /// `shipment_not_shipped`.
    pub fn deliver(&mut self) -> Result<Fact, Refusal> {
        self.step(Status::Shipped, Status::Delivered, "shipment_not_shipped")?;
        self.waiting_since = None;
        Ok(Fact::Delivered(self.order_id))
    }

    /// Stops it, if it is still in the house and the carrier was not asked.
    pub fn stop(&mut self) -> Stopping {
        match self.status {
            Status::Pending | Status::Packed => {
                self.status = Status::Stopped;
                self.waiting_since = None;
                self.step_slot = None;
                Stopping::Stopped
            }
            Status::Dispatching | Status::Shipped | Status::Delivered => Stopping::TooLate,
            Status::Stopped | Status::Tombstone => Stopping::Nothing,
        }
    }

    fn step(&mut self, from: Status, to: Status, code: &'static str) -> Result<(), Refusal> {
        if self.status != from {
            return Err(Refusal::conflict(code, "The shipment is not at this step."));
        }
        self.status = to;
        self.step_slot = None;
        Ok(())
    }
}

/// How fast parcels move by themselves: each step after the one before it, rounded up to the end of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From paid to packed.
    pub pack_after: Duration,
    /// From packed to the carrier.
    pub ship_after: Duration,
    /// From the carrier to the customer.
    pub deliver_after: Duration,
}

impl Pace {
    /// How long a shipment waits for its next step; `None` where none comes by itself.
    pub fn until_step_after(&self, status: Status) -> Option<Duration> {
        match status {
            Status::Pending => Some(self.pack_after),
            Status::Packed => Some(self.ship_after),
            Status::Shipped => Some(self.deliver_after),
            Status::Dispatching | Status::Delivered | Status::Stopped | Status::Tombstone => None,
        }
    }
}
