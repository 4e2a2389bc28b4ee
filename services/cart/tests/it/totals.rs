use std::collections::{BTreeMap, BTreeSet};

use cart::{
    Message,
    domain::{CartProduct, Pricing},
};
use contracts::{CartId, ProductId};
use proptest::{collection::vec, prelude::*};

use crate::{Shop, euro};

/// What a customer, inventory or the catalogue may do. Products are named by their number.
#[derive(Clone, Debug)]
enum Step {
    Add(usize, u32),
    Set(usize, u32),
    Remove(usize),
    RevertLast,
    Price(usize, i64),
    Ship(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_usize, 0..60_u32).prop_map(|(product, quantity)| Step::Add(product, quantity)),
        2 => (0..4_usize, 0..60_u32).prop_map(|(product, quantity)| Step::Set(product, quantity)),
        1 => (0..4_usize).prop_map(Step::Remove),
        1 => Just(Step::RevertLast),
        2 => (0..4_usize, 0..5_000_i64).prop_map(|(product, amount)| Step::Price(product, amount)),
        1 => any::<bool>().prop_map(Step::Ship),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// Whatever is done to a cart, refused or not: its total is the sum of its lines at the products' prices, and shipping;
    /// revisions only grow; and the index names its products and no others.
    #[test]
    fn a_total_is_its_lines_and_shipping(steps in vec(step(), 1..40)) {
        let mut shop = Shop::new();
        let mut prices: BTreeMap<ProductId, i64> = BTreeMap::new();
        for amount in [250, 1_000, 1_999, 12_500] {
            prices.insert(shop.product(euro(amount)), amount);
        }
        let products: Vec<ProductId> = prices.keys().copied().collect();
        let cart_id = shop.open();
        let (mut last, mut revision) = (None, 0);
        for step in steps {
            match step {
                Step::Add(product, quantity) => last = shop.add(cart_id, products[product], quantity).ok().or(last),
                Step::Set(product, quantity) => {
                    let set = Message::SetItem { cart_id, product_id: products[product], quantity };
                    last = shop.item(set).map_or(last, |(_, change)| change.or(last));
                }
                Step::Remove(product) => {
                    shop.item(Message::RemoveItem { cart_id, product_id: products[product] }).expect("removed");
                }
                Step::RevertLast => {
                    if let Some(change) = last {
                        shop.item(Message::RevertItem { cart_id, change }).expect("reverted");
                    }
                }
                Step::Price(product, amount) => {
                    let changed = shop.price_change(products[product], euro(amount));
                    shop.harness.deliver(&changed);
                    shop.harness.advance(std::time::Duration::ZERO);
                    prices.insert(products[product], amount);
                }
                Step::Ship(express) => {
                    shop.ship(cart_id, if express { "express" } else { "standard" }).expect("set");
                }
            }
            check(&mut shop, cart_id, &prices)?;
            prop_assert!(shop.cart(cart_id).revision >= revision);
            revision = shop.cart(cart_id).revision;
        }
    }
}

fn check(shop: &mut Shop, cart_id: CartId, prices: &BTreeMap<ProductId, i64>) -> Result<(), TestCaseError> {
    let cart = shop.cart(cart_id);
    let subtotal: i64 =
        cart.lines.iter().map(|line| prices[&line.product_id] * i64::from(line.quantity)).sum();
    let shipping = match cart.shipping_method.as_deref() {
        _ if cart.lines.is_empty() => 0,
        Some("express") => 990,
        Some("standard") if subtotal <= 5_000 => 490,
        _ => 0,
    };
    prop_assert_eq!(Pricing::default().amounts(&cart).total, euro(subtotal + shipping));
    prop_assert!(cart.lines.iter().all(|line| line.revision <= cart.revision));
    let in_cart: BTreeSet<ProductId> = cart.lines.iter().map(|line| line.product_id).collect();
    prop_assert_eq!(in_cart.len(), cart.lines.len());
    let indexed: BTreeSet<ProductId> =
        shop.harness.rows::<CartProduct>().iter().map(|row| row.product_id).collect();
    prop_assert_eq!(indexed, in_cart);
    prop_assert!(shop.harness.parked().is_empty());
    Ok(())
}
