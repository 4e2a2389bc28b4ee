use catalog::{Catalog, Message, Reply, domain::Product};
use contracts::{Currency, Money, ProductId, Refusal, events::catalog::ProductPriceChanged};
use engine::harness::Harness;

use crate::{create, euro, new_product};

fn shop() -> (Harness<Catalog>, ProductId) {
    let mut harness = Harness::new(Catalog);
    let product = new_product(&mut harness, "Mug");
    let product_id = product.product_id;
    create(&mut harness, vec![product]).expect("created");
    harness.published();
    (harness, product_id)
}

fn change(harness: &mut Harness<Catalog>, product_id: ProductId, price: Money) -> Result<Product, Refusal> {
    match harness.command(Message::ChangePrice { product_id, price })? {
        Reply::Product(product) => Ok(product),
        other => panic!("a product, not {other:?}"),
    }
}

#[test]
fn a_changed_price_is_kept_and_announced_with_the_one_before() {
    let (mut harness, product_id) = shop();
    let product = change(&mut harness, product_id, euro(2_500)).expect("changed");
    assert_eq!(product.price(), euro(2_500));
    assert_eq!(harness.row::<Product>(product_id), Some(product));
    let published = harness.published();
    assert_eq!((published.len(), published[0].sequence), (1, 2));
    let event: ProductPriceChanged = published[0].read().expect("a product.price_changed");
    assert_eq!((event.previous_price, event.price), (euro(1_999), euro(2_500)));
}

#[test]
fn the_same_price_again_is_no_change() {
    let (mut harness, product_id) = shop();
    assert_eq!(change(&mut harness, product_id, euro(1_999)).expect("fine").price(), euro(1_999));
    assert!(harness.published().is_empty());
}

#[test]
fn a_price_out_of_range_or_in_another_currency_is_refused() {
    let (mut harness, product_id) = shop();
    let pounds = Money::new(1_999, Currency::GBP);
    for (price, code) in [
        (euro(-1), "price_out_of_range"),
        (euro(i64::MAX), "price_out_of_range"),
        (pounds, "currency_mismatch"),
    ] {
        assert_eq!(change(&mut harness, product_id, price).expect_err("refused").code, code);
    }
    let unknown = harness.new_id().into();
    assert_eq!(change(&mut harness, unknown, euro(1)).expect_err("no product").code, "product_not_found");
    assert!(harness.published().is_empty());
}
