//! What shipping and tax add to a cart, and what a checkout says of them.

use cart::{
    Message,
    domain::{Amounts, Pricing, ShippingOption, ShippingPrice, TaxShare},
};
use contracts::{Address, CartId, ProductId, TaxClass, events::cart::CartCheckedOut};
use engine::harness::Fate;

use crate::{Shop, address, euro};

fn product(shop: &mut Shop, amount: i64, weight_grams: u32, class: TaxClass) -> ProductId {
    let (product_id, created) = shop.announcement(euro(amount), weight_grams, class);
    assert_eq!(shop.harness.deliver(&created), Fate::Handled);
    product_id
}

fn send_to(shop: &mut Shop, cart_id: CartId, country: &str) {
    let address = Address { country: country.to_owned(), ..address() };
    shop.harness.command(Message::SetShippingAddress { cart_id, address }).expect("an address");
}

fn amounts(shop: &mut Shop, cart_id: CartId, pricing: &Pricing) -> Amounts {
    pricing.amounts(&shop.cart(cart_id))
}

/// A cart of a lamp for 119.00 and a book for 10.70, both taxed in Germany at 19 and 7 percent.
fn lamp_and_book(shop: &mut Shop) -> CartId {
    let lamp = product(shop, 11_900, 2_000, TaxClass::Standard);
    let book = product(shop, 1_070, 500, TaxClass::Reduced);
    let cart_id = shop.open();
    shop.add(cart_id, lamp, 1).expect("added");
    shop.add(cart_id, book, 1).expect("added");
    cart_id
}

#[test]
fn tax_is_that_of_the_country_and_of_the_products() {
    let mut shop = Shop::new();
    let cart_id = lamp_and_book(&mut shop);
    let pricing = Pricing::default();
    let shares = |shop: &mut Shop| amounts(shop, cart_id, &pricing).taxes;
    // Without an address, as if it stayed in the shop's own country.
    let german = [TaxShare { rate_bp: 700, amount: 70 }, TaxShare { rate_bp: 1_900, amount: 1_900 }];
    assert_eq!(shares(&mut shop), german);
    send_to(&mut shop, cart_id, "FR");
    let french = [TaxShare { rate_bp: 550, amount: 56 }, TaxShare { rate_bp: 2_000, amount: 1_983 }];
    assert_eq!(shares(&mut shop), french);
    send_to(&mut shop, cart_id, "US");
    assert_eq!(shares(&mut shop), []);
    assert_eq!(amounts(&mut shop, cart_id, &pricing).total, euro(12_970), "prices have it in them");
}

#[test]
fn where_prices_have_no_tax_in_them_the_total_has() {
    let pricing = Pricing { prices_include_tax: false, ..Pricing::default() };
    let mut shop = Shop::with(pricing.clone());
    let cart_id = lamp_and_book(&mut shop);
    send_to(&mut shop, cart_id, "DE");
    shop.ship(cart_id, "express").expect("chosen");
    let Amounts { subtotal, shipping, tax, total, .. } = amounts(&mut shop, cart_id, &pricing);
    // 19 % of 119.00 and of shipping, 7 % of 10.70, each rounded for itself.
    assert_eq!((subtotal, shipping, tax), (euro(12_970), euro(990), euro(2_261 + 188 + 75)));
    assert_eq!(total, euro(12_970 + 990 + 2_524));
    assert_eq!(shop.check_out(cart_id, euro(13_960)).expect_err("without tax").code, "total_changed");
    shop.check_out(cart_id, total).expect("checked out");
}

#[test]
fn a_checkout_says_what_is_taxed_how() {
    let mut shop = Shop::new();
    let cart_id = lamp_and_book(&mut shop);
    send_to(&mut shop, cart_id, "DE");
    shop.ship(cart_id, "standard").expect("chosen");
    shop.harness.published();
    shop.check_out(cart_id, euro(12_970)).expect("checked out");
    let event: CartCheckedOut = shop.harness.published().pop().expect("an event").read().expect("read");
    let rates: Vec<u32> = event.lines.iter().map(|line| line.tax_rate_bp).collect();
    assert_eq!((rates, event.tax, event.prices_include_tax), (vec![1_900, 700], euro(1_970), true));
}

#[test]
fn a_parcel_pays_by_its_weight_and_may_be_too_heavy() {
    let mut shop = Shop::new();
    let stone = product(&mut shop, 100, 10_000, TaxClass::Standard);
    let cart_id = shop.open();
    shop.add(cart_id, stone, 2).expect("added");
    send_to(&mut shop, cart_id, "GB");
    shop.ship(cart_id, "economy").expect("chosen");
    assert_eq!(amounts(&mut shop, cart_id, &Pricing::default()).shipping, euro(990));
    shop.add(cart_id, stone, 1).expect("added");
    assert_eq!(shop.total(cart_id), euro(300 + 1_490));
    shop.add(cart_id, stone, 1).expect("added");
    // 40 kg: the method that was chosen cannot take it, and none of its prices counts.
    assert_eq!(shop.total(cart_id), euro(400));
    assert_eq!(
        shop.check_out(cart_id, euro(400)).expect_err("too heavy").code,
        "shipping_method_unavailable"
    );
    assert_eq!(shop.ship(cart_id, "economy").expect_err("too heavy").code, "shipping_method_unavailable");
    shop.ship(cart_id, "express").expect("chosen");
    shop.check_out(cart_id, euro(400 + 990)).expect("checked out");
}

#[test]
fn a_method_is_refused_where_it_does_not_go_and_when_it_does_not_exist() {
    let domestic = ShippingOption {
        code: "courier".to_owned(),
        name: "Courier".to_owned(),
        price: ShippingPrice::Flat(300),
        free_above: None,
        countries: vec!["DE".to_owned()],
    };
    let mut shop = Shop::with(Pricing { shipping: vec![domestic], ..Pricing::default() });
    let mug = product(&mut shop, 100, 250, TaxClass::Standard);
    let cart_id = shop.open();
    shop.add(cart_id, mug, 1).expect("added");
    for code in ["standard", "included", "", "COURIER"] {
        assert_eq!(shop.ship(cart_id, code).expect_err("unknown").code, "shipping_method_unknown", "{code}");
    }
    shop.ship(cart_id, "courier").expect("chosen");
    send_to(&mut shop, cart_id, "FR");
    assert_eq!(shop.check_out(cart_id, euro(100)).expect_err("abroad").code, "shipping_method_unavailable");
    send_to(&mut shop, cart_id, "DE");
    shop.check_out(cart_id, euro(400)).expect("checked out");
}

#[test]
fn a_guest_has_no_wallet() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    let pay = |customer_id| Message::CheckOut {
        cart_id,
        customer_id,
        email: "ada@example.com".to_owned(),
        total: euro(1_990),
        payment_method: "wallet".to_owned(),
    };
    assert_eq!(shop.harness.command(pay(None)).expect_err("refused").code, "payment_method_invalid");
    let customer = Some(shop.harness.new_id().into());
    shop.harness.published();
    shop.harness.command(pay(customer)).expect("checked out");
    let event: CartCheckedOut = shop.harness.published().pop().expect("an event").read().expect("read");
    assert_eq!((event.customer_id, event.payment_method.as_str()), (customer, "wallet"));
}
