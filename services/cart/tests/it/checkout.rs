use cart::{
    Message, Reply,
    domain::{Cart, CartStatus},
};
use contracts::{Address, Money, OrderId, Refusal, events::cart::CartCheckedOut};
use engine::CommandKey;

use crate::{Shop, address, euro};

#[test]
fn a_checkout_announces_the_order_as_the_cart_was() {
    let mut shop = Shop::new();
    let (mug, lamp) = (shop.product(euro(1_500)), shop.product(euro(900)));
    let cart_id = shop.filled(mug);
    shop.add(cart_id, lamp, 2).expect("added");
    shop.harness.published();
    let order_id = shop.check_out(cart_id, euro(1_500 + 1_800 + 490)).expect("checked out");

    let cart = shop.cart(cart_id);
    assert_eq!((cart.status, cart.order_id), (CartStatus::CheckedOut, Some(order_id)));
    assert_eq!(cart.checked_out_at, Some(shop.harness.now()));
    assert_eq!(shop.indexed(), 0);
    let events = shop.harness.published();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].correlation_id, events[0].subject.as_str()),
        (order_id.0, cart_id.to_string().as_str())
    );
    let event: CartCheckedOut = events[0].read().expect("a cart.checked_out");
    assert_eq!((event.order_id, event.revision), (order_id, cart.revision));
    assert_eq!((event.total, event.shipping_price), (euro(3_790), euro(490)));
    assert_eq!((event.shipping_method.as_str(), event.shipping_address), ("standard", address()));
    let lines: Vec<_> =
        event.lines.iter().map(|line| (line.product_id, line.quantity, line.line_total)).collect();
    assert_eq!(lines, [(mug, 1, euro(1_500)), (lamp, 2, euro(1_800))]);
}

#[test]
fn a_checkout_states_the_total_that_the_customer_saw() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    for total in [euro(1_989), euro(1_991), Money::new(1_990, contracts::Currency::GBP)] {
        assert_eq!(shop.check_out(cart_id, total).expect_err("another total").code, "total_changed");
    }
    assert_eq!(shop.cart(cart_id).status, CartStatus::Open);
    shop.check_out(cart_id, euro(1_990)).expect("checked out");
}

#[test]
fn a_checked_out_cart_is_not_changed_any_more() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    shop.check_out(cart_id, euro(1_990)).expect("checked out");
    let before = shop.cart(cart_id);
    for message in [
        Message::AddItem { cart_id, product_id, quantity: 1 },
        Message::SetItem { cart_id, product_id, quantity: 2 },
        Message::RemoveItem { cart_id, product_id },
        Message::SetShippingAddress { cart_id, address: address() },
        Message::SetShippingMethod { cart_id, code: "express".to_owned() },
    ] {
        assert_eq!(shop.harness.command(message).expect_err("refused").code, "cart_checked_out");
    }
    assert_eq!(shop.check_out(cart_id, euro(1_990)).expect_err("refused").code, "cart_checked_out");
    assert_eq!(shop.cart(cart_id), before);
}

#[test]
fn what_is_missing_is_said() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.open();
    let code = |refused: Result<OrderId, Refusal>| refused.expect_err("refused").code;
    assert_eq!(code(shop.check_out(cart_id, euro(0))), "cart_empty");
    shop.add(cart_id, product_id, 1).expect("added");
    assert_eq!(code(shop.check_out(cart_id, euro(1_500))), "shipping_address_missing");
    shop.harness.command(Message::SetShippingAddress { cart_id, address: address() }).expect("an address");
    assert_eq!(code(shop.check_out(cart_id, euro(1_500))), "shipping_method_missing");
    let unknown = shop.harness.new_id().into();
    assert_eq!(code(shop.check_out(unknown, euro(1_500))), "cart_not_found");
}

#[test]
fn mail_and_payment_must_be_possible() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    for (email, payment_method, code) in [
        ("", "pm_mock_approve", "email_invalid"),
        ("ada", "pm_mock_approve", "email_invalid"),
        ("@example.com", "pm_mock_approve", "email_invalid"),
        ("ada@b@c", "pm_mock_approve", "email_invalid"),
        ("ada @example.com", "pm_mock_approve", "email_invalid"),
        ("ada@example.com", "", "payment_method_invalid"),
        ("ada@example.com", "4111 1111", "payment_method_invalid"),
    ] {
        let (email, payment_method) = (email.to_owned(), payment_method.to_owned());
        let message =
            Message::CheckOut { cart_id, customer_id: None, email, total: euro(1_990), payment_method };
        assert_eq!(shop.harness.command(message).expect_err(code).code, code);
    }
}

#[test]
fn an_address_is_complete_and_printable() {
    let mut shop = Shop::new();
    let cart_id = shop.open();
    let with = |change: &dyn Fn(&mut Address)| {
        let mut address = address();
        change(&mut address);
        Message::SetShippingAddress { cart_id, address }
    };
    for message in [
        with(&|address| address.name = " ".to_owned()),
        with(&|address| address.street = "a\nb".to_owned()),
        with(&|address| address.city = "x".repeat(101)),
        with(&|address| address.postal_code = String::new()),
        with(&|address| address.country = "gb".to_owned()),
        with(&|address| address.country = "GBR".to_owned()),
    ] {
        assert_eq!(shop.harness.command(message).expect_err("refused").code, "shipping_address_invalid");
    }
}

#[test]
fn a_product_is_bought_at_once() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(3_000));
    let cart_id = shop.harness.new_id().into();
    let buy = |total| Message::BuyNow {
        cart_id,
        product_id,
        quantity: 2,
        customer_id: None,
        email: "ada@example.com".to_owned(),
        total,
        shipping_address: address(),
        shipping_method: "standard".to_owned(),
        payment_method: "pm_mock_approve".to_owned(),
    };
    assert_eq!(shop.harness.command(buy(euro(6_490))).expect_err("shipping is free").code, "total_changed");
    assert_eq!(shop.harness.row::<Cart>(cart_id), None);
    let Reply::CheckedOut { order_id, total, .. } = shop.harness.command(buy(euro(6_000))).expect("bought")
    else {
        panic!("a checkout's reply")
    };
    assert_eq!(total, euro(6_000));
    assert_eq!(shop.cart(cart_id).order_id, Some(order_id));
    // A hold that was set before there was a cart has the revision of its first change.
    assert_eq!(shop.cart(cart_id).lines[0].revision, 1);
    assert_eq!(shop.harness.published_types(), ["cart.checked_out.v1"]);
    assert_eq!(shop.indexed(), 0);
    assert_eq!(shop.harness.command(buy(euro(6_000))).expect_err("bought already").code, "cart_exists");
}

#[test]
fn a_refused_hold_is_the_answer_to_its_key_unless_that_has_an_order() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(3_000));
    let buy = |cart_id| Message::BuyNow {
        cart_id,
        product_id,
        quantity: 1,
        customer_id: None,
        email: "ada@example.com".to_owned(),
        total: euro(3_490),
        shipping_address: address(),
        shipping_method: "standard".to_owned(),
        payment_method: "pm_mock_approve".to_owned(),
    };
    let refuse = |cart_id| {
        let refusal = Refusal::conflict("out_of_stock", "There are not enough units of the product.");
        Message::RefuseOrder { cart_id, refusal }
    };
    let key = |shop: &mut Shop| {
        let id = shop.harness.new_id();
        Some(CommandKey { id, request_hash: id })
    };

    let (bought, cart_id) = (key(&mut shop), shop.harness.new_id().into());
    let first = shop.harness.command_with(bought, buy(cart_id)).expect("bought");
    let later_cart = shop.harness.new_id().into();
    assert_eq!(shop.harness.command_with(bought, refuse(later_cart)), Ok(first));

    let (refused, cart_id) = (key(&mut shop), shop.harness.new_id().into());
    assert_eq!(
        shop.harness.command_with(refused, refuse(cart_id)).expect_err("refused").code,
        "out_of_stock"
    );
    assert_eq!(shop.harness.command_with(refused, buy(cart_id)).expect_err("still").code, "out_of_stock");
    assert_eq!(shop.harness.row::<Cart>(cart_id), None);
}
