//! The store in memory: the same tables and the same transactions, for the simulation and for tests of rules.
//! It keeps nothing past its process, so nothing but those may use it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use parking_lot::{ArcMutexGuard, Mutex, RawMutex};

use crate::{
    session::{Filter, HeadMove, Select, Session, StoreError, Update},
    table::{IndexKind, Table},
    value::{Row, Value},
};

type Tables = HashMap<&'static str, BTreeMap<Row, Row>>;

/// A database in memory. Transactions run one after another.
#[derive(Clone, Default)]
pub struct MemoryStore {
    tables: Arc<Mutex<Tables>>,
}

impl MemoryStore {
    /// An empty database.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new connection.
    pub fn session(&self) -> MemorySession {
        MemorySession { store: self.tables.clone(), open: None }
    }
}

/// A transaction under way: the locked tables, and how to undo what it did, last first.
struct Open {
    tables: ArcMutexGuard<RawMutex, Tables>,
    undo: Vec<(&'static str, Row, Option<Row>)>,
}

/// A connection to a [`MemoryStore`].
pub struct MemorySession {
    store: Arc<Mutex<Tables>>,
    open: Option<Open>,
}

impl MemorySession {
    fn write(&mut self, table: &'static Table, key: Row, row: Option<Row>) -> Result<(), StoreError> {
        let open = self.open.as_mut().ok_or_else(|| StoreError::Unavailable("no transaction".into()))?;
        let rows = open.tables.entry(table.name).or_default();
        if let Some(row) = &row {
            refuse_duplicates(table, rows, &key, row)?;
        }
        let before = match row {
            Some(row) => rows.insert(key.clone(), row),
            None => rows.remove(&key),
        };
        open.undo.push((table.name, key, before));
        Ok(())
    }
}

impl Drop for MemorySession {
    /// What was not committed goes with its connection.
    fn drop(&mut self) {
        self.rollback();
    }
}

/// Refuses a row that agrees with another in a unique index.
fn refuse_duplicates(
    table: &Table,
    rows: &BTreeMap<Row, Row>,
    key: &Row,
    row: &Row,
) -> Result<(), StoreError> {
    for index in table.indexes.iter().filter(|index| index.kind == IndexKind::Unique) {
        let columns: Vec<usize> = index.columns.iter().map(|name| table.column(name)).collect();
        if columns.iter().any(|&column| row[column] == Value::Null) {
            continue;
        }
        let agrees = |other: &Row| columns.iter().all(|&column| other[column] == row[column]);
        if rows.iter().any(|(other_key, other)| other_key != key && agrees(other)) {
            return Err(StoreError::Constraint(format!("{}: {:?}", table.name, index.columns)));
        }
    }
    Ok(())
}

/// The rows that a filter lets through, in its order.
fn filtered(select: &Select, rows: &BTreeMap<Row, Row>) -> Vec<Row> {
    let table = select.table;
    let has = |row: &Row, equal: &[(&'static str, Value)]| {
        equal.iter().all(|(column, value)| row[table.column(column)] == *value)
    };
    let ordered = |mut found: Vec<&Row>, column: &str, limit: usize| {
        let column = table.column(column);
        found.sort_by(|a, b| a[column].cmp(&b[column]));
        found.into_iter().take(limit).cloned().collect()
    };
    match &select.filter {
        Filter::All => rows.values().cloned().collect(),
        Filter::In { column, values } => {
            let column = table.column(column);
            rows.values().filter(|row| values.contains(&row[column])).cloned().collect()
        }
        Filter::After { equal, column, after, limit } => {
            let position = table.column(column);
            let past = |row: &Row| after.as_ref().is_none_or(|after| row[position] > *after);
            ordered(rows.values().filter(|row| has(row, equal) && past(row)).collect(), column, *limit)
        }
        Filter::Until { equal, column, until, limit } => {
            let position = table.column(column);
            let until = Value::Integer(*until);
            let reached = |row: &Row| row[position] <= until;
            ordered(rows.values().filter(|row| has(row, equal) && reached(row)).collect(), column, *limit)
        }
    }
}

impl Session for MemorySession {
    fn create(&mut self, tables: &[&'static Table]) -> Result<(), StoreError> {
        let mut store = self.store.lock();
        for table in tables {
            store.entry(table.name).or_default();
        }
        Ok(())
    }

    fn shared(&self) -> bool {
        true
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.rollback();
        self.open = Some(Open { tables: self.store.lock_arc(), undo: Vec::new() });
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.open = None;
        Ok(())
    }

    fn rollback(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        while let Some((table, key, before)) = open.undo.pop() {
            let rows = open.tables.entry(table).or_default();
            match before {
                Some(row) => rows.insert(key, row),
                None => rows.remove(&key),
            };
        }
    }

    fn select(&mut self, select: &Select) -> Result<Vec<Row>, StoreError> {
        let empty = BTreeMap::new();
        Ok(match &self.open {
            Some(open) => filtered(select, open.tables.get(select.table.name).unwrap_or(&empty)),
            None => filtered(select, self.store.lock().get(select.table.name).unwrap_or(&empty)),
        })
    }

    fn insert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        for row in rows {
            let key = row[..table.key_columns].to_vec();
            let open = self.open.as_ref().ok_or_else(|| StoreError::Unavailable("no transaction".into()))?;
            if open.tables.get(table.name).is_some_and(|rows| rows.contains_key(&key)) {
                return Err(StoreError::Constraint(format!("{}: primary key", table.name)));
            }
            self.write(table, key, Some(row))?;
        }
        Ok(())
    }

    fn upsert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        for row in rows {
            self.write(table, row[..table.key_columns].to_vec(), Some(row))?;
        }
        Ok(())
    }

    fn update(&mut self, table: &'static Table, updates: Vec<Update>) -> Result<(), StoreError> {
        self.upsert(table, updates.into_iter().map(|update| update.row).collect())
    }

    fn delete(&mut self, table: &'static Table, keys: Vec<Row>) -> Result<(), StoreError> {
        keys.into_iter().try_for_each(|key| self.write(table, key, None))
    }

    fn move_heads(&mut self, moves: &[HeadMove]) -> Result<Vec<i64>, StoreError> {
        let table = &crate::system::LOG_HEAD;
        let mut heads = Vec::with_capacity(moves.len());
        for HeadMove { topic, partition, count } in moves {
            let key = vec![Value::Text(topic.clone()), Value::Integer(i64::from(*partition))];
            let open = self.open.as_ref().ok_or_else(|| StoreError::Unavailable("no transaction".into()))?;
            let head = match open.tables.get(table.name).and_then(|rows| rows.get(&key)) {
                Some(row) => crate::Field::from_value(row[2].clone())?,
                None => 0,
            } + count;
            let mut row = key.clone();
            row.push(Value::Integer(head));
            self.write(table, key, Some(row))?;
            heads.push(head);
        }
        Ok(heads)
    }

    fn clear(&mut self, table: &'static Table) -> Result<(), StoreError> {
        let rows = self.select(&Select { table, filter: Filter::All, lock: crate::Lock::None })?;
        self.delete(table, rows.iter().map(|row| row[..table.key_columns].to_vec()).collect())
    }

    fn replace_rows(&mut self, into: &'static Table, from: &'static Table) -> Result<(), StoreError> {
        let all = |table| Select { table, filter: Filter::All, lock: crate::Lock::None };
        let keys = |table: &'static Table, rows: &[Row]| {
            rows.iter().map(|row| row[..table.key_columns].to_vec()).collect()
        };
        let (old, new) = (self.select(&all(into))?, self.select(&all(from))?);
        self.delete(into, keys(into, &old))?;
        self.delete(from, keys(from, &new))?;
        self.insert(into, new)
    }
}
