//! A guest's way from browsing to a delivered parcel, and what the shop says to bad input on it.

use serde_json::{Value, json};
use testkit::PostgresServer;

use crate::buyer::{Buyer, audit, placed, shop};

/// Browses, fills a cart, checks out, pays, and watches the order to its end.
fn buys_a_parcel(arguments: &[&str]) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), arguments);
    let mut buyer = Buyer::new(process.address, "ada");
    let products = buyer.products().expect("the shop answers");
    assert!(products.len() >= 64, "the demo shop");
    let product = &products[0];
    let by_slug = buyer
        .get(&format!("/products/{}", product["slug"].as_str().expect("a slug")))
        .expect("the shop answers");
    assert_eq!(by_slug.json()["id"], product["id"]);

    let order = buyer.buy(product["id"].as_str().expect("an id"), 2, "pm_mock_approve");
    let order = order.expect("the shop answers").expect("it is accepted");
    let view = buyer.wait_for(&order, &["shipped", "delivered"]);
    assert_eq!(view["lines"][0]["quantity"], 2);
    let view = buyer.wait_for(&order, &["delivered"]);
    assert!(view["paid_at"].is_string());

    let bearer = format!("Bearer {}", order.token);
    let mut open = |part: &str| {
        let path = format!("/api/v1/orders/{}/{part}", order.id);
        buyer.client.get(&path, &[("authorization", &bearer)]).expect("the shop answers").json()
    };
    assert_eq!(open("payment")["status"], "completed");
    assert_eq!(open("delivery")["status"], "delivered");
    check_timeline(&mut open);
    let report = audit(directory.path(), &database(arguments));
    assert_eq!(report["clean"], true, "{report:#}");
    assert!(process.stop().expect("it stops").success());
}

/// Every step of the way is in the timeline, each with its cause.
fn check_timeline(open: &mut dyn FnMut(&str) -> Value) {
    let wanted = [
        "cart.checked_out.v1",
        "order.submitted.v1",
        "order.grace_period_confirmed.v1",
        "order.awaiting_validation.v1",
        "inventory.order_confirmed.v1",
        "order.stock_confirmed.v1",
        "payment.completed.v1",
        "order.paid.v1",
        "delivery.status_updated.v1",
        "delivery.started.v1",
        "order.shipped.v1",
        "delivery.delivered.v1",
        "order.delivered.v1",
    ];
    let asked_at = std::time::Instant::now();
    let steps = loop {
        let timeline = open("timeline");
        let steps = timeline["items"].as_array().cloned().unwrap_or_default();
        let has = |kind: &&str| steps.iter().any(|step| step["type"] == **kind);
        if wanted.iter().all(has) {
            break steps;
        }
        assert!(asked_at.elapsed().as_secs() < 10, "the timeline lacks steps: {timeline:#}");
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    };
    let with_cause = steps.iter().filter(|step| step["latency_us"].is_i64()).count();
    assert!(with_cause >= 7, "only {with_cause} steps have their cause in the timeline: {steps:#?}");
}

fn database<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().skip_while(|argument| **argument != "--database-url").take(2).copied().collect()
}

#[test]
fn a_guest_buys_a_parcel_on_sqlite() {
    buys_a_parcel(&[]);
}

#[test]
fn a_guest_buys_a_parcel_on_postgres() {
    let server = PostgresServer::start().expect("PostgreSQL starts");
    let url = server.url("shop").expect("a database is made");
    buys_a_parcel(&["--database-url", &url]);
}

#[test]
fn payments_end_as_they_are_scripted() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &[]);
    let mut buyer = Buyer::new(process.address, "ada");
    let product = buyer.products().expect("the shop answers")[1]["id"].as_str().expect("an id").to_owned();
    for (method, end, reason) in [
        ("pm_mock_approve", "delivered", Value::Null),
        ("pm_mock_decline", "cancelled", json!("payment_failed")),
        ("pm_mock_slow", "delivered", Value::Null),
        ("pm_mock_timeout_after_success", "delivered", Value::Null),
        ("pm_mock_duplicate_callback", "delivered", Value::Null),
    ] {
        let order = buyer.buy(&product, 1, method).expect("the shop answers").expect("it is accepted");
        let view = buyer.wait_for(&order, &["delivered", "cancelled"]);
        assert_eq!((&view["status"], &view["cancel_reason"]), (&json!(end), &reason), "{method}");
    }
    let report = audit(directory.path(), &[]);
    assert_eq!((&report["clean"], &report["counted"]["captures"]), (&json!(true), &json!(4)), "{report:#}");
}

#[test]
fn a_paid_order_can_be_cancelled_until_its_parcel_leaves() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &[]);
    let mut buyer = Buyer::new(process.address, "ada");
    let product = buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
    let order = buyer.buy(&product, 1, "pm_mock_approve").expect("the shop answers").expect("it is accepted");
    buyer.wait_for(&order, &["paid", "packed"]);
    let bearer = format!("Bearer {}", order.token);
    let path = format!("/api/v1/orders/{}/cancel", order.id);
    let answer =
        buyer.client.post(&path, &[("authorization", &bearer)], &json!({})).expect("the shop answers");
    assert!(matches!(answer.status, 200 | 202), "{}", answer.json());
    let view = buyer.wait_for(&order, &["cancelled"]);
    assert_eq!(view["cancel_reason"], "customer");
    let report = audit(directory.path(), &[]);
    assert_eq!((&report["clean"], &report["counted"]["refunds"]), (&json!(true), &json!(1)), "{report:#}");
}

#[test]
fn a_repeated_checkout_is_one_order() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &[]);
    let mut buyer = Buyer::new(process.address, "ada");
    let product = buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
    let cart = buyer.cart(&product, 1).expect("the shop answers").expect("a cart");
    let path = format!("/api/v1/carts/{}/checkout", cart["id"].as_str().expect("an id"));
    let body =
        json!({ "email": "ada@example.com", "total": cart["total"], "payment_method": "pm_mock_approve" });
    let key = [("idempotency-key", "once")];
    let first = buyer.client.post(&path, &key, &body).expect("the shop answers");
    let second = buyer.client.post(&path, &key, &body).expect("the shop answers");
    let (first, second) = (placed(first).expect("accepted"), placed(second).expect("accepted"));
    assert_eq!(first, second);
    let mut other = body.clone();
    other["email"] = json!("eve@example.com");
    let reused = buyer.client.post(&path, &key, &other).expect("the shop answers");
    assert_eq!((reused.status, &reused.json()["code"]), (422, &json!("idempotency_key_reused")));
    let again = buyer.client.post(&path, &[], &body).expect("the shop answers");
    assert_eq!((again.status, &again.json()["code"]), (409, &json!("cart_checked_out")));
}

#[test]
fn an_id_alone_opens_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &[]);
    let mut buyer = Buyer::new(process.address, "ada");
    let product = buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
    let mine = buyer.buy(&product, 1, "pm_mock_approve").expect("the shop answers").expect("it is accepted");
    let yours = buyer.buy(&product, 1, "pm_mock_approve").expect("the shop answers").expect("it is accepted");
    for part in ["", "/timeline", "/payment", "/delivery"] {
        let path = format!("/api/v1/orders/{}{part}", mine.id);
        for headers in [
            vec![],
            vec![("authorization", format!("Bearer {}", yours.token))],
            vec![("authorization", "Bearer".into())],
        ] {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = buyer.client.get(&path, &headers).expect("the shop answers");
            assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not_found")), "{path}");
        }
    }
    for (method, path) in [("POST", "products"), ("POST", "stock"), ("GET", "system")] {
        let answer = buyer.client.send(
            method,
            &format!("/api/v1/admin/{path}"),
            &[("x-admin-token", "guess")],
            Some(b"{}"),
        );
        assert_eq!(answer.expect("the shop answers").status, 401, "{path}");
    }
}

/// Wrong types, unknown fields, huge and empty input: a clear problem, never a 5xx, and nothing changes.
#[test]
fn bad_input_gets_a_clear_problem() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &[]);
    let mut buyer = Buyer::new(process.address, "eve");
    let product = buyer.products().expect("the shop answers")[0]["id"].clone();
    let cart = buyer.post("/carts", &json!({})).expect("the shop answers").json();
    let cart_path = format!("/api/v1/carts/{}", cart["id"].as_str().expect("an id"));
    let items = format!("{cart_path}/items");
    let huge = format!("{{\"product_id\": {product}, \"quantity\": 1, \"x\": \"{}\"}}", "x".repeat(2 << 20));
    let deep = "[".repeat(100_000);
    let bodies: Vec<String> = vec![
        String::new(),
        "null".into(),
        "[]".into(),
        "{".into(),
        "\u{0}".into(),
        deep,
        json!({ "product_id": product }).to_string(),
        json!({ "product_id": product, "quantity": 0 }).to_string(),
        json!({ "product_id": product, "quantity": -1 }).to_string(),
        json!({ "product_id": product, "quantity": 1.5 }).to_string(),
        json!({ "product_id": product, "quantity": "1" }).to_string(),
        json!({ "product_id": product, "quantity": 10_001 }).to_string(),
        json!({ "product_id": product, "quantity": u64::MAX }).to_string(),
        json!({ "product_id": 5, "quantity": 1 }).to_string(),
        json!({ "product_id": "not-an-id", "quantity": 1 }).to_string(),
        json!({ "product_id": "00000000-0000-7000-8000-000000000000", "quantity": 1 }).to_string(),
        json!({ "product_id": product, "quantity": 1, "price": 1 }).to_string(),
    ];
    for body in &bodies {
        let answer = buyer.client.send("POST", &items, &[], Some(body.as_bytes())).expect("the shop answers");
        let shown: String = body.chars().take(80).collect();
        assert!((400..500).contains(&answer.status), "{shown}: {}", answer.status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{shown}");
        assert!(answer.json()["code"].is_string(), "{shown}");
    }
    // A connection of its own: the server does not read such a body to its end, and closes.
    let answer = testkit::Client::new(process.address).send("POST", &items, &[], Some(huge.as_bytes()));
    if let Ok(answer) = answer {
        assert_eq!((answer.status, &answer.json()["code"]), (413, &json!("body_too_large")));
    }
    for path in ["/api/v1/carts/x", "/api/v1/orders/1", "/api/v1/nothing", "/", "/api/v1/products/%00"] {
        let answer = buyer.client.get(path, &[]).expect("the shop answers");
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, Some("application/problem+json")),
            "{path}"
        );
    }
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x", "limit=20&cursor=%00"] {
        let answer = buyer.get(&format!("/products?{query}")).expect("the shop answers");
        assert_eq!(answer.status, 422, "{query}: {}", answer.json());
    }
    let answer = buyer.client.send("DELETE", "/api/v1/products", &[], None).expect("the shop answers");
    assert_eq!((answer.status, &answer.json()["code"]), (405, &json!("method_not_allowed")));
    let answer = buyer
        .client
        .send("POST", &items, &[("content-type", "text/plain")], Some(b"x"))
        .expect("the shop answers");
    assert!((400..500).contains(&answer.status));
    let unchanged = buyer.client.get(&cart_path, &[]).expect("the shop answers").json();
    assert_eq!(unchanged["lines"], json!([]), "nothing was put into the cart");
}
