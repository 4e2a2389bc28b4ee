use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Shop;

fn shirt() -> Value {
    json!({"name": "Oxford Shirt", "slug": "oxford-shirt", "sku": "SH", "description": "Woven in Portugal.",
        "price": {"amount": 4_900, "currency": "EUR"}, "weight_grams": 240,
        "options": [{"name": "Size", "values": ["S", "M"]}, {"name": "Colour", "values": ["White", "Blue"]}],
        "variants": [
            {"sku": "SH-S-W", "option_values": ["S", "White"]},
            {"sku": "SH-M-B", "option_values": ["M", "Blue"], "price": {"amount": 4_500, "currency": "EUR"}}]})
}

#[tokio::test]
async fn a_family_is_listed_and_its_variants_are_bought() {
    let shop = Shop::open().await;
    let family = shop.add(json!([shirt()])).await.remove(0);
    let list = shop.get("/products").await;
    assert_eq!(list.all("slug"), ["oxford-shirt"]);
    let item = &list.body["items"][0];
    assert_eq!((&item["buyable"], &item["price_from"]["amount"]), (&json!(false), &json!(4_500)));
    assert_eq!(item.get("variants"), None);

    let page = shop.get("/products/oxford-shirt").await.body;
    assert_eq!(page["options"][0], json!({"name": "Size", "values": ["S", "M"]}));
    let variants = page["variants"].as_array().expect("variants");
    assert_eq!(variants.len(), 2);
    let blue = variants.iter().find(|variant| variant["sku"] == "SH-M-B").expect("the blue one");
    assert_eq!((&blue["option_values"], &blue["price"]["amount"]), (&json!(["M", "Blue"]), &json!(4_500)));
    let blue = shop.get("/products/oxford-shirt-m-blue").await.body;
    assert_eq!((&blue["name"], &blue["buyable"]), (&json!("Oxford Shirt, M, Blue"), &json!(true)));
    assert_eq!((&blue["parent_id"], &blue["description"]), (&json!(family), &json!("Woven in Portugal.")));

    // The family is found by its variants' codes, and follows their prices.
    assert_eq!(shop.get("/products?q=sh-m-b").await.all("id"), [json!(family)]);
    let path = format!("/admin/products/{}/price", blue["id"].as_str().expect("an id"));
    shop.post(&path, json!({"price": {"amount": 5_100, "currency": "EUR"}})).await;
    assert_eq!(shop.get("/products").await.body["items"][0]["price_from"]["amount"], 4_900);
    let whole = format!("/admin/products/{family}/price");
    let answer = shop.post(&whole, json!({"price": {"amount": 1, "currency": "EUR"}})).await;
    assert_eq!(answer.problem(), (409, "priced_by_variants"));
    shop.service.stop().await;
}

#[tokio::test]
async fn a_family_that_is_there_is_answered_with_its_variants() {
    let shop = Shop::open().await;
    let first = shop.post("/admin/products", json!({"products": [shirt()]})).await;
    let again = shop.post("/admin/products", json!({"products": [shirt()]})).await;
    assert_eq!(first.body["products"][0]["variants"].as_array().map(Vec::len), Some(2));
    assert_eq!(first.body, again.body);
    let mut other = shirt();
    other["sku"] = json!("SH-2");
    let taken = shop.post("/admin/products", json!({"products": [other]})).await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "{}", taken.body);
    shop.service.stop().await;
}

#[tokio::test]
async fn a_variant_is_added_later() {
    let shop = Shop::open().await;
    let family = shop.add(json!([shirt()])).await.remove(0);
    let path = format!("/admin/products/{family}/variants");
    let large = json!({"sku": "SH-L-W", "option_values": ["L", "White"], "price": {"amount": 4_000, "currency": "EUR"}});
    let first = shop.post(&path, large.clone()).await;
    assert_eq!(first.body["name"], "Oxford Shirt, L, White");
    assert_eq!(shop.post(&path, large).await.body, first.body);
    let page = shop.get("/products/oxford-shirt").await.body;
    assert_eq!(page["options"][0]["values"], json!(["S", "M", "L"]));
    assert_eq!(
        (&page["price_from"]["amount"], page["variants"].as_array().map(Vec::len)),
        (&json!(4_000), Some(3))
    );

    let same = shop.post(&path, json!({"option_values": ["S", "White"]})).await;
    assert_eq!(same.problem(), (409, "variant_exists"));
    let few = shop.post(&path, json!({"option_values": ["S"]})).await;
    assert_eq!(few.problem(), (422, "options_invalid"));
    let dollars = json!({"option_values": ["XL", "Blue"], "price": {"amount": 1, "currency": "USD"}});
    assert_eq!(shop.post(&path, dollars).await.problem(), (422, "currency_mismatch"));
    let plain = shop.add(json!([{"name": "Mug", "price": {"amount": 1, "currency": "EUR"}}])).await.remove(0);
    let answer =
        shop.post(&format!("/admin/products/{plain}/variants"), json!({"option_values": ["S"]})).await;
    assert_eq!(answer.problem(), (409, "not_a_family"));
    shop.service.stop().await;
}

#[tokio::test]
async fn what_no_family_can_be_is_refused() {
    let shop = Shop::open().await;
    let with = |field: &str, value: Value| {
        let mut family = shirt();
        family[field] = value;
        json!({ "products": [family] })
    };
    let size = |values: Value| json!([{"name": "Size", "values": values}]);
    for (body, code) in [
        (with("variants", json!([])), "options_invalid"),
        (with("options", json!([])), "options_invalid"),
        (with("options", size(json!(["S", "S"]))), "options_invalid"),
        (with("options", size(json!(["S", "M"]))), "options_invalid"),
        (with("variants", json!([{"option_values": ["XL", "Blue"]}])), "options_invalid"),
        (
            with("variants", json!([{"option_values": ["M", "Blue"]}, {"option_values": ["M", "Blue"]}])),
            "variant_exists",
        ),
        (
            with(
                "variants",
                json!([{"sku": "A", "option_values": ["M", "Blue"]}, {"sku": "A", "option_values": ["S", "Blue"]}]),
            ),
            "sku_taken",
        ),
        (with("variants", Value::Array(vec![json!({"option_values": ["M", "Blue"]}); 101])), "invalid_input"),
    ] {
        let answer = shop.post("/admin/products", body).await;
        assert_eq!(answer.body["code"], code, "{}", answer.body);
    }
    assert_eq!(shop.get("/products").await.all("id"), Vec::<Value>::new());
    shop.service.stop().await;
}
