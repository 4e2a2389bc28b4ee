//! Cancelling at every stage, and its races.

use std::time::Duration;

use axum::http::StatusCode;
use contracts::events::ordering::OrderCancelled;
use engine::harness::Fate;
use ordering::{GracePeriodManager, Message, Reason, Status};

use crate::{live, shop::Shop, world::World};

fn cancel(shop: &mut Shop) -> Result<Status, contracts::Refusal> {
    let order_id = shop.order_id;
    shop.harness.command(Message::Cancel(order_id))
}

#[test]
fn until_it_is_paid_ordering_decides() {
    for status in [Status::AwaitingValidation, Status::StockConfirmed] {
        let mut shop = Shop::at(status);
        assert_eq!(cancel(&mut shop), Ok(Status::Cancelled));
        assert_eq!(shop.order().cancel_reason, Some(Reason::Customer));
        let cancelled: OrderCancelled = shop.harness.published()[0].read().expect("it reads");
        assert!(!cancelled.was_paid);
        assert_eq!(cancel(&mut shop), Ok(Status::Cancelled), "twice is as good as once");
        assert!(shop.harness.published().is_empty());
    }
}

#[test]
fn in_its_grace_period_an_order_is_cancelled_freely() {
    let mut shop = Shop::with_grace_period(60_000);
    shop.checked_out();
    assert_eq!(cancel(&mut shop), Ok(Status::Cancelled));
    shop.harness.advance(Duration::from_secs(120));
    assert_eq!(shop.status(), Status::Cancelled, "the grace period's timer is gone");
    assert_eq!(shop.harness.published_types(), ["order.submitted.v1", "order.cancelled.v1"]);
}

#[test]
fn after_it_is_paid_fulfilment_decides() {
    for status in [Status::Paid, Status::Packed] {
        let mut shop = Shop::at(status);
        assert_eq!(cancel(&mut shop), Ok(status));
        assert_eq!(cancel(&mut shop), Ok(status), "asked once");
        assert_eq!(shop.harness.published_types(), ["order.cancel_requested.v1"]);
        assert_eq!(shop.parcel_stopped(), Fate::Handled);
        assert_eq!(shop.status(), Status::Cancelled);
        let cancelled: OrderCancelled = shop.harness.published()[0].read().expect("it reads");
        assert!(cancelled.was_paid, "its goods go back and its money too");
        assert_eq!(shop.parcel_stopped(), Fate::Handled);
        assert!(shop.harness.published().is_empty());
    }
}

#[test]
fn a_parcel_that_cannot_be_stopped_goes_on() {
    let mut shop = Shop::at(Status::Packed);
    cancel(&mut shop).expect("asked");
    shop.harness.published();
    assert_eq!(shop.parcel_not_stopped(), Fate::Handled);
    assert!(!shop.order().cancel_requested);
    assert_eq!(shop.harness.published_types(), ["order.updated.v1"]);
    assert_eq!(shop.parcel_not_stopped(), Fate::Handled);
    assert!(shop.harness.published().is_empty());
    assert_eq!(shop.shipped(), Fate::Handled);
    assert_eq!(shop.status(), Status::Shipped);
}

#[test]
fn once_it_has_left_it_is_too_late() {
    for status in [Status::Shipped, Status::Delivered] {
        let mut shop = Shop::at(status);
        assert_eq!(cancel(&mut shop).expect_err("too late").code, "order_already_shipped");
        assert!(shop.harness.published().is_empty());
    }
}

#[test]
fn an_unknown_order_is_not_found() {
    let mut shop = Shop::new();
    assert_eq!(cancel(&mut shop).expect_err("unknown").code, "order_not_found");
}

/// The loser of the race hears `order.cancelled` and compensates; ordering stays cancelled.
#[test]
fn what_comes_after_cancelling_changes_nothing() {
    let events: [fn(&mut Shop) -> Fate; 5] = [
        Shop::stock_confirmed,
        Shop::stock_rejected,
        Shop::payment_completed,
        Shop::payment_failed,
        Shop::packed,
    ];
    for event in events {
        let mut shop = Shop::at(Status::StockConfirmed);
        cancel(&mut shop).expect("cancelled");
        shop.harness.published();
        assert_eq!(event(&mut shop), Fate::Handled);
        assert_eq!(shop.status(), Status::Cancelled);
        assert!(shop.harness.published().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_on_its_way_here_is_cancelled_once_it_has_come() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Message).await;
    let order = world.new_order();
    let (status, problem) = live::cancel(&process, order, Some("one")).await;
    assert_eq!((status, &problem["code"]), (StatusCode::SERVICE_UNAVAILABLE, &"order_pending".into()));
    // What was said then is not kept under the key.
    world.check_out_as(order, &process).await;
    let (status, view) = live::cancel(&process, order, Some("one")).await;
    assert_eq!((status, &view["status"]), (StatusCode::OK, &"cancelled".into()));

    let order = world.new_order();
    let (answer, ()) = tokio::join!(live::cancel(&process, order, None), world.check_out_as(order, &process));
    assert_eq!(answer.0, StatusCode::OK, "it is waited for");
    process.stop().await;
}
