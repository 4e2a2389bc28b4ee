//! Holds that a cart has renewed.

use std::time::Duration;

use contracts::{CartId, ProductId};
use inventory::{Hold, Line, Message, Reply};

use crate::warehouse::{HOLD_TIME, Warehouse};

fn renew(
    warehouse: &mut Warehouse,
    cart_id: CartId,
    wanted: &[(ProductId, i64)],
    revision: i64,
) -> Option<Hold> {
    let line = |&(product_id, quantity): &(ProductId, i64)| Line { product_id, quantity };
    let message = Message::RenewHolds { cart_id, lines: wanted.iter().map(line).collect(), revision };
    match warehouse.harness.command(message).expect("never refused") {
        Reply::Held(hold) => hold,
        other => panic!("a hold is answered, not {other:?}"),
    }
}

#[test]
fn a_hold_that_has_ended_is_held_again() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, product, 3, 1).expect("held");
    warehouse.harness.advance(HOLD_TIME + Duration::from_secs(6));
    assert_eq!(warehouse.level(product), (5, 0));
    let hold = renew(&mut warehouse, cart, &[(product, 3)], 2).expect("held");
    assert_eq!(hold.expires_at, warehouse.harness.now().plus(HOLD_TIME));
    assert_eq!(warehouse.level(product), (5, 3));
}

#[test]
fn a_hold_that_is_renewed_lasts_its_time_again() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, product, 3, 1).expect("held");
    warehouse.harness.advance(HOLD_TIME - Duration::from_secs(1));
    renew(&mut warehouse, cart, &[(product, 3)], 2);
    warehouse.harness.advance(HOLD_TIME - Duration::from_secs(1));
    assert_eq!(warehouse.level(product), (5, 3));
    warehouse.harness.advance(Duration::from_secs(7));
    assert_eq!(warehouse.level(product), (5, 0));
}

#[test]
fn what_is_there_is_held_and_the_rest_is_not() {
    let mut warehouse = Warehouse::new();
    let (plenty, scarce, dropped) = (warehouse.product(9), warehouse.product(2), warehouse.product(4));
    let (cart, other) = (warehouse.cart(), warehouse.cart());
    warehouse.hold(cart, dropped, 4, 1).expect("held");
    warehouse.hold(other, scarce, 1, 1).expect("held");
    renew(&mut warehouse, cart, &[(plenty, 9), (scarce, 2)], 2);
    assert_eq!((warehouse.held(cart, plenty), warehouse.level(plenty)), (Some(9), (9, 9)));
    assert_eq!((warehouse.held(cart, scarce), warehouse.level(scarce)), (Some(0), (2, 1)));
    assert_eq!(warehouse.level(dropped), (4, 0), "what the cart does not want any more is released");
}

#[test]
fn a_renewal_of_an_older_revision_changes_no_units() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, product, 2, 7).expect("held");
    renew(&mut warehouse, cart, &[(product, 5)], 6);
    assert_eq!(warehouse.level(product), (5, 2));
    renew(&mut warehouse, cart, &[(product, 5)], 8);
    renew(&mut warehouse, cart, &[(product, 5)], 8);
    assert_eq!(warehouse.level(product), (5, 5));
}

#[test]
fn nothing_is_held_for_an_empty_cart() {
    let mut warehouse = Warehouse::new();
    let cart = warehouse.cart();
    assert_eq!(renew(&mut warehouse, cart, &[], 1), None);
}
