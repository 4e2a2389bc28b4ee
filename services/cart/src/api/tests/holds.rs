//! What inventory's answers make of a cart.

use axum::http::StatusCode;
use serde_json::json;

use super::Shop;

#[tokio::test]
async fn what_is_added_is_held_and_what_cannot_be_held_is_taken_back() {
    let shop = Shop::open(3).await;
    let product = shop.product(1, 1_500, true).await;
    let cart = shop.cart().await;
    assert_eq!(shop.add(&cart, product, 2, None).await.status, StatusCode::OK);
    assert_eq!(shop.held(), 2);
    assert_eq!(shop.add(&cart, product, 2, None).await.code(), (409, "out_of_stock"));
    let item = format!("{cart}/items/{product}");
    assert_eq!(shop.send("PATCH", &item, None, r#"{"quantity":4}"#).await.code(), (409, "out_of_stock"));
    let now = shop.send("GET", &cart, None, "").await;
    assert_eq!(now.body["lines"][0]["quantity"], 2);
    assert_eq!(shop.send("PATCH", &item, None, r#"{"quantity":3}"#).await.status, StatusCode::OK);
    assert_eq!(shop.held(), 3);
    shop.engine.stop().await;
}

#[tokio::test]
async fn a_first_unit_that_cannot_be_held_leaves_an_empty_cart() {
    let shop = Shop::open(0).await;
    let product = shop.product(1, 1_500, true).await;
    let cart = shop.cart().await;
    assert_eq!(shop.add(&cart, product, 1, None).await.code(), (409, "out_of_stock"));
    assert_eq!(shop.send("GET", &cart, None, "").await.body["lines"], serde_json::json!([]));
    shop.engine.stop().await;
}

#[tokio::test]
async fn an_inventory_that_does_not_answer_adds_nothing() {
    let shop = Shop::open(3).await;
    let product = shop.product(1, 1_500, true).await;
    let cart = shop.cart().await;
    shop.holds.0.lock().is_down = true;
    assert_eq!(shop.add(&cart, product, 1, None).await.code(), (503, "unavailable"));
    shop.holds.0.lock().is_down = false;
    assert_eq!(shop.add(&cart, product, 1, None).await.body["lines"][0]["quantity"], 1);
    shop.engine.stop().await;
}

#[tokio::test]
async fn products_without_stock_and_shops_without_holds_ask_nobody() {
    let shop = Shop::open(0).await;
    let fee = shop.product(1, 450, false).await;
    let cart = shop.cart().await;
    assert_eq!(shop.add(&cart, fee, 1, None).await.status, StatusCode::OK);
    shop.engine.stop().await;

    let shop = Shop::with(0, false, None).await;
    let product = shop.product(1, 1_500, true).await;
    let cart = shop.cart().await;
    assert_eq!(shop.add(&cart, product, 1, Some("k")).await.status, StatusCode::OK);
    shop.engine.stop().await;
}

#[tokio::test]
async fn a_repeated_addition_adds_once_and_holds_once() {
    let shop = Shop::open(3).await;
    let product = shop.product(1, 1_500, true).await;
    let cart = shop.cart().await;
    for _ in 0..3 {
        let answer = shop.add(&cart, product, 2, Some("k")).await;
        assert_eq!((answer.status, &answer.body["lines"][0]["quantity"]), (StatusCode::OK, &2.into()));
    }
    assert_eq!(shop.held(), 2);
    shop.engine.stop().await;
}

#[tokio::test]
async fn a_refused_addition_stays_refused_and_never_holds_what_the_cart_has_not() {
    let shop = Shop::open(1).await;
    let product = shop.product(1, 1_500, true).await;
    let cart = shop.cart().await;
    for _ in 0..2 {
        assert_eq!(shop.add(&cart, product, 2, Some("k")).await.code(), (409, "out_of_stock"));
    }
    // Units have come meanwhile, but the addition was taken back.
    shop.holds.0.lock().units = 5;
    let answer = shop.add(&cart, product, 2, Some("k")).await;
    assert_eq!((answer.status, &answer.body["lines"]), (StatusCode::OK, &serde_json::json!([])));
    assert_eq!(shop.held(), 0);
    shop.engine.stop().await;
}

#[tokio::test]
async fn a_cart_shows_what_is_held_and_renews_what_has_expired() {
    let shop = Shop::open(3).await;
    let (mug, fee) = (shop.product(1, 1_500, true).await, shop.product(2, 450, false).await);
    let cart = shop.cart().await;
    shop.add(&cart, mug, 3, None).await;
    shop.add(&cart, fee, 1, None).await;
    let now = shop.send("GET", &cart, None, "").await;
    assert_eq!((&now.body["lines"][0]["held"], &now.body["lines"][1]["held"]), (&true.into(), &json!(null)));
    assert_eq!(now.body["holds_expire_at"], "2026-12-31T23:59:59.000000Z");

    shop.holds.0.lock().held.clear();
    let expired = shop.send("GET", &cart, None, "").await;
    assert_eq!(expired.body["lines"][0]["held"], false);
    assert_eq!(expired.body["holds_expire_at"], json!(null));

    let holds = format!("{cart}/holds");
    let renewed = shop.send("POST", &holds, None, "").await;
    assert_eq!((renewed.status, &renewed.body["lines"][0]["held"]), (StatusCode::OK, &true.into()));
    assert_eq!(shop.held(), 3);

    shop.holds.0.lock().held.clear();
    shop.holds.0.lock().units = 2;
    let short = shop.send("POST", &holds, None, "").await;
    assert_eq!((short.status, &short.body["lines"][0]["held"]), (StatusCode::OK, &false.into()));

    shop.holds.0.lock().is_down = true;
    let blind = shop.send("GET", &cart, None, "").await;
    assert_eq!((blind.status, &blind.body["lines"][0]["held"]), (StatusCode::OK, &json!(null)));
    shop.engine.stop().await;
}
