//! A store in memory as its auditor reads it: rows, and the engine's own bookkeeping. For the simulation.

use std::collections::BTreeMap;

use bus::Logged;
use contracts::{ServiceName, Timestamp};

use crate::{
    effects::EffectState,
    log,
    memory::{MemorySession, MemoryStore},
    parking::{self, Parked},
    record::{self, Record},
    session::{Filter, Lock, Select, Session, StoreError},
    system::{EFFECT, EVENT_LOG, TIMER, WATERMARK},
    table::Table,
    value::{Key, Row, Value},
};

/// What a service's store in memory holds.
pub struct Books(MemorySession);

/// A timer that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetTimer {
    /// Whose it is.
    pub subject: String,
    /// Its name.
    pub name: String,
    /// When it is due.
    pub due: Timestamp,
}

/// An effect that has not ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEffect {
    /// Its idempotency key.
    pub idempotency_key: String,
    /// Whether it was given up, and a person must look.
    pub given_up: bool,
    /// Until when its process has it for itself.
    pub lease: Timestamp,
}

impl Books {
    /// The books of a store.
    pub fn of(store: &MemoryStore) -> Self {
        Self(store.session())
    }

    fn all(&mut self, table: &'static Table) -> Result<Vec<Row>, StoreError> {
        self.0.select(&Select { table, filter: Filter::All, lock: Lock::None })
    }

    /// All rows of a record, by key.
    ///
    /// # Errors
    /// A row is not what the record writes.
    pub fn rows<T: Record>(&mut self) -> Result<Vec<T>, StoreError> {
        let rows = self.all(T::TABLE)?;
        rows.into_iter().map(|row| Ok(T::from_row(&mut row.into_iter())?)).collect()
    }

    /// The row of a key.
    ///
    /// # Errors
    /// It is not what the record writes.
    pub fn row<T: Record>(&mut self, key: impl Into<Key>) -> Result<Option<T>, StoreError> {
        let column = T::TABLE.columns[0].name;
        let filter = Filter::In { column, values: vec![Value::from(key.into())] };
        let rows = self.0.select(&Select { table: T::TABLE, filter, lock: Lock::None })?;
        let row = rows.into_iter().next();
        row.map(|row| Ok(T::from_row(&mut row.into_iter())?)).transpose()
    }

    /// All rows of a table, by key.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn raw_rows(&mut self, table: &'static Table) -> Result<Vec<Row>, StoreError> {
        self.all(table)
    }

    /// The service's log, by topic, partition and position.
    ///
    /// # Errors
    /// An event is not what was written.
    pub fn events(&mut self, source: ServiceName) -> Result<Vec<Logged>, StoreError> {
        let rows = self.all(&EVENT_LOG)?;
        rows.into_iter().map(|row| Ok(log::from_row(source, row)?)).collect()
    }

    /// What is parked.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn parked(&mut self) -> Result<Vec<Parked>, StoreError> {
        parking::all(&mut self.0)
    }

    /// The timers that are set.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn timers(&mut self) -> Result<Vec<SetTimer>, StoreError> {
        let timer = |row: Row| {
            let columns = &mut row.into_iter();
            let (subject, name) = (record::next(columns)?, record::next(columns)?);
            let _partition: u8 = record::next(columns)?;
            Ok(SetTimer { subject, name, due: record::next(columns)? })
        };
        self.all(&TIMER)?.into_iter().map(timer).collect()
    }

    /// The effects that are under way or given up.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open_effects(&mut self) -> Result<Vec<OpenEffect>, StoreError> {
        let mut open = Vec::new();
        for row in self.all(&EFFECT)? {
            let mut columns = row.into_iter();
            let idempotency_key = record::next(&mut columns)?;
            let columns = &mut columns.skip(2);
            let state: EffectState = record::next(columns)?;
            let _attempts: u32 = record::next(columns)?;
            let lease = record::next(columns)?;
            if state != EffectState::Done {
                open.push(OpenEffect { idempotency_key, given_up: state == EffectState::Failed, lease });
            }
        }
        Ok(open)
    }

    /// Up to where a consumer has handled all, by source, topic and partition.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn watermarks(&mut self, consumer: &str) -> Result<BTreeMap<(String, String, u8), i64>, StoreError> {
        let mut marks = BTreeMap::new();
        for row in self.all(&WATERMARK)?.into_iter().filter(|row| row[0] == Value::from(consumer)) {
            let mut columns = row.into_iter().skip(1);
            let (source, topic) = (record::next(&mut columns)?, record::next(&mut columns)?);
            let partition = record::next(&mut columns)?;
            let position = record::next(&mut columns.skip(1))?;
            marks.insert((source, topic, partition), position);
        }
        Ok(marks)
    }
}
