use cart::{
    Message,
    domain::{ItemChange, LINES_MAX, QUANTITY_MAX},
};
use contracts::{
    Currency, Money,
    events::cart::{CartItemAdded, CartItemRemoved},
};

use crate::{Shop, euro};

#[test]
fn a_cart_is_opened_once() {
    let mut shop = Shop::new();
    let cart_id = shop.open();
    let again = Message::Create { cart_id, currency: Currency::EUR };
    assert_eq!(shop.harness.command(again).expect_err("there already").code, "cart_exists");
    assert_eq!(shop.harness.published_types(), ["cart.created.v1"]);
    assert_eq!(shop.total(cart_id), euro(0));
}

#[test]
fn adding_again_adds_to_what_is_there_under_a_new_revision() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.open();
    let first = shop.add(cart_id, product_id, 2).expect("added");
    let second = shop.add(cart_id, product_id, 3).expect("added");
    assert_eq!((first.previous_quantity, first.quantity, first.stocked), (0, 2, true));
    assert_eq!((second.previous_quantity, second.quantity), (2, 5));
    assert!(second.revision > first.revision);
    let cart = shop.cart(cart_id);
    assert_eq!(cart.lines.len(), 1);
    assert_eq!((cart.lines[0].quantity, cart.lines[0].revision), (5, second.revision));
    assert_eq!(cart.subtotal(), euro(7_500));
    assert_eq!(shop.indexed(), 1);
    let events = shop.harness.published();
    let added: CartItemAdded = events.last().expect("published").read().expect("a cart.item.added");
    assert_eq!((added.quantity, added.revision), (5, second.revision));
}

#[test]
fn a_quantity_is_set_and_a_product_is_taken_out() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.open();
    shop.add(cart_id, product_id, 5).expect("added");
    shop.harness.published();

    let set = |quantity| Message::SetItem { cart_id, product_id, quantity };
    let (cart, change) = shop.item(set(2)).expect("set");
    assert_eq!((cart.subtotal(), change.map(|change| change.quantity)), (euro(3_000), Some(2)));
    assert_eq!(shop.item(set(2)).expect("as it is").1, None);
    assert_eq!(shop.item(set(3)).expect("set").1.map(|change| change.previous_quantity), Some(2));
    let (cart, change) = shop.item(Message::RemoveItem { cart_id, product_id }).expect("removed");
    assert!(cart.lines.is_empty());
    assert_eq!(change.map(|change| (change.previous_quantity, change.quantity)), Some((3, 0)));
    assert_eq!(shop.indexed(), 0);
    assert_eq!(shop.item(Message::RemoveItem { cart_id, product_id }).expect("fine").1, None);
    assert_eq!(shop.item(set(1)).expect_err("not in the cart").code, "item_not_found");

    let events = shop.harness.published();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["cart.item.removed.v1", "cart.item.added.v1", "cart.item.removed.v1"]);
    let removed: CartItemRemoved = events[2].read().expect("a cart.item.removed");
    assert_eq!(removed.quantity, 0);
}

#[test]
fn what_cannot_be_added_is_refused_and_changes_nothing() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let pounds = shop.product(Money::new(1_500, Currency::GBP));
    let cart_id = shop.open();
    shop.add(cart_id, product_id, QUANTITY_MAX).expect("the most units");
    let before = shop.cart(cart_id);
    let (unknown_cart, unknown_product) = (shop.harness.new_id().into(), shop.harness.new_id().into());
    for (cart_id, product_id, quantity, code) in [
        (cart_id, product_id, 1, "quantity_out_of_range"),
        (cart_id, product_id, 0, "quantity_out_of_range"),
        (cart_id, product_id, u32::MAX, "quantity_out_of_range"),
        (cart_id, pounds, 1, "currency_mismatch"),
        (cart_id, unknown_product, 1, "product_not_found"),
        (unknown_cart, product_id, 1, "cart_not_found"),
    ] {
        assert_eq!(shop.add(cart_id, product_id, quantity).expect_err(code).code, code);
    }
    for quantity in [0, QUANTITY_MAX + 1] {
        let set = Message::SetItem { cart_id, product_id, quantity };
        assert_eq!(shop.item(set).expect_err("out of range").code, "quantity_out_of_range");
    }
    assert_eq!(shop.cart(cart_id), before);
    assert_eq!(shop.indexed(), 1);
}

#[test]
fn an_empty_cart_takes_the_currency_of_its_first_product() {
    let mut shop = Shop::new();
    let product_id = shop.product(Money::new(1_500, Currency::GBP));
    let cart_id = shop.open();
    shop.add(cart_id, product_id, 1).expect("added");
    assert_eq!(shop.total(cart_id), Money::new(1_500, Currency::GBP));
}

#[test]
fn a_cart_has_a_last_line() {
    let mut shop = Shop::new();
    let cart_id = shop.open();
    for _ in 0..LINES_MAX {
        let product_id = shop.product(euro(1));
        shop.add(cart_id, product_id, 1).expect("added");
    }
    let product_id = shop.product(euro(1));
    assert_eq!(shop.add(cart_id, product_id, 1).expect_err("full").code, "cart_full");
}

#[test]
fn a_line_that_no_cart_can_count_is_refused() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(i64::MAX / 2));
    let cart_id = shop.open();
    assert_eq!(shop.add(cart_id, product_id, 1).expect_err("too much").code, "amount_out_of_range");
    assert_eq!(shop.add(cart_id, product_id, 3).expect_err("too much").code, "amount_out_of_range");
}

#[test]
fn a_refused_hold_takes_its_own_change_back() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.open();
    let first = shop.add(cart_id, product_id, 2).expect("added");
    let second = shop.add(cart_id, product_id, 3).expect("added");
    shop.harness.published();

    let (cart, change) = shop.item(Message::RevertItem { cart_id, change: second }).expect("reverted");
    assert_eq!(cart.lines[0].quantity, 2);
    assert!(change.is_some_and(|change| change.revision > second.revision));
    assert_eq!(shop.item(Message::RevertItem { cart_id, change: second }).expect("again").1, None);
    assert_eq!(shop.harness.published_types(), ["cart.item.removed.v1"]);

    let last = shop.cart(cart_id).lines[0].revision;
    let first_as_of_now = ItemChange { revision: last, ..first };
    let (cart, _) = shop.item(Message::RevertItem { cart_id, change: first_as_of_now }).expect("reverted");
    assert!(cart.lines.is_empty());
    assert_eq!(shop.indexed(), 0);
}

#[test]
fn a_refused_hold_changes_nothing_that_was_decided_later() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    let refused = shop.add(cart_id, product_id, 2).expect("added");
    shop.item(Message::SetItem { cart_id, product_id, quantity: 7 }).expect("set");
    shop.item(Message::RevertItem { cart_id, change: refused }).expect("too late");
    assert_eq!(shop.cart(cart_id).lines[0].quantity, 7);

    let refused = shop.add(cart_id, product_id, 1).expect("added");
    let total = shop.total(cart_id);
    shop.check_out(cart_id, total).expect("checked out");
    shop.item(Message::RevertItem { cart_id, change: refused }).expect("too late");
    assert_eq!(shop.cart(cart_id).lines[0].quantity, 8);
}
