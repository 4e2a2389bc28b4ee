use std::collections::HashSet;

use catalog::{Catalog, domain::PRODUCTS_PER_COMMAND_MAX, seed};
use engine::harness::Harness;

use crate::create;

#[test]
fn the_first_demo_products_are_the_same_however_many_are_made() {
    assert_eq!(seed::products(seed::DEFAULT_COUNT), seed::products(1_000)[..seed::DEFAULT_COUNT]);
}

#[test]
fn demo_products_are_as_the_catalogue_wants_them() {
    let mut harness = Harness::new(Catalog);
    for chunk in seed::products(2_500).chunks(PRODUCTS_PER_COMMAND_MAX) {
        let created = create(&mut harness, chunk.to_vec()).expect("created");
        assert_eq!(created.len(), chunk.len());
        for product in created {
            assert!(product.price_amount > 0 && product.description.len() > 40, "{product:?}");
            assert_eq!(product.stocked, product.weight_grams > 0);
        }
    }
}

#[test]
fn demo_products_have_ids_in_order_and_names_of_their_own() {
    let products = seed::products(20_000);
    assert!(products.is_sorted_by(|a, b| a.product_id < b.product_id));
    assert!(products.iter().all(|product| product.product_id.0.get_version_num() == 7));
    let names: HashSet<&str> = products.iter().map(|product| product.name.as_str()).collect();
    let skus: HashSet<&str> = products.iter().filter_map(|product| product.sku.as_deref()).collect();
    assert_eq!((names.len(), skus.len()), (products.len(), products.len()));
}
