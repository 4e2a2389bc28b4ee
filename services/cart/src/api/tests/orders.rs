//! Orders without a cart: bought at once, and replayed.

use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::StatusCode;
use contracts::ProductId;
use engine::Clock;
use serde_json::{Value, json};

use super::{ADDRESS, Shop, clock_at};
use crate::domain::{Cart, CartStatus};

fn buy_now(product: ProductId, total: i64) -> String {
    let address: Value = serde_json::from_str(ADDRESS).expect("an address");
    json!({"product_id": product, "quantity": 1, "email": "ada@example.com", "total": {"amount": total, "currency": "EUR"},
        "shipping_address": address, "shipping_method": "standard", "payment_method": "pm_mock_approve"})
    .to_string()
}

#[tokio::test]
async fn the_last_unit_is_bought_once_and_a_repeat_is_answered_as_before() {
    let shop = Shop::open(1).await;
    let product = shop.product(1, 1_500, true).await;
    let placed =
        shop.send("POST", "/orders", Some("first-key-that-nobody-guesses"), &buy_now(product, 1_990)).await;
    assert_eq!(placed.status, StatusCode::ACCEPTED, "{}", placed.body);
    assert_eq!(
        shop.send("POST", "/orders", Some("second-key-that-nobody-guesses"), &buy_now(product, 1_990))
            .await
            .code(),
        (409, "out_of_stock")
    );
    assert_eq!(
        shop.send("POST", "/orders", None, &buy_now(product, 1_990)).await.code(),
        (409, "out_of_stock")
    );
    // The first customer has the last unit and asks again, whether or not there are more by then.
    assert_eq!(
        shop.send("POST", "/orders", Some("first-key-that-nobody-guesses"), &buy_now(product, 1_990))
            .await
            .body,
        placed.body
    );
    shop.holds.0.lock().units = 10;
    assert_eq!(
        shop.send("POST", "/orders", Some("first-key-that-nobody-guesses"), &buy_now(product, 1_990))
            .await
            .body,
        placed.body
    );
    assert_eq!(
        shop.send("POST", "/orders", Some("second-key-that-nobody-guesses"), &buy_now(product, 1_990))
            .await
            .code(),
        (409, "out_of_stock")
    );
    assert_eq!(shop.held(), 1);
    shop.engine.stop().await;
}

/// The second comes after the first has held the last unit and before it has its order.
#[tokio::test]
async fn the_last_unit_is_bought_by_one_of_two_equal_requests_at_once() {
    let shop = Shop::open(1).await;
    let product = shop.product(1, 1_500, true).await;
    let body = buy_now(product, 1_990);
    shop.holds.0.lock().says_no_first = true;
    let (first, second) = tokio::join!(
        shop.send("POST", "/orders", Some("equal-key-that-nobody-guesses"), &body),
        shop.send("POST", "/orders", Some("equal-key-that-nobody-guesses"), &body)
    );
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.body);
    assert_eq!(first.body, second.body);
    assert_eq!(shop.held(), 1);
    shop.engine.stop().await;
}

#[tokio::test]
async fn what_was_held_for_an_order_that_is_refused_is_given_back() {
    let shop = Shop::open(1).await;
    let (product, fee) = (shop.product(1, 1_500, true).await, shop.product(2, 450, false).await);
    assert_eq!(shop.send("POST", "/orders", None, &buy_now(product, 1)).await.code(), (409, "total_changed"));
    assert_eq!(shop.held(), 0);
    let unknown = ProductId(uuid::Uuid::nil());
    assert_eq!(
        shop.send("POST", "/orders", None, &buy_now(unknown, 1)).await.code(),
        (404, "product_not_found")
    );
    shop.holds.0.lock().units = 0;
    assert_eq!(shop.send("POST", "/orders", None, &buy_now(fee, 940)).await.status, StatusCode::ACCEPTED);
    let bad = buy_now(product, 1_990).replace("ada@example.com", "ada");
    let answer = shop.send("POST", "/orders", None, &bad).await;
    assert_eq!(
        (answer.code(), &answer.body["errors"][0]["field"]),
        ((422, "invalid_input"), &json!("email"))
    );
    shop.engine.stop().await;
}

/// In December 2010.
const START_OF_REPLAY: i64 = 1_291_191_960_000_000;

fn replayed(invoice: &str, at_us: i64, product: u128) -> Value {
    let line = |quantity: i64, thousandths: i64, total: i64| {
        json!({"product_id": uuid::Uuid::from_u128(product), "name": "WHITE HANGING HEART", "quantity": quantity,
            "unit_price_thousandths": thousandths, "line_total": {"amount": total, "currency": "GBP"}, "stocked": true})
    };
    json!({"invoice": invoice, "at_us": at_us, "email": "17850@example.com", "country": "GB",
        "lines": [line(6, 2_550, 1_530), line(12, 65, 78)]})
}

#[tokio::test]
async fn replayed_orders_are_placed_at_their_own_time_and_once() {
    const START: i64 = START_OF_REPLAY;
    let shop = Shop::with(0, true, clock_at(START - 1)).await;
    let minute = AtomicI64::new(0);
    // The catalogue has not announced these products here yet; that must not matter.
    let order = |number: u128| {
        let at_us = START + 60_000_000 * (minute.fetch_add(1, Ordering::Relaxed) / 2);
        replayed(&format!("53636{number}"), at_us, number)
    };
    let body = json!({"orders": (1..6).map(order).collect::<Vec<_>>()}).to_string();
    let first = shop.send("POST", "/admin/replay/orders", None, &body).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    let placed = first.body["orders"].as_array().expect("orders");
    assert_eq!(placed.len(), 5);
    assert_eq!(placed[3]["invoice"], "536364");
    assert_eq!(shop.clock.as_ref().expect("a virtual clock").now().0, START + 120_000_000);

    let again = shop.send("POST", "/admin/replay/orders", None, &body).await;
    assert_eq!(again.body, first.body);
    let condition = "ORDER BY checked_out_at, cart_id";
    let carts: Vec<Cart> = shop.engine.reads().select(condition, vec![]).await.expect("carts");
    let times: Vec<i64> =
        carts.iter().filter_map(|cart| cart.checked_out_at).map(|at| (at.0 - START) / 1_000_000).collect();
    assert_eq!(times, [0, 0, 60, 60, 120]);
    assert!(
        carts.iter().all(|cart| cart.status == CartStatus::CheckedOut && cart.subtotal().amount == 1_608)
    );
    let units: Vec<i64> = carts[0].lines.iter().map(|line| line.unit_price_amount).collect();
    assert_eq!(units, [255, 7]);
    // Whoever may place orders and charge wallets so is known afterwards; a repeat has done nothing.
    let placed_by = shop.engine.reads().query("SELECT count(*) FROM audit_log".to_owned(), vec![]).await;
    let entries: i64 = placed_by.expect("it counts")[0].try_get_by_index(0).expect("a count");
    assert_eq!(entries, 5);
    shop.engine.stop().await;
}

#[tokio::test]
async fn a_replay_needs_the_token_and_whole_orders() {
    let shop = Shop::open(0).await;
    let mut order = replayed("536365", START_OF_REPLAY, 1);
    order["lines"] = json!([]);
    let body = json!({ "orders": [order] }).to_string();
    assert_eq!(shop.send("POST", "/admin/replay/orders", None, &body).await.code(), (422, "invalid_input"));
    let mut unknown = replayed("536365", START_OF_REPLAY, 1);
    unknown["lines"][0]["sku"] = json!("85123A");
    let body = json!({ "orders": [unknown] }).to_string();
    let refused = shop.send("POST", "/admin/replay/orders", None, &body).await;
    assert!(!refused.status.is_success(), "{}", refused.body);
    let body = json!({ "orders": [replayed("536365", START_OF_REPLAY, 1)] }).to_string();
    let request =
        axum::http::Request::post("/admin/replay/orders").header("content-type", "application/json");
    let request = request.body(axum::body::Body::from(body)).expect("a request");
    let response = tower::ServiceExt::oneshot(shop.routes.clone(), request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    shop.engine.stop().await;
}

#[tokio::test]
async fn a_replay_cannot_set_the_clock_to_the_end_of_time() {
    let shop = Shop::with(0, true, clock_at(START_OF_REPLAY)).await;
    for at_us in [i64::MAX, i64::MIN, 0, 4_102_444_800_000_000] {
        let orders = [replayed("536365", START_OF_REPLAY + 1, 1), replayed("536366", at_us, 1)];
        let body = json!({ "orders": orders }).to_string();
        let refused = shop.send("POST", "/admin/replay/orders", None, &body).await;
        assert_eq!(refused.code(), (422, "invalid_input"), "{at_us}");
        assert_eq!(refused.body["errors"][0]["field"], "orders[1].at_us");
    }
    assert_eq!(shop.clock.as_ref().expect("a virtual clock").now().0, START_OF_REPLAY);
    shop.engine.stop().await;
}
