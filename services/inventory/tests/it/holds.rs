//! Holds of carts: `SetHold`, and `cart.item.removed`.

use crate::warehouse::{UPDATED, Warehouse};

#[test]
fn a_hold_promises_units() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, product, 3, 1).expect("held");
    assert_eq!(warehouse.level(product), (5, 3));
    assert_eq!(warehouse.harness.published(), [], "the product is still available");
}

#[test]
fn a_hold_is_a_set_and_not_an_increment() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    for (quantity, revision) in [(3, 1), (3, 1), (4, 2), (2, 3)] {
        warehouse.hold(cart, product, quantity, revision).expect("held");
        assert_eq!(warehouse.level(product), (5, i64::from(quantity)));
    }
}

#[test]
fn a_revision_that_is_not_newer_changes_nothing() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, product, 2, 7).expect("held");
    for (quantity, revision) in [(5, 6), (0, 1), (1, 7)] {
        warehouse.hold(cart, product, quantity, revision).expect("harmless");
        assert_eq!(warehouse.level(product), (5, 2));
    }
}

#[test]
fn more_than_there_is_cannot_be_held() {
    let mut warehouse = Warehouse::new();
    let (product, one, other) = (warehouse.product(5), warehouse.cart(), warehouse.cart());
    warehouse.hold(one, product, 3, 1).expect("held");
    let refusal = warehouse.hold(other, product, 3, 1).expect_err("two are left");
    assert_eq!(refusal.code, "out_of_stock");
    assert_eq!(warehouse.level(product), (5, 3));
    warehouse.hold(one, product, 6, 2).expect_err("five exist");
    assert_eq!(warehouse.held(one, product), Some(3), "a refusal keeps what was held");
    warehouse.hold(one, product, 5, 3).expect("its own three count");
    assert_eq!(warehouse.level(product), (5, 5));
}

#[test]
fn what_is_not_counted_cannot_be_held() {
    let mut warehouse = Warehouse::new();
    let product = contracts::ProductId(warehouse.harness.new_id());
    let cart = warehouse.cart();
    assert_eq!(warehouse.hold(cart, product, 1, 1).expect_err("unknown").code, "out_of_stock");
    warehouse.hold(cart, product, 0, 2).expect("nothing of it can be had");
}

#[test]
fn running_out_and_coming_back_is_told() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(2), warehouse.cart());
    warehouse.hold(cart, product, 1, 1).expect("held");
    assert_eq!(warehouse.published_types(), [""; 0]);
    warehouse.hold(cart, product, 2, 2).expect("held");
    assert_eq!(warehouse.published_types(), [UPDATED]);
    warehouse.hold(cart, product, 0, 3).expect("released");
    assert_eq!(warehouse.published_types(), [UPDATED]);
}

#[test]
fn a_removed_item_releases_down_to_what_is_left() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, product, 4, 1).expect("held");
    let event = warehouse.item_removed(cart, product, 1, 2);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (5, 1));
    let event = warehouse.item_removed(cart, product, 0, 3);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (5, 0));
}

#[test]
fn an_item_that_is_removed_twice_is_released_once() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, product, 4, 1).expect("held");
    let event = warehouse.item_removed(cart, product, 1, 2);
    warehouse.deliver(&event);
    warehouse.deliver_again(&event);
}

#[test]
fn a_late_removal_releases_nothing_that_was_held_since() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, product, 4, 1).expect("held");
    let removed = warehouse.item_removed(cart, product, 0, 2);
    warehouse.hold(cart, product, 3, 3).expect("held again");
    warehouse.deliver(&removed);
    assert_eq!(warehouse.level(product), (5, 3));
}

#[test]
fn a_hold_that_a_newer_removal_has_overtaken_holds_nothing() {
    let mut warehouse = Warehouse::new();
    let (product, other, cart) = (warehouse.product(5), warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, other, 1, 1).expect("held");
    let removed = warehouse.item_removed(cart, product, 0, 3);
    warehouse.deliver(&removed);
    warehouse.hold(cart, product, 2, 2).expect("harmless");
    assert_eq!(warehouse.level(product), (5, 0));
}

#[test]
fn a_removal_never_holds_more() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, product, 1, 1).expect("held");
    let removed = warehouse.item_removed(cart, product, 3, 5);
    warehouse.deliver(&removed);
    assert_eq!(warehouse.level(product), (5, 1));
}
