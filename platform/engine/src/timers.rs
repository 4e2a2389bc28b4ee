//! Timers: messages that this service sends to itself, later. A row each, so that they outlive the process.

use std::collections::HashMap;

use contracts::{Timestamp, partition_of};
use uuid::Uuid;

use crate::{
    message::{Incoming, Origin},
    service::{Cause, Scheduled, Service},
    session::{Filter, Lock, Select, Session, StoreError},
    system::TIMER,
    value::{Field, Row, Value},
};

/// A timer's key and what is to become of it: set anew, or removed.
#[derive(Default)]
pub(crate) struct TimerChanges {
    changes: HashMap<(String, String), Option<Row>>,
}

impl TimerChanges {
    /// Whether a message of this batch has set or cancelled the timer.
    pub fn touched(&self, subject: &str, name: &str) -> bool {
        self.changes.contains_key(&(subject.to_owned(), name.to_owned()))
    }

    /// Sets or cancels a timer. The last word counts.
    pub fn apply<S: Service>(&mut self, scheduled: Scheduled<S::Message>, id: Uuid, causation_id: Uuid) {
        let key = (scheduled.subject, scheduled.name);
        let row = scheduled.message.map(|message| {
            vec![
                Value::Text(key.0.clone()),
                Value::Text(key.1.clone()),
                Value::Integer(i64::from(partition_of(&key.0))),
                scheduled.due.to_value(),
                Value::Id(id),
                Value::Id(scheduled.correlation_id),
                Value::Id(causation_id),
                crate::record::to_json(&message),
            ]
        });
        self.changes.insert(key, row);
    }

    /// Removes a timer that has fired, unless its own message set it again.
    pub fn fired(&mut self, subject: String, name: String) {
        self.changes.entry((subject, name)).or_insert(None);
    }

    /// Writes the changes; says when the earliest of the new timers is due.
    pub fn write(self, session: &mut dyn Session) -> Result<Option<Timestamp>, StoreError> {
        let (mut set, mut removed) = (Vec::new(), Vec::new());
        for ((subject, name), row) in self.changes {
            match row {
                Some(row) => set.push(row),
                None => removed.push(vec![Value::Text(subject), Value::Text(name)]),
            }
        }
        set.sort_unstable();
        removed.sort_unstable();
        let due = set.iter().filter_map(|row| Timestamp::from_value(row[3].clone()).ok()).min();
        if !removed.is_empty() {
            session.delete(&TIMER, removed)?;
        }
        if !set.is_empty() {
            session.upsert(&TIMER, set)?;
        }
        Ok(due)
    }
}

/// The timers of these partitions that are due, earliest first within a partition, and when the next one will be.
pub(crate) fn due<S: Service>(
    session: &mut dyn Session,
    service: &S,
    partitions: &[u8],
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Incoming<S>>, StoreError> {
    let mut timers = Vec::new();
    for &partition in partitions {
        let filter = Filter::Until {
            equal: vec![("part", Value::Integer(i64::from(partition)))],
            column: "due_us",
            until: now.0,
            limit: limit.saturating_sub(timers.len()),
        };
        for row in session.select(&Select { table: &TIMER, filter, lock: Lock::None })? {
            timers.push(incoming(service, row)?);
        }
    }
    Ok(timers)
}

fn incoming<S: Service>(service: &S, row: Row) -> Result<Incoming<S>, StoreError> {
    let columns = &mut row.into_iter();
    let subject: String = crate::record::next(columns)?;
    let name = crate::record::next(columns)?;
    let _partition: u8 = crate::record::next(columns)?;
    let _due: Timestamp = crate::record::next(columns)?;
    let id: Uuid = crate::record::next(columns)?;
    let correlation_id = crate::record::next(columns)?;
    let causation_id: Uuid = crate::record::next(columns)?;
    let message = crate::record::next_json(columns)?;
    let origin = Origin::Timer { subject, name, id };
    Ok(Incoming::message(service, origin, message, Cause { id: causation_id, correlation_id }))
}

/// When the earliest timer of these partitions is due.
pub(crate) fn next_due(
    session: &mut dyn Session,
    partitions: &[u8],
) -> Result<Option<Timestamp>, StoreError> {
    next_due_after(session, partitions, Timestamp(i64::MIN), false)
}

/// When to look for timers again after those due by `now` were taken: the earliest later one, or `now` when there were `more`.
pub(crate) fn next_due_after(
    session: &mut dyn Session,
    partitions: &[u8],
    now: Timestamp,
    more: bool,
) -> Result<Option<Timestamp>, StoreError> {
    if more {
        return Ok(Some(now));
    }
    let mut earliest: Option<Timestamp> = None;
    for &partition in partitions {
        let filter = Filter::After {
            equal: vec![("part", Value::Integer(i64::from(partition)))],
            column: "due_us",
            after: Some(Value::Integer(now.0)),
            limit: 1,
        };
        for row in session.select(&Select { table: &TIMER, filter, lock: Lock::None })? {
            let due = Timestamp::from_value(row[3].clone())?;
            earliest = Some(earliest.map_or(due, |earlier| earlier.min(due)));
        }
    }
    Ok(earliest)
}

/// The ids of the timers of these subjects as they are now, locked: a timer that was replaced or has fired elsewhere is not among them.
pub(crate) fn current_ids(session: &mut dyn Session, subjects: Vec<Value>) -> Result<Vec<Uuid>, StoreError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter::In { column: "subject", values: subjects };
    let rows = session.select(&Select { table: &TIMER, filter, lock: Lock::Update })?;
    rows.into_iter().map(|mut row| Ok(Uuid::from_value(row.swap_remove(4))?)).collect()
}
