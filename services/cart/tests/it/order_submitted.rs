//! `order.submitted`: applied; twice; out of order.

use std::sync::Arc;

use bus::Logged;
use cart::domain::Pricing;
use contracts::{CartId, OrderId, ServiceName, events::ordering::OrderSubmitted};
use engine::harness::Fate;

use crate::{Shop, euro};

fn submitted(shop: &mut Shop, cart_id: CartId, order_id: OrderId) -> Arc<Logged> {
    let event = OrderSubmitted {
        order_id,
        cart_id,
        customer_id: None,
        total: euro(1_990),
        tax: euro(0),
        lines: Vec::new(),
        email: None,
    };
    shop.harness.make_event(ServiceName::Ordering, order_id, &event)
}

#[test]
fn a_submitted_order_empties_its_cart_and_releases_nothing() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    let order_id = shop.check_out(cart_id, euro(1_990)).expect("checked out");
    shop.harness.published();
    let event = submitted(&mut shop, cart_id, order_id);
    assert_eq!(shop.harness.deliver(&event), Fate::Handled);
    let cart = shop.cart(cart_id);
    assert!(cart.lines.is_empty());
    assert_eq!((cart.order_id, Pricing::default().amounts(&cart).total), (Some(order_id), euro(0)));
    assert_eq!(shop.indexed(), 0);
    // No cart.item.removed: inventory would release what is the order's now.
    assert!(shop.harness.published().is_empty());
}

#[test]
fn a_submitted_order_that_comes_twice_empties_its_cart_once() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    let order_id = shop.check_out(cart_id, euro(1_990)).expect("checked out");
    let event = submitted(&mut shop, cart_id, order_id);
    assert_eq!(shop.harness.deliver(&event), Fate::Handled);
    assert_eq!(shop.harness.deliver(&event), Fate::Skipped);
    let before = shop.cart(cart_id);
    let again = submitted(&mut shop, cart_id, order_id);
    assert_eq!(shop.harness.deliver(&again), Fate::Handled);
    assert_eq!(shop.cart(cart_id), before);
}

#[test]
fn a_submitted_order_of_no_cart_or_of_another_order_changes_nothing() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let open = shop.filled(product_id);
    let ordered = shop.filled(product_id);
    shop.check_out(ordered, euro(1_990)).expect("checked out");
    let unknown: CartId = shop.harness.new_id().into();
    for cart_id in [open, ordered, unknown] {
        let order_id = shop.harness.new_id().into();
        let event = submitted(&mut shop, cart_id, order_id);
        assert_eq!(shop.harness.deliver(&event), Fate::Handled);
    }
    assert_eq!(shop.cart(open).lines.len(), 1);
    assert_eq!(shop.cart(ordered).lines.len(), 1);
    assert!(shop.harness.parked().is_empty());
}
