//! The way of an order that ends well, or for want of stock or money.

use std::time::Duration;

use contracts::{
    Event,
    events::ordering::{OrderAwaitingValidation, OrderCancelled, OrderPaid, OrderStockConfirmed},
};
use engine::harness::Fate;
use ordering::{Reason, Status};

use crate::shop::Shop;

#[test]
fn a_checkout_becomes_an_order() {
    let mut shop = Shop::new();
    assert_eq!(shop.checked_out(), Fate::Handled);
    assert_eq!(shop.status(), Status::AwaitingValidation);
    let events = shop.harness.published();
    let types: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        types,
        ["order.submitted.v1", "order.grace_period_confirmed.v1", "order.awaiting_validation.v1"]
    );
    assert!(events.iter().all(|event| event.correlation_id == shop.order_id.0));
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    let awaiting: OrderAwaitingValidation = events[2].read().expect("it reads");
    let quantities: Vec<u32> = awaiting.lines.iter().map(|line| line.quantity).collect();
    assert_eq!(quantities, [5], "one line per product, and none for what is not counted");
}

#[test]
fn a_checkout_that_comes_twice_is_one_order() {
    let mut shop = Shop::new();
    let checkout = shop.checkout();
    assert_eq!(shop.harness.deliver(&checkout), Fate::Handled);
    assert_eq!(shop.harness.deliver(&checkout), Fate::Skipped);
    // The same checkout under another position: a producer's log that was published again.
    assert_eq!(shop.checked_out(), Fate::Handled);
    assert_eq!(shop.harness.published().len(), 3);
}

#[test]
fn the_grace_period_runs_out() {
    let mut shop = Shop::with_grace_period(60_000);
    shop.checked_out();
    assert_eq!(shop.status(), Status::Submitted);
    shop.harness.advance(Duration::from_secs(59));
    assert_eq!(shop.status(), Status::Submitted);
    shop.harness.advance(Duration::from_secs(1));
    assert_eq!(shop.status(), Status::AwaitingValidation);
    let types = shop.harness.published_types();
    assert_eq!(
        types,
        ["order.submitted.v1", "order.grace_period_confirmed.v1", "order.awaiting_validation.v1"]
    );
}

#[test]
fn each_step_leads_to_the_next() {
    let mut shop = Shop::new();
    shop.checked_out();
    shop.harness.published();
    let steps: [(fn(&mut Shop) -> Fate, Status, &str); 5] = [
        (Shop::stock_confirmed, Status::StockConfirmed, "order.stock_confirmed.v1"),
        (Shop::payment_completed, Status::Paid, "order.paid.v1"),
        (Shop::packed, Status::Packed, "order.updated.v1"),
        (Shop::shipped, Status::Shipped, "order.shipped.v1"),
        (Shop::delivered, Status::Delivered, "order.delivered.v1"),
    ];
    for (step, status, published) in steps {
        assert_eq!(step(&mut shop), Fate::Handled);
        assert_eq!(shop.status(), status);
        assert_eq!(shop.harness.published_types(), [published]);
        // Told again by another event: late, and without effect.
        assert_eq!(step(&mut shop), Fate::Handled);
        assert_eq!(shop.status(), status);
        assert!(shop.harness.published().is_empty());
    }
    assert!(shop.order().paid_us.is_some());
}

#[test]
fn what_is_charged_and_sent_is_what_was_ordered() {
    let mut shop = Shop::at(Status::AwaitingValidation);
    shop.stock_confirmed();
    let confirmed: OrderStockConfirmed = shop.harness.published()[0].read().expect("it reads");
    assert_eq!((confirmed.total.amount, confirmed.payment_method.as_str()), (3_490, "pm_mock_approve"));
    shop.payment_completed();
    let paid: OrderPaid = shop.harness.published()[0].read().expect("it reads");
    assert_eq!(
        (paid.total.amount, paid.lines.len(), paid.shipping_address.city.as_str()),
        (3_490, 1, "London")
    );
}

#[test]
fn without_stock_it_is_cancelled() {
    let mut shop = Shop::at(Status::AwaitingValidation);
    assert_eq!(shop.stock_rejected(), Fate::Handled);
    assert_eq!((shop.status(), shop.order().cancel_reason), (Status::Cancelled, Some(Reason::OutOfStock)));
    assert_eq!(shop.harness.published_types(), [OrderCancelled::TYPE]);
    assert_eq!(shop.stock_rejected(), Fate::Handled);
    assert!(shop.harness.published().is_empty());
}

#[test]
fn without_money_it_is_cancelled() {
    let mut shop = Shop::at(Status::StockConfirmed);
    assert_eq!(shop.payment_failed(), Fate::Handled);
    assert_eq!((shop.status(), shop.order().cancel_reason), (Status::Cancelled, Some(Reason::PaymentFailed)));
    let cancelled: OrderCancelled = shop.harness.published()[0].read().expect("it reads");
    assert!(!cancelled.was_paid);
    assert_eq!(shop.payment_failed(), Fate::Handled);
    assert!(shop.harness.published().is_empty());
}

/// Every event before its order: deferred, and handled once the checkout has come.
#[test]
fn an_event_before_its_checkout_waits_for_it() {
    let early: [(fn(&mut Shop) -> Fate, Status); 2] =
        [(Shop::stock_confirmed, Status::StockConfirmed), (Shop::stock_rejected, Status::Cancelled)];
    for (event, then) in early {
        let mut shop = Shop::new();
        assert_eq!(event(&mut shop), Fate::Waiting);
        assert!(shop.harness.parked().is_empty(), "it does not hold up the checkout");
        assert_eq!(shop.checked_out(), Fate::Handled);
        shop.harness.advance(Duration::from_secs(1));
        assert_eq!(shop.status(), then);
    }
}

/// Every event at every status where it says nothing any more: nothing changes and nothing is parked.
#[test]
fn late_events_change_nothing() {
    let events: [fn(&mut Shop) -> Fate; 7] = [
        Shop::stock_confirmed,
        Shop::stock_rejected,
        Shop::payment_completed,
        Shop::payment_failed,
        Shop::packed,
        Shop::parcel_stopped,
        Shop::parcel_not_stopped,
    ];
    for status in [Status::Shipped, Status::Delivered] {
        for event in events {
            let mut shop = Shop::at(status);
            let before = shop.order();
            assert_eq!(event(&mut shop), Fate::Handled);
            assert_eq!(shop.order(), before);
            assert!(shop.harness.published().is_empty() && shop.harness.parked().is_empty());
        }
    }
}

#[test]
fn a_parcel_that_overtakes_its_packing_is_shipped() {
    let mut shop = Shop::at(Status::Paid);
    shop.shipped();
    assert_eq!(shop.status(), Status::Shipped);
    shop.packed();
    assert_eq!(shop.status(), Status::Shipped);
}
