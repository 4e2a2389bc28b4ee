//! `product.created` and `product.price_changed`: applied; twice; out of order. What carts make of a price is in `repricing`.

use cart::domain::ProductCopy;
use contracts::{ServiceName, TaxClass, events::catalog::ProductCreated};
use engine::harness::Fate;

use crate::{Shop, euro};

#[test]
fn a_created_product_is_copied() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let copy = shop.harness.row::<ProductCopy>(product_id).expect("a copy");
    assert_eq!((copy.price(), copy.weight_grams, copy.stocked, copy.sequence), (euro(1_500), 250, true, 1));
}

#[test]
fn a_created_product_that_comes_twice_is_copied_once() {
    let mut shop = Shop::new();
    let (product_id, created) = shop.unannounced(euro(1_500));
    assert_eq!(shop.harness.deliver(&created), Fate::Handled);
    assert_eq!(shop.harness.deliver(&created), Fate::Skipped);
    let before = shop.harness.row::<ProductCopy>(product_id);
    // Published anew, under another position and id.
    let data = ProductCreated {
        product_id,
        name: "Cup".to_owned(),
        price: euro(1),
        weight_grams: 0,
        stocked: false,
        tax_class: TaxClass::Standard,
    };
    assert_eq!(shop.harness.event(ServiceName::Catalog, product_id, &data), Fate::Handled);
    assert_eq!(shop.harness.row::<ProductCopy>(product_id), before);
}

#[test]
fn a_created_product_that_comes_after_its_price_change_ends_at_the_new_price() {
    let mut shop = Shop::new();
    let (product_id, created) = shop.unannounced(euro(1_500));
    let changed = shop.price_change(product_id, euro(1_800));
    assert_eq!(shop.harness.deliver(&changed), Fate::Waiting);
    assert_eq!(shop.harness.deliver(&created), Fate::Handled);
    shop.harness.advance(std::time::Duration::from_secs(60));
    assert_eq!(shop.harness.row::<ProductCopy>(product_id).expect("a copy").price(), euro(1_800));
    assert!(shop.harness.parked().is_empty());
}

#[test]
fn a_changed_price_is_taken_over() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let changed = shop.price_change(product_id, euro(1_800));
    assert_eq!(shop.harness.deliver(&changed), Fate::Handled);
    let copy = shop.harness.row::<ProductCopy>(product_id).expect("a copy");
    assert_eq!((copy.price(), copy.sequence), (euro(1_800), 2));
}

#[test]
fn a_changed_price_that_comes_twice_is_taken_over_once() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let changed = shop.price_change(product_id, euro(1_800));
    assert_eq!(shop.harness.deliver(&changed), Fate::Handled);
    assert_eq!(shop.harness.deliver(&changed), Fate::Skipped);
    assert_eq!(shop.harness.row::<ProductCopy>(product_id).expect("a copy").sequence, 2);
}

#[test]
fn price_changes_that_come_in_any_order_end_at_the_last_price() {
    let mut shop = Shop::new();
    let (product_id, created) = shop.unannounced(euro(1_500));
    let first = shop.price_change(product_id, euro(1_600));
    let second = shop.price_change(product_id, euro(1_700));
    // The first is early and waits; the second finds the product; the first is late by then.
    assert_eq!(shop.harness.deliver(&first), Fate::Waiting);
    assert_eq!(shop.harness.deliver(&created), Fate::Handled);
    assert_eq!(shop.harness.deliver(&second), Fate::Handled);
    shop.harness.advance(std::time::Duration::from_secs(60));
    assert_eq!(shop.harness.row::<ProductCopy>(product_id).expect("a copy").price(), euro(1_700));
    assert!(shop.harness.parked().is_empty());
}
