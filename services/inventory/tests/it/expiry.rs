//! Holds end by themselves.

use std::time::Duration;

use inventory::{AllocationStatus, Hold, Message};

use crate::warehouse::{CONFIRMED, HOLD_TIME, REJECTED, UPDATED, Warehouse};

/// The time of a hold and of the slot that it ends with.
const PAST_HOLD: Duration = Duration::from_secs(66);

#[test]
fn a_hold_ends_after_its_time() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(2), warehouse.cart());
    warehouse.hold(cart, product, 2, 1).expect("held");
    warehouse.harness.published();
    warehouse.harness.advance(HOLD_TIME - Duration::from_millis(1));
    assert_eq!(warehouse.level(product), (2, 2));
    warehouse.harness.advance(Duration::from_secs(6));
    assert_eq!(warehouse.level(product), (2, 0));
    assert_eq!(warehouse.held(cart, product), None);
    assert_eq!(warehouse.published_types(), [UPDATED]);
}

#[test]
fn a_busy_cart_keeps_its_hold() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(9), warehouse.cart());
    for revision in 1..=6 {
        warehouse.hold(cart, product, revision as u32, revision).expect("held");
        warehouse.harness.advance(Duration::from_secs(50));
        assert_eq!(warehouse.level(product), (9, revision));
    }
    warehouse.harness.advance(PAST_HOLD);
    assert_eq!(warehouse.level(product), (9, 0));
}

#[test]
fn every_hold_of_a_slot_ends() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(1_000);
    for _ in 0..300 {
        let cart = warehouse.cart();
        warehouse.hold(cart, product, 1, 1).expect("held");
        warehouse.harness.advance(Duration::from_millis(40));
    }
    assert_eq!(warehouse.level(product), (1_000, 300));
    warehouse.harness.advance(PAST_HOLD);
    assert_eq!(warehouse.level(product), (1_000, 0));
    assert_eq!(warehouse.harness.rows::<Hold>(), []);
}

#[test]
fn a_hold_that_is_set_again_while_it_ends_stays() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, product, 2, 1).expect("held");
    let slot =
        warehouse.harness.row::<Hold>(cart).and_then(|hold| hold.expiry_slot).expect("it ends with a slot");
    warehouse.harness.advance(Duration::from_secs(1));
    warehouse.harness.command(Message::EndSlot { slot }).expect("the slot is over");
    warehouse.hold(cart, product, 3, 2).expect("held");
    warehouse.harness.advance(Duration::from_secs(1));
    assert_eq!(warehouse.held(cart, product), Some(3));
    warehouse.harness.advance(PAST_HOLD);
    assert_eq!(warehouse.level(product), (5, 0));
}

#[test]
fn what_was_checked_out_does_not_end_in_time() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    warehouse.hold(cart, product, 2, 1).expect("held");
    let event = warehouse.checked_out(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    warehouse.harness.advance(PAST_HOLD);
    assert_eq!(warehouse.level(product), (5, 2));
    assert_eq!(warehouse.status(order), Some(AllocationStatus::Held));
}

#[test]
fn an_order_whose_hold_has_ended_is_decided_by_what_is_left() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(2);
    let (early, late) = (warehouse.cart(), warehouse.cart());
    warehouse.hold(early, product, 2, 1).expect("held");
    warehouse.harness.advance(PAST_HOLD);
    warehouse.hold(late, product, 1, 1).expect("held");
    warehouse.harness.published();

    let (short, fits) = (warehouse.order(), warehouse.order());
    let checked_out = warehouse.checked_out(short, early, &[(product, 2)]);
    warehouse.deliver(&checked_out);
    let event = warehouse.awaiting_validation(short, early, &[(product, 2)]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.published_types(), [REJECTED]);
    let event = warehouse.awaiting_validation(fits, early, &[(product, 1)]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.published_types(), [UPDATED, CONFIRMED]);
    assert_eq!(warehouse.level(product), (2, 2));
}
