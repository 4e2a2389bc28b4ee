use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};
use testkit::PostgresServer;

use super::Shop;
use crate::store::Sort;

/// Products with many equal names and prices, so that the id must tell them apart.
fn products(from: usize, count: usize, category: &str) -> Value {
    let names = ["Äpfel", "apron", "Bowl", "bowl", "Zebra"];
    (from..from + count)
        .map(|number| {
            json!({"sku": format!("L-{number}"), "name": names[number % names.len()],
                "price": {"amount": number % 3 * 100, "currency": "EUR"}, "categories": [category]})
        })
        .collect()
}

/// Reads all pages; between two of them more products come, as they do in a shop. Answers the SKUs in order.
async fn walk(shop: &Shop, query: &str, next_number: &mut usize) -> Vec<Value> {
    let (mut skus, mut path) = (Vec::new(), format!("/products?limit=7&{query}"));
    loop {
        let page = shop.get(&path).await;
        skus.extend(page.all("sku"));
        let Some(cursor) = page.body["next_cursor"].as_str() else { return skus };
        path = format!("/products?limit=7&{query}&cursor={cursor}");
        assert_eq!(page.link, Some(format!("</api/v1{path}>; rel=\"next\"")));
        shop.add(products(*next_number, 2, "all")).await;
        *next_number += 2;
    }
}

async fn every_order_shows_everything_once_while_products_come(shop: &Shop) {
    let categories = json!({"categories": [{"name": "All"}, {"name": "None"}]});
    assert_eq!(shop.post("/admin/categories", categories).await.status, StatusCode::OK);
    shop.add(products(0, 40, "all")).await;
    let mut next_number = 40;
    for category in ["", "&category=all"] {
        for (_, sort) in Sort::ALL {
            let there_before: BTreeSet<String> =
                (0..next_number).map(|number| format!("L-{number}")).collect();
            let seen = walk(shop, &format!("sort={sort}{category}"), &mut next_number).await;
            let seen: Vec<String> = seen.iter().map(|sku| sku.as_str().expect("a SKU").to_owned()).collect();
            let once: BTreeSet<String> = seen.iter().cloned().collect();
            assert_eq!(once.len(), seen.len(), "{sort}{category}: none is shown twice");
            assert!(once.is_superset(&there_before), "{sort}{category}: none is left out");
        }
    }
    let all = |sort: &'static str| async move { shop.get(&format!("/products?limit=100&sort={sort}")).await };
    for (up, down, field) in
        [("oldest", "newest", "id"), ("price", "-price", "price"), ("name", "-name", "name")]
    {
        let mut reversed = all(down).await.all("id");
        reversed.reverse();
        assert_eq!(all(up).await.all("id").len().min(100), reversed.len());
        let values = all(up).await.all(field);
        let key = |value: &Value| match field {
            "price" => format!("{:05}", value["amount"]),
            _ => crate::domain::folded(value.as_str().expect("text")),
        };
        assert!(values.is_sorted_by_key(key), "{up}");
    }
    assert_eq!(shop.get("/products?category=none").await.all("sku"), Vec::<Value>::new());
}

async fn filters_let_through_what_they_say(shop: &Shop) {
    let product = |name: &str, about: &str, sku: &str, amount: i64, currency: &str| json!({"name": name, "description": about, "sku": sku, "price": {"amount": amount, "currency": currency}});
    let mut fee = product("Postage", "A fee.", "FEE", 100, "EUR");
    fee["status"] = json!("unlisted");
    let mut first = product("Crème Brûlée Dish", "For 100% of desserts.", "A_1", 1_000, "EUR");
    first["featured"] = json!(1);
    let ids = shop
        .add(json!([
            first,
            product("Glass Dish", "For 1000 desserts.", "AB1", 2_000, "EUR"),
            product("Knife", r"Back\slash and edge.", "K", 3_000, "GBP"),
            fee,
        ]))
        .await;
    for (query, skus) in [
        ("q=dish", &["A_1", "AB1"][..]),
        ("q=DISH+creme", &["A_1"]),
        ("q=desserts%20glass", &["AB1"]),
        ("q=100%25", &["A_1"]),
        ("q=a_1", &["A_1"]),
        ("q=%25", &["A_1"]),
        ("q=_", &["A_1"]),
        ("q=back%5Cslash", &["K"]),
        ("q=dish+knife", &[]),
        ("q=%20", &["A_1", "AB1", "K"]),
        ("q='", &[]),
        ("min_price=2000", &["AB1", "K"]),
        ("max_price=2000", &["A_1", "AB1"]),
        ("min_price=2000&max_price=2000", &["AB1"]),
        ("currency=GBP", &["K"]),
        ("featured=true", &["A_1"]),
        ("featured=false", &["AB1", "K"]),
    ] {
        let answer = shop.get(&format!("/products?{query}")).await;
        assert_eq!(answer.all("sku"), skus, "{query}");
    }
    // What is in no list is found by its id.
    let named = shop.get(&format!("/products?sort=-price&ids={},{}", ids[3], ids[1])).await;
    assert_eq!(named.all("sku"), ["AB1", "FEE"]);
}

async fn check_all(shop: &Shop) {
    filters_let_through_what_they_say(shop).await;
    for sku in ["A_1", "AB1", "K"] {
        let id = shop.get(&format!("/products?q={sku}")).await.all("id").remove(0);
        shop.staff("DELETE", &format!("/admin/products/{}", id.as_str().expect("an id")), None, None).await;
    }
    every_order_shows_everything_once_while_products_come(shop).await;
}

#[tokio::test]
async fn lists_on_sqlite() {
    let shop = Shop::open().await;
    check_all(&shop).await;
    shop.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_on_postgresql() {
    let server = PostgresServer::start().expect("a server");
    let shop = Shop::on_postgres(&server).await;
    check_all(&shop).await;
    shop.close().await;
}

#[tokio::test]
async fn what_cannot_be_asked_of_a_list_names_its_field() {
    let shop = Shop::seeded(30).await;
    for (query, field) in [
        ("sort=best", "sort"),
        ("min_price=-1", "min_price"),
        ("max_price=-1", "max_price"),
        ("currency=euro", "currency"),
        ("ids=a,b", "ids"),
        ("q=a+b+c+d+e+f+g+h+i", "q"),
        ("category=nowhere", "category"),
        ("limit=101", "limit"),
    ] {
        let answer = shop.get(&format!("/products?{query}")).await;
        assert_eq!(answer.problem(), (422, "invalid_input"), "{query}");
        assert_eq!(answer.body["errors"][0]["field"], field, "{}", answer.body);
    }
    let cursor =
        shop.get("/products?sort=price").await.body["next_cursor"].as_str().expect("a cursor").to_owned();
    for other in ["", "sort=-price", "sort=price&min_price=1", "sort=price&q=lamp"] {
        let answer = shop.get(&format!("/products?{other}&cursor={cursor}")).await;
        assert_eq!(answer.problem(), (422, "invalid_cursor"), "{other}");
    }
    // How long a page is may change on the way.
    let next = shop.get(&format!("/products?sort=price&limit=3&cursor={cursor}")).await;
    assert_eq!(next.all("id").len(), 3);
    shop.service.stop().await;
}

#[tokio::test]
async fn however_many_ask_for_the_featured_products_they_are_read_once() {
    let shop = Shop::seeded(30).await;
    let ids = shop.get("/products").await.all("id");
    for (rank, id) in [(2, &ids[4]), (1, &ids[9]), (3, &ids[0])] {
        let path = format!("/admin/products/{}", id.as_str().expect("an id"));
        assert_eq!(shop.patch(&path, json!({"featured": rank})).await.status, StatusCode::OK);
    }
    let counts = || -> Vec<u64> { shop.service.counters().iter().map(|counter| counter.count()).collect() };
    let requests = (0..100).map(|_| {
        let (routes, uri) = (shop.routes.clone(), "/products/featured?limit=2");
        tokio::spawn(async move {
            let request = axum::http::Request::get(uri).body(axum::body::Body::empty()).expect("a request");
            let response = tower::ServiceExt::oneshot(routes, request).await.expect("routes always answer");
            axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body")
        })
    });
    let mut answers = Vec::new();
    for request in requests.collect::<Vec<_>>() {
        answers.push(request.await.expect("an answer"));
    }
    assert_eq!(counts(), [100, 1]);
    let first: Value = serde_json::from_slice(&answers[0]).expect("JSON");
    assert_eq!(first["items"][0]["id"], ids[9]);
    assert_eq!(first["items"][1]["id"], ids[4]);
    assert!(answers.iter().all(|answer| *answer == answers[0]));

    // A commit makes it old at once.
    shop.patch(&format!("/admin/products/{}", ids[9].as_str().expect("an id")), json!({"featured": null}))
        .await;
    assert_eq!(shop.get("/products/featured?limit=2").await.all("id"), [ids[4].clone(), ids[0].clone()]);
    assert_eq!(counts(), [101, 2]);
    assert_eq!(shop.get("/products/featured?limit=51").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    shop.service.stop().await;
}
