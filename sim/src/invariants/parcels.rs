//! Parcels: one for each order that is paid and not stopped, none for any other.

use std::collections::BTreeMap;

use contracts::{OrderId, ServiceName};
use fulfilment::Shipment;
use ordering::{Order, Status};

use super::{Violation, hold};
use crate::world::World;

fn booked(world: &World) -> BTreeMap<OrderId, usize> {
    let mut counts = BTreeMap::new();
    for order_id in world.shop.outside.lock().bookings.values() {
        *counts.entry(*order_id).or_default() += 1;
    }
    counts
}

/// A shipment stands where its order does, and the carrier has one parcel of those that have left.
pub(super) fn one_parcel_per_order(world: &mut World) -> Result<(), Violation> {
    let booked = booked(world);
    for order in world.shop.all::<Order>(ServiceName::Ordering) {
        let shipment = world.shop.page::<Shipment>(ServiceName::Fulfilment, order.id);
        let status = shipment.as_ref().map(|shipment| shipment.status);
        let parcels = booked.get(&order.id).copied().unwrap_or(0);
        use fulfilment::Status as Parcel;
        let fits = match order.status {
            Status::Paid => (status, parcels) == (Some(Parcel::Pending), 0),
            Status::Packed => (status, parcels) == (Some(Parcel::Packed), 0),
            Status::Shipped => (status, parcels) == (Some(Parcel::Shipped), 1),
            Status::Delivered => (status, parcels) == (Some(Parcel::Delivered), 1),
            Status::Cancelled => true,
            Status::Submitted | Status::AwaitingValidation | Status::StockConfirmed => {
                (status, parcels) == (None, 0)
            }
        };
        hold(fits, || {
            let message =
                format!("the carrier has {parcels} parcels of {order:?}, and its shipment is {shipment:?}");
            Violation::new("one_parcel_per_order", message).about(order.id)
        })?;
    }
    Ok(())
}

/// What is cancelled has no parcel at the carrier.
pub(super) fn cancelled_never_ships(world: &mut World) -> Result<(), Violation> {
    let booked = booked(world);
    for order in world.shop.all::<Order>(ServiceName::Ordering) {
        let shipment = world.shop.page::<Shipment>(ServiceName::Fulfilment, order.id);
        let stays = shipment.as_ref().is_none_or(|shipment| {
            matches!(shipment.status, fulfilment::Status::Stopped | fulfilment::Status::Tombstone)
        });
        let ships = booked.contains_key(&order.id) || !stays;
        hold(order.status != Status::Cancelled || !ships, || {
            let message = format!("the carrier has cancelled order {}, or it has {shipment:?}", order.id);
            Violation::new("cancelled_never_ships", message).about(order.id)
        })?;
    }
    Ok(())
}
