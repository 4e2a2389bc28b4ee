use catalog::{
    Catalog,
    domain::{NewProduct, PRODUCTS_PER_COMMAND_MAX, Product},
};
use contracts::events::catalog::ProductCreated;
use engine::harness::Harness;
use proptest::{collection::vec, prelude::*};

use crate::{create, euro, new_product};

#[test]
fn products_are_created_together_and_announced_one_by_one() {
    let mut harness = Harness::new(Catalog);
    let lamp = NewProduct { sku: Some("A-1".to_owned()), ..new_product(&mut harness, " Desk Lamp ") };
    let fee = NewProduct { stocked: false, weight_grams: 0, ..new_product(&mut harness, "Gift Wrapping") };
    let created = create(&mut harness, vec![lamp.clone(), fee.clone()]).expect("created");

    assert_eq!(created[0].name, "Desk Lamp");
    assert_eq!(created[0].slug, "desk-lamp");
    assert_eq!(created[0].created_at, harness.now());
    assert_eq!(harness.row::<Product>(lamp.product_id), Some(created[0].clone()));
    assert_eq!(harness.row::<Product>(fee.product_id), Some(created[1].clone()));
    let published = harness.published();
    assert_eq!(published.len(), 2);
    assert_eq!(published[1].subject, fee.product_id.to_string());
    let event: ProductCreated = published[1].read().expect("a product.created");
    assert_eq!(event.price, euro(1_999));
    assert!(!event.stocked);
}

#[test]
fn a_name_that_is_taken_gives_another_slug() {
    let mut harness = Harness::new(Catalog);
    let first = new_product(&mut harness, "Mug");
    let second = new_product(&mut harness, "Mug");
    let third = new_product(&mut harness, "Mug");
    let together = create(&mut harness, vec![first, second]).expect("created");
    let later = create(&mut harness, vec![third]).expect("created");
    assert_eq!(together[0].slug, "mug");
    assert!(together[1].slug.starts_with("mug-"), "{}", together[1].slug);
    assert!(later[0].slug.starts_with("mug-"), "{}", later[0].slug);
    assert_ne!(together[1].slug, later[0].slug);
}

#[test]
fn a_slug_that_is_taken_is_refused_and_nothing_of_the_command_remains() {
    let mut harness = Harness::new(Catalog);
    let next = |harness: &mut _, slug: &str| NewProduct {
        slug: Some(slug.to_owned()),
        ..new_product(harness, "Mug")
    };
    let first = next(&mut harness, "mug");
    create(&mut harness, vec![first]).expect("created");
    let taken = vec![next(&mut harness, "cup"), next(&mut harness, "mug")];
    let refusal = create(&mut harness, taken).expect_err("taken");
    assert_eq!(refusal.code, "slug_taken");
    assert!(refusal.detail.starts_with("Product 2:"), "{}", refusal.detail);
    let twins = vec![next(&mut harness, "cup"), next(&mut harness, "cup")];
    assert_eq!(create(&mut harness, twins).expect_err("twins").code, "slug_taken");
    assert_eq!(harness.rows::<Product>().len(), 1);
    assert_eq!(harness.published_types(), ["product.created.v1"]);
}

#[test]
fn a_sku_that_is_there_is_answered_with_its_product() {
    let mut harness = Harness::new(Catalog);
    let next = |harness: &mut _, name: &str, sku: &str| NewProduct {
        sku: Some(sku.to_owned()),
        ..new_product(harness, name)
    };
    let first = next(&mut harness, "Mug", "M-1");
    let created = create(&mut harness, vec![first]).expect("created");
    let again = next(&mut harness, "Mug, repeated", "M-1");
    let other = next(&mut harness, "Cup", "C-1");
    let twin = next(&mut harness, "Cup, repeated", "C-1");
    let products = create(&mut harness, vec![again, other.clone(), twin]).expect("created");
    assert_eq!(products[0], created[0]);
    assert_eq!((products[1].product_id, products[2].product_id), (other.product_id, other.product_id));
    assert_eq!(harness.rows::<Product>().len(), 2);
    assert_eq!(harness.published_types().len(), 2);
}

#[test]
fn an_id_is_used_once() {
    let mut harness = Harness::new(Catalog);
    let product = new_product(&mut harness, "Mug");
    let other = NewProduct { name: "Cup".to_owned(), ..product.clone() };
    assert_eq!(
        create(&mut harness, vec![product.clone(), other.clone()]).expect_err("twins").code,
        "product_exists"
    );
    create(&mut harness, vec![product]).expect("created");
    assert_eq!(create(&mut harness, vec![other]).expect_err("there already").code, "product_exists");
}

#[test]
fn what_a_product_cannot_be_is_refused() {
    let mut harness = Harness::new(Catalog);
    let fine = new_product(&mut harness, "Mug");
    let with = |change: &dyn Fn(&mut NewProduct)| {
        let mut product = fine.clone();
        change(&mut product);
        product
    };
    for (product, code) in [
        (with(&|product| product.name = "  ".to_owned()), "name_invalid"),
        (with(&|product| product.name = "x".repeat(201)), "name_invalid"),
        (with(&|product| product.name = "a\0b".to_owned()), "name_invalid"),
        (with(&|product| product.description = "a\0b".to_owned()), "description_invalid"),
        (with(&|product| product.description = "x".repeat(5_001)), "description_too_long"),
        (with(&|product| product.price = euro(-1)), "price_out_of_range"),
        (with(&|product| product.price = euro(i64::MAX)), "price_out_of_range"),
        (with(&|product| product.weight_grams = 1_000_001), "weight_out_of_range"),
        (with(&|product| product.sku = Some(String::new())), "sku_invalid"),
        (with(&|product| product.sku = Some("a\nb".to_owned())), "sku_invalid"),
        (with(&|product| product.slug = Some("A Mug".to_owned())), "slug_invalid"),
    ] {
        assert_eq!(create(&mut harness, vec![product]).expect_err("refused").code, code);
    }
    assert_eq!(create(&mut harness, vec![]).expect_err("none").code, "product_count_out_of_range");
    let many = vec![fine; PRODUCTS_PER_COMMAND_MAX + 1];
    assert_eq!(create(&mut harness, many).expect_err("too many").code, "product_count_out_of_range");
    assert!(harness.rows::<Product>().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever names come, and however they are grouped into commands: every product has a slug, and no two have the same.
    #[test]
    fn slugs_are_unique(commands in vec(vec("[a-cÄé '-]{1,3}", 1..8), 1..4)) {
        let mut harness = Harness::new(Catalog);
        let mut count = 0;
        for names in commands {
            let mut products: Vec<NewProduct> = names.iter().map(|name| new_product(&mut harness, name)).collect();
            products.retain(|product| !product.name.trim().is_empty());
            count += products.len();
            if !products.is_empty() {
                create(&mut harness, products).expect("created");
            }
        }
        let mut slugs: Vec<String> = harness.rows::<Product>().into_iter().map(|product| product.slug).collect();
        slugs.sort();
        slugs.dedup();
        prop_assert_eq!(slugs.len(), count);
    }
}
