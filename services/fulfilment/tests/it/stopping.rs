//! `order.cancel_requested` and `order.cancelled`: a parcel is stopped in time, or not.

use std::time::Duration;

use engine::harness::Fate;
use fulfilment::{Message, Status};

use crate::shop::{PACKED, STARTED, STOP_REFUSED, STOPPED, Shop, booking};

#[test]
fn a_pending_parcel_is_stopped() {
    let mut shop = Shop::on_its_own();
    let order = shop.paid_order();
    let event = shop.cancel_requested(order);
    shop.deliver(&event);
    assert_eq!(shop.status(order), Some(Status::Stopped));
    shop.harness.advance(Duration::from_secs(60));
    assert_eq!(shop.published_types(), [STOPPED], "it does not move any more");
}

#[test]
fn a_packed_parcel_is_stopped() {
    let mut shop = Shop::on_its_own();
    let order = shop.paid_order();
    shop.harness.advance(Duration::from_secs(2));
    let event = shop.cancel_requested(order);
    shop.deliver(&event);
    shop.harness.advance(Duration::from_secs(60));
    assert_eq!(shop.published_types(), [PACKED, STOPPED]);
    assert_eq!(shop.harness.requests(), []);
}

#[test]
fn once_the_carrier_is_asked_it_is_too_late() {
    let mut shop = Shop::with_staff();
    let order_id = shop.paid_order();
    shop.harness.command(Message::Pack { order_id }).expect("packed");
    shop.harness.command(Message::Ship { order_id }).expect("dispatching");
    shop.harness.published();
    let event = shop.cancel_requested(order_id);
    shop.deliver(&event);
    assert_eq!(shop.published_types(), [STOP_REFUSED]);
    shop.harness.answer(booking());
    assert_eq!(shop.published_types(), [STARTED], "the carrier's answer ships it all the same");
    let again = shop.cancel_requested(order_id);
    shop.deliver(&again);
    assert_eq!(shop.published_types(), [STOP_REFUSED], "each request is answered");
    assert_eq!(shop.status(order_id), Some(Status::Shipped));
}

#[test]
fn a_request_that_comes_twice_stops_once() {
    let mut shop = Shop::with_staff();
    let order = shop.paid_order();
    let event = shop.cancel_requested(order);
    shop.deliver(&event);
    shop.deliver_again(&event);
    let another = shop.cancel_requested(order);
    shop.deliver(&another);
    assert_eq!(shop.harness.published(), []);
}

#[test]
fn a_request_that_overtakes_the_payment_waits_for_it() {
    let mut shop = Shop::with_staff();
    let order = shop.order();
    let request = shop.cancel_requested(order);
    assert_eq!(shop.harness.deliver(&request), Fate::Waiting);
    let paid = shop.paid(order);
    shop.deliver(&paid);
    shop.harness.advance(Duration::from_secs(1));
    assert_eq!(shop.status(order), Some(Status::Stopped));
    assert_eq!(shop.published_types(), [STOPPED]);
    assert_eq!(shop.harness.parked(), []);
}

#[test]
fn a_stopped_parcel_takes_no_step_any_more() {
    let mut shop = Shop::with_staff();
    let order_id = shop.paid_order();
    let event = shop.cancel_requested(order_id);
    shop.deliver(&event);
    for message in [Message::Pack { order_id }, Message::Ship { order_id }, Message::Deliver { order_id }] {
        shop.harness.command(message).expect_err("it is stopped");
    }
    assert_eq!(shop.status(order_id), Some(Status::Stopped));
}

#[test]
fn a_cancellation_before_the_payment_leaves_a_tombstone() {
    let mut shop = Shop::with_staff();
    let order = shop.order();
    let event = shop.cancelled(order, false);
    shop.deliver(&event);
    assert_eq!(shop.status(order), Some(Status::Tombstone));
    assert_eq!(shop.harness.published(), []);
}

#[test]
fn a_cancellation_that_comes_twice_changes_nothing_more() {
    let mut shop = Shop::with_staff();
    let order = shop.order();
    let event = shop.cancelled(order, false);
    shop.deliver(&event);
    shop.deliver_again(&event);
    let another = shop.cancelled(order, false);
    shop.deliver(&another);
    assert_eq!(shop.status(order), Some(Status::Tombstone));
}

#[test]
fn the_cancellation_that_follows_a_stop_changes_nothing() {
    let mut shop = Shop::with_staff();
    let order = shop.paid_order();
    let request = shop.cancel_requested(order);
    shop.deliver(&request);
    assert_eq!(shop.published_types(), [STOPPED]);
    let event = shop.cancelled(order, true);
    shop.deliver(&event);
    assert_eq!(shop.status(order), Some(Status::Stopped));
    assert_eq!(shop.harness.published(), []);
}

#[test]
fn a_cancelled_order_whose_parcel_is_in_the_house_is_stopped() {
    let mut shop = Shop::on_its_own();
    let order = shop.paid_order();
    let event = shop.cancelled(order, true);
    shop.deliver(&event);
    shop.harness.advance(Duration::from_secs(60));
    assert_eq!(shop.published_types(), [STOPPED]);
    assert_eq!(shop.status(order), Some(Status::Stopped));
}

#[test]
fn a_request_after_a_tombstone_is_meaningless() {
    let mut shop = Shop::with_staff();
    let order = shop.order();
    let cancelled = shop.cancelled(order, false);
    shop.deliver(&cancelled);
    let request = shop.cancel_requested(order);
    shop.deliver(&request);
    assert_eq!(shop.harness.published(), []);
}
