//! The demo shop of a first start, also of one that was broken off.

use serde_json::Value;

use crate::buyer::{Buyer, shop};

/// The SKUs of everything that is listed, page by page.
fn listed(buyer: &mut Buyer) -> Vec<String> {
    let (mut skus, mut path) = (Vec::new(), "/products?limit=100".to_owned());
    loop {
        let page = buyer.get(&path).expect("the shop answers").json();
        let items = page["items"].as_array().expect("items");
        skus.extend(items.iter().map(|item| item["sku"].as_str().expect("a SKU").to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { return skus };
        path = format!("/products?limit=100&cursor={cursor}");
    }
}

fn categories(nodes: &Value) -> usize {
    nodes.as_array().map_or(0, |nodes| nodes.iter().map(|node| 1 + categories(&node["children"])).sum())
}

#[test]
fn a_start_that_was_broken_off_is_made_up_for_without_doubles() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let first = shop(directory.path(), &["--seed-products", "30"]);
    assert_eq!(listed(&mut Buyer::new(first.address, "ada")).len(), 30);
    assert!(first.stop().expect("it stops").success());

    // What the first start leaves behind when it is ended before it is through.
    std::fs::remove_file(directory.path().join("seeded")).expect("a marker");
    let second = shop(directory.path(), &["--seed-products", "250"]);
    let mut buyer = Buyer::new(second.address, "ada");
    let mut skus = listed(&mut buyer);
    skus.sort();
    skus.dedup();
    assert_eq!(skus.len(), 250);
    let tree = buyer.get("/categories").expect("the shop answers").json();
    assert_eq!(categories(&tree["items"]), catalog::seed::categories().len());

    // Each variant of a family has the stock that plain products have.
    let shirt = buyer.get("/products/oxford-shirt").expect("the shop answers").json();
    let variant = shirt["variants"][0]["id"].as_str().expect("an id");
    let stock = buyer.get(&format!("/products/{variant}/stock")).expect("the shop answers").json();
    assert_eq!(stock["available"], 1_000, "{stock}");
    assert!(second.stop().expect("it stops").success());
}
