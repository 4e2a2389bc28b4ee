//! `product.created`, `product.price_changed`, `product.updated` and `product.deleted`: applied; twice; out of order. What carts make of a
//! price is in `repricing`.

use cart::domain::ProductCopy;
use contracts::{
    ProductId, ServiceName, TaxClass,
    events::catalog::{ProductCreated, ProductDeleted, ProductUpdated},
};
use engine::harness::Fate;

use crate::{Shop, euro};

#[test]
fn a_created_product_is_copied() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let copy = shop.harness.row::<ProductCopy>(product_id).expect("a copy");
    assert_eq!((copy.price(), copy.weight_grams, copy.stocked, copy.sold), (euro(1_500), 250, true, true));
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
    assert_eq!((copy.price(), copy.price_sequence), (euro(1_800), 2));
}

#[test]
fn a_changed_price_that_comes_twice_is_taken_over_once() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let changed = shop.price_change(product_id, euro(1_800));
    assert_eq!(shop.harness.deliver(&changed), Fate::Handled);
    assert_eq!(shop.harness.deliver(&changed), Fate::Skipped);
    assert_eq!(shop.harness.row::<ProductCopy>(product_id).expect("a copy").price_sequence, 2);
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

fn described(product_id: ProductId, name: &str) -> ProductUpdated {
    ProductUpdated { product_id, name: name.to_owned(), weight_grams: 400, tax_class: TaxClass::Reduced }
}

#[test]
fn a_description_is_taken_over_by_the_copy_and_by_open_carts() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    let event = described(product_id, "Bowl");
    assert_eq!(shop.harness.event(ServiceName::Catalog, product_id, &event), Fate::Handled);
    let copy = shop.harness.row::<ProductCopy>(product_id).expect("a copy");
    assert_eq!((copy.name.as_str(), copy.weight_grams, copy.tax_class), ("Bowl", 400, TaxClass::Reduced));
    shop.harness.advance(std::time::Duration::ZERO);
    let line = &shop.cart(cart_id).lines[0];
    assert_eq!((&*line.name, line.weight_grams, line.tax_class), ("Bowl", 400, TaxClass::Reduced));
    assert_eq!(line.total_amount, 1_500);
}

#[test]
fn a_description_that_comes_twice_changes_a_cart_once() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let cart_id = shop.filled(product_id);
    let before = shop.cart(cart_id).revision;
    for _ in 0..2 {
        let event = described(product_id, "Bowl");
        assert_eq!(shop.harness.event(ServiceName::Catalog, product_id, &event), Fate::Handled);
        shop.harness.advance(std::time::Duration::ZERO);
    }
    assert_eq!(shop.cart(cart_id).revision, before + 1);
}

#[test]
fn a_price_and_a_description_that_overtake_one_another_both_count() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let changed = shop.harness.make_event(ServiceName::Catalog, product_id, &described(product_id, "Bowl"));
    let priced = shop.price_change(product_id, euro(1_800));
    assert_eq!(shop.harness.deliver(&priced), Fate::Handled);
    assert_eq!(shop.harness.deliver(&changed), Fate::Handled);
    let copy = shop.harness.row::<ProductCopy>(product_id).expect("a copy");
    assert_eq!((copy.price(), copy.name.as_str()), (euro(1_800), "Bowl"));
}

#[test]
fn a_description_before_its_product_waits_for_it() {
    let mut shop = Shop::new();
    let (product_id, created) = shop.unannounced(euro(1_500));
    let changed = shop.harness.make_event(ServiceName::Catalog, product_id, &described(product_id, "Bowl"));
    assert_eq!(shop.harness.deliver(&changed), Fate::Waiting);
    assert_eq!(shop.harness.deliver(&created), Fate::Handled);
    shop.harness.advance(std::time::Duration::from_secs(60));
    assert_eq!(shop.harness.row::<ProductCopy>(product_id).expect("a copy").name, "Bowl");
}

#[test]
fn a_deleted_product_leaves_open_carts_once_and_cannot_be_added() {
    let mut shop = Shop::new();
    let product_id = shop.product(euro(1_500));
    let (cart_id, ordered) = (shop.filled(product_id), shop.filled(product_id));
    shop.check_out(ordered, euro(1_990)).expect("checked out");
    shop.harness.published();
    for _ in 0..2 {
        let event = ProductDeleted { product_id };
        assert_eq!(shop.harness.event(ServiceName::Catalog, product_id, &event), Fate::Handled);
        shop.harness.advance(std::time::Duration::ZERO);
    }
    assert!(shop.cart(cart_id).lines.is_empty());
    assert_eq!(shop.cart(ordered).lines.len(), 1, "what is ordered stays");
    assert_eq!(shop.harness.published_types(), ["cart.item.removed.v1"]);
    assert_eq!(shop.indexed(), 0);
    assert_eq!(shop.add(cart_id, product_id, 1).expect_err("gone").code, "product_not_found");
}

#[test]
fn a_product_that_is_deleted_before_it_was_announced_waits() {
    let mut shop = Shop::new();
    let (product_id, created) = shop.unannounced(euro(1_500));
    let deleted = shop.harness.make_event(ServiceName::Catalog, product_id, &ProductDeleted { product_id });
    assert_eq!(shop.harness.deliver(&deleted), Fate::Waiting);
    assert_eq!(shop.harness.deliver(&created), Fate::Handled);
    shop.harness.advance(std::time::Duration::from_secs(60));
    assert!(!shop.harness.row::<ProductCopy>(product_id).expect("a copy").sold);
}
