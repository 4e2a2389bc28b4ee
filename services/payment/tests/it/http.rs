//! The routes, on a service at work with the mock gateway.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use contracts::{CustomerId, OrderId, ServiceName};
use engine::SystemClock;
use host::{
    Context, Running, Stores,
    testing::{Others, eventually},
};
use payment::Config;
use serde_json::{Value, json};
use testkit::PostgresServer;
use tower::ServiceExt;
use uuid::Uuid;

use crate::till::Till;

struct Mounted {
    routes: Router,
    ctx: Context,
    ordering: Others,
    service: Arc<dyn Running>,
    directory: tempfile::TempDir,
}

impl Mounted {
    async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let stores = Stores::Sqlite(directory.path().to_owned());
        Self::start_on(stores, directory).await
    }

    async fn start_on(stores: Stores, directory: tempfile::TempDir) -> Self {
        let ordering = Others::of(&[ServiceName::Ordering]);
        let ctx = Context::new(directory.path(), stores, ordering.transport.clone(), Arc::new(SystemClock))
            .expect("new secrets");
        let mounted = payment::mount(&ctx, &Config::default()).await.expect("mounted");
        mounted.service.start().await.expect("started");
        let routes = ctx.authenticated(mounted.routes);
        Self { routes, ctx, ordering, service: mounted.service, directory }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.routes.clone().oneshot(request).await.expect("routes always answer");
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let token = self.ctx.secrets.admin_token().as_str().to_owned();
        self.send(Request::get(path).header("x-admin-token", token).body(Body::empty()).expect("a request"))
            .await
    }

    async fn post(&self, path: &str, key: Option<&str>, body: &Value) -> (StatusCode, Value) {
        let token = self.ctx.secrets.admin_token().as_str().to_owned();
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        request = request.header("x-admin-token", token);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    async fn top_up(&self, customer: CustomerId, method: &str) -> String {
        let body = json!({"amount": euro(2_500), "payment_method": method});
        let (status, answer) = self.post(&format!("{}/top-ups", wallet(customer)), None, &body).await;
        assert_eq!((status, &answer["status"]), (StatusCode::ACCEPTED, &json!("capturing")), "{answer}");
        answer["id"].as_str().expect("an id").to_owned()
    }

    async fn ends(&self, customer: CustomerId, id: &str, wanted: &str) -> Value {
        let path = format!("{}/top-ups/{id}", wallet(customer));
        eventually(wanted, || async { self.get(&path).await.1["status"] == wanted }).await;
        self.get(&path).await.1
    }
}

fn euro(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

fn customer(number: u128) -> CustomerId {
    CustomerId(Uuid::from_u128(number))
}

fn wallet(customer: CustomerId) -> String {
    format!("/admin/customers/{customer}/wallet")
}

#[tokio::test]
async fn top_ups_end_as_they_are_scripted() {
    let mounted = Mounted::start().await;
    let methods = [
        ("pm_mock_approve", "completed"),
        ("pm_mock_decline", "failed"),
        ("pm_mock_timeout_after_success", "completed"),
        ("pm_mock_duplicate_callback", "completed"),
    ];
    for (number, (method, end)) in (1..).zip(methods) {
        let ada = customer(number);
        let id = mounted.top_up(ada, method).await;
        let ended = mounted.ends(ada, &id, end).await;
        let code = if end == "failed" { json!("card_declined") } else { Value::Null };
        assert_eq!(ended["decline_code"], code, "{method}");
        let balances = if end == "failed" { json!([]) } else { json!([euro(2_500)]) };
        assert_eq!(mounted.get(&wallet(ada)).await.1["balances"], balances, "{method}");
        assert_eq!(
            mounted.get(&format!("{}/top-ups/{id}", wallet(customer(99)))).await.0,
            StatusCode::NOT_FOUND
        );
    }
    mounted.service.stop().await;
    let ledger =
        std::fs::read_to_string(mounted.directory.path().join("mock-gateway.ledger")).expect("it reads");
    assert_eq!(ledger.lines().count(), 4, "each key once: {ledger}");
    assert!(ledger.lines().all(|line| line.contains(" topup:")), "{ledger}");
}

#[tokio::test]
async fn a_top_up_asked_for_again_under_its_key_is_one() {
    let mounted = Mounted::start().await;
    let ada = customer(1);
    let path = format!("{}/top-ups", wallet(ada));
    let body = json!({"amount": euro(2_500), "payment_method": "pm_mock_approve"});
    let first = mounted.post(&path, Some("top-up-1"), &body).await;
    assert_eq!(mounted.post(&path, Some("top-up-1"), &body).await, first);
    mounted.ends(ada, first.1["id"].as_str().expect("an id"), "completed").await;
    assert_eq!(mounted.get(&wallet(ada)).await.1["balances"], json!([euro(2_500)]));
}

/// Reads a statement page by page while entries come in above it.
async fn statement(mounted: &Mounted) {
    let ada = customer(1);
    let give = async |amount: i64, currency: &str| {
        let body = json!({"amount": {"amount": amount, "currency": currency}, "reason": format!("gift of {amount}")});
        let (status, answer) = mounted.post(&format!("{}/adjustments", wallet(ada)), None, &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    };
    for amount in 1..=7 {
        give(amount, if amount % 3 == 0 { "GBP" } else { "EUR" }).await;
    }
    let mut seen = Vec::new();
    let mut path = format!("{}/entries?limit=2", wallet(ada));
    loop {
        let (status, page) = mounted.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let items = page["items"].as_array().expect("items");
        seen.extend(items.iter().map(|item| item["amount"]["amount"].as_i64().expect("an amount")));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        give(100, "EUR").await;
        path = format!("{}/entries?limit=2&cursor={cursor}", wallet(ada));
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
    let (_, newest) = mounted.get(&format!("{}/entries?limit=1", wallet(ada))).await;
    let entry = &newest["items"][0];
    assert_eq!((&entry["kind"], &entry["reason"]), (&json!("adjustment"), &json!("gift of 100")));
    assert_eq!(entry["balance_after"], euro(1 + 2 + 4 + 5 + 7 + 300));
    let balances = json!([euro(319), {"amount": 9, "currency": "GBP"}]);
    assert_eq!(mounted.get(&wallet(ada)).await.1["balances"], balances);
    assert_eq!(mounted.get(&format!("{}/entries", wallet(customer(2)))).await.1, json!({"items": []}));
}

#[tokio::test]
async fn a_statement_shows_every_entry_once_newest_first() {
    statement(&Mounted::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_is_the_same_on_postgresql() {
    let server = PostgresServer::start().expect("a server");
    let stores = Stores::Postgres(server.url("shop").expect("a database"));
    let mounted = Mounted::start_on(stores, tempfile::tempdir().expect("a temporary directory")).await;
    statement(&mounted).await;
    mounted.service.stop().await;
    // The log's session on PostgreSQL has a runtime of its own, which may not end inside of another.
    tokio::task::block_in_place(move || drop(mounted));
}

#[tokio::test]
async fn many_wallets_are_adjusted_with_one_request_and_each_id_once() {
    let mounted = Mounted::start().await;
    let adjustment = |number: u128| json!({"id": format!("opening-{number}"), "customer_id": customer(number), "amount": euro(number as i64), "reason": "opening balance"});
    let all: Vec<Value> = (1..=500).map(adjustment).collect();
    let (status, answer) =
        mounted.post("/admin/wallets/adjustments", None, &json!({"adjustments": all})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let applied = |answer: &Value| {
        let adjustments = answer["adjustments"].as_array().expect("a list").clone();
        adjustments.iter().filter(|adjusted| adjusted["applied"] == true).count()
    };
    assert_eq!(applied(&answer), 500);
    let (_, again) =
        mounted.post("/admin/wallets/adjustments", None, &json!({"adjustments": all[..40]})).await;
    assert_eq!((applied(&again), &again["adjustments"][39]["balance"]), (0, &euro(40)));
    assert_eq!(mounted.get(&wallet(customer(77))).await.1["balances"], json!([euro(77)]));
    let too_many: Vec<Value> = (1..=501).map(adjustment).collect();
    let (status, _) =
        mounted.post("/admin/wallets/adjustments", None, &json!({"adjustments": too_many})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let below = json!({"adjustments": [{"id": "take", "customer_id": customer(1), "amount": euro(-2), "reason": "a fee"}]});
    let (status, problem) = mounted.post("/admin/wallets/adjustments", None, &below).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("insufficient_funds")));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_field_at_fault() {
    let mounted = Mounted::start().await;
    let (top_ups, adjustments) =
        (format!("{}/top-ups", wallet(customer(1))), format!("{}/adjustments", wallet(customer(1))));
    let top_up = |amount: Value| json!({"amount": amount, "payment_method": "pm_mock_approve"});
    let one = |amount: Value, reason: &str| json!({"amount": amount, "reason": reason});
    for (path, body, field) in [
        (&top_ups, top_up(euro(0)), "amount"),
        (&top_ups, top_up(euro(-1)), "amount"),
        (&top_ups, top_up(euro(100_000_000_001)), "amount"),
        (&top_ups, top_up(json!({"amount": 1, "currency": "XXX"})), "amount"),
        (&top_ups, json!({"amount": euro(1), "payment_method": ""}), "payment_method"),
        (&top_ups, json!({"amount": euro(1), "payment_method": "two words"}), "payment_method"),
        (&adjustments, one(euro(0), "why"), "amount"),
        (&adjustments, one(euro(1), ""), "reason"),
        (&adjustments, one(euro(1), "  "), "reason"),
        (&adjustments, one(euro(1), "nothing\u{0}"), "reason"),
        (&adjustments, one(euro(1), &"x".repeat(201)), "reason"),
    ] {
        let (status, problem) = mounted.post(path, None, &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {problem}");
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    for body in
        [top_up(json!({"amount": 1, "currency": "EURO"})), top_up(json!({"amount": 1.5, "currency": "EUR"}))]
    {
        assert_eq!(mounted.post(&top_ups, None, &body).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    let (status, problem) =
        mounted.post(&top_ups, None, &json!({"amount": euro(1), "payment_method": "wallet"})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("payment_method_invalid"))
    );
    for cursor in ["x", "1.2", "1.2.3", "1.2.00000000-0000-0000-0000-000000000000.4"] {
        let (status, problem) =
            mounted.get(&format!("{}/entries?cursor={cursor}", wallet(customer(1)))).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_cursor")));
    }
}

#[tokio::test]
async fn only_staff_see_wallets_and_move_their_money() {
    let mounted = Mounted::start().await;
    let paths = ["", "/entries", "/top-ups/00000000-0000-0000-0000-000000000001"]
        .map(|part| format!("{}{part}", wallet(customer(1))));
    for path in paths {
        let (status, problem) =
            mounted.send(Request::get(&path).body(Body::empty()).expect("a request")).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNAUTHORIZED, &json!("login_required")),
            "{path}"
        );
    }
    let one = json!({"amount": euro(1), "reason": "why"});
    let many =
        json!({"adjustments": [{"id": "1", "customer_id": customer(1), "amount": euro(1), "reason": "why"}]});
    let top_up = json!({"amount": euro(1), "payment_method": "pm_mock_approve"});
    for (path, body) in [
        (format!("{}/adjustments", wallet(customer(1))), one),
        (format!("{}/top-ups", wallet(customer(1))), top_up),
        ("/admin/wallets/adjustments".to_owned(), many),
    ] {
        let request = Request::post(&path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-admin-token", "guess");
        let (status, _) = mounted.send(request.body(Body::from(body.to_string())).expect("a request")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(mounted.get(&wallet(customer(1))).await.1["balances"], json!([]));
}

#[tokio::test]
async fn an_orders_payment_says_where_its_money_comes_from() {
    let mounted = Mounted::start().await;
    let (ada, mut till) = (customer(1), Till::new());
    let body = json!({"amount": euro(5_000), "reason": "a gift"});
    mounted.post(&format!("{}/adjustments", wallet(ada)), None, &body).await;
    let (paid, unpaid) = (till.order(), till.order());
    mounted.ordering.publish(&till.wallet_order(paid, Some(ada), 3_490));
    mounted.ordering.publish(&till.wallet_order(unpaid, None, 3_490));
    let view = async |order: OrderId| {
        let token = mounted.ctx.secrets.order_tokens().issue(order);
        let request = Request::get(format!("/orders/{order}/payment"));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        mounted.send(request.body(Body::empty()).expect("a request")).await.1
    };
    eventually("both are decided", || async {
        view(unpaid).await["status"] == "failed" && view(paid).await["status"] == "completed"
    })
    .await;
    let shown = view(paid).await;
    assert_eq!((&shown["method"], &shown["amount"]), (&json!("wallet"), &euro(3_490)));
    assert_eq!(view(unpaid).await["decline_code"], "no_wallet");
    assert_eq!(mounted.get(&wallet(ada)).await.1["balances"], json!([euro(1_510)]));
    let (_, page) = mounted.get(&format!("{}/entries", wallet(ada))).await;
    assert_eq!(
        (&page["items"][0]["kind"], &page["items"][0]["reference"]),
        (&json!("payment"), &json!(paid))
    );
    mounted.ordering.publish(&till.cancellation(paid));
    eventually("it is paid back", || async { view(paid).await["status"] == "refunded" }).await;
    assert_eq!(mounted.get(&wallet(ada)).await.1["balances"], json!([euro(5_000)]));
}
