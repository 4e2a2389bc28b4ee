use std::collections::HashSet;

use catalog::{
    Catalog, Message,
    domain::{NewProduct, Placement, TREE, Tree},
    seed,
};
use contracts::TaxClass;
use engine::harness::Harness;

use crate::create;

#[test]
fn the_first_demo_products_are_the_same_however_many_are_made() {
    assert_eq!(seed::products(seed::DEFAULT_COUNT), seed::products(1_000)[..seed::DEFAULT_COUNT]);
}

#[test]
fn demo_products_are_as_the_catalogue_wants_them() {
    let mut harness = Harness::new(Catalog);
    harness.command(Message::AddCategories { categories: seed::categories() }).expect("added");
    for chunk in seed::products(2_500).chunks(500) {
        let created = create(&mut harness, chunk.to_vec()).expect("created");
        assert_eq!(created.len(), chunk.len());
        for product in created {
            assert!(product.price_amount > 0 && product.description.len() > 40, "{product:?}");
            assert_eq!(product.stocked, product.weight_grams > 0);
        }
    }
    assert!(harness.rows::<Placement>().len() > 2 * 64);
    assert!(harness.row::<catalog::domain::TreeRevision>(TREE).is_some());
}

#[test]
fn the_demo_shop_shows_what_a_shop_can() {
    let products = seed::products(seed::DEFAULT_COUNT);
    let count = |is: &dyn Fn(&NewProduct) -> bool| products.iter().filter(|product| is(product)).count();
    assert!(products.len() >= 64);
    assert_eq!(count(&|product| product.featured.is_some()), 8);
    assert!(count(&|product| !product.variants.is_empty()) >= 5);
    assert!(count(&|product| product.tax_class == TaxClass::Reduced) >= 10);
    assert!(count(&|product| product.category_ids.is_empty()) <= 1);
    let mut tree = Tree::default();
    for category in seed::categories() {
        tree.add(category).expect("a category");
    }
    let (top, all) = (tree.children()[&None].len(), seed::categories().len());
    assert!(top >= 9 && all > top, "{top} of {all} are at the top");
    let filled: HashSet<_> = products.iter().flat_map(|product| product.category_ids.clone()).collect();
    let below = tree.children().into_iter().filter(|(above, _)| above.is_some()).flat_map(|(_, below)| below);
    for category in below {
        assert!(filled.contains(&category.category_id), "{} is empty", category.name);
    }
    // Past those written by hand all are plain: what a measurement buys.
    let plain = &seed::products(seed::DEFAULT_COUNT + 100)[seed::DEFAULT_COUNT..];
    assert!(plain.iter().all(|product| product.variants.is_empty() && product.stocked));
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
