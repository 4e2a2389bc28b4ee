//! The timeline of an order: all of its events and nothing else.

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use contracts::{
    Currency, CustomerId, Money, OrderId, ServiceName,
    events::{
        identity::CustomerEmailVerified,
        payment::{PaymentFailed, WalletToppedUp},
    },
    partition_of,
};
use host::testing::eventually;
use ordering::{GracePeriodManager, Status};
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

use crate::world::{Process, World, count_of};

/// The types of an order's timeline.
async fn types(process: &Process, order: OrderId) -> Vec<String> {
    let request = Request::get(format!("/orders/{order}/timeline"))
        .header(header::AUTHORIZATION, format!("Bearer {}", process.tokens.issue(order)))
        .body(Body::empty());
    let answer = process.routes.clone().oneshot(request.expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let body = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
    let timeline: Value = serde_json::from_slice(&body).expect("it is JSON");
    let items = timeline["items"].as_array().expect("steps").iter();
    items.map(|step| step["type"].as_str().expect("a type").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orders_timeline_has_its_claim_and_no_order_has_a_wallets_events() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Message).await;
    world.check_out(1, &process).await;
    let order = world.orders[0];
    let customer = (1..).map(Uuid::from_u128).find(|customer| {
        // One log, so that what comes after it is projected after it.
        partition_of(&customer.to_string()) == partition_of(&order.to_string())
    });
    let customer_id = CustomerId(customer.expect("some id goes there"));
    let event = CustomerEmailVerified { customer_id, email: "ada@example.com".to_owned() };
    world.publish(ServiceName::Identity, customer_id.0, &event, &process);
    let topped_up = WalletToppedUp { customer_id, amount: Money::new(100, Currency::EUR) };
    world.publish(ServiceName::Payment, customer_id.0, &topped_up, &process);
    let failed = PaymentFailed { order_id: order, code: "card_declined".to_owned() };
    world.publish(ServiceName::Payment, order.0, &failed, &process);
    let has = async |wanted: &str| types(&process, order).await.iter().any(|kind| kind == wanted);
    eventually("the claim is a step", || has("order.claimed.v1")).await;
    eventually("the payment is a step", || has("payment.failed.v1")).await;
    assert_eq!(process.order(order).await.status, Status::Submitted, "a late word changes nothing");
    assert_eq!(count_of(&process, "timeline WHERE source = 'payment'").await, 1, "a wallet has no timeline");
    process.stop().await;
}
