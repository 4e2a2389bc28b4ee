//! Routes of orders. A guest's order opens with its token; the id alone opens nothing.

mod live;
mod scheduler;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use contracts::{Address, Money, OrderId, ProductId};
use engine::{Engine, Field, Value};
use host::{AdminToken, Bearer, Keyed, OrderTokens, Problem, Segment, Streams};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    Ordering,
    domain::{Line, Message, Order, Purchase, Reason, Status},
    live::Watchers,
    store::TIMELINE,
};

#[derive(Clone)]
pub(crate) struct Api {
    pub engine: Engine<Ordering>,
    pub tokens: OrderTokens,
    pub admin: AdminToken,
    pub streams: Streams,
    pub watchers: Watchers,
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_order))
        .routes(routes!(cancel_order))
        .routes(routes!(get_timeline))
        .merge(live::routes())
        .merge(scheduler::routes())
        .with_state(api)
}

/// One line of an order.
#[derive(Serialize, utoipa::ToSchema)]
struct OrderLineView {
    product_id: ProductId,
    name: String,
    quantity: u32,
    unit_price: Money,
    line_total: Money,
    /// The tax rate, in hundredths of a percent: 1,900 is 19 %.
    #[schema(example = 1900)]
    tax_rate_bp: u32,
}

/// An order, as its customer sees it.
#[derive(Serialize, utoipa::ToSchema)]
struct OrderView {
    id: OrderId,
    status: Status,
    /// Why it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_reason: Option<Reason>,
    /// Whether cancelling was asked for after it was paid, and is not decided yet.
    cancel_requested: bool,
    email: String,
    lines: Vec<OrderLineView>,
    shipping_method: String,
    shipping: Money,
    /// The tax of lines and shipping.
    tax: Money,
    /// Whether prices and shipping have the tax in them; where they have not, the total has.
    prices_include_tax: bool,
    total: Money,
    shipping_address: Address,
    /// When the customer checked out.
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<String>,
    updated_at: String,
}

/// An order that ordering has not heard of yet.
#[derive(Serialize, utoipa::ToSchema)]
struct PendingOrder {
    id: OrderId,
    status: Status,
}

impl OrderView {
    fn of(order: Order, purchase: Purchase) -> Self {
        let money = |amount| Money::new(amount, order.currency);
        let line = |line: Line| OrderLineView {
            product_id: line.product_id,
            name: line.name,
            quantity: line.quantity,
            unit_price: money(line.unit_price),
            line_total: money(line.line_total),
            tax_rate_bp: line.tax_rate_bp,
        };
        Self {
            id: order.id,
            status: order.status,
            cancel_reason: order.cancel_reason,
            cancel_requested: order.cancel_requested,
            email: purchase.email,
            lines: purchase.lines.into_iter().map(line).collect(),
            shipping_method: purchase.shipping_method,
            shipping: money(purchase.shipping_price),
            tax: money(purchase.tax),
            prices_include_tax: purchase.prices_include_tax,
            total: money(order.total),
            shipping_address: purchase.shipping_address,
            created_at: order.created_us.to_rfc3339(),
            paid_at: order.paid_us.map(contracts::Timestamp::to_rfc3339),
            updated_at: order.updated_us.to_rfc3339(),
        }
    }
}

impl Api {
    /// Refuses whoever does not hold the order's token, as if there were no such order.
    fn open(&self, order: OrderId, bearer: &Bearer) -> Result<(), Problem> {
        let opens = bearer.0.as_deref().is_some_and(|token| self.tokens.opens(order, token));
        if opens { Ok(()) } else { Err(Problem::not_found("order")) }
    }
}

/// An order and where it stands.
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", params(("id" = OrderId, Path, description = "The order.")),
    responses((status = 200, body = OrderView), (status = 202, body = PendingOrder, description = "Checked out; ordering has not heard of it yet."),
        (status = 404, body = Problem, description = "No such order, or not the right token.")))]
async fn get_order(
    State(api): State<Api>,
    Segment(id): Segment<OrderId>,
    bearer: Bearer,
) -> Result<Response, Problem> {
    api.open(id, &bearer)?;
    let reads = api.engine.reads();
    let (order, purchase) = (reads.get::<Order>(id).await?, reads.get::<Purchase>(id).await?);
    Ok(match order.zip(purchase) {
        Some((order, purchase)) => Json(OrderView::of(order, purchase)).into_response(),
        None => (StatusCode::ACCEPTED, Json(PendingOrder { id, status: Status::Submitted })).into_response(),
    })
}

/// Nothing needs to be said to cancel.
#[derive(Deserialize, garde::Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CancelOrder {}

/// What cancelling came to.
#[derive(Serialize, utoipa::ToSchema)]
struct CancelView {
    id: OrderId,
    /// `cancelled`, or as before where fulfilment decides.
    status: Status,
}

/// Cancels an order, or asks fulfilment to stop it when it is paid already.
#[utoipa::path(post, path = "/orders/{id}/cancel", tag = "orders", params(("id" = OrderId, Path, description = "The order.")), request_body = CancelOrder,
    responses((status = 200, body = CancelView), (status = 202, body = CancelView, description = "Fulfilment decides."),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "`order_already_shipped`.")))]
async fn cancel_order(
    State(api): State<Api>,
    Segment(id): Segment<OrderId>,
    bearer: Bearer,
    request: Keyed<CancelOrder>,
) -> Result<Response, Problem> {
    api.open(id, &bearer)?;
    let status = api.engine.command(request.key, Message::Cancel(id)).await?;
    let code = if status == Status::Cancelled { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((code, Json(CancelView { id, status })).into_response())
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
    bearer: Bearer,
) -> Result<Json<TimelineView>, Problem> {
    api.open(id, &bearer)?;
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
