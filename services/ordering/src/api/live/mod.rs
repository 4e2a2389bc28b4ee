//! An order's events as they happen, as server-sent events.

mod bounds;
mod follower;

use std::convert::Infallible;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{KeepAlive, Sse},
    },
};
use contracts::OrderId;
use futures_util::stream;
use host::{Caller, Problem, Segment, Validity};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Api;
use crate::events;

pub(crate) use bounds::StreamBounds;
use follower::Follower;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(order_events))
}

/// An order's events, from its first or from the one after `Last-Event-ID`, and then as they happen. An event's `id` is its number in the
/// order's way, `event` its type, `data` an `OrderEvent`. When a delivered or cancelled order has nothing left to be decided comes `end`;
/// a stop of the shop is told as `stopped`, the end of the caller's access token or session as `expired`. Whoever asks again after the end gets 204.
#[utoipa::path(get, path = "/orders/{id}/events", tag = "orders",
    params(("id" = OrderId, Path, description = "The order."),
        ("Last-Event-ID" = Option<i64>, Header, description = "The id of the last event that was read.")),
    responses((status = 200, content_type = "text/event-stream", body = events::OrderEvent), (status = 204, description = "There will be no more."),
        (status = 404, body = Problem, description = "No such order, or not the right token."), (status = 422, body = Problem, description = "`invalid_cursor`."),
        (status = 503, body = Problem, description = "`too_many_streams`, `unavailable`.")))]
async fn order_events(
    State(api): State<Api>,
    Segment(id): Segment<OrderId>,
    headers: HeaderMap,
    caller: Caller,
    validity: Validity,
) -> Result<Response, Problem> {
    api.gate.open(id, &caller).await?;
    let last = last_event_id(&headers)?;
    let places = api.bounds.enter(id, caller.principal.customer_id(), &api.streams)?;
    // Before the first look, so that nothing happens unseen between it and the first wait.
    let told = api.watchers.watch(id);
    let reads = api.engine.reads().clone();
    let Some(follower) = Follower::begin(reads, id, last, told, places, validity).await? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let body = stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    Ok(Sse::new(body).keep_alive(KeepAlive::default()).into_response())
}

/// The sequence after which a reader goes on.
fn last_event_id(headers: &HeaderMap) -> Result<i64, Problem> {
    let Some(value) = headers.get("last-event-id").filter(|value| !value.is_empty()) else { return Ok(0) };
    let number = value.to_str().ok().and_then(|text| text.parse::<i64>().ok()).filter(|number| *number >= 0);
    number.ok_or_else(unknown_place)
}

fn unknown_place() -> Problem {
    let detail = "Last-Event-ID is not the id of an event of this order.";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_cursor", detail)
}
