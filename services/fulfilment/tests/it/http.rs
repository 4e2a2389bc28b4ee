//! The routes, on a service at work.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use bus::Logged;
use contracts::OrderId;
use engine::SystemClock;
use fulfilment::{Config, MOCK_CARRIER};
use host::{Context, Running, Stores, testing::eventually};
use serde_json::{Value, json};
use testkit::PostgresServer;
use tower::ServiceExt;

use crate::{shop::Shop, shop::transport_with};

struct Mounted {
    routes: Router,
    ctx: Context,
    service: Arc<dyn Running>,
    _directory: tempfile::TempDir,
}

impl Mounted {
    async fn start(config: &Config, events: Vec<Arc<Logged>>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let stores = Stores::Sqlite(directory.path().to_owned());
        Self::start_on(stores, directory, config, events).await
    }

    async fn start_on(
        stores: Stores,
        directory: tempfile::TempDir,
        config: &Config,
        events: Vec<Arc<Logged>>,
    ) -> Self {
        let ctx = Context::new(directory.path(), stores, transport_with(&events), Arc::new(SystemClock))
            .expect("new secrets");
        let mounted = fulfilment::mount(&ctx, config).await.expect("mounted");
        mounted.service.start().await.expect("started");
        let routes = ctx.authenticated(mounted.routes);
        Self { routes, ctx, service: mounted.service, _directory: directory }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.routes.clone().oneshot(request).await.expect("routes always answer");
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// What the order's customer sees.
    async fn delivery(&self, order: OrderId) -> (StatusCode, Value) {
        let token = self.ctx.secrets.order_tokens().issue(order);
        let request = Request::get(format!("/orders/{order}/delivery"));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn reaches(&self, order: OrderId, status: &str) {
        eventually(status, || async { self.delivery(order).await.1["status"] == status }).await;
    }

    /// Staff take a step.
    async fn step(&self, token: &str, order: OrderId, step: &str) -> (StatusCode, Value) {
        let request = Request::post(format!("/admin/orders/{order}/{step}")).header("x-admin-token", token);
        self.send(request.body(Body::empty()).expect("a request")).await
    }
}

fn with_staff() -> Config {
    Config { parcels_move_by_themselves: false, ..Config::default() }
}

fn on_its_own() -> Config {
    Config { parcels_move_by_themselves: true, pack_after_ms: 0, ship_after_ms: 0, deliver_after_ms: 0 }
}

#[tokio::test]
async fn staff_send_a_parcel_and_its_customer_follows_it() {
    let mut shop = Shop::with_staff();
    let order = shop.order();
    let mounted = Mounted::start(&with_staff(), vec![shop.paid(order)]).await;
    let token = mounted.ctx.secrets.admin_token().as_str().to_owned();
    mounted.reaches(order, "pending").await;

    let (status, problem) = mounted.step(&token, order, "ship").await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("shipment_not_packed")));
    let packed = json!({"order_id": order, "status": "packed"});
    assert_eq!(mounted.step(&token, order, "pack").await, (StatusCode::OK, packed));
    assert_eq!(mounted.step(&token, order, "ship").await.0, StatusCode::OK);
    mounted.reaches(order, "shipped").await;
    let (_, delivery) = mounted.delivery(order).await;
    assert_eq!(
        (&delivery["carrier"], &delivery["shipping_method"]),
        (&json!(MOCK_CARRIER), &json!("express"))
    );
    assert!(
        delivery["tracking_number"].as_str().is_some_and(|number| number.starts_with("MP")),
        "{delivery}"
    );
    assert_eq!(mounted.step(&token, order, "deliver").await.0, StatusCode::OK);
    mounted.reaches(order, "delivered").await;
    mounted.service.stop().await;
}

#[tokio::test]
async fn an_order_opens_with_its_own_token_alone() {
    let mut shop = Shop::with_staff();
    let (order, other, cancelled) = (shop.order(), shop.order(), shop.order());
    let events = vec![shop.paid(order), shop.cancelled(cancelled, false)];
    let mounted = Mounted::start(&with_staff(), events).await;
    mounted.reaches(order, "pending").await;
    let others_token = mounted.ctx.secrets.order_tokens().issue(other);
    for uri in [
        format!("/orders/{order}/delivery"),
        format!("/orders/{order}/delivery?token={others_token}"),
        "/orders/none/delivery".to_owned(),
    ] {
        let (status, _) = mounted.send(Request::get(&uri).body(Body::empty()).expect("a request")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{uri}");
    }
    assert_eq!(mounted.delivery(other).await.0, StatusCode::NOT_FOUND, "it is not paid yet");
    assert_eq!(mounted.delivery(cancelled).await.0, StatusCode::NOT_FOUND, "it never will be");
}

#[tokio::test]
async fn only_staff_take_steps() {
    let mut shop = Shop::with_staff();
    let order = shop.order();
    let mounted = Mounted::start(&with_staff(), vec![shop.paid(order)]).await;
    mounted.reaches(order, "pending").await;
    for step in ["pack", "ship", "deliver"] {
        assert_eq!(mounted.step("guess", order, step).await.0, StatusCode::UNAUTHORIZED, "{step}");
    }
    let token = mounted.ctx.secrets.admin_token().as_str().to_owned();
    let unknown = shop.order();
    assert_eq!(mounted.step(&token, unknown, "pack").await.0, StatusCode::NOT_FOUND);
    mounted.reaches(order, "pending").await;
}

/// Forty parcels, from paid to delivered without anybody's help.
async fn parcels_move(stores: Stores, directory: tempfile::TempDir) {
    let mut shop = Shop::with_staff();
    let orders: Vec<OrderId> = (0..40).map(|_| shop.order()).collect();
    let events = orders.iter().map(|order| shop.paid(*order)).collect();
    let mounted = Mounted::start_on(stores, directory, &on_its_own(), events).await;
    for order in orders {
        mounted.reaches(order, "delivered").await;
    }
    assert!(mounted.service.parked().await.expect("nothing failed").is_empty());
    mounted.service.stop().await;
    // The log's session on PostgreSQL has a runtime of its own, which may not end inside of another.
    tokio::task::block_in_place(move || drop(mounted));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parcels_reach_their_customers_by_themselves() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    parcels_move(Stores::Sqlite(directory.path().to_owned()), directory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_with_two_lanes_parcels_reach_their_customers_by_themselves() {
    let server = PostgresServer::start().expect("a server");
    let directory = tempfile::tempdir().expect("a temporary directory");
    parcels_move(Stores::Postgres(server.url("fulfilment").expect("a database")), directory).await;
}
