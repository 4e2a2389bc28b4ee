//! The service at work: on a real database, with the logs of the services that it listens to.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use bus::Logged;
use contracts::{CustomerId, Envelope, ServiceName};
use engine::{Clock, SystemClock};
use host::{
    Context, Running, Shop as ShopSettings, Stores,
    testing::{Issuer, Others, eventually},
};
use notification::Config;
use serde_json::Value;
use tower::ServiceExt;

use crate::shop::SHOP;

const SOURCES: [ServiceName; 5] = [
    ServiceName::Ordering,
    ServiceName::Fulfilment,
    ServiceName::Payment,
    ServiceName::Inventory,
    ServiceName::Identity,
];

/// The event, as if it had happened just now: tests make events at a time of their own.
fn fresh(logged: &Arc<Logged>) -> Arc<Logged> {
    Arc::new(Logged {
        topic: logged.topic.clone(),
        partition: logged.partition,
        position: logged.position,
        event: Envelope { time: SystemClock.now(), ..logged.event.clone() },
    })
}

pub struct Work {
    pub ctx: Context,
    routes: Router,
    service: Arc<dyn Running>,
    issuer: Issuer,
    directory: tempfile::TempDir,
}

pub fn config() -> Config {
    Config { shop_email: Some(SHOP.into()), ..Config::default() }
}

impl Work {
    pub async fn start(config: &Config, events: &[Arc<Logged>]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let stores = Stores::Sqlite(directory.path().to_owned());
        Self::start_on(stores, directory, config, events).await
    }

    pub async fn start_on(
        stores: Stores,
        directory: tempfile::TempDir,
        config: &Config,
        events: &[Arc<Logged>],
    ) -> Self {
        Self::start_at(stores, directory, config, events, Arc::new(SystemClock)).await
    }

    pub async fn start_at(
        stores: Stores,
        directory: tempfile::TempDir,
        config: &Config,
        events: &[Arc<Logged>],
        clock: Arc<dyn Clock>,
    ) -> Self {
        let others = Others::of(&SOURCES);
        events.iter().for_each(|logged| others.publish(&fresh(logged)));
        let ctx = Context::new(directory.path(), stores, others.transport, clock).expect("secrets");
        let shop = ShopSettings { name: "Lamps".into(), url: Some("https://shop.example.com".into()) };
        let ctx = Context { shop, ..ctx };
        let mounted = notification::mount(&ctx, config).await.expect("mounted");
        mounted.service.start().await.expect("started");
        let routes = ctx.authenticated(mounted.routes);
        let issuer = Issuer::trusted_by(&ctx.access);
        Self { ctx, routes, service: mounted.service, issuer, directory }
    }

    pub fn data(&self) -> &std::path::Path {
        self.directory.path()
    }

    pub async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.routes.clone().oneshot(request).await.expect("routes always answer");
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 22).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    fn staff(&self, request: axum::http::request::Builder) -> axum::http::request::Builder {
        request.header("x-admin-token", self.ctx.secrets.admin_token().as_str())
    }

    /// What staff see.
    pub async fn get(&self, path: &str) -> Value {
        let request = self.staff(Request::get(path)).body(Body::empty()).expect("a request");
        let (status, body) = self.send(request).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    pub async fn post(&self, path: &str, body: &str) -> (StatusCode, Value) {
        let request = self.staff(Request::post(path)).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// What a customer sees.
    pub async fn get_as(&self, customer: CustomerId, path: &str) -> (StatusCode, Value) {
        let token = format!("Bearer {}", self.issuer.customer(customer));
        let request = Request::get(path).header("authorization", token);
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// How many notifications stand so.
    pub async fn count(&self, state: &str) -> usize {
        let mut count = 0;
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("/admin/notifications?state={state}&limit=100{cursor}")).await;
            count += page["items"].as_array().expect("items").len();
            let Some(next) = page["next_cursor"].as_str() else { return count };
            cursor = format!("&cursor={next}");
        }
    }

    pub async fn reaches(&self, state: &str, count: usize) {
        eventually(state, || async { self.count(state).await == count }).await;
    }

    /// Stops, and starts again on the same data, with other settings and with what has happened since.
    pub async fn restart(self, config: &Config, events: &[Arc<Logged>]) -> Self {
        self.service.stop().await;
        let Self { directory, .. } = self;
        let stores = Stores::Sqlite(directory.path().to_owned());
        Self::start_on(stores, directory, config, events).await
    }

    /// A request of staff under a key.
    pub async fn post_once(&self, key: &str, path: &str, body: &str) -> (StatusCode, Value) {
        let request = self.staff(Request::post(path)).header("content-type", "application/json");
        let request = request.header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// The actions in the audit log, oldest first.
    pub async fn audited(&self) -> Vec<String> {
        let sql = "SELECT action FROM audit_log ORDER BY id".to_owned();
        let rows = self.service.reads().query(sql, Vec::new()).await.expect("it reads");
        rows.iter().map(|row| row.try_get_by_index(0).expect("text")).collect()
    }

    pub async fn stop(self) {
        self.service.stop().await;
        // The log's session on PostgreSQL has a runtime of its own, which may not end inside of another.
        tokio::task::block_in_place(move || drop(self));
    }
}
