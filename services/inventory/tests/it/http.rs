//! The routes, and the questions that other services ask.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use contracts::{
    CartId, ProductId,
    questions::{QuestionError, StockLevel},
};
use engine::SystemClock;
use host::{
    Context, Running, Stores,
    testing::{Others, eventually},
};
use inventory::Config;
use serde_json::{Value, json};
use testkit::PostgresServer;
use tower::ServiceExt;
use uuid::Uuid;

use crate::warehouse::{SOURCES, Warehouse};

struct Mounted {
    routes: Router,
    ctx: Context,
    others: Others,
    service: Arc<dyn Running>,
    _directory: tempfile::TempDir,
}

impl Mounted {
    async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let stores = Stores::Sqlite(directory.path().to_owned());
        Self::start_on(stores, directory).await
    }

    async fn start_on(stores: Stores, directory: tempfile::TempDir) -> Self {
        let others = Others::of(&SOURCES);
        let ctx = Context::new(directory.path(), stores, others.transport.clone(), Arc::new(SystemClock))
            .expect("new secrets");
        let mounted = inventory::mount(&ctx, &Config::default()).await.expect("mounted");
        mounted.service.start().await.expect("started");
        let routes = ctx.authenticated(mounted.routes);
        Self { routes, ctx, others, service: mounted.service, _directory: directory }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.routes.clone().oneshot(request).await.expect("routes always answer");
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn stock(&self, product: impl std::fmt::Display) -> (StatusCode, Value) {
        self.send(Request::get(format!("/products/{product}/stock")).body(Body::empty()).expect("a request"))
            .await
    }

    /// A page that staff look at.
    async fn page(&self, path: &str) -> (StatusCode, Value) {
        let token = self.ctx.secrets.admin_token().as_str().to_owned();
        let request = Request::get(path).header("x-admin-token", token);
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// Every item of a list, page by page.
    async fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let (status, page) = self.page(&format!("{path}limit=2{cursor}")).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            items.extend(page["items"].as_array().expect("items").clone());
            let Some(next) = page["next_cursor"].as_str() else { return items };
            cursor = format!("&cursor={next}");
        }
    }

    async fn set_threshold(&self, product: ProductId, body: Value) -> (StatusCode, Value) {
        let token = self.ctx.secrets.admin_token().as_str().to_owned();
        let request =
            Request::put(format!("/admin/stock/{product}/threshold")).header("x-admin-token", token);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    async fn adjust(&self, token: &str, key: Option<&str>, body: Value) -> (StatusCode, Value) {
        let mut request = Request::post("/admin/stock").header(header::CONTENT_TYPE, "application/json");
        request = request.header("x-admin-token", token);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    async fn adjusted(&self, body: Value) -> (StatusCode, Value) {
        let token = self.ctx.secrets.admin_token().as_str().to_owned();
        self.adjust(&token, None, body).await
    }
}

fn product(number: u128) -> ProductId {
    ProductId(Uuid::from_u128(number))
}

#[tokio::test]
async fn staff_receive_and_count_and_everybody_sees_it() {
    let mounted = Mounted::start().await;
    let (lamp, chair) = (product(1), product(2));
    assert_eq!(mounted.stock(lamp).await.0, StatusCode::NOT_FOUND);
    assert_eq!(mounted.stock("lamp").await.0, StatusCode::NOT_FOUND);
    let (status, answer) = mounted
        .adjusted(json!({"stock": [{"product_id": lamp, "delta": 7}, {"product_id": chair, "on_hand": 3}]}))
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let view = |product, units| json!({"product_id": product, "on_hand": units, "available": units});
    assert_eq!(answer, json!({"stock": [view(lamp, 7), view(chair, 3)]}));
    let (_, answer) =
        mounted.adjusted(json!({"stock": [{"product_id": lamp, "on_hand": 5}], "reason": "counted"})).await;
    assert_eq!(answer, json!({"stock": [view(lamp, 5)]}));
    assert_eq!(mounted.stock(lamp).await, (StatusCode::OK, view(lamp, 5)));
    mounted.service.stop().await;
}

#[tokio::test]
async fn only_staff_change_stock() {
    let mounted = Mounted::start().await;
    let body = json!({"stock": [{"product_id": product(1), "delta": 7}]});
    for token in ["", "guess"] {
        let (status, problem) = mounted.adjust(token, None, body.clone()).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &json!("invalid_admin_token")));
    }
    assert_eq!(mounted.stock(product(1)).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_field_at_fault() {
    let mounted = Mounted::start().await;
    let lamp = product(1);
    for (body, field) in [
        (json!({"stock": []}), "stock"),
        (json!({"stock": [{"product_id": lamp}]}), "stock[0].on_hand"),
        (json!({"stock": [{"product_id": lamp, "on_hand": 1, "delta": 1}]}), "stock[0].on_hand"),
        (json!({"stock": [{"product_id": lamp, "on_hand": -1}]}), "stock[0].on_hand"),
        (json!({"stock": [{"product_id": lamp, "delta": 2_000_000_000_i64}]}), "stock[0].delta"),
        (json!({"stock": [{"product_id": lamp, "delta": 1}], "note": ""}), "note"),
        (json!({"stock": [{"product_id": lamp, "delta": 1}], "note": " "}), "note"),
        (json!({"stock": [{"product_id": lamp, "delta": 1}], "note": "nothing\u{0}"}), "note"),
        (json!({"stock": [{"product_id": lamp, "delta": 1}], "note": "x".repeat(201)}), "note"),
    ] {
        let (status, problem) = mounted.adjusted(body.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {problem}");
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    let (status, _) = mounted.adjusted(json!({"stock": [{"product_id": lamp, "deltas": 1}]})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, problem) = mounted.adjusted(json!({"stock": [{"product_id": lamp, "delta": -1}]})).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("stock_promised")));
}

#[tokio::test]
async fn a_repeated_request_is_made_once() {
    let mounted = Mounted::start().await;
    let token = mounted.ctx.secrets.admin_token().as_str().to_owned();
    let body = json!({"stock": [{"product_id": product(1), "delta": 7}]});
    let first = mounted.adjust(&token, Some("delivery-1"), body.clone()).await;
    assert_eq!(mounted.adjust(&token, Some("delivery-1"), body).await, first);
    assert_eq!(mounted.stock(product(1)).await.1["on_hand"], 7);
}

#[tokio::test]
async fn carts_hold_stock_by_asking() {
    let mounted = Mounted::start().await;
    let (lamp, unknown, cart) = (product(1), product(9), CartId(Uuid::from_u128(3)));
    mounted.adjusted(json!({"stock": [{"product_id": lamp, "on_hand": 3}]})).await;
    let questions = &mounted.ctx.questions;
    let holds = questions.stock_holds().expect("inventory answers");
    holds.set_hold(cart, lamp, 2, 1).await.expect("held");
    let Err(QuestionError::Refused(refusal)) = holds.set_hold(cart, lamp, 4, 2).await else {
        panic!("refused")
    };
    assert_eq!(refusal.code, "out_of_stock");
    let levels = questions.stock_levels().expect("inventory answers");
    let found = levels.stock_levels(&[lamp, unknown]).await.expect("levels");
    assert_eq!(found, [StockLevel { product_id: lamp, on_hand: 3, available: 1 }]);
    assert_eq!(levels.stock_levels(&[]).await.expect("none"), []);
    assert_eq!(mounted.stock(lamp).await.1["available"], 1);
}

#[tokio::test]
async fn a_new_product_of_the_catalogue_is_counted() {
    let mounted = Mounted::start().await;
    let lamp = product(1);
    let event = Warehouse::new().product_created(lamp, true);
    mounted.others.publish(&event);
    eventually("the product has stock", || async { mounted.stock(lamp).await.0 == StatusCode::OK }).await;
    assert_eq!(mounted.stock(lamp).await.1["on_hand"], 0);
}

/// Deliveries, counts and an order, then the whole history, page by page.
async fn history(mounted: &Mounted) {
    let (lamp, chair) = (product(1), product(2));
    mounted
        .adjusted(json!({"stock": [{"product_id": lamp, "delta": 7}, {"product_id": chair, "delta": 7}]}))
        .await;
    let body = json!({"stock": [{"product_id": lamp, "on_hand": 5}], "reason": "counted", "note": "shelf 3"});
    mounted.adjusted(body).await;
    mounted.adjusted(json!({"stock": [{"product_id": lamp, "delta": -1}], "reason": "lost"})).await;
    let mut warehouse = Warehouse::new();
    let (order, cart) = (warehouse.order(), warehouse.cart());
    let wanted = [(lamp, 2), (chair, 1)];
    mounted.others.publish(&warehouse.awaiting_validation(order, cart, &wanted));
    mounted.others.publish(&warehouse.paid(order, &wanted));
    eventually("the units have left", || async { mounted.stock(chair).await.1["on_hand"] == 6 }).await;
    let path = format!("/admin/stock/{lamp}/history?");
    let items = mounted.all(&path).await;
    let told: Vec<Value> =
        items.iter().map(|item| json!([item["reason"], item["delta"], item["on_hand"]])).collect();
    let wanted = [
        json!(["sold", -2, 2]),
        json!(["lost", -1, 4]),
        json!(["counted", -2, 5]),
        json!(["received", 7, 7]),
    ];
    assert_eq!(told, wanted);
    assert_eq!((&items[0]["order_id"], &items[0]["adjustment_id"]), (&json!(order), &Value::Null));
    assert_eq!((&items[2]["note"], &items[1]["note"]), (&json!("shelf 3"), &Value::Null));
    assert!(items[2]["adjustment_id"].is_string() && items[2]["order_id"].is_null());

    // A page that was read before does not move when something happens.
    let (_, first) = mounted.page(&format!("{path}limit=1")).await;
    mounted.adjusted(json!({"stock": [{"product_id": lamp, "delta": 1}], "reason": "returned"})).await;
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let (_, second) = mounted.page(&format!("{path}limit=1&cursor={cursor}")).await;
    assert_eq!(second["items"][0], items[1]);
    assert_eq!(mounted.page(&format!("{path}limit=100")).await.1["next_cursor"], Value::Null);

    for cursor in ["x".to_owned(), product(3).to_string(), cursor.to_owned()] {
        let (status, problem) = mounted.page(&format!("/admin/stock/{chair}/history?cursor={cursor}")).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_cursor")));
    }
    assert_eq!(mounted.page(&format!("/admin/stock/{}/history", product(9))).await.0, StatusCode::NOT_FOUND);
}

/// A list of what is low, which follows the threshold.
async fn low_list(mounted: &Mounted) {
    let numbers: Vec<u128> = (101..=107).collect();
    let stock: Vec<Value> = numbers
        .iter()
        .map(|&number| json!({"product_id": product(number), "on_hand": number - 100}))
        .collect();
    mounted.adjusted(json!({"stock": stock})).await;
    let listed = |items: &[Value]| -> Vec<i64> {
        let own = items.iter().filter(|item| item["product_id"].as_str() >= Some(&product(100).to_string()));
        own.map(|item| item["on_hand"].as_i64().expect("units")).collect()
    };
    assert_eq!(listed(&mounted.all("/admin/stock?").await), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(listed(&mounted.all("/admin/stock?low=true&").await), [1, 2, 3, 4], "below five");
    let (status, item) = mounted.set_threshold(product(107), json!({"threshold": 8})).await;
    assert_eq!(status, StatusCode::OK, "{item}");
    let wanted = json!({"product_id": product(107), "on_hand": 7, "reserved": 0, "available": 7, "threshold": 8, "low": true});
    assert_eq!(item, wanted);
    mounted.set_threshold(product(102), json!({"threshold": 0})).await;
    assert_eq!(listed(&mounted.all("/admin/stock?low=true&").await), [1, 3, 4, 7]);
    let (_, item) = mounted.set_threshold(product(107), json!({"threshold": null})).await;
    assert_eq!((&item["threshold"], &item["low"]), (&json!(5), &json!(false)));

    assert_eq!(mounted.set_threshold(product(99), json!({"threshold": 1})).await.0, StatusCode::NOT_FOUND);
    for body in [
        json!({"threshold": -1}),
        json!({"threshold": 1_000_000_001}),
        json!({"threshold": "1"}),
        json!({"low": 1}),
    ] {
        let (status, _) = mounted.set_threshold(product(107), body.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    for query in ["cursor=x", "limit=0", "limit=101", "low=perhaps"] {
        let (status, _) = mounted.page(&format!("/admin/stock?{query}")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
}

#[tokio::test]
async fn staff_see_the_history_of_a_products_units() {
    history(&Mounted::start().await).await;
}

#[tokio::test]
async fn staff_see_what_is_low() {
    low_list(&Mounted::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_history_and_list_are_the_same() {
    let server = PostgresServer::start().expect("a server");
    let stores = Stores::Postgres(server.url("shop").expect("a database"));
    let mounted = Mounted::start_on(stores, tempfile::tempdir().expect("a temporary directory")).await;
    history(&mounted).await;
    low_list(&mounted).await;
    mounted.service.stop().await;
    // The log's session on PostgreSQL has a runtime of its own, which may not end inside of another.
    tokio::task::block_in_place(move || drop(mounted));
}

#[tokio::test]
async fn only_staff_see_lists_and_set_thresholds() {
    let mounted = Mounted::start().await;
    for path in ["/admin/stock".to_owned(), format!("/admin/stock/{}/history", product(1))] {
        let (status, _) = mounted.send(Request::get(path).body(Body::empty()).expect("a request")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let request = Request::put(format!("/admin/stock/{}/threshold", product(1)));
    let request = request.header(header::CONTENT_TYPE, "application/json").header("x-admin-token", "guess");
    let (status, _) = mounted.send(request.body(Body::from(r#"{"threshold":1}"#)).expect("a request")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}
