//! Events about orders: each makes one notification to the order's contact, once, whenever it comes.

use std::{sync::Arc, time::Duration};

use bus::Logged;
use contracts::OrderId;
use engine::harness::Fate;
use notification::{CancelReason, Contact, Kind, Parcel, Request, State, Subject};

use crate::shop::{ADA, SHOP, Shop, euro};

type MakeEvent = fn(&mut Shop, OrderId) -> Arc<Logged>;

/// Those that tell of an order which is known.
const EVENTS: [(MakeEvent, Kind); 4] = [
    (Shop::paid, Kind::OrderPaid),
    (Shop::delivered, Kind::OrderDelivered),
    (Shop::cancelled, Kind::OrderCancelled),
    (|shop, order| shop.refunded(order, 500), Kind::OrderRefunded),
];

#[test]
fn a_submitted_order_is_confirmed_to_its_contact() {
    let mut shop = Shop::new();
    let order = shop.order();
    let event = shop.submitted(order);
    shop.deliver_and_again(&event);
    let told = shop.only();
    assert_eq!((told.kind, told.state, told.order_id), (Kind::OrderSubmitted, State::Queued, Some(order)));
    assert_eq!((told.recipient.as_deref(), told.event_id), (Some(ADA), event.event.id));
    assert_eq!(shop.harness.requests(), [Request::Send { notification_id: told.id }]);
    let Some(Subject::OrderSubmitted { order: shown }) = told.letter.map(|letter| letter.subject) else {
        panic!("it is about the order");
    };
    assert_eq!((shown.total, shown.lines[0].total), (euro(2_270), euro(1_780)));
}

#[test]
fn each_event_of_an_order_is_told_once() {
    for (make, kind) in EVENTS {
        let mut shop = Shop::new();
        let order = shop.order();
        let submitted = shop.submitted(order);
        shop.deliver(&submitted);
        let event = make(&mut shop, order);
        shop.deliver_and_again(&event);
        assert_eq!(shop.kinds(), [Kind::OrderSubmitted, kind]);
    }
}

#[test]
fn an_event_before_its_order_waits_for_it() {
    for (make, kind) in EVENTS {
        let mut shop = Shop::new();
        let order = shop.order();
        let submitted = shop.submitted(order);
        let event = make(&mut shop, order);
        assert_eq!(shop.harness.deliver(&event), Fate::Waiting);
        assert_eq!(shop.kinds(), []);
        shop.deliver(&submitted);
        shop.harness.advance(Duration::from_secs(1));
        assert_eq!(shop.kinds(), [Kind::OrderSubmitted, kind]);
        assert_eq!(shop.harness.parked(), []);
    }
}

#[test]
fn a_shipped_order_is_told_with_its_parcels_number() {
    let mut shop = Shop::new();
    let order = shop.order();
    for event in [shop.submitted(order), shop.started(order)] {
        shop.deliver_and_again(&event);
    }
    assert_eq!(shop.kinds(), [Kind::OrderSubmitted], "the carrier's word alone is told to nobody");
    let event = shop.shipped(order);
    shop.deliver_and_again(&event);
    let told = shop.notifications().remove(1);
    let parcel = Parcel { carrier: "Mock Parcel".into(), tracking_number: "MP1".into() };
    let subject = told.letter.expect("a letter").subject;
    assert!(matches!(subject, Subject::OrderShipped { parcel: told, .. } if told == parcel));
}

#[test]
fn a_shipped_order_waits_for_its_parcels_number() {
    let mut shop = Shop::new();
    let order = shop.order();
    let (submitted, started, shipped) = (shop.submitted(order), shop.started(order), shop.shipped(order));
    assert_eq!(shop.harness.deliver(&started), Fate::Waiting, "the order is not known");
    assert_eq!(shop.harness.deliver(&shipped), Fate::Waiting);
    shop.deliver(&submitted);
    shop.harness.advance(Duration::from_secs(2));
    assert_eq!(shop.kinds(), [Kind::OrderSubmitted, Kind::OrderShipped]);
    assert_eq!(shop.harness.parked(), []);
}

#[test]
fn every_part_that_is_paid_back_is_told() {
    let mut shop = Shop::new();
    let order = shop.order();
    for event in [shop.submitted(order), shop.refunded(order, 500), shop.refunded(order, 500)] {
        shop.deliver(&event);
    }
    assert_eq!(shop.kinds(), [Kind::OrderSubmitted, Kind::OrderRefunded, Kind::OrderRefunded]);
}

#[test]
fn a_cancelled_order_is_told_with_the_reason() {
    let mut shop = Shop::new();
    let order = shop.order();
    for event in [shop.submitted(order), shop.cancelled(order)] {
        shop.deliver(&event);
    }
    let subject = shop.notifications().remove(1).letter.expect("a letter").subject;
    let Subject::OrderCancelled { reason, was_paid, .. } = subject else { panic!("it is cancelled") };
    assert_eq!((reason, was_paid), (CancelReason::OutOfStock, false));
}

#[test]
fn an_order_without_an_address_is_told_to_nobody() {
    let mut shop = Shop::new();
    let order = shop.order();
    for event in
        [shop.submitted_by(order, None, None), shop.paid(order), shop.started(order), shop.shipped(order)]
    {
        shop.deliver(&event);
    }
    assert_eq!((shop.kinds(), shop.harness.requests()), (vec![], vec![]));
}

#[test]
fn what_happened_long_ago_is_no_news() {
    let mut shop = Shop::new();
    let order = shop.order();
    let submitted = shop.submitted(order);
    shop.harness.advance(Duration::from_secs(73 * 3_600));
    shop.deliver(&submitted);
    assert_eq!((shop.only().state, shop.harness.requests()), (State::Suppressed, vec![]));
    assert!(shop.harness.row::<Contact>(order).is_some(), "what comes next is told");
}

#[test]
fn a_product_that_runs_out_is_told_to_the_shop() {
    let mut shop = Shop::new();
    let event = shop.low_stock();
    shop.deliver_and_again(&event);
    let told = shop.only();
    assert_eq!((told.kind, told.recipient.as_deref(), told.order_id), (Kind::LowStock, Some(SHOP), None));
}

#[test]
fn product_events_out_of_order_are_each_told() {
    let mut shop = Shop::new();
    let (first, second) = (shop.low_stock(), shop.low_stock());
    shop.deliver(&second);
    shop.deliver(&first);
    assert_eq!(shop.kinds(), [Kind::LowStock, Kind::LowStock]);
}
