//! A reader of one order's events.
//!
//! What has happened when it begins, it takes from the timeline, which lies by order; what the timeline does not have yet, and all that
//! follows, from the log, which lies by time. So what it reads of the log is what is new.

use std::{collections::BTreeMap, sync::Arc};

use axum::response::sse::Event;
use contracts::{OrderId, ServiceName, Timestamp, partition_of};
use engine::{EventFilter, Range, Reads, StoreError};
use host::{Problem, Validity};
use tokio::sync::Notify;

use super::{bounds::Places, unknown_place};
use crate::{
    Order,
    events::{self, OrderEvent},
    store,
    timeline::{self, Timeline},
};

/// How many events are read at once.
const READ_MAX: usize = 100;

/// How long before its checkout an order's events are looked for: clocks of several machines differ.
const BEFORE_CHECKOUT_US: i64 = 60 * 1_000_000;

/// A reader of one order's events.
pub(super) struct Follower {
    reads: Reads,
    order: OrderId,
    partition: u8,
    /// All up to this position of the log's partition is known.
    position: i64,
    /// The last event that was shown.
    shown: i64,
    /// Those that are to be shown, with their types, by their number.
    waiting: BTreeMap<i64, (String, OrderEvent)>,
    told: Arc<Notify>,
    places: Places,
    validity: Validity,
    state: Standing,
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Its order may go on.
    Open,
    /// Its order has come to its end; all that led there was read.
    Settled,
    /// All is said.
    Closed,
}

impl Follower {
    /// A reader of what comes after the event of a number; `None` where nothing will.
    pub async fn begin(
        reads: Reads,
        order: OrderId,
        shown: i64,
        told: Arc<Notify>,
        places: Places,
        validity: Validity,
    ) -> Result<Option<Self>, Problem> {
        let partition = partition_of(&order.to_string());
        let (waiting, state) = (BTreeMap::new(), Standing::Open);
        let mut follower =
            Self { reads, order, partition, position: 0, shown, waiting, told, places, validity, state };
        // Before the order, which then counts all up to here.
        let head = follower.head().await?;
        follower.position = head;
        // An order that is not here yet has all of its events before it.
        let found = store::order_and_count(&follower.reads, order).await?;
        let count = found.as_ref().map_or(0, |(_, count)| *count);
        if shown > count {
            return Err(unknown_place());
        }
        if let Some((order, _)) = found {
            if order.is_settled() {
                follower.state = Standing::Settled;
            }
            if shown < count {
                follower.catch_up(&order, count, head).await?;
            }
        }
        Ok(Some(follower).filter(|follower| !follower.is_over()))
    }

    /// Reads what has happened so far, up to the event of a number.
    async fn catch_up(&mut self, order: &Order, count: i64, head: i64) -> Result<(), StoreError> {
        let (service, partition) = (ServiceName::Ordering, self.partition);
        let projected = self.reads.projected_up_to(service, &Timeline, service, partition).await?;
        let events = timeline::events_of(&self.reads, self.order, self.shown).await?;
        self.waiting = events.into_iter().map(|event| (event.1.sequence, event)).collect();
        if !self.has_all(count) {
            self.read_log(projected, head).await?;
        }
        if !self.has_all(count) {
            // Rows that an earlier version has made have no number, until the timeline is made anew.
            let from = Timestamp(order.created_us.0 - BEFORE_CHECKOUT_US);
            let checkout = self.reads.log_position_before(service, partition, from, head).await?;
            self.read_log(checkout, head).await?;
        }
        if !self.has_all(count) {
            // They are further back than the clocks say.
            self.read_log(0, head).await?;
        }
        Ok(())
    }

    /// Whether all events up to the one of a number wait to be shown.
    fn has_all(&self, count: i64) -> bool {
        self.waiting.range(..=count).count() as i64 == count - self.shown
    }

    /// The last position of the log's partition.
    async fn head(&self) -> Result<i64, StoreError> {
        let heads = self.reads.log_heads(ServiceName::Ordering).await?;
        Ok(heads.get(&self.partition).copied().unwrap_or(0))
    }

    /// Reads the order's events of a part of the log.
    async fn read_log(&mut self, mut after: i64, until: i64) -> Result<(), StoreError> {
        let filter = EventFilter { subject: Some(self.order.to_string()), ..EventFilter::default() };
        while after < until {
            let range =
                Range { partition: self.partition, after, until, newest_first: false, limit: READ_MAX };
            let events = self.reads.log_events(ServiceName::Ordering, &filter, range).await?;
            let is_last_page = events.len() < READ_MAX;
            after = events.last().filter(|_| !is_last_page).map_or(until, |last| last.position);
            for event in events.into_iter().map(|logged| logged.event) {
                if event.sequence > self.shown {
                    let detail = events::detail(&event);
                    let shown = OrderEvent::of(self.order, event.sequence, event.time, &event.kind, detail);
                    self.waiting.insert(event.sequence, (event.kind, shown));
                }
            }
        }
        Ok(())
    }

    /// Reads what is new.
    async fn read_on(&mut self) -> Result<(), StoreError> {
        // Before the log, which then has all that has led there.
        let found = store::order_and_count(&self.reads, self.order).await?;
        let head = self.head().await?;
        self.read_log(self.position, head).await?;
        self.position = head;
        if found.is_some_and(|(order, _)| order.is_settled()) {
            self.state = Standing::Settled;
        }
        Ok(())
    }

    /// Whether there is nothing to say.
    fn is_over(&self) -> bool {
        self.state == Standing::Settled && self.waiting.is_empty()
    }

    /// The next event; none at the end.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((sequence, (kind, event))) = self.waiting.pop_first() {
                self.shown = sequence;
                return Some(frame(&kind, &event));
            }
            match self.state {
                Standing::Open => {}
                Standing::Settled => return Some(self.close("end")),
                Standing::Closed => return None,
            }
            tokio::select! {
                () = self.told.notified() => {}
                () = self.places.place.closed() => return Some(self.close("stopped")),
                () = self.validity.ended() => return Some(self.close("expired")),
            }
            if let Err(error) = self.read_on().await {
                tracing::error!(order = %self.order, %error, "an order's stream cannot go on");
                return Some(self.close("error"));
            }
        }
    }

    /// The last that is said.
    fn close(&mut self, word: &str) -> Event {
        self.state = Standing::Closed;
        Event::default().event(word).data("{}")
    }
}

fn frame(kind: &str, event: &OrderEvent) -> Event {
    let frame = Event::default().id(event.sequence.to_string()).event(kind);
    // A view has text keys and whole numbers, so it always has a JSON form.
    frame.json_data(event).unwrap_or_default()
}
