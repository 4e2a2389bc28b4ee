//! The log: every event of the service, in the order in which it was committed. It is the outbox, and the truth.

use std::sync::Arc;

use bus::Logged;
use contracts::{Envelope, ServiceName, Timestamp, partition_of};
use uuid::Uuid;

use crate::{
    session::{Filter, HeadMove, Lock, Select, Session, StoreError},
    system::{ABOUT, EVENT_LOG, LOG_HEAD},
    value::{Field, Row, UnreadableValue, Value},
};

/// Appends events in order; gives each its place. Moving the heads is the last that a transaction does.
pub(crate) fn append(
    session: &mut dyn Session,
    topic: &Arc<str>,
    events: Vec<Envelope>,
) -> Result<Vec<Arc<Logged>>, StoreError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let mut counts = [0_i64; contracts::PARTITIONS as usize];
    let partitions: Vec<u8> = events.iter().map(|event| partition_of(&event.subject)).collect();
    for &partition in &partitions {
        counts[usize::from(partition)] += 1;
    }
    let moves: Vec<HeadMove> = (0..contracts::PARTITIONS)
        .filter(|&partition| counts[usize::from(partition)] > 0)
        .map(|partition| HeadMove {
            topic: topic.to_string(),
            partition,
            count: counts[usize::from(partition)],
        })
        .collect();
    let heads = session.move_heads(&moves)?;
    let mut next = [0_i64; contracts::PARTITIONS as usize];
    for (HeadMove { partition, count, .. }, head) in moves.iter().zip(heads) {
        next[usize::from(*partition)] = head - count + 1;
    }
    let logged: Vec<Arc<Logged>> = events
        .into_iter()
        .zip(partitions)
        .map(|(event, partition)| {
            let position = next[usize::from(partition)];
            next[usize::from(partition)] += 1;
            Arc::new(Logged { topic: topic.clone(), partition, position, event })
        })
        .collect();
    session.insert(&EVENT_LOG, logged.iter().map(|logged| to_row(logged)).collect())?;
    Ok(logged)
}

fn to_row(logged: &Logged) -> Row {
    let event = &logged.event;
    vec![
        Value::Text(logged.topic.to_string()),
        Value::Integer(i64::from(logged.partition)),
        Value::Integer(logged.position),
        Value::Id(event.id),
        Value::Text(event.subject.clone()),
        Value::Integer(event.sequence),
        Value::Text(event.kind.clone()),
        Value::Id(event.correlation_id),
        Value::Id(event.causation_id),
        Value::Text(event.data.to_string()),
        Value::Integer(i64::from(crc32fast::hash(event.data.as_bytes()))),
        Value::Integer(event.time.0),
    ]
}

pub(crate) fn from_row(source: ServiceName, row: Row) -> Result<Logged, UnreadableValue> {
    let columns = &mut row.into_iter();
    let topic: String = crate::record::next(columns)?;
    let partition = crate::record::next(columns)?;
    let position = crate::record::next(columns)?;
    let id = crate::record::next(columns)?;
    let subject = crate::record::next(columns)?;
    let sequence = crate::record::next(columns)?;
    let kind = crate::record::next(columns)?;
    let correlation_id = crate::record::next(columns)?;
    let causation_id = crate::record::next(columns)?;
    let data: String = crate::record::next(columns)?;
    let crc: i64 = crate::record::next(columns)?;
    let time: Timestamp = crate::record::next(columns)?;
    if crc != i64::from(crc32fast::hash(data.as_bytes())) {
        return Err(UnreadableValue::new(
            format!("event {id} at {topic}/{partition}/{position}"),
            "what was written: its checksum differs",
        ));
    }
    let event = Envelope {
        id,
        source,
        kind,
        time,
        subject,
        sequence,
        correlation_id,
        causation_id,
        data: data.into(),
    };
    Ok(Logged { topic: topic.into(), partition, position, event })
}

/// Up to `limit` events of a partition past `after`, in order.
pub(crate) fn read(
    session: &mut dyn Session,
    source: ServiceName,
    topic: &str,
    partition: u8,
    after: i64,
    limit: usize,
) -> Result<Vec<Arc<Logged>>, StoreError> {
    let filter = Filter::After {
        equal: vec![("topic", topic.into()), ("part", Value::Integer(i64::from(partition)))],
        column: "pos",
        after: Some(Value::Integer(after)),
        limit,
    };
    let rows = session.select(&Select { table: &EVENT_LOG, filter, lock: Lock::None })?;
    rows.into_iter().map(|row| Ok(Arc::new(from_row(source, row)?))).collect()
}

/// The last position of each partition that has events.
pub(crate) fn heads(session: &mut dyn Session) -> Result<Vec<(Arc<str>, u8, i64)>, StoreError> {
    let rows = session.select(&Select { table: &LOG_HEAD, filter: Filter::All, lock: Lock::None })?;
    rows.into_iter()
        .map(|row| {
            let columns = &mut row.into_iter();
            let topic: String = crate::record::next(columns)?;
            Ok((topic.into(), crate::record::next(columns)?, crate::record::next(columns)?))
        })
        .collect()
}

/// The log's epoch: read, or drawn when the log is new.
pub(crate) fn epoch(session: &mut dyn Session, fresh: Uuid) -> Result<Uuid, StoreError> {
    session.begin()?;
    let filter = Filter::In { column: "name", values: vec!["epoch".into()] };
    let found = session.select(&Select { table: &ABOUT, filter, lock: Lock::Update })?;
    let epoch = match found.into_iter().next() {
        Some(row) => {
            let text = String::from_value(row[1].clone())?;
            text.parse().map_err(|_| UnreadableValue::new(text, "an epoch"))?
        }
        None => {
            session.insert(&ABOUT, vec![vec!["epoch".into(), Value::Text(fresh.to_string())]])?;
            fresh
        }
    };
    session.commit()?;
    Ok(epoch)
}
