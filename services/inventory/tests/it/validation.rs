//! `order.awaiting_validation`: can the order have its stock?

use contracts::events::inventory::{OrderConfirmed, OrderRejected};
use inventory::{Allocation, AllocationStatus, Hold};

use crate::warehouse::{CONFIRMED, REJECTED, UPDATED, Warehouse};

#[test]
fn a_held_order_is_confirmed() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    warehouse.hold(cart, product, 2, 1).expect("held");
    let event = warehouse.checked_out(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    let event = warehouse.awaiting_validation(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (5, 2));
    let [event] = &warehouse.harness.published()[..] else { panic!("one event") };
    assert_eq!((event.subject.as_str(), event.correlation_id), (order.to_string().as_str(), order.0));
    assert_eq!(event.read::<OrderConfirmed>().expect("readable"), OrderConfirmed { order_id: order });
}

#[test]
fn an_order_without_a_hold_is_allocated_afresh() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    let event = warehouse.awaiting_validation(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (5, 2));
    assert_eq!(warehouse.published_types(), [CONFIRMED]);
}

#[test]
fn a_validation_that_comes_twice_allocates_once() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    let event = warehouse.awaiting_validation(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    warehouse.deliver_again(&event);
}

#[test]
fn before_the_checkout_has_come_validation_takes_the_carts_hold() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(2), warehouse.cart(), warehouse.order());
    warehouse.hold(cart, product, 2, 1).expect("held");
    warehouse.harness.published();
    let event = warehouse.awaiting_validation(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.published_types(), [CONFIRMED]);
    assert_eq!(warehouse.level(product), (2, 2));
    assert_eq!(warehouse.harness.rows::<Hold>(), []);
}

#[test]
fn a_hold_that_is_short_is_filled_up() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    warehouse.hold(cart, product, 1, 1).expect("held");
    let event = warehouse.checked_out(order, cart, &[(product, 3)]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (5, 1));
    let event = warehouse.awaiting_validation(order, cart, &[(product, 3)]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (5, 3));
    assert_eq!(warehouse.published_types(), [CONFIRMED]);
}

#[test]
fn a_hold_that_is_too_much_is_cut() {
    let mut warehouse = Warehouse::new();
    let (lamp, chair) = (warehouse.product(5), warehouse.product(5));
    let (cart, order) = (warehouse.cart(), warehouse.order());
    warehouse.hold(cart, lamp, 4, 1).expect("held");
    warehouse.hold(cart, chair, 4, 2).expect("held");
    let event = warehouse.awaiting_validation(order, cart, &[(lamp, 3)]);
    warehouse.deliver(&event);
    assert_eq!((warehouse.level(lamp), warehouse.level(chair)), ((5, 3), (5, 0)));
}

#[test]
fn an_order_that_is_short_keeps_nothing() {
    let mut warehouse = Warehouse::new();
    let (lamp, chair) = (warehouse.product(5), warehouse.product(1));
    let (cart, order) = (warehouse.cart(), warehouse.order());
    warehouse.hold(cart, lamp, 2, 1).expect("held");
    let event = warehouse.checked_out(order, cart, &[(lamp, 2), (chair, 2)]);
    warehouse.deliver(&event);
    let event = warehouse.awaiting_validation(order, cart, &[(lamp, 2), (chair, 2)]);
    warehouse.deliver(&event);
    assert_eq!((warehouse.level(lamp), warehouse.level(chair)), ((5, 0), (1, 0)));
    let [event] = &warehouse.harness.published()[..] else { panic!("one event") };
    let rejected: OrderRejected = event.read().expect("readable");
    assert_eq!(rejected, OrderRejected { order_id: order, short: vec![chair] });
    let allocation = warehouse.harness.row::<Allocation>(order).expect("remembered");
    assert_eq!((allocation.status, allocation.lines), (AllocationStatus::Rejected, vec![]));
}

#[test]
fn lines_of_one_product_count_together() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(3);
    let (cart, order) = (warehouse.cart(), warehouse.order());
    let event = warehouse.awaiting_validation(order, cart, &[(product, 2), (product, 2)]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.published_types(), [REJECTED]);
    assert_eq!(warehouse.level(product), (3, 0));
}

#[test]
fn an_order_of_nothing_that_is_counted_is_confirmed() {
    let mut warehouse = Warehouse::new();
    let (cart, order) = (warehouse.cart(), warehouse.order());
    let event = warehouse.awaiting_validation(order, cart, &[]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.published_types(), [CONFIRMED]);
}

#[test]
fn exactly_as_many_orders_are_confirmed_as_there_are_units() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(50);
    for _ in 0..120 {
        let (cart, order) = (warehouse.cart(), warehouse.order());
        let event = warehouse.awaiting_validation(order, cart, &[(product, 1)]);
        warehouse.deliver(&event);
    }
    let types = warehouse.published_types();
    assert_eq!(types.iter().filter(|kind| *kind == CONFIRMED).count(), 50);
    assert_eq!(types.iter().filter(|kind| *kind == REJECTED).count(), 70);
    assert_eq!(types.iter().filter(|kind| *kind == UPDATED).count(), 1, "it ran out once");
    assert_eq!(warehouse.level(product), (50, 50));
}

#[test]
fn a_validation_that_its_cancellation_has_overtaken_keeps_nothing() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    let late = warehouse.awaiting_validation(order, cart, &[(product, 2)]);
    let event = warehouse.cancelled(order, cart, false);
    warehouse.deliver(&event);
    warehouse.hold(cart, product, 1, 1).expect("held");
    warehouse.deliver(&late);
    assert_eq!(warehouse.level(product), (5, 0));
    assert_eq!(warehouse.harness.published(), []);
    assert_eq!(warehouse.status(order), Some(AllocationStatus::Cancelled));
}
