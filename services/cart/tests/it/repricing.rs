use std::time::Duration;

use cart::Message;
use contracts::CartId;

use crate::{Shop, euro};

/// More than two chunks of the index.
const CARTS: usize = 250;

#[test]
fn a_price_reaches_every_open_cart_that_holds_the_product() {
    let mut shop = Shop::new();
    let (mug, lamp) = (shop.product(euro(1_500)), shop.product(euro(700)));
    let carts: Vec<CartId> = (0..CARTS).map(|_| shop.filled(mug)).collect();
    shop.add(carts[0], lamp, 1).expect("added");
    let other = shop.filled(lamp);
    let before = shop.cart(other);

    let changed = shop.price_change(mug, euro(1_800));
    shop.harness.deliver(&changed);
    shop.harness.advance(Duration::ZERO);
    for cart_id in &carts {
        let cart = shop.cart(*cart_id);
        assert_eq!(
            cart.line(mug).map(|line| (line.unit_price_amount, line.total_amount)),
            Some((1_800, 1_800))
        );
    }
    assert_eq!(shop.total(carts[0]), euro(1_800 + 700 + 490));
    assert_eq!(shop.cart(other), before);
}

#[test]
fn a_checkout_with_the_old_total_is_refused() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    let changed = shop.price_change(product_id, euro(1_800));
    shop.harness.deliver(&changed);
    shop.harness.advance(Duration::ZERO);
    assert_eq!(shop.check_out(cart_id, euro(1_990)).expect_err("the old total").code, "total_changed");
    shop.check_out(cart_id, euro(2_290)).expect("checked out");
}

#[test]
fn a_checked_out_cart_keeps_its_prices() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    let changed = shop.price_change(product_id, euro(1_800));
    shop.harness.deliver(&changed);
    // The cart is told of the price after it became an order.
    shop.check_out(cart_id, euro(1_990)).expect("checked out");
    let before = shop.cart(cart_id);
    shop.harness.advance(Duration::ZERO);
    assert_eq!(shop.cart(cart_id), before);
}

#[test]
fn of_two_changes_the_last_price_stays_however_they_overlap() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let carts: Vec<CartId> = (0..CARTS).map(|_| shop.filled(product_id)).collect();
    let (first, second) =
        (shop.price_change(product_id, euro(1_600)), shop.price_change(product_id, euro(1_700)));
    shop.harness.deliver(&second);
    shop.harness.deliver(&first);
    let third = shop.price_change(product_id, euro(1_900));
    shop.harness.deliver(&third);
    shop.harness.advance(Duration::ZERO);
    for cart_id in carts {
        assert_eq!(shop.cart(cart_id).subtotal(), euro(1_900));
    }
}

#[test]
fn a_product_that_was_taken_out_is_not_repriced() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    let changed = shop.price_change(product_id, euro(1_800));
    shop.harness.deliver(&changed);
    shop.item(Message::RemoveItem { cart_id, product_id }).expect("removed");
    shop.harness.advance(Duration::ZERO);
    assert!(shop.cart(cart_id).lines.is_empty());
    assert!(shop.harness.parked().is_empty());
}

#[test]
fn an_addition_takes_the_price_of_its_moment_for_the_whole_line() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    let changed = shop.price_change(product_id, euro(1_800));
    shop.harness.deliver(&changed);
    shop.add(cart_id, product_id, 1).expect("added");
    assert_eq!(shop.cart(cart_id).subtotal(), euro(3_600));
}
