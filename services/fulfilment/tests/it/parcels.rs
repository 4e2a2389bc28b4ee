//! In a demonstration, parcels move by themselves.

use std::time::Duration;

use fulfilment::{Message, Shipment, Status};

use crate::shop::{DELIVERED, PACKED, STARTED, Shop, booking};

#[test]
fn a_parcel_moves_by_itself() {
    let mut shop = Shop::on_its_own();
    let order = shop.paid_order();
    shop.harness.advance(Duration::from_millis(999));
    assert_eq!(shop.status(order), Some(Status::Pending));
    shop.harness.advance(Duration::from_millis(251));
    assert_eq!(shop.status(order), Some(Status::Packed));
    shop.harness.advance(Duration::from_millis(2_250));
    assert_eq!(shop.status(order), Some(Status::Dispatching));
    shop.harness.advance(Duration::from_secs(60));
    assert_eq!(shop.status(order), Some(Status::Dispatching), "only the carrier ends that");
    shop.harness.answer(booking());
    shop.harness.advance(Duration::from_millis(5_250));
    assert_eq!(shop.status(order), Some(Status::Delivered));
    assert_eq!(shop.published_types(), [PACKED, STARTED, DELIVERED]);
}

#[test]
fn every_parcel_moves() {
    let mut shop = Shop::on_its_own();
    let orders: Vec<_> = (0..200)
        .map(|_| {
            shop.harness.advance(Duration::from_millis(7));
            shop.paid_order()
        })
        .collect();
    for _ in 0..20 {
        shop.harness.advance(Duration::from_millis(500));
        while !shop.harness.requests().is_empty() {
            shop.harness.answer(booking());
        }
    }
    for order in orders {
        assert_eq!(shop.status(order), Some(Status::Delivered));
        let own = order.to_string();
        assert_eq!(
            shop.harness.row::<Shipment>(order).and_then(|shipment| shipment.step_slot),
            None,
            "{own}"
        );
    }
    let types = shop.published_types();
    for kind in [PACKED, STARTED, DELIVERED] {
        assert_eq!(types.iter().filter(|other| *other == kind).count(), 200, "{kind}");
    }
}

#[test]
fn each_event_belongs_to_its_own_order() {
    let mut shop = Shop::on_its_own();
    let orders = [shop.paid_order(), shop.paid_order()];
    shop.harness.advance(Duration::from_secs(2));
    let events = shop.harness.published();
    assert_eq!(events.len(), 2);
    for (event, order) in events.iter().zip(orders) {
        assert_eq!((event.subject.as_str(), event.correlation_id), (order.to_string().as_str(), order.0));
    }
}

#[test]
fn a_step_that_staff_take_first_is_not_taken_twice() {
    let mut shop = Shop::on_its_own();
    let order_id = shop.paid_order();
    shop.harness.command(Message::Pack { order_id }).expect("packed by hand");
    shop.harness.advance(Duration::from_millis(2_250));
    assert_eq!(shop.status(order_id), Some(Status::Dispatching), "two seconds after it was packed");
    assert_eq!(shop.published_types(), [PACKED]);
    assert_eq!(shop.harness.requests().len(), 1);
}
