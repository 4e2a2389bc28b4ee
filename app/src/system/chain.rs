//! An event's causes and effects, across all services' logs.
//!
//! Logs have no index by id, which every write would pay for. An id holds its time and a partition is in the order of time, so an
//! event is found by halving, and a short stretch around the place.

use std::collections::BTreeMap;

use bus::Logged;
use contracts::{PARTITIONS, ServiceName, Timestamp};
use engine::{EventFilter, Range, Reads, StoreError};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::events::EventView;

/// How much earlier than its id an event may lie: lanes that commit at once, and the length of a batch.
const SLACK_MILLIS: i64 = 2_000;

/// How many positions of each partition are looked at around an id's time.
const FIND_POSITIONS_MAX: i64 = 16_384;

/// How many positions of each partition, from the event on, are looked at for what it led to.
const EFFECT_POSITIONS_MAX: i64 = 8_192;

/// How many causes are followed back.
const CAUSES_MAX: usize = 64;

/// How many effects are shown.
const EFFECTS_MAX: usize = 200;

/// An event, what led to it, and what came of it.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct EventDetail {
    /// The event.
    pub event: EventView,
    /// What led to it, the nearest first.
    pub causes: Vec<EventView>,
    /// What led to the first of these events: a command or a call's answer, which is in no log.
    pub origin: Option<Uuid>,
    /// The events that it led to.
    pub effects: Vec<EventView>,
    /// Whether the logs were looked through to their end. Otherwise effects that came long after are missing here.
    pub effects_complete: bool,
}

/// The event's story; `None` where no log has it.
pub(super) async fn of(
    reads: &BTreeMap<ServiceName, Reads>,
    id: Uuid,
) -> Result<Option<EventDetail>, StoreError> {
    let Some(event) = find(reads, id).await? else { return Ok(None) };
    let mut causes: Vec<EventView> = Vec::new();
    let mut cause = event.event.causation_id;
    let mut origin = Some(cause);
    while causes.len() < CAUSES_MAX && cause != event.event.id {
        let Some(found) = find(reads, cause).await? else { break };
        cause = found.event.causation_id;
        origin = Some(cause);
        causes.push(found.into());
    }
    let (effects, effects_complete) = effects(reads, &event).await?;
    Ok(Some(EventDetail { event: event.into(), causes, origin, effects, effects_complete }))
}

/// The event of an id, from whichever log has it.
pub(super) async fn find(
    reads: &BTreeMap<ServiceName, Reads>,
    id: Uuid,
) -> Result<Option<Logged>, StoreError> {
    let Some(made) = id.get_timestamp() else { return Ok(None) };
    let (seconds, nanos) = made.to_unix();
    let made = Timestamp(i64::try_from(seconds).unwrap_or(0) * 1_000_000 + i64::from(nanos / 1_000));
    let filter = EventFilter { id: Some(id), ..EventFilter::default() };
    let found = try_join_all(reads.iter().map(async |(source, reads)| {
        let (found, _) = from(reads, *source, &filter, made, FIND_POSITIONS_MAX, 1).await?;
        Ok::<_, StoreError>(found)
    }));
    Ok(found.await?.into_iter().flatten().next())
}

async fn effects(
    reads: &BTreeMap<ServiceName, Reads>,
    event: &Logged,
) -> Result<(Vec<EventView>, bool), StoreError> {
    let filter = EventFilter { causation_id: Some(event.event.id), ..EventFilter::default() };
    let found = try_join_all(reads.iter().map(|(source, reads)| {
        from(reads, *source, &filter, event.event.time, EFFECT_POSITIONS_MAX, EFFECTS_MAX)
    }));
    let (mut events, mut complete) = (Vec::new(), true);
    for (found, to_the_end) in found.await? {
        complete &= to_the_end;
        events.extend(found.into_iter().map(EventView::from));
    }
    events.sort_by_key(|event| (event.at, event.position));
    complete &= events.len() <= EFFECTS_MAX;
    events.truncate(EFFECTS_MAX);
    Ok((events, complete))
}

/// Events of a stretch of each partition that begins shortly before `time`; whether that was to the log's end.
async fn from(
    reads: &Reads,
    source: ServiceName,
    filter: &EventFilter,
    time: Timestamp,
    positions_max: i64,
    limit: usize,
) -> Result<(Vec<Logged>, bool), StoreError> {
    let (mut events, mut complete) = (Vec::new(), true);
    let heads = reads.log_heads(source).await?;
    for partition in 0..PARTITIONS {
        let Some(head) = heads.get(&partition).copied() else { continue };
        let begin = time.plus_millis(-SLACK_MILLIS);
        let after = reads.log_position_before(source, partition, begin, head).await?;
        let until = head.min(after + positions_max);
        complete &= until == head;
        let range = Range { partition, after, until, newest_first: false, limit };
        events.extend(reads.log_events(source, filter, range).await?);
    }
    Ok((events, complete))
}
