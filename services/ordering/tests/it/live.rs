//! An order's events as they happen: from its own process and from another one on the same database.

use std::{pin::Pin, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use contracts::{
    Currency, CustomerId, Money, OrderId, ServiceName,
    events::{
        fulfilment::{Delivered, DeliveryStopRefused},
        identity::CustomerEmailVerified,
        inventory::OrderConfirmed,
        payment::PaymentCompleted,
    },
};
use futures_util::{Stream, StreamExt};
use host::{Stores, testing::eventually};
use ordering::{GracePeriodManager, Status};
use serde_json::{Value, json};
use testkit::PostgresServer;
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    managers::elapsed,
    world::{MINUTE, Process, World, count_of},
};

/// How long a test waits for an event.
const PATIENCE: Duration = Duration::from_secs(30);

type Chunks = Pin<Box<dyn Stream<Item = Result<axum::body::Bytes, axum::Error>> + Send>>;

/// A customer's open stream.
struct Following {
    chunks: Chunks,
    text: String,
}

/// An event as it came.
#[derive(Debug, PartialEq)]
struct Shown {
    id: Option<i64>,
    kind: String,
    data: Value,
}

impl Following {
    /// The next event; none at the end. Comments are no events.
    async fn next(&mut self) -> Option<Shown> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    frame
                        .lines()
                        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
                };
                let shown = field("event").map(|kind| Shown {
                    id: field("id").and_then(|id| id.parse().ok()),
                    kind,
                    data: field("data").and_then(|data| serde_json::from_str(&data).ok()).unwrap_or_default(),
                });
                self.text = rest.to_owned();
                match shown {
                    Some(shown) => return Some(shown),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.chunks.next()).await.expect("an event comes")?;
            self.text.push_str(&String::from_utf8_lossy(&chunk.expect("the stream is whole")));
        }
    }

    async fn kinds(&mut self, count: usize) -> Vec<(Option<i64>, String)> {
        let mut kinds = Vec::new();
        for _ in 0..count {
            let shown = self.next().await.expect("another event");
            kinds.push((shown.id, shown.kind));
        }
        kinds
    }
}

async fn ask(process: &Process, order: OrderId, last: Option<&str>) -> axum::response::Response {
    let token = process.tokens.issue(order);
    let mut request = Request::get(format!("/orders/{order}/events"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Body::empty()).expect("a request");
    process.routes.clone().oneshot(request).await.expect("an answer")
}

async fn follow(process: &Process, order: OrderId, last: Option<i64>) -> Following {
    let answer = ask(process, order, last.map(|last| last.to_string()).as_deref()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    Following { chunks: Box::pin(answer.into_body().into_data_stream()), text: String::new() }
}

/// Asks to cancel; the status and the body of the answer.
pub async fn cancel(process: &Process, order: OrderId, key: Option<&str>) -> (StatusCode, Value) {
    let mut request = Request::post(format!("/orders/{order}/cancel"))
        .header(header::AUTHORIZATION, format!("Bearer {}", process.tokens.issue(order)))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let request = request.body(Body::from("{}")).expect("a request");
    let answer = process.routes.clone().oneshot(request).await.expect("an answer");
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), 1 << 16).await.expect("a body");
    (status, serde_json::from_slice(&body).expect("it is JSON"))
}

fn step(id: i64, kind: &str) -> (Option<i64>, String) {
    (Some(id), kind.to_owned())
}

fn last(kind: &str) -> (Option<i64>, String) {
    (None, kind.to_owned())
}

/// An order's way is followed at `reader` while it is decided at `writer`.
async fn an_order_is_followed(world: &mut World, writer: &Process, reader: &Process) {
    let order = world.new_order();
    let mut early = follow(reader, order, None).await;
    world.check_out_as(order, writer).await;
    assert_eq!(
        early.kinds(1).await,
        [step(1, "order.submitted.v1")],
        "an order is followed before it has come"
    );
    let mut following = follow(reader, order, None).await;
    let submitted = following.next().await.expect("an event");
    assert_eq!((submitted.id, &submitted.data["status"]), (Some(1), &json!("submitted")));
    world.pass(MINUTE);
    assert_eq!(writer.deliver(elapsed(order)).await.0, StatusCode::OK);
    let confirmed = [step(2, "order.grace_period_confirmed.v1"), step(3, "order.awaiting_validation.v1")];
    assert_eq!(following.kinds(2).await, confirmed);
    drop(following);
    // Broken off, and gone on with from any place.
    assert_eq!(follow(reader, order, Some(1)).await.kinds(2).await, confirmed);
    let mut later = follow(reader, order, Some(3)).await;
    assert_eq!(cancel(writer, order, None).await.0, StatusCode::OK);
    let cancelled = later.next().await.expect("an event");
    assert_eq!((cancelled.id, cancelled.kind.as_str()), (Some(4), "order.cancelled.v1"));
    let data = json!({ "order_id": order, "sequence": 4, "at": cancelled.data["at"], "status": "cancelled", "cancel_reason": "customer" });
    assert_eq!(cancelled.data, data, "nothing but this is told");
    assert_eq!(later.kinds(1).await, [last("end")]);
    assert_eq!(later.next().await, None);
    assert_eq!(
        early.kinds(4).await,
        [&confirmed[..], &[step(4, "order.cancelled.v1"), last("end")]].concat()
    );
    let whole = follow(reader, order, Some(0)).await.kinds(5).await;
    assert_eq!(whole[0], step(1, "order.submitted.v1"));
    assert_eq!(whole[4], last("end"));
    assert_eq!(ask(reader, order, Some("4")).await.status(), StatusCode::NO_CONTENT, "there will be no more");
    for wrong in ["5", "-1", "x"] {
        assert_eq!(
            ask(reader, order, Some(wrong)).await.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_follows_an_order_to_its_end() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Message).await;
    an_order_is_followed(&mut world, &process, &process).await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_on_postgresql_shows_the_same() {
    let server = PostgresServer::start().expect("a server");
    let url = server.url("shop").expect("a database");
    let mut world = World::new(|_| Stores::Postgres(url));
    let writer = world.start(GracePeriodManager::Message).await;
    let reader = world.start(GracePeriodManager::Message).await;
    an_order_is_followed(&mut world, &writer, &reader).await;
    reader.stop().await;
    writer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_bounded_and_end_when_the_service_stops() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Message).await;
    world.check_out(3, &process).await;
    let refused = async |order| {
        let refused = ask(&process, order, None).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = axum::body::to_bytes(refused.into_body(), 1 << 16).await.expect("a body");
        let problem: Value = serde_json::from_slice(&body).expect("a problem");
        assert_eq!(problem["code"], "too_many_streams");
    };
    let [first, second, third] = [0, 1, 2].map(|number| world.orders[number]);
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(follow(&process, first, Some(1)).await);
    }
    refused(first).await;
    for _ in 0..4 {
        open.push(follow(&process, second, Some(1)).await);
    }
    refused(third).await;
    drop(open.pop());
    open.push(follow(&process, third, Some(1)).await);
    let request = Request::get(format!("/orders/{first}/events")).body(Body::empty()).expect("a request");
    let stranger = process.routes.clone().oneshot(request).await.expect("an answer");
    assert_eq!(stranger.status(), StatusCode::NOT_FOUND);
    process.service.close_streams();
    for mut following in open {
        assert_eq!(following.kinds(1).await, [last("stopped")]);
        assert_eq!(following.next().await, None);
    }
    process.stop().await;
}

/// An order that is delivered and then a customer's, with its six events before that and its claim.
async fn a_claimed_delivered_order(world: &mut World, process: &Process) -> OrderId {
    let order = world.new_order();
    world.check_out_as(order, process).await;
    world.pass(MINUTE);
    assert_eq!(process.deliver(elapsed(order)).await.0, StatusCode::OK);
    world.publish(ServiceName::Inventory, order.0, &OrderConfirmed { order_id: order }, process);
    let amount = Money::new(3_490, Currency::EUR);
    let paid = PaymentCompleted { order_id: order, amount, reference: "mock".into() };
    world.publish(ServiceName::Payment, order.0, &paid, process);
    world.publish(ServiceName::Fulfilment, order.0, &Delivered { order_id: order }, process);
    process.reaches(order, Status::Delivered).await;
    let customer_id = CustomerId(Uuid::from_u128(0xada));
    let event = CustomerEmailVerified { customer_id, email: "ada@example.com".to_owned() };
    world.publish(ServiceName::Identity, customer_id.0, &event, process);
    let claimed = async || process.order(order).await.customer_id == Some(customer_id);
    eventually("the order is claimed", claimed).await;
    order
}

const WAY: [&str; 7] = [
    "order.submitted.v1",
    "order.grace_period_confirmed.v1",
    "order.awaiting_validation.v1",
    "order.stock_confirmed.v1",
    "order.paid.v1",
    "order.delivered.v1",
    "order.claimed.v1",
];

fn way_past(shown: usize) -> Vec<(Option<i64>, String)> {
    let steps = (1..).zip(WAY).map(|(id, kind)| step(id, kind)).skip(shown);
    steps.chain([last("end")]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_after_the_delivery_is_shown_and_then_there_is_no_more() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Message).await;
    let order = a_claimed_delivered_order(&mut world, &process).await;
    for shown in 0..WAY.len() {
        let mut following = follow(&process, order, Some(shown as i64)).await;
        assert_eq!(following.kinds(WAY.len() - shown + 1).await, way_past(shown));
        assert_eq!(following.next().await, None);
    }
    assert_eq!(ask(&process, order, Some("7")).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ask(&process, order, Some("8")).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivered_order_is_followed_until_its_cancelling_is_decided() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Message).await;
    let order = world.new_order();
    world.check_out_as(order, &process).await;
    world.pass(MINUTE);
    assert_eq!(process.deliver(elapsed(order)).await.0, StatusCode::OK);
    world.publish(ServiceName::Inventory, order.0, &OrderConfirmed { order_id: order }, &process);
    let amount = Money::new(3_490, Currency::EUR);
    let paid = PaymentCompleted { order_id: order, amount, reference: "mock".into() };
    world.publish(ServiceName::Payment, order.0, &paid, &process);
    process.reaches(order, Status::Paid).await;
    assert_eq!(cancel(&process, order, None).await.0, StatusCode::ACCEPTED);
    world.publish(ServiceName::Fulfilment, order.0, &Delivered { order_id: order }, &process);
    process.reaches(order, Status::Delivered).await;
    let mut following = follow(&process, order, Some(6)).await;
    assert_eq!(following.kinds(1).await, [step(7, "order.delivered.v1")]);
    world.publish(ServiceName::Fulfilment, order.0, &DeliveryStopRefused { order_id: order }, &process);
    assert_eq!(following.kinds(2).await, [step(8, "order.updated.v1"), last("end")]);
    assert_eq!(ask(&process, order, Some("8")).await.status(), StatusCode::NO_CONTENT);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_happened_is_taken_from_the_timeline_and_else_from_the_log() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Message).await;
    let order = a_claimed_delivered_order(&mut world, &process).await;
    eventually("the timeline has it all", || async { count_of(&process, "timeline").await == 11 }).await;
    let path = world.directory.path().join("ordering.db");
    let database = rusqlite::Connection::open(path).expect("the file opens");
    // The log's rows are not looked at: they could not be read.
    database.execute("UPDATE event_log SET crc = crc + 1", []).expect("changed");
    assert_eq!(follow(&process, order, None).await.kinds(8).await, way_past(0));
    assert_eq!(follow(&process, order, Some(4)).await.kinds(4).await, way_past(4));
    database.execute("UPDATE event_log SET crc = crc - 1", []).expect("changed");
    // An earlier version's rows have no numbers.
    database.execute("UPDATE timeline SET sequence = NULL WHERE sequence <> 6", []).expect("changed");
    assert_eq!(follow(&process, order, None).await.kinds(8).await, way_past(0));
    // A clock that was ahead by days when the order came.
    database.execute("UPDATE orders SET created_us = created_us + 1000000000000", []).expect("changed");
    assert_eq!(follow(&process, order, Some(2)).await.kinds(6).await, way_past(2));
    process.stop().await;
}
