//! `cart.checked_out`: the cart's hold becomes the order's.

use inventory::{Allocation, AllocationStatus, Hold, Line};

use crate::warehouse::Warehouse;

#[test]
fn the_hold_becomes_the_orders() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    warehouse.hold(cart, product, 2, 1).expect("held");
    let event = warehouse.checked_out(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (5, 2));
    assert_eq!(warehouse.harness.rows::<Hold>(), []);
    let allocation = warehouse.harness.row::<Allocation>(order).expect("the order has it");
    assert_eq!(allocation.status, AllocationStatus::Held);
    assert_eq!(allocation.lines, [Line { product_id: product, quantity: 2 }]);
}

#[test]
fn a_checkout_that_comes_twice_takes_the_hold_once() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    warehouse.hold(cart, product, 2, 1).expect("held");
    let event = warehouse.checked_out(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    warehouse.deliver_again(&event);
}

#[test]
fn what_the_order_does_not_need_is_released() {
    let mut warehouse = Warehouse::new();
    let (lamp, chair) = (warehouse.product(5), warehouse.product(5));
    let (cart, order) = (warehouse.cart(), warehouse.order());
    warehouse.hold(cart, lamp, 4, 1).expect("held");
    warehouse.hold(cart, chair, 1, 2).expect("held");
    let event = warehouse.checked_out(order, cart, &[(lamp, 3)]);
    warehouse.deliver(&event);
    assert_eq!((warehouse.level(lamp), warehouse.level(chair)), ((5, 3), (5, 0)));
}

#[test]
fn without_a_hold_there_is_nothing_to_keep() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    let event = warehouse.checked_out(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.status(order), None, "validation makes the row");
    assert_eq!(warehouse.level(product), (5, 0));
}

#[test]
fn emptying_the_cart_after_checkout_releases_nothing() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    warehouse.hold(cart, product, 2, 1).expect("held");
    let event = warehouse.checked_out(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    let event = warehouse.item_removed(cart, product, 0, 9);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (5, 2));
}

#[test]
fn a_checkout_that_validation_has_overtaken_changes_nothing() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    warehouse.hold(cart, product, 2, 1).expect("held");
    let late = warehouse.checked_out(order, cart, &[(product, 2)]);
    let event = warehouse.awaiting_validation(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (5, 2));
    warehouse.deliver(&late);
    assert_eq!(warehouse.level(product), (5, 2));
    assert_eq!(warehouse.status(order), Some(AllocationStatus::Allocated));
}

#[test]
fn a_late_checkout_releases_what_its_cart_holds_since_then() {
    let mut warehouse = Warehouse::new();
    let (product, cart, order) = (warehouse.product(5), warehouse.cart(), warehouse.order());
    let late = warehouse.checked_out(order, cart, &[(product, 2)]);
    let event = warehouse.awaiting_validation(order, cart, &[(product, 2)]);
    warehouse.deliver(&event);
    warehouse.hold(cart, product, 1, 2).expect("held");
    warehouse.deliver(&late);
    assert_eq!(warehouse.level(product), (5, 2));
}
