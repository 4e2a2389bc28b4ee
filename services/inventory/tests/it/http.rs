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
use host::{Context, Questions, Running, Secrets, Stores};
use inventory::Config;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    logs::{Others, eventually},
    warehouse::Warehouse,
};

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
        let others = Others::new();
        let ctx = Context {
            data: directory.path().to_owned(),
            stores: Stores::Sqlite(directory.path().to_owned()),
            transport: others.transport.clone(),
            clock: Arc::new(SystemClock),
            virtual_clock: None,
            secrets: Secrets::load(directory.path()).expect("new secrets"),
            questions: Arc::new(Questions::default()),
        };
        let mounted = inventory::mount(&ctx, &Config::default()).await.expect("mounted");
        mounted.service.start().await.expect("started");
        let (routes, _) = mounted.routes.split_for_parts();
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
        assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &json!("admin_token_required")));
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
