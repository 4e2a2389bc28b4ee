//! New events as they commit, as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use bus::{Consumer, Cursors, Embedded, Subscription, Transport, TransportError};
use contracts::{PARTITIONS, ServiceName};
use engine::EventFilter;
use futures_util::stream;
use garde::Validate;
use host::{Params, Problem, Staff, Stores, Validity};
use serde::Deserialize;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::MissedTickBehavior,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    System,
    events::{EventView, cursor},
    history::Cursor,
    sources,
};

/// How many events wait in memory for a reader. What it has not taken is in the log, so more would gain nothing.
const WAITING_MAX: usize = 256;

/// How many tails are open at once: staff's pages and terminals.
pub(super) const TAILS_MAX: usize = 64;

/// How many events are read at once.
const READ_MAX: usize = 128;

/// How often the logs are looked at for what another process has appended.
const POLL: Duration = Duration::from_millis(250);

/// How long a reader may take nothing before it is cut off.
const READER_PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new().routes(routes!(tail_events)).routes(routes!(tail_orders))
}

/// Which events.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TailQuery {
    /// The services, such as `ordering,payment`; all when left out.
    #[garde(length(bytes, max = 200))]
    source: Option<String>,
    /// The type, such as `order.paid.v1`.
    #[serde(rename = "type")]
    #[garde(length(bytes, max = 100))]
    kind: Option<String>,
    /// What they happened to.
    #[garde(length(bytes, max = 200))]
    subject: Option<String>,
    /// What they belong to: an order's id.
    #[garde(skip)]
    correlation: Option<Uuid>,
    /// A cursor to begin after, where there is no Last-Event-ID; the present when left out.
    #[garde(length(bytes, max = 2_000))]
    after: Option<String>,
}

/// New events as they commit, as server-sent events. Each has the place after it as its id; `Last-Event-ID` goes on from there. A reader
/// that takes nothing for 30 seconds gets a last event `cut-off`; a stop of the shop is told as `stopped`.
#[utoipa::path(get, path = "/admin/system/events/tail", tag = "system",
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was read."), TailQuery),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 422, body = Problem), (status = 503, body = Problem, description = "`too_many_streams`, `unavailable`.")))]
async fn tail_events(
    State(system): State<System>,
    _: Staff,
    headers: HeaderMap,
    validity: Validity,
    Params(query): Params<TailQuery>,
) -> Result<Response, Problem> {
    let sources = sources(query.source.as_deref())?;
    let filter = EventFilter {
        kind: query.kind,
        subject: query.subject,
        correlation_id: query.correlation,
        ..EventFilter::default()
    };
    tail(&system, &headers, validity, &sources, filter, query.after.as_deref()).await
}

/// Where to begin.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OrdersQuery {
    /// A cursor to begin after, where there is no Last-Event-ID; the present when left out.
    #[garde(length(bytes, max = 2_000))]
    after: Option<String>,
}

/// What happens to all orders, as it happens, as server-sent events: the tail of ordering's log alone. `Last-Event-ID` goes on from there.
#[utoipa::path(get, path = "/admin/orders/events", tag = "admin",
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was read."), OrdersQuery),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 422, body = Problem), (status = 503, body = Problem, description = "`too_many_streams`, `unavailable`.")))]
async fn tail_orders(
    State(system): State<System>,
    _: Staff,
    headers: HeaderMap,
    validity: Validity,
    Params(query): Params<OrdersQuery>,
) -> Result<Response, Problem> {
    let sources = [ServiceName::Ordering];
    tail(&system, &headers, validity, &sources, EventFilter::default(), query.after.as_deref()).await
}

/// Follows the logs of some services from a place on.
async fn tail(
    system: &System,
    headers: &HeaderMap,
    validity: Validity,
    sources: &[ServiceName],
    filter: EventFilter,
    after: Option<&str>,
) -> Result<Response, Problem> {
    let place = system.0.tails.open()?;
    let last_event_id = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = last_event_id.or(after);
    let after = after.map(|text| cursor(text, sources.len())).transpose()?;
    let woken = Arc::new(Notify::new());
    let mut logs = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        system.service(*source)?;
        logs.push(follow(system, *source, number, after.as_ref(), &woken)?);
    }
    let (events, receiver) = mpsc::channel(WAITING_MAX);
    // A place of its own, so that a reader that is cut off can be told so.
    let farewell = events.clone().reserve_owned().await.map_err(|_| Problem::internal())?;
    let (stopping, patience) = (system.0.stopping.clone(), READER_PATIENCE);
    let shared = matches!(system.stores(), Stores::Postgres(_)).then(|| system.0.ctx.transport.clone());
    let tail = Tail { logs, filter, woken, events, stopping, patience, shared, validity };
    tokio::spawn(async move {
        farewell.send(tail.run().await.into());
        drop(place);
    });
    let body = stream::unfold(receiver, async |mut receiver: mpsc::Receiver<Event>| {
        Some((Ok::<_, Infallible>(receiver.recv().await?), receiver))
    });
    Ok(Sse::new(body).keep_alive(KeepAlive::default()).into_response())
}

/// One log that is followed.
struct Followed {
    source: ServiceName,
    topic: Arc<str>,
    subscription: Box<dyn Subscription>,
    cursors: Cursors,
}

fn follow(
    system: &System,
    source: ServiceName,
    number: usize,
    after: Option<&Cursor>,
    woken: &Arc<Notify>,
) -> Result<Followed, Problem> {
    let transport = &system.0.ctx.transport;
    let topic: Arc<str> = source.as_str().into();
    let mut cursors = transport.heads(source).ok_or_else(Problem::unavailable)?;
    if let Some(after) = after {
        let first = number * usize::from(PARTITIONS);
        cursors.positions = (0..PARTITIONS)
            .map(|partition| ((topic.clone(), partition), after.0[first + usize::from(partition)]))
            .collect();
    }
    let consumer = Consumer { name: "tail".to_owned(), source, partitions: (0..PARTITIONS).collect() };
    let woken = woken.clone();
    let wake = Arc::new(move || woken.notify_one());
    let subscription = transport.subscribe(consumer, wake).map_err(super::unreadable)?;
    Ok(Followed { source, topic, subscription, cursors })
}

struct Tail {
    logs: Vec<Followed>,
    filter: EventFilter,
    woken: Arc<Notify>,
    events: mpsc::Sender<Event>,
    stopping: watch::Receiver<bool>,
    /// How long the reader may take nothing.
    patience: Duration,
    /// Where other processes may append to the logs.
    shared: Option<Embedded>,
    /// How long whoever reads may be told more.
    validity: Validity,
}

/// Why a stream ends.
#[derive(Debug, PartialEq, Eq)]
enum Farewell {
    /// The reader has gone.
    Gone,
    /// The reader took nothing for too long.
    CutOff,
    /// The shop stops.
    Stopped,
    /// The reader's access token or session has ended.
    Expired,
    /// A log cannot be read.
    Failed,
}

impl From<Farewell> for Event {
    fn from(farewell: Farewell) -> Self {
        let (name, detail) = match farewell {
            Farewell::Gone => ("gone", String::new()),
            Farewell::CutOff => {
                ("cut-off", "The reader took nothing for too long. Go on with Last-Event-ID.".to_owned())
            }
            Farewell::Stopped => ("stopped", "The shop stops.".to_owned()),
            Farewell::Expired => {
                ("expired", "The access token or its session has ended. Go on with Last-Event-ID.".to_owned())
            }
            Farewell::Failed => ("error", "A log cannot be read. Go on with Last-Event-ID.".to_owned()),
        };
        Self::default().event(name).data(detail)
    }
}

impl Tail {
    /// Hands on events until the reader goes or the shop stops; why it ends.
    async fn run(mut self) -> Farewell {
        let mut ticks = tokio::time::interval(POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let mut found = false;
            for number in 0..self.logs.len() {
                let deliveries = match self.poll(number).await {
                    Ok(deliveries) => deliveries,
                    Err(error) => {
                        tracing::error!(error = &error as &dyn std::error::Error, "a log cannot be read");
                        return Farewell::Failed;
                    }
                };
                for delivery in deliveries {
                    found = true;
                    let place = (delivery.logged.topic.clone(), delivery.logged.partition);
                    self.logs[number].cursors.positions.insert(place, delivery.logged.position);
                    if !self.filter.lets_through(&delivery.logged.event) {
                        continue;
                    }
                    let view = EventView::from((*delivery.logged).clone());
                    let event = Event::default().id(self.cursor().to_string()).event("event");
                    let Ok(event) = event.json_data(view) else { continue };
                    match tokio::time::timeout(self.patience, self.events.send(event)).await {
                        Ok(Ok(())) => {}
                        Ok(Err(_)) => return Farewell::Gone,
                        Err(_) => return Farewell::CutOff,
                    }
                }
            }
            if found {
                continue;
            }
            let (woken, events, shared) = (self.woken.clone(), self.events.clone(), self.shared.clone());
            let look_again = tokio::select! {
                () = woken.notified() => false,
                _ = ticks.tick(), if shared.is_some() => true,
                () = events.closed() => return Farewell::Gone,
                _ = self.stopping.wait_for(|stopping| *stopping) => return Farewell::Stopped,
                () = self.validity.ended() => return Farewell::Expired,
            };
            if look_again {
                self.look_again().await;
            }
        }
    }

    /// Looks at the logs for what another process has appended. What cannot be seen now is at the next look.
    async fn look_again(&mut self) {
        let Some(transport) = self.shared.clone() else { return };
        let sources: Vec<ServiceName> = self.logs.iter().map(|log| log.source).collect();
        let looked = tokio::task::spawn_blocking(move || {
            sources.into_iter().try_for_each(|source| transport.look_again(source))
        });
        if let Ok(Err(error)) = looked.await {
            tracing::warn!(%error, "a log cannot be looked at");
        }
    }

    /// The next events of a log. They may have to be read from its file, which must not hold up the runtime.
    async fn poll(&mut self, number: usize) -> Result<Vec<bus::Delivery>, TransportError> {
        let mut followed = self.logs.remove(number);
        let polled = tokio::task::spawn_blocking(move || {
            let polled = followed.subscription.poll(&followed.cursors, READ_MAX);
            (followed, polled)
        });
        let unavailable = |error: tokio::task::JoinError| TransportError::Unavailable {
            origin: ServiceName::ALL[0],
            detail: error.to_string(),
        };
        let (followed, polled) = polled.await.map_err(unavailable)?;
        self.logs.insert(number, followed);
        polled
    }

    /// The place of all logs.
    fn cursor(&self) -> Cursor {
        let places = self
            .logs
            .iter()
            .flat_map(|log| (0..PARTITIONS).map(|partition| log.cursors.position(&log.topic, partition)));
        debug_assert!(self.logs.is_sorted_by_key(|log| log.source));
        Cursor(places.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc, time::Duration};

    use bus::{Consumer, Cursors, Embedded, Log, Logged, Transport};
    use contracts::{Envelope, ServiceName, Timestamp};
    use engine::EventFilter;
    use host::Validity;
    use tokio::sync::{Notify, mpsc, watch};
    use uuid::Uuid;

    use super::{Farewell, Followed, Tail};

    const SOURCE: ServiceName = ServiceName::Cart;

    /// A log with ten events in its first partition.
    struct TenEvents;

    impl Log for TenEvents {
        fn epoch(&self) -> Uuid {
            Uuid::nil()
        }

        fn heads(&self) -> Result<BTreeMap<(Arc<str>, u8), i64>, String> {
            Ok([(("cart".into(), 0), 10)].into())
        }

        fn read(&self, topic: &str, _: u8, after: i64, limit: usize) -> Result<Vec<Arc<Logged>>, String> {
            let event = |position| Envelope {
                id: Uuid::nil(),
                source: SOURCE,
                kind: "cart.created.v1".to_owned(),
                time: Timestamp(0),
                subject: "a".to_owned(),
                sequence: position,
                correlation_id: Uuid::nil(),
                causation_id: Uuid::nil(),
                data: "{}".into(),
            };
            let logged = |position| {
                Arc::new(Logged { topic: topic.into(), partition: 0, position, event: event(position) })
            };
            Ok((after + 1..=10).take(limit).map(logged).collect())
        }
    }

    /// A tail from the first event on, whose reader has so much room.
    fn tail(room: usize) -> (Tail, mpsc::Receiver<super::Event>, watch::Sender<bool>) {
        let transport = Embedded::new();
        transport.add_producer(SOURCE, Arc::new(TenEvents)).expect("it is added");
        let woken = Arc::new(Notify::new());
        let consumer = Consumer { name: "tail".into(), source: SOURCE, partitions: vec![0] };
        let subscription = transport.subscribe(consumer, Arc::new(|| {})).expect("it subscribes");
        let followed =
            Followed { source: SOURCE, topic: "cart".into(), subscription, cursors: Cursors::default() };
        let (events, receiver) = mpsc::channel(room);
        let (stop, stopping) = watch::channel(false);
        let patience = Duration::from_millis(20);
        let (filter, validity) = (EventFilter::default(), Validity::without_end());
        (
            Tail { logs: vec![followed], filter, woken, events, stopping, patience, shared: None, validity },
            receiver,
            stop,
        )
    }

    #[tokio::test]
    async fn a_reader_that_takes_nothing_is_cut_off() {
        let (tail, receiver, _stop) = tail(4);
        assert_eq!(tail.run().await, Farewell::CutOff);
        assert_eq!(receiver.len(), 4);
    }

    #[tokio::test]
    async fn a_reader_that_keeps_up_is_told_of_the_stop_and_one_that_goes_is_let_go() {
        let (tail_of_stop, receiver, stop) = tail(100);
        let running = tokio::spawn(tail_of_stop.run());
        stop.send(true).expect("the tail listens");
        assert_eq!(running.await.expect("it ends"), Farewell::Stopped);
        assert_eq!(receiver.len(), 10);
        let (tail_of_gone, receiver, _stop) = tail(100);
        drop(receiver);
        assert_eq!(tail_of_gone.run().await, Farewell::Gone);
    }
}
