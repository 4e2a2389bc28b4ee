//! `order.paid`: the units leave.

use std::time::Duration;

use engine::harness::Fate;
use inventory::{AllocationStatus, Stock};

use crate::warehouse::Warehouse;

#[test]
fn the_units_of_a_paid_order_leave() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(5);
    let (order, _) = warehouse.confirmed_order(&[(product, 2)]);
    let event = warehouse.paid(order, &[(product, 2)]);
    warehouse.deliver(&event);
    let stock = warehouse.harness.row::<Stock>(product).expect("counted");
    assert_eq!((stock.on_hand, stock.reserved, stock.received, stock.settled), (3, 0, 5, 2));
    assert_eq!(warehouse.status(order), Some(AllocationStatus::Settled));
    assert_eq!(warehouse.harness.published(), [], "as much is available as before");
}

#[test]
fn an_order_that_is_paid_twice_leaves_once() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(5);
    let (order, _) = warehouse.confirmed_order(&[(product, 2)]);
    let event = warehouse.paid(order, &[(product, 2)]);
    warehouse.deliver(&event);
    warehouse.deliver_again(&event);
    let another = warehouse.paid(order, &[(product, 2)]);
    warehouse.deliver(&another);
    assert_eq!(warehouse.level(product), (3, 0));
}

#[test]
fn a_payment_that_overtakes_validation_waits_for_it() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    let paid = warehouse.paid(order, &[(product, 2)]);
    assert_eq!(warehouse.harness.deliver(&paid), Fate::Waiting);
    let event = warehouse.awaiting_validation(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    warehouse.harness.advance(Duration::from_secs(1));
    assert_eq!(warehouse.level(product), (3, 0));
    assert_eq!(warehouse.harness.parked(), []);
}

#[test]
fn a_payment_that_its_cancellation_has_overtaken_settles_nothing() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(5);
    let (order, cart) = warehouse.confirmed_order(&[(product, 2)]);
    let paid = warehouse.paid(order, &[(product, 2)]);
    let cancelled = warehouse.cancelled(order, cart, true);
    warehouse.deliver(&cancelled);
    warehouse.deliver(&paid);
    assert_eq!(warehouse.level(product), (5, 0));
    assert_eq!(warehouse.status(order), Some(AllocationStatus::Released));
}
