//! Facts about parcels. Topic `fulfilment`; the subject is the order's id: an order has one shipment.

use serde::{Deserialize, Serialize};

use super::event;
use crate::OrderId;

/// The parcel's state changed on its way: it was packed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeliveryStatusUpdated {
    /// The order.
    pub order_id: OrderId,
    /// The shipment's state: `packed`.
    pub status: String,
}
event!(DeliveryStatusUpdated = "delivery.status_updated.v1", also "DeliveryStatusUpdated");

/// The carrier has the parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeliveryStarted {
    /// The order.
    pub order_id: OrderId,
    /// The carrier's name.
    pub carrier: String,
    /// The carrier's number to follow the parcel by.
    pub tracking_number: String,
}
event!(DeliveryStarted = "delivery.started.v1", also "DeliveryStarted");

/// The parcel has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Delivered {
    /// The order.
    pub order_id: OrderId,
}
event!(Delivered = "delivery.delivered.v1", also "Delivered");

/// The parcel was stopped before it left, as the customer asked; its goods go back into stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeliveryStopped {
    /// The order.
    pub order_id: OrderId,
}
event!(DeliveryStopped = "delivery.stopped.v1");

/// The customer asked too late to stop the parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeliveryStopRefused {
    /// The order.
    pub order_id: OrderId,
}
event!(DeliveryStopRefused = "delivery.stop_refused.v1");
