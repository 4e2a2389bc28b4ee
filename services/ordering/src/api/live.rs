//! An order's events as they happen, as server-sent events.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use contracts::{Envelope, OrderId, ServiceName, Timestamp, partition_of};
use engine::{EventFilter, Range, Reads, StoreError};
use futures_util::stream;
use host::{Caller, Problem, Segment, StreamPlace};
use tokio::sync::Notify;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Api;
use crate::{Order, events};

/// How many events are read at once.
const READ_MAX: usize = 100;

/// How long before its checkout an order's events are looked for: clocks of several machines differ.
const BEFORE_CHECKOUT_US: i64 = 60 * 1_000_000;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(order_events))
}

/// An order's events, from its first or from the one after `Last-Event-ID`, and then as they happen. An event's `id` is its number in the
/// order's way, `event` its type, `data` an `OrderEvent`. After the last event of a delivered or cancelled order comes `end`; a stop of
/// the shop is told as `stopped`. Whoever asks again after the end gets 204.
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
) -> Result<Response, Problem> {
    api.gate.open(id, &caller).await?;
    let last = last_event_id(&headers)?;
    let place = api.streams.open()?;
    // Before the first look, so that nothing happens unseen between it and the first wait.
    let told = api.watchers.watch(id);
    let reads = api.engine.reads().clone();
    let follower = Follower::begin(reads, id, last, told, place).await?;
    if follower.is_over() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
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

/// A reader of one order's events.
struct Follower {
    reads: Reads,
    order: OrderId,
    /// The last position of the log's partition that was read.
    position: i64,
    /// The last event that was shown.
    sequence: i64,
    read: VecDeque<Envelope>,
    told: Arc<Notify>,
    place: StreamPlace,
    state: Standing,
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Its order may go on.
    Open,
    /// Its order's last event was shown.
    Final,
    /// All is said.
    Closed,
}

impl Follower {
    /// Finds the place in the log, and reads what is there already.
    async fn begin(
        reads: Reads,
        order: OrderId,
        sequence: i64,
        told: Arc<Notify>,
        place: StreamPlace,
    ) -> Result<Self, Problem> {
        let partition = partition_of(&order.to_string());
        let heads = reads.log_heads(ServiceName::Ordering).await?;
        let head = heads.get(&partition).copied().unwrap_or(0);
        // An order that is not here yet has all of its events before it.
        let position = match reads.get::<Order>(order).await? {
            None => head,
            Some(found) => {
                let from = Timestamp(found.created_us.0 - BEFORE_CHECKOUT_US);
                reads.log_position_before(ServiceName::Ordering, partition, from, head).await?
            }
        };
        let state = Standing::Open;
        let mut follower =
            Self { reads, order, position, sequence, read: VecDeque::new(), told, place, state };
        let known = follower.read_on(0).await?;
        if sequence > known {
            return Err(unknown_place());
        }
        Ok(follower)
    }

    /// Reads the order's next events, of which the first must follow `last`; the number of the last one that was read.
    async fn read_on(&mut self, mut last: i64) -> Result<i64, StoreError> {
        let filter = EventFilter { subject: Some(self.order.to_string()), ..EventFilter::default() };
        let partition = partition_of(&self.order.to_string());
        loop {
            let range = Range {
                partition,
                after: self.position,
                until: i64::MAX,
                newest_first: false,
                limit: READ_MAX,
            };
            let events = self.reads.log_events(ServiceName::Ordering, &filter, range).await?;
            if events.first().is_some_and(|first| first.event.sequence > last + 1) && self.position > 0 {
                // Some are further back than the clocks say.
                self.position = 0;
                continue;
            }
            let more = events.len() == READ_MAX;
            for logged in events {
                self.position = logged.position;
                last = last.max(logged.event.sequence);
                if logged.event.sequence > self.sequence {
                    self.sequence = logged.event.sequence;
                    self.read.push_back(logged.event);
                } else if logged.event.sequence == self.sequence && events::is_final(&logged.event) {
                    self.state = Standing::Final;
                }
            }
            if !more {
                return Ok(last);
            }
        }
    }

    /// Whether there is nothing to say.
    fn is_over(&self) -> bool {
        self.state == Standing::Final && self.read.is_empty()
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.read.pop_front() {
                if events::is_final(&event) {
                    self.state = Standing::Final;
                }
                return Some(shown(&event));
            }
            match self.state {
                Standing::Open => {}
                Standing::Final => {
                    self.state = Standing::Closed;
                    return Some(Event::default().event("end").data("{}"));
                }
                Standing::Closed => return None,
            }
            tokio::select! {
                () = self.told.notified() => {}
                () = self.place.closed() => {
                    self.state = Standing::Closed;
                    return Some(Event::default().event("stopped").data("{}"));
                }
            }
            if let Err(error) = self.read_on(self.sequence).await {
                tracing::error!(order = %self.order, %error, "an order's stream cannot go on");
                self.state = Standing::Closed;
                return Some(Event::default().event("error").data("{}"));
            }
        }
    }
}

fn shown(event: &Envelope) -> Event {
    let frame = Event::default().id(event.sequence.to_string()).event(&event.kind);
    // A view has text keys and whole numbers, so it always has a JSON form.
    frame.json_data(events::OrderEvent::from(event)).unwrap_or_default()
}
