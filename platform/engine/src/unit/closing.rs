//! The end of a batch: all that was decided is written, and committed.

use std::collections::HashMap;

use contracts::Timestamp;
use uuid::Uuid;

use super::{Committed, Unit};
use crate::{
    audit_log,
    effects::{self, EffectState},
    log,
    message::Outcome,
    parking::{Parked, ParkedState},
    service::Service,
    session::{Filter, Lock, Select, Session, StoreError},
    system::{COMMAND, EFFECT, LANE, PARKED, WATERMARK},
    table::Table,
    value::{Row, Value},
};

impl<S: Service> Unit<'_, S> {
    /// Writes all that was decided, and commits.
    pub(super) fn close(self, outcomes: Vec<Outcome<S::Reply>>) -> Result<Committed<S>, StoreError> {
        let Self {
            core,
            session,
            now,
            mut rows,
            mut inbox,
            replies,
            events,
            timers,
            calls,
            ended_effects,
            ..
        } = self;
        for changes in rows.changes() {
            let deletes = changes.deletes.into_iter().map(|key| vec![key.into()]).collect();
            write(changes.table, deletes, |table, rows| session.delete(table, rows))?;
            write(changes.table, changes.inserts, |table, rows| session.insert(table, rows))?;
            write(changes.table, changes.updates, |table, updates| session.update(table, updates))?;
        }
        write(&COMMAND, replies.into_rows(), |table, rows| session.insert(table, rows))?;
        let next_timer = timers.write(session)?;
        let lease = now.plus(effects::LEASE);
        let asked = calls.iter().map(|call| call.to_row(EffectState::Running, lease)).collect();
        write(&EFFECT, asked, |table, rows| session.insert(table, rows))?;
        write(&EFFECT, ended_effects, |table, updates| session.update(table, updates))?;
        audit_log::write(session, &self.audit_log)?;
        let next_retry = write_parked(session, &self.parked, &self.parked_done)?;
        write(&WATERMARK, inbox.take_moved(), |table, rows| session.upsert(table, rows))?;
        core.batch = core.ids.next(now);
        let lane = vec![Value::Id(core.lane_id), Value::Id(core.batch), Value::Integer(now.0)];
        session.upsert(&LANE, vec![lane])?;
        let logged = log::append(session, &core.topic, events)?;
        commit(session, core.lane_id, core.batch)?;
        Ok(Committed { outcomes, logged, calls, next_timer, next_retry, inbox, parked: self.parked_subjects })
    }
}

/// Writes rows, when there are any.
fn write<R>(
    table: &'static Table,
    rows: Vec<R>,
    write: impl FnOnce(&'static Table, Vec<R>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if rows.is_empty() { Ok(()) } else { write(table, rows) }
}

/// Commits. A commit of unknown outcome is looked up by what the lane wrote last.
fn commit(session: &mut dyn Session, lane: Uuid, batch: Uuid) -> Result<(), StoreError> {
    let Err(error) = session.commit() else { return Ok(()) };
    let StoreError::Unknown(reason) = &error else { return Err(error) };
    session.rollback();
    let filter = Filter::In { column: "id", values: vec![Value::Id(lane)] };
    let Ok(rows) = session.select(&Select { table: &LANE, filter, lock: Lock::None }) else {
        return Err(error);
    };
    if rows.first().is_some_and(|row| row[1] == Value::Id(batch)) {
        return Ok(());
    }
    Err(StoreError::Contended(reason.clone()))
}

/// Writes the parked messages that this batch has looked at; says when the earliest is due again.
fn write_parked(
    session: &mut dyn Session,
    parked: &HashMap<Uuid, Parked>,
    done: &[Uuid],
) -> Result<Option<Timestamp>, StoreError> {
    if !done.is_empty() {
        session.delete(&PARKED, done.iter().map(|id| vec![Value::Id(*id)]).collect())?;
    }
    if !parked.is_empty() {
        let mut rows: Vec<Row> = parked.values().map(Parked::to_row).collect();
        rows.sort_unstable();
        session.upsert(&PARKED, rows)?;
    }
    let waiting = parked.values().filter(|parked| parked.state == ParkedState::Retry);
    Ok(waiting.map(|parked| parked.due).min())
}
