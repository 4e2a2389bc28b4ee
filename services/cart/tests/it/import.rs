use cart::{
    Message,
    domain::{CartStatus, IMPORT_LINES_MAX, IMPORT_QUANTITY_MAX, ImportLine, Pricing},
};
use contracts::{CartId, Currency, Money, ProductId, events::cart::CartCheckedOut};

use crate::{Shop, address, euro};

fn pounds(amount: i64) -> Money {
    Money::new(amount, Currency::GBP)
}

fn line(product_id: ProductId, quantity: u32, unit_price: Money, line_total: Money) -> ImportLine {
    ImportLine { product_id, name: "MUG".to_owned(), quantity, unit_price, line_total, stocked: true }
}

fn import(cart_id: CartId, lines: Vec<ImportLine>) -> Message {
    Message::Import {
        customer_id: None,
        cart_id,
        lines,
        email: "guest@example.com".to_owned(),
        shipping_address: address(),
        payment_method: "pm_mock_approve".to_owned(),
    }
}

#[test]
fn an_order_costs_what_its_lines_state() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(9_999));
    let cart_id = shop.harness.new_id().into();
    // 12 units at 0.065 pounds: the line is rounded once. The same product again, at another price.
    let lines = vec![
        line(product_id, 12, pounds(7), pounds(78)),
        line(product_id, 80_995, pounds(2), pounds(168_469)),
    ];
    shop.harness.command(import(cart_id, lines)).expect("imported");

    let cart = shop.cart(cart_id);
    assert_eq!(
        (cart.status, Pricing::default().amounts(&cart).total),
        (CartStatus::CheckedOut, pounds(168_547))
    );
    assert_eq!(cart.checked_out_at, Some(shop.harness.now()));
    assert_eq!(shop.indexed(), 0);
    let events = shop.harness.published();
    assert_eq!(events.len(), 1);
    let event: CartCheckedOut = events[0].read().expect("a cart.checked_out");
    assert_eq!((event.total, event.shipping_price), (pounds(168_547), pounds(0)));
    assert_eq!(event.shipping_method, "included");
    let totals: Vec<Money> = event.lines.iter().map(|line| line.line_total).collect();
    assert_eq!(totals, [pounds(78), pounds(168_469)]);
}

#[test]
fn an_order_of_the_most_lines_is_one_message() {
    let mut shop = Shop::new();
    let products: Vec<ProductId> = (0..IMPORT_LINES_MAX).map(|_| shop.product(euro(100))).collect();
    let cart_id = shop.harness.new_id().into();
    let lines = products.iter().map(|product_id| line(*product_id, 1, euro(100), euro(100))).collect();
    shop.harness.command(import(cart_id, lines)).expect("imported");
    assert_eq!(shop.total(cart_id), euro(100 * IMPORT_LINES_MAX as i64));
}

#[test]
fn what_cannot_be_an_order_is_refused() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(100));
    let fine = line(product_id, 1, euro(100), euro(100));
    for (lines, code) in [
        (vec![], "cart_empty"),
        (vec![fine.clone(); IMPORT_LINES_MAX + 1], "cart_full"),
        (vec![line(product_id, 0, euro(1), euro(0))], "quantity_out_of_range"),
        (vec![line(product_id, IMPORT_QUANTITY_MAX + 1, euro(1), euro(1))], "quantity_out_of_range"),
        (vec![line(product_id, 1, euro(-1), euro(1))], "amount_out_of_range"),
        (vec![line(product_id, 1, euro(1), euro(-1))], "amount_out_of_range"),
        (vec![line(product_id, 1, euro(1), euro(i64::MAX))], "amount_out_of_range"),
        (vec![fine.clone(), line(product_id, 1, pounds(1), pounds(1))], "currency_mismatch"),
        (vec![line(product_id, 1, pounds(1), euro(1))], "currency_mismatch"),
    ] {
        let cart_id = shop.harness.new_id().into();
        assert_eq!(shop.harness.command(import(cart_id, lines)).expect_err(code).code, code);
    }
    assert!(shop.harness.published().is_empty());
}
