//! The routes on carts of their own, with a database in a temporary directory and an inventory that does as it is told.

mod holds;
mod orders;
mod ownership;

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use bus::{Embedded, SilentLog};
use contracts::{
    CartId, Currency, OrderId, ProductId, Refusal, ServiceName, TaxClass, Timestamp,
    questions::{CartHold, HeldUnits, OrderArrival, QuestionError, StockHolds},
};
use engine::{Clock, Engine, ManualClock, SystemClock};
use host::{Context, Questions, Stores, testing::Issuer};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use super::Api;
use crate::{Carts, Config, Message, domain::ProductCopy};

const ADDRESS: &str = r#"{"name":"Ada Lovelace","street":"12 St James's Square","postal_code":"SW1Y 4JH","city":"London","country":"GB"}"#;

/// When this inventory says that holds end: the last second of 2026.
const HOLDS_EXPIRE_AT_US: i64 = 1_798_761_599_000_000;

/// An inventory of one number of units for every product, without expiry.
#[derive(Default)]
struct Inventory {
    units: u32,
    held: HashMap<(CartId, ProductId), (u32, i64)>,
    is_down: bool,
    /// Whether a yes is heard only after somebody was told no, or after so long that nobody will be.
    says_no_first: bool,
}

#[derive(Clone, Default)]
struct Holds(Arc<Mutex<Inventory>>, Arc<tokio::sync::Notify>);

#[async_trait]
impl StockHolds for Holds {
    async fn set_hold(
        &self,
        cart: CartId,
        product: ProductId,
        quantity: u32,
        revision: i64,
    ) -> Result<(), QuestionError> {
        let held = self.0.lock().set(cart, product, quantity, revision);
        if held.is_err() {
            self.1.notify_one();
        } else if self.0.lock().says_no_first {
            let _ = tokio::time::timeout(Duration::from_millis(200), self.1.notified()).await;
        }
        held
    }

    async fn renew_holds(
        &self,
        cart: CartId,
        wanted: &[(ProductId, u32)],
        revision: i64,
    ) -> Result<Option<CartHold>, QuestionError> {
        for (product, quantity) in wanted {
            let _ = self.0.lock().set(cart, *product, *quantity, revision);
        }
        self.held_for(cart).await
    }

    async fn held_for(&self, cart: CartId) -> Result<Option<CartHold>, QuestionError> {
        let inventory = self.0.lock();
        if inventory.is_down {
            return Err(QuestionError::Unavailable(ServiceName::Inventory));
        }
        let held = inventory.held.iter().filter(|((of, _), (quantity, _))| *of == cart && *quantity > 0);
        let line = |((_, product_id), (quantity, _)): (&(CartId, ProductId), &(u32, i64))| HeldUnits {
            product_id: *product_id,
            quantity: *quantity,
        };
        let lines: Vec<HeldUnits> = held.map(line).collect();
        Ok(Some(CartHold { expires_at: Timestamp(HOLDS_EXPIRE_AT_US), lines }))
    }
}

impl Inventory {
    fn set(
        &mut self,
        cart: CartId,
        product: ProductId,
        quantity: u32,
        revision: i64,
    ) -> Result<(), QuestionError> {
        if self.is_down {
            return Err(QuestionError::Unavailable(ServiceName::Inventory));
        }
        if self.held.get(&(cart, product)).is_some_and(|(_, last)| revision <= *last) {
            return Ok(());
        }
        let others = self.held.iter().filter(|(key, _)| **key != (cart, product));
        let taken: u32 = others.map(|(_, (quantity, _))| quantity).sum();
        if taken + quantity > self.units {
            return Err(
                Refusal::conflict("out_of_stock", "There are not enough units of the product.").into()
            );
        }
        self.held.insert((cart, product), (quantity, revision));
        Ok(())
    }
}

/// An ordering that has every order at once.
struct Arrived;

#[async_trait]
impl OrderArrival for Arrived {
    async fn wait_for_order(&self, _: OrderId, _: Duration) -> bool {
        true
    }
}

struct Shop {
    routes: Router,
    engine: Engine<Carts>,
    holds: Holds,
    token: String,
    issuer: Issuer,
    clock: Option<Arc<ManualClock>>,
    _directory: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn code(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or_default())
    }
}

impl Shop {
    /// A shop whose inventory has `units` of every product.
    async fn open(units: u32) -> Self {
        Self::with(units, true, None).await
    }

    async fn with(units: u32, holds_on: bool, virtual_clock: Option<Arc<ManualClock>>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let holds = Holds::default();
        holds.0.lock().units = units;
        let questions = Questions::default();
        let _ = questions.stock_holds.set(Arc::new(holds.clone()));
        let _ = questions.order_arrival.set(Arc::new(Arrived));
        let clock: Arc<dyn Clock> = match &virtual_clock {
            Some(clock) => clock.clone(),
            None => Arc::new(SystemClock),
        };
        let ctx = Context::new(
            directory.path(),
            Stores::Sqlite(directory.path().to_owned()),
            Embedded::new(),
            clock,
        )
        .expect("new secrets");
        let ctx = Context { virtual_clock: virtual_clock.clone(), questions: Arc::new(questions), ..ctx };
        for source in [ServiceName::Catalog, ServiceName::Ordering, ServiceName::Identity] {
            ctx.transport.add_producer(source, Arc::new(SilentLog)).expect("a producer");
        }
        let opened = ctx.open(Carts::default(), None).await.expect("opened");
        let engine = opened.engine();
        let api = Api::new(engine.clone(), &ctx, &Config { holds: holds_on, ..Config::default() });
        opened.start(&engine).await.expect("started");
        let token = std::fs::read_to_string(directory.path().join("admin.token")).expect("a token");
        let issuer = Issuer::trusted_by(&ctx.access);
        let routes = ctx.authenticated(super::routes(api));
        Self { routes, engine, holds, token, issuer, clock: virtual_clock, _directory: directory }
    }

    async fn product(&self, number: u128, price_amount: i64, stocked: bool) -> ProductId {
        let product_id = ProductId(Uuid::from_u128(number));
        let copy = ProductCopy {
            product_id,
            name: "Mug".to_owned(),
            price_amount,
            currency: Currency::EUR,
            weight_grams: 250,
            stocked,
            tax_class: TaxClass::Standard,
            sold: true,
            price_sequence: 1,
            description_sequence: 1,
        };
        self.engine.command(None, Message::ProductCreated(copy)).await.expect("copied");
        product_id
    }

    async fn send(&self, method: &str, path: &str, key: Option<&str>, body: &str) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-admin-token", self.token.trim());
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.answer(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.routes.clone().oneshot(request).await.expect("routes always answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    /// A request of somebody with an access token, or of a guest.
    async fn send_as(&self, token: Option<&str>, method: &str, path: &str, body: &str) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.answer(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    async fn cart(&self) -> String {
        let answer = self.send("POST", "/carts", None, "{}").await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        format!("/carts/{}", answer.body["id"].as_str().expect("an id"))
    }

    async fn add(&self, cart: &str, product: ProductId, quantity: u32, key: Option<&str>) -> Answer {
        let body = json!({"product_id": product, "quantity": quantity}).to_string();
        self.send("POST", &format!("{cart}/items"), key, &body).await
    }

    async fn ship(&self, cart: &str) -> Answer {
        self.send("PUT", &format!("{cart}/shipping-address"), None, ADDRESS).await;
        self.send("PUT", &format!("{cart}/shipping-method"), None, r#"{"code":"standard"}"#).await
    }

    /// All units that inventory holds.
    fn held(&self) -> u32 {
        self.holds.0.lock().held.values().map(|(quantity, _)| quantity).sum()
    }
}

#[tokio::test]
async fn a_guest_fills_a_cart_and_checks_out() {
    let shop = Shop::open(10).await;
    let (mug, lamp) = (shop.product(1, 1_500, true).await, shop.product(2, 900, true).await);
    let created = shop.send("POST", "/carts", None, "").await;
    assert_eq!(created.status, StatusCode::CREATED);
    let cart = format!("/carts/{}", created.body["id"].as_str().expect("an id"));
    assert_eq!(created.headers[header::LOCATION], format!("/api/v1{cart}"));
    assert_eq!(created.body["lines"], json!([]));

    shop.add(&cart, mug, 1, None).await;
    let added = shop.add(&cart, lamp, 3, None).await;
    assert_eq!(added.body["subtotal"], json!({"amount": 4_200, "currency": "EUR"}));
    let set = shop.send("PATCH", &format!("{cart}/items/{lamp}"), None, r#"{"quantity":2}"#).await;
    assert_eq!(set.body["lines"][1]["line_total"]["amount"], 1_800);
    let options = shop.send("GET", &format!("{cart}/shipping-options"), None, "").await;
    assert_eq!(
        options.body["items"][0],
        json!({"code": "standard", "name": "Standard", "price": {"amount": 490, "currency": "EUR"}})
    );
    let ready = shop.ship(&cart).await;
    assert_eq!(ready.body["total"], json!({"amount": 3_790, "currency": "EUR"}));
    assert_eq!(
        (&ready.body["shipping_method"], &ready.body["shipping_address"]["city"]),
        (&json!("standard"), &json!("London"))
    );

    let body = json!({"email": "ada@example.com", "total": ready.body["total"], "payment_method": "pm_mock_approve"}).to_string();
    let checkout = format!("{cart}/checkout");
    let placed = shop.send("POST", &checkout, Some("k-1"), &body).await;
    assert_eq!(placed.status, StatusCode::ACCEPTED, "{}", placed.body);
    assert_eq!(
        (&placed.body["order"]["status"], &placed.body["order"]["total"]),
        (&json!("submitted"), &ready.body["total"])
    );
    assert!(placed.body["order_token"].as_str().is_some_and(|token| token.len() > 40));
    assert_eq!(shop.send("POST", &checkout, Some("k-1"), &body).await.body, placed.body);
    assert_eq!(
        shop.send("POST", &checkout, Some("k-1"), &body.replace("ada", "bob")).await.code(),
        (422, "idempotency_key_reused")
    );
    assert_eq!(shop.send("POST", &checkout, Some("k-2"), &body).await.code(), (409, "cart_checked_out"));
    let cart = shop.send("GET", &cart, None, "").await;
    assert_eq!(
        (&cart.body["status"], &cart.body["order_id"]),
        (&json!("checked_out"), &placed.body["order"]["id"])
    );
    shop.engine.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_told() {
    let shop = Shop::open(10).await;
    let product = shop.product(1, 1_500, true).await;
    let cart = shop.cart().await;
    let unknown = "/carts/00000000-0000-7000-8000-000000000000";
    let items = format!("{cart}/items");
    let address = format!("{cart}/shipping-address");
    let body = |quantity: i64| json!({"product_id": product, "quantity": quantity}).to_string();
    for (method, path, body, code) in [
        ("GET", unknown, String::new(), (404, "cart_not_found")),
        ("GET", "/carts/nothing", String::new(), (404, "not_found")),
        ("POST", &format!("{unknown}/items"), body(1), (404, "cart_not_found")),
        ("POST", &items, body(0), (422, "invalid_input")),
        ("POST", &items, body(10_001), (422, "invalid_input")),
        ("POST", &items, body(-1), (422, "invalid_input")),
        ("POST", &items, "{".to_owned(), (400, "malformed_json")),
        (
            "POST",
            &items,
            json!({"product_id": Uuid::nil(), "quantity": 1}).to_string(),
            (404, "product_not_found"),
        ),
        ("PATCH", &format!("{items}/{product}"), r#"{"quantity":1}"#.to_owned(), (404, "item_not_found")),
        ("PUT", &address, ADDRESS.replace("GB", "gb"), (422, "invalid_input")),
        ("PUT", &address, ADDRESS.replace("GB", "QQ"), (422, "invalid_input")),
        ("PUT", &address, ADDRESS.replace("London", " "), (422, "shipping_address_invalid")),
        (
            "PUT",
            &format!("{cart}/shipping-method"),
            r#"{"code":"included"}"#.to_owned(),
            (422, "shipping_method_unknown"),
        ),
    ] {
        let answer = shop.send(method, path, None, &body).await;
        assert_eq!(answer.code(), code, "{method} {path} {body}");
    }
    shop.engine.stop().await;
}

/// A virtual clock at a moment.
fn clock_at(now: i64) -> Option<Arc<ManualClock>> {
    Some(Arc::new(ManualClock::at(Timestamp(now))))
}
