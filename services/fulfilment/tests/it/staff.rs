//! Staff take the steps.

use std::time::Duration;

use contracts::{OrderId, events::fulfilment::DeliveryStarted};
use fulfilment::{Message, Parcel, Shipment, Status};

use crate::shop::{DELIVERED, PACKED, Shop, address, booking};

#[test]
fn a_parcel_goes_its_way_step_by_step() {
    let mut shop = Shop::with_staff();
    let order_id = shop.paid_order();
    shop.harness.advance(Duration::from_secs(3_600));
    assert_eq!(shop.status(order_id), Some(Status::Pending), "nothing moves by itself");

    assert_eq!(shop.harness.command(Message::Pack { order_id }), Ok(Some(Status::Packed)));
    assert_eq!(shop.published_types(), [PACKED]);

    assert_eq!(shop.harness.command(Message::Ship { order_id }), Ok(Some(Status::Dispatching)));
    assert_eq!(shop.harness.published(), [], "the carrier has not answered");
    let parcel = Parcel { order_id, shipping_method: "express".into(), address: address() };
    assert_eq!(shop.harness.requests(), [parcel]);

    shop.harness.answer(booking());
    let [event] = &shop.harness.published()[..] else { panic!("one event") };
    assert_eq!((event.subject.as_str(), event.correlation_id), (order_id.to_string().as_str(), order_id.0));
    let started: DeliveryStarted = event.read().expect("readable");
    assert_eq!((started.carrier.as_str(), started.tracking_number.as_str()), ("Mock Parcel", "MP1"));
    let shipment = shop.harness.row::<Shipment>(order_id).expect("there is one");
    assert_eq!((shipment.status, shipment.tracking_number.as_deref()), (Status::Shipped, Some("MP1")));

    assert_eq!(shop.harness.command(Message::Deliver { order_id }), Ok(Some(Status::Delivered)));
    assert_eq!(shop.published_types(), [DELIVERED]);
}

#[test]
fn a_step_out_of_its_order_is_refused_and_changes_nothing() {
    let mut shop = Shop::with_staff();
    let order_id = shop.paid_order();
    let refused = |shop: &mut Shop, message| shop.harness.command(message).expect_err("refused").code;
    assert_eq!(refused(&mut shop, Message::Ship { order_id }), "shipment_not_packed");
    assert_eq!(refused(&mut shop, Message::Deliver { order_id }), "shipment_not_shipped");
    shop.harness.command(Message::Pack { order_id }).expect("packed");
    assert_eq!(refused(&mut shop, Message::Pack { order_id }), "shipment_not_pending");
    shop.harness.command(Message::Ship { order_id }).expect("dispatching");
    assert_eq!(refused(&mut shop, Message::Ship { order_id }), "shipment_not_packed");
    assert_eq!(refused(&mut shop, Message::Deliver { order_id }), "shipment_not_shipped");
    assert_eq!(shop.harness.requests().len(), 1);
}

#[test]
fn what_has_no_shipment_takes_no_step() {
    let mut shop = Shop::with_staff();
    let order = OrderId(shop.harness.new_id());
    let refusal = shop.harness.command(Message::Pack { order_id: order }).expect_err("unknown");
    assert_eq!(refusal.code, "shipment_not_found");
    let cancelled = shop.cancelled(order, false);
    shop.deliver(&cancelled);
    let refusal = shop.harness.command(Message::Pack { order_id: order }).expect_err("a tombstone");
    assert_eq!(refusal.code, "shipment_not_found");
}
