//! A session of the store in memory whose commits go wrong.

use engine::{
    Filter, HeadMove, Lock, MemorySession, MemoryStore, Row, Select, Session, StoreError, Table, Update,
    Value,
};

use crate::{
    faults::{Fault, Faults},
    invariants::Violation,
    planted::Planted,
};

/// The session of a lane.
pub struct FaultySession {
    store: MemoryStore,
    session: MemorySession,
    faults: Faults,
    shared: bool,
    planted: Option<Planted>,
    /// Watermarks of the transaction, for who keeps them too early.
    watermarks: Vec<(&'static Table, Vec<Row>)>,
}

impl FaultySession {
    /// A session; `shared` says whether others may write too.
    pub fn new(store: &MemoryStore, faults: &Faults, shared: bool, planted: Option<Planted>) -> Self {
        let (store, session) = (store.clone(), store.session());
        Self { store, session, faults: faults.clone(), shared, planted, watermarks: Vec::new() }
    }

    fn has(&self, bug: Planted) -> bool {
        self.planted == Some(bug)
    }

    /// A service's watermark is written when it has handled something new, and so is never what it was. A read model's may be:
    /// it takes the events of a commit of unknown outcome once more, and writes the same rows.
    fn check_watermarks(&mut self, table: &'static Table, rows: &[Row]) -> Result<(), StoreError> {
        let stored = Select { table, filter: Filter::All, lock: Lock::None };
        let stored = self.session.select(&stored)?;
        for row in rows.iter().filter(|row| !is_read_models(row)) {
            if stored.contains(row) {
                let message = format!("an event up to {row:?} is handled again");
                self.faults.report(Violation::new("handled_once", message));
            }
        }
        Ok(())
    }

    /// What a crash before the commit leaves; only a bug says that all is well.
    fn crash_before_commit(&mut self) -> Result<(), StoreError> {
        self.session.rollback();
        self.faults.crash();
        if self.has(Planted::CursorBeforeCommit) {
            self.session.begin()?;
            for (table, rows) in std::mem::take(&mut self.watermarks) {
                self.session.upsert(table, rows)?;
            }
            self.session.commit()?;
        }
        if self.has(Planted::AcknowledgeBeforeCommit) {
            return Ok(());
        }
        Err(StoreError::Unavailable("the process ends".into()))
    }
}

/// Whether a watermark is a read model's.
fn is_read_models(row: &Row) -> bool {
    matches!(&row[0], Value::Text(consumer) if consumer.contains('.'))
}

impl Session for FaultySession {
    fn create(&mut self, tables: &[&'static Table]) -> Result<(), StoreError> {
        self.session.create(tables)
    }

    fn shared(&self) -> bool {
        self.shared
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.watermarks.clear();
        self.session.begin()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        if self.faults.strikes(Fault::CommitContended) {
            return Err(StoreError::Contended("a deadlock".into()));
        }
        if self.faults.strikes(Fault::CrashBeforeCommit) {
            return self.crash_before_commit();
        }
        if self.faults.strikes(Fault::CommitRequestLost) {
            self.session.rollback();
            return Err(StoreError::Unknown("the connection broke".into()));
        }
        if self.faults.strikes(Fault::StoreFailed) {
            if self.faults.chance(5_000) {
                self.session.commit()?;
            }
            self.session.rollback();
            return Err(StoreError::Unavailable("the store is gone".into()));
        }
        self.session.commit()?;
        if self.faults.strikes(Fault::CrashAfterCommit) {
            self.faults.crash();
            return Err(StoreError::Unavailable("the process ends".into()));
        }
        if self.faults.strikes(Fault::CommitAnswerLost) {
            return Err(StoreError::Unknown("the connection broke".into()));
        }
        Ok(())
    }

    fn rollback(&mut self) {
        self.session.rollback();
    }

    fn select(&mut self, select: &Select) -> Result<Vec<Row>, StoreError> {
        let is_blind = match self.planted {
            Some(Planted::UnknownCommitIsDoneAgain) => select.table.name == "lane",
            Some(Planted::CallsAreNotTakenOver) => {
                select.table.name == "effect" && matches!(select.filter, Filter::Until { .. })
            }
            // The look for the earliest timer of all, at a start and where others may have set one.
            Some(Planted::TimersAreForgotten) => {
                let earliest = Some(Value::Integer(i64::MIN));
                let looks =
                    |filter: &Filter| matches!(filter, Filter::After { after, .. } if *after == earliest);
                select.table.name == "timer" && looks(&select.filter)
            }
            _ => false,
        };
        if is_blind {
            return Ok(Vec::new());
        }
        self.session.select(select)
    }

    fn insert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        if self.has(Planted::RepliesAreNotRecorded) && table.name == "command" {
            return Ok(());
        }
        self.session.insert(table, rows)
    }

    fn upsert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        if table.name == "watermark" {
            if self.has(Planted::NoInbox) {
                return Ok(());
            }
            self.check_watermarks(table, &rows)?;
            if self.has(Planted::CursorBeforeCommit) {
                let own = rows.iter().filter(|row| !is_read_models(row)).cloned().collect();
                self.watermarks.push((table, own));
            }
        }
        self.session.upsert(table, rows)
    }

    fn update(&mut self, table: &'static Table, updates: Vec<Update>) -> Result<(), StoreError> {
        self.session.update(table, updates)
    }

    fn delete(&mut self, table: &'static Table, keys: Vec<Row>) -> Result<(), StoreError> {
        self.session.delete(table, keys)
    }

    fn move_heads(&mut self, moves: &[HeadMove]) -> Result<Vec<i64>, StoreError> {
        self.session.move_heads(moves)
    }

    fn clear(&mut self, table: &'static Table) -> Result<(), StoreError> {
        self.session.clear(table)
    }

    fn replace_rows(&mut self, into: &'static Table, from: &'static Table) -> Result<(), StoreError> {
        self.session.replace_rows(into, from)
    }
}

impl Clone for FaultySession {
    /// Another connection to the same store.
    fn clone(&self) -> Self {
        Self::new(&self.store, &self.faults, self.shared, self.planted)
    }
}
