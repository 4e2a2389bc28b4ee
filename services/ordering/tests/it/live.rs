//! An order's events as they happen: from its own process and from another one on the same database.

use std::{pin::Pin, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use contracts::OrderId;
use futures_util::{Stream, StreamExt};
use host::Stores;
use ordering::GracePeriodManager;
use serde_json::{Value, json};
use testkit::PostgresServer;
use tower::ServiceExt;

use crate::{
    managers::elapsed,
    world::{MINUTE, Process, World},
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

async fn cancel(process: &Process, order: OrderId) {
    let request = Request::post(format!("/orders/{order}/cancel"))
        .header(header::AUTHORIZATION, format!("Bearer {}", process.tokens.issue(order)))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from("{}"));
    let answer = process.routes.clone().oneshot(request.expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
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
    cancel(writer, order).await;
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
    world.check_out(1, &process).await;
    let order = world.orders[0];
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(follow(&process, order, Some(1)).await);
    }
    let refused = ask(&process, order, None).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(open.pop());
    open.push(follow(&process, order, Some(1)).await);
    let request = Request::get(format!("/orders/{order}/events")).body(Body::empty()).expect("a request");
    let stranger = process.routes.clone().oneshot(request).await.expect("an answer");
    assert_eq!(stranger.status(), StatusCode::NOT_FOUND);
    process.service.close_streams();
    for mut following in open {
        assert_eq!(following.kinds(1).await, [last("stopped")]);
        assert_eq!(following.next().await, None);
    }
    process.stop().await;
}
