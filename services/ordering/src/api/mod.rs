//! Routes of orders. A guest's order opens with its token; the id alone opens nothing.

mod list;
mod live;
mod mine;
mod scheduler;
mod staff;
mod views;

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use contracts::{OrderId, questions::OrderArrival};
use engine::{Engine, Field, Value};
use host::{Caller, Keyed, OrderGate, Problem, Segment, Streams};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    Arrival, Ordering,
    domain::{Message, Order, Purchase, Status},
    live::Watchers,
    store::TIMELINE,
};
pub(crate) use live::StreamBounds;
use views::{CancelView, OrderView, PendingOrder};

#[derive(Clone)]
pub(crate) struct Api {
    pub engine: Engine<Ordering>,
    pub gate: OrderGate,
    pub streams: Streams,
    pub watchers: Watchers,
    pub bounds: StreamBounds,
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(mine::my_orders))
        .routes(routes!(mine::buy_again))
        .routes(routes!(staff::list_orders))
        .routes(routes!(staff::get_any_order))
        .routes(routes!(staff::cancel_any_order))
        .routes(routes!(get_order))
        .routes(routes!(cancel_order))
        .routes(routes!(get_timeline))
        .merge(live::routes())
        .merge(scheduler::routes())
        .with_state(api)
}

/// An order and where it stands.
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", params(("id" = OrderId, Path, description = "The order.")),
    responses((status = 200, body = OrderView), (status = 202, body = PendingOrder, description = "Checked out; ordering has not heard of it yet."),
        (status = 404, body = Problem, description = "No such order, or not the right token.")))]
async fn get_order(
    State(api): State<Api>,
    Segment(id): Segment<OrderId>,
    caller: Caller,
) -> Result<Response, Problem> {
    api.gate.open(id, &caller).await?;
    let reads = api.engine.reads();
    let (order, purchase) = (reads.get::<Order>(id).await?, reads.get::<Purchase>(id).await?);
    Ok(match order.zip(purchase) {
        Some((order, purchase)) => Json(OrderView::of(order, purchase)).into_response(),
        None => (StatusCode::ACCEPTED, Json(PendingOrder { id, status: Status::Submitted })).into_response(),
    })
}

/// How long a request about an order that was checked out waits until ordering has heard of it.
const ARRIVAL_PATIENCE: Duration = Duration::from_secs(2);

impl Api {
    /// Waits for an order that whoever asks has a token of: it was checked out, and may be on its way here.
    async fn expect(&self, id: OrderId) -> Result<(), Problem> {
        if self.engine.reads().get::<Order>(id).await?.is_some() {
            return Ok(());
        }
        if Arrival(self.engine.clone()).wait_for_order(id, ARRIVAL_PATIENCE).await {
            return Ok(());
        }
        let detail = "The order is checked out, and has not come here yet. Try again shortly.";
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "order_pending", detail))
    }
}

/// Nothing needs to be said to cancel.
#[derive(Deserialize, garde::Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CancelOrder {}

/// Cancels an order, or asks fulfilment to stop it when it is paid already.
#[utoipa::path(post, path = "/orders/{id}/cancel", tag = "orders", params(("id" = OrderId, Path, description = "The order.")), request_body = CancelOrder,
    responses((status = 200, body = CancelView), (status = 202, body = CancelView, description = "Fulfilment decides."),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "`order_already_shipped`."),
        (status = 503, body = Problem, description = "`order_pending`: checked out; ordering has not heard of it yet.")))]
async fn cancel_order(
    State(api): State<Api>,
    Segment(id): Segment<OrderId>,
    caller: Caller,
    request: Keyed<CancelOrder>,
) -> Result<CancelView, Problem> {
    api.gate.open_to_holder(id, &caller).await?;
    // A command about an order that is not here would be refused, and its refusal would be kept under its key.
    api.expect(id).await?;
    let status = api.engine.command(request.key, Message::Cancel(id)).await?;
    Ok(CancelView { id, status })
}

/// One step of an order's way.
#[derive(Serialize, utoipa::ToSchema)]
struct TimelineStep {
    event_id: Uuid,
    /// The event's type and version.
    #[serde(rename = "type")]
    kind: String,
    /// The service in which it happened.
    source: String,
    at: String,
    /// The event or command that led to it.
    causation_id: Uuid,
    /// Microseconds since the cause, where the cause is a step of this timeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_us: Option<i64>,
}

/// All that happened on an order's way.
#[derive(Serialize, utoipa::ToSchema)]
struct TimelineView {
    items: Vec<TimelineStep>,
}

/// Every event of an order's way, with its cause and how long it took.
#[utoipa::path(get, path = "/orders/{id}/timeline", tag = "orders", params(("id" = OrderId, Path, description = "The order.")),
    responses((status = 200, body = TimelineView), (status = 404, body = Problem)))]
async fn get_timeline(
    State(api): State<Api>,
    Segment(id): Segment<OrderId>,
    caller: Caller,
) -> Result<Json<TimelineView>, Problem> {
    api.gate.open(id, &caller).await?;
    let reads = api.engine.reads();
    let condition = format!("WHERE order_id = {} ORDER BY at_us, event_id", reads.parameter(1));
    let rows = reads.rows(&TIMELINE, &condition, vec![Value::Id(id.0)]).await?;
    let mut times = std::collections::HashMap::new();
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let step = step(row, &mut times).map_err(engine::StoreError::from)?;
        items.push(step);
    }
    Ok(Json(TimelineView { items }))
}

fn step(
    row: engine::Row,
    times: &mut std::collections::HashMap<Uuid, i64>,
) -> Result<TimelineStep, engine::UnreadableValue> {
    let mut columns = row.into_iter().skip(1);
    let mut next = || columns.next().unwrap_or(Value::Null);
    let event_id = Uuid::from_value(next())?;
    let at = contracts::Timestamp::from_value(next())?;
    let source = String::from_value(next())?;
    let kind = String::from_value(next())?;
    let causation_id = Uuid::from_value(next())?;
    times.insert(event_id, at.0);
    let latency_us = times.get(&causation_id).map(|cause| at.0 - cause);
    Ok(TimelineStep { event_id, kind, source, at: at.to_rfc3339(), causation_id, latency_us })
}
