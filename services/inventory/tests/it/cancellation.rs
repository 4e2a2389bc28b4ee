//! `order.cancelled`: what is promised is released, what has left comes back.

use inventory::{AllocationStatus, Hold, Stock};

use crate::warehouse::{UPDATED, Warehouse};

#[test]
fn a_confirmed_order_is_released() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(2);
    let (order, cart) = warehouse.confirmed_order(&[(product, 2)]);
    let event = warehouse.cancelled(order, cart, false);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (2, 0));
    assert_eq!(warehouse.status(order), Some(AllocationStatus::Released));
    assert_eq!(warehouse.published_types(), [UPDATED], "it is available again");
}

#[test]
fn an_order_that_was_only_held_is_released() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    warehouse.hold(cart, product, 2, 1).expect("held");
    let event = warehouse.checked_out(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    let event = warehouse.cancelled(order, cart, false);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (5, 0));
}

#[test]
fn a_paid_order_is_restocked() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(5);
    let (order, cart) = warehouse.confirmed_order(&[(product, 2)]);
    let event = warehouse.paid(order, &[(product, 2)]);
    warehouse.deliver(&event);
    let event = warehouse.cancelled(order, cart, true);
    warehouse.deliver(&event);
    let stock = warehouse.harness.row::<Stock>(product).expect("counted");
    assert_eq!((stock.on_hand, stock.reserved, stock.settled, stock.restocked), (5, 0, 2, 2));
    assert_eq!(warehouse.status(order), Some(AllocationStatus::Restocked));
}

#[test]
fn an_order_that_is_cancelled_twice_is_released_once() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(5);
    let (order, cart) = warehouse.confirmed_order(&[(product, 2)]);
    let event = warehouse.cancelled(order, cart, false);
    warehouse.deliver(&event);
    warehouse.deliver_again(&event);
    let another = warehouse.cancelled(order, cart, false);
    warehouse.deliver(&another);
    assert_eq!(warehouse.level(product), (5, 0));
}

#[test]
fn an_order_that_was_rejected_has_nothing_to_give_back() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(1), warehouse.cart(), warehouse.order());
    let event = warehouse.awaiting_validation(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    let event = warehouse.cancelled(order, cart, false);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (1, 0));
    assert_eq!(warehouse.status(order), Some(AllocationStatus::Rejected));
}

#[test]
fn a_cancellation_before_all_else_leaves_a_tombstone_and_releases_the_hold() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    warehouse.hold(cart, product, 2, 1).expect("held");
    let checked_out = warehouse.checked_out(order, cart, &[(product, 2)]);
    let validation = warehouse.awaiting_validation(order, cart, &[(product, 2)]);
    let event = warehouse.cancelled(order, cart, false);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (5, 0));
    warehouse.deliver(&checked_out);
    warehouse.deliver(&validation);
    assert_eq!(warehouse.level(product), (5, 0));
    assert_eq!(warehouse.status(order), Some(AllocationStatus::Cancelled));
    assert_eq!(warehouse.harness.rows::<Hold>(), []);
    assert_eq!(warehouse.harness.published(), []);
}
