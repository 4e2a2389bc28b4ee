//! The rows of a batch, in memory: loaded once, changed by many messages, written once.

mod needs;

use std::{
    any::{Any, TypeId},
    collections::{BTreeSet, HashMap},
};

use crate::{
    audit_log::{self, RowChange},
    record::Record,
    session::{Filter, Lock, Select, Update},
    table::{ColumnSet, Table},
    value::{Key, Row, UnreadableValue, Value},
};

pub use needs::Needs;

/// One row of the batch.
#[derive(Debug)]
struct Slot<T> {
    /// The state now; `None` when there is no such row, or it was removed.
    state: Option<T>,
    /// How many events it has published, with those of this batch.
    event_count: i64,
    /// Whether the store has the row.
    stored: bool,
    /// What the store has, once that is another.
    original: Option<(T, i64)>,
    /// Whether the store must hear of it.
    changed: bool,
    /// Whether the store has locked it for this batch to change.
    writable: bool,
}

/// What a slot was before the message at hand touched it.
struct Before<T> {
    key: Key,
    state: Option<T>,
    event_count: i64,
    changed: bool,
}

/// Rows that `needs` asked for and that are not here yet.
#[derive(Default)]
struct Missing {
    to_write: BTreeSet<Key>,
    to_read: BTreeSet<Key>,
    by_unique: BTreeSet<(&'static str, Value)>,
    by_range: BTreeSet<(&'static str, Value, Option<Key>, usize)>,
}

struct TypedRows<T> {
    slots: HashMap<Key, Slot<T>>,
    missing: Missing,
    /// Unique look-ups and ranges that the store has answered.
    answered_unique: BTreeSet<(&'static str, Value)>,
    answered_range: BTreeSet<(&'static str, Value, Option<Key>, usize)>,
    journal: Vec<Before<T>>,
}

/// What one record type contributes to a batch's writes.
pub(crate) struct Changes {
    pub table: &'static Table,
    pub inserts: Vec<Row>,
    pub updates: Vec<Update>,
    pub deletes: Vec<Key>,
}

/// [`TypedRows`] of any record.
trait AnyRows: Send {
    fn table(&self) -> &'static Table;
    fn selects(&mut self) -> Vec<(Select, Vec<Key>)>;
    fn accept(&mut self, lock: Lock, asked: &[Key], rows: Vec<Row>) -> Result<(), UnreadableValue>;
    fn differences(&self) -> Vec<RowChange>;
    fn keep(&mut self);
    fn undo(&mut self);
    fn count_event(&mut self, key: &Key) -> Option<i64>;
    fn changes(&mut self) -> Changes;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<T: Record> Slot<T> {
    /// The columns in which the row is not what the store has; `None` when the store has no such row.
    fn changed_columns(&self) -> Option<ColumnSet> {
        let (before, event_count) = self.original.as_ref()?;
        let mut changed = self.state.as_ref()?.changed_since(before);
        debug_assert!(!changed.contains(0), "a row of `{}` keeps its key", T::TABLE.name);
        if self.event_count != *event_count {
            changed.add(T::TABLE.columns.len() - 1);
        }
        Some(changed)
    }
}

impl<T: Record> TypedRows<T> {
    fn new() -> Self {
        Self {
            slots: HashMap::new(),
            missing: Missing::default(),
            answered_unique: BTreeSet::new(),
            answered_range: BTreeSet::new(),
            journal: Vec::new(),
        }
    }

    fn column_of(row: &T, column: usize) -> Value {
        // Column 0 is the key; the rest follow in the table's order.
        row.to_row().swap_remove(column)
    }

    fn remember(&mut self, key: &Key) {
        if let Some(slot) = self.slots.get(key) {
            self.journal.push(Before {
                key: key.clone(),
                state: slot.state.clone(),
                event_count: slot.event_count,
                changed: slot.changed,
            });
        }
    }

    fn writable(&mut self, key: &Key) -> &mut Slot<T> {
        self.remember(key);
        let table = T::TABLE.name;
        let slot = self
            .slots
            .get_mut(key)
            .unwrap_or_else(|| panic!("`needs` did not name row {key} of `{table}`, which `handle` changes"));
        assert!(
            slot.writable,
            "`needs` asked for row {key} of `{table}` to read it, and `handle` changes it"
        );
        slot.changed = true;
        slot
    }
}

impl<T: Record> AnyRows for TypedRows<T> {
    fn table(&self) -> &'static Table {
        T::TABLE
    }

    fn selects(&mut self) -> Vec<(Select, Vec<Key>)> {
        let missing = std::mem::take(&mut self.missing);
        let mut selects = Vec::new();
        let key_column = T::TABLE.columns[0].name;
        for (lock, keys) in [(Lock::Update, missing.to_write), (Lock::Share, missing.to_read)] {
            if !keys.is_empty() {
                let keys: Vec<Key> = keys.into_iter().collect();
                let values = keys.iter().cloned().map(Value::from).collect();
                let filter = Filter::In { column: key_column, values };
                selects.push((Select { table: T::TABLE, filter, lock }, keys));
            }
        }
        let mut unique: HashMap<&'static str, Vec<Value>> = HashMap::new();
        for (column, value) in missing.by_unique {
            unique.entry(column).or_default().push(value.clone());
            self.answered_unique.insert((column, value));
        }
        for (column, values) in unique {
            let filter = Filter::In { column, values };
            selects.push((Select { table: T::TABLE, filter, lock: Lock::Update }, Vec::new()));
        }
        for (column, value, after, limit) in missing.by_range {
            let filter = Filter::After {
                equal: vec![(column, value.clone())],
                column: key_column,
                after: after.clone().map(Value::from),
                limit,
            };
            selects.push((Select { table: T::TABLE, filter, lock: Lock::Update }, Vec::new()));
            self.answered_range.insert((column, value, after, limit));
        }
        selects
    }

    fn accept(&mut self, lock: Lock, asked: &[Key], rows: Vec<Row>) -> Result<(), UnreadableValue> {
        let writable = lock == Lock::Update;
        for row in rows {
            let mut columns = row.into_iter();
            let state = T::from_row(&mut columns)?;
            let event_count = crate::record::next(&mut columns)?;
            let key = state.key();
            match self.slots.get_mut(&key) {
                // A row that is here already may have been changed; only the lock is news.
                Some(slot) => slot.writable |= writable,
                None => {
                    let slot = Slot {
                        state: Some(state),
                        event_count,
                        stored: true,
                        original: None,
                        changed: false,
                        writable,
                    };
                    self.slots.insert(key, slot);
                }
            }
        }
        for key in asked {
            let absent = || Slot {
                state: None,
                event_count: 0,
                stored: false,
                original: None,
                changed: false,
                writable,
            };
            self.slots.entry(key.clone()).or_insert_with(absent).writable |= writable;
        }
        Ok(())
    }

    fn differences(&self) -> Vec<RowChange> {
        let journal = self.journal.iter().map(|before| (&before.key, before.state.as_ref()));
        let change = |(key, before): (&Key, Option<&T>)| {
            let after = self.slots.get(key).and_then(|slot| slot.state.as_ref());
            RowChange::of(key, before, after)
        };
        audit_log::first_states(journal).into_iter().filter_map(change).collect()
    }

    fn keep(&mut self) {
        for Before { key, state, event_count, .. } in self.journal.drain(..) {
            if let Some(slot) = self.slots.get_mut(&key).filter(|slot| slot.stored && slot.original.is_none())
            {
                slot.original = state.map(|state| (state, event_count));
            }
        }
    }

    fn undo(&mut self) {
        while let Some(before) = self.journal.pop() {
            if let Some(slot) = self.slots.get_mut(&before.key) {
                slot.state = before.state;
                slot.event_count = before.event_count;
                slot.changed = before.changed;
            }
        }
    }

    fn count_event(&mut self, key: &Key) -> Option<i64> {
        if !self.slots.get(key).is_some_and(|slot| slot.state.is_some() && slot.writable) {
            return None;
        }
        let slot = self.writable(key);
        slot.event_count += 1;
        Some(slot.event_count)
    }

    fn changes(&mut self) -> Changes {
        let mut changes = Changes { table: T::TABLE, inserts: vec![], updates: vec![], deletes: vec![] };
        let mut changed: Vec<(&Key, &Slot<T>)> = self.slots.iter().filter(|(_, slot)| slot.changed).collect();
        changed.sort_unstable_by_key(|(key, _)| *key);
        for (key, slot) in changed {
            match &slot.state {
                Some(state) => {
                    let mut row = state.to_row();
                    row.push(Value::Integer(slot.event_count));
                    match slot.changed_columns() {
                        None => changes.inserts.push(row),
                        // It is again what it was.
                        Some(changed) if changed.is_empty() => {}
                        Some(changed) => changes.updates.push(Update { row, changed }),
                    }
                }
                None if slot.stored => changes.deletes.push(key.clone()),
                None => {}
            }
        }
        changes
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The rows of a batch. `handle` reads and changes them here; the engine writes what changed.
#[derive(Default)]
pub struct Rows {
    types: Vec<(TypeId, Box<dyn AnyRows>)>,
}

impl Rows {
    fn typed<T: Record>(&self) -> Option<&TypedRows<T>> {
        let (_, rows) = self.types.iter().find(|(id, _)| *id == TypeId::of::<T>())?;
        rows.as_any().downcast_ref()
    }

    #[allow(clippy::expect_used)] // The type id was compared; the downcast cannot fail.
    fn typed_mut<T: Record>(&mut self) -> &mut TypedRows<T> {
        let id = TypeId::of::<T>();
        let position = self.types.iter().position(|(other, _)| *other == id).unwrap_or_else(|| {
            self.types.push((id, Box::new(TypedRows::<T>::new())));
            self.types.len() - 1
        });
        self.types[position].1.as_any_mut().downcast_mut().expect("rows are kept by their type")
    }

    /// The row of a key, or `None` when there is none.
    ///
    /// # Panics
    /// `needs` did not name the row. Reading it as absent would be a wrong decision, so it is an error of the program.
    pub fn get<T: Record>(&self, key: impl Into<Key>) -> Option<&T> {
        let key = key.into();
        let slot = self.typed::<T>().and_then(|rows| rows.slots.get(&key));
        slot.unwrap_or_else(|| {
            panic!("`needs` did not name row {key} of `{}`, which `handle` reads", T::TABLE.name)
        })
        .state
        .as_ref()
    }

    /// The row of a key, to change it.
    ///
    /// # Panics
    /// `needs` did not name the row, or asked for it only to read.
    pub fn get_mut<T: Record>(&mut self, key: impl Into<Key>) -> Option<&mut T> {
        let key = key.into();
        self.get::<T>(key.clone())?;
        self.typed_mut::<T>().writable(&key).state.as_mut()
    }

    /// Puts a row in its place, be it new or there already.
    ///
    /// # Panics
    /// `needs` did not name the row, or asked for it only to read.
    pub fn put<T: Record>(&mut self, row: T) {
        let key = row.key();
        self.typed_mut::<T>().writable(&key).state = Some(row);
    }

    /// Removes a row; nothing happens when there is none. A row that publishes events is never removed, or its sequence would begin anew.
    ///
    /// # Panics
    /// `needs` did not name the row, or asked for it only to read.
    pub fn remove<T: Record>(&mut self, key: impl Into<Key>) {
        let key = key.into();
        if self.get::<T>(key.clone()).is_some() {
            self.typed_mut::<T>().writable(&key).state = None;
        }
    }

    /// The rows here whose `column` has `value`, by key. Sees what earlier messages of the batch changed.
    pub fn matching<T: Record>(&self, column: &str, value: &Value) -> Vec<&T> {
        let column = T::TABLE.column(column);
        let mut rows: Vec<&T> = self.typed::<T>().map_or_else(Vec::new, |rows| {
            let states = rows.slots.values().filter_map(|slot| slot.state.as_ref());
            states.filter(|state| TypedRows::column_of(*state, column) == *value).collect()
        });
        rows.sort_by_key(|row| row.key());
        rows
    }

    /// What must be loaded before `needs` can be asked again: by table and key, so that all batches lock in one order.
    pub(crate) fn selects(&mut self) -> Vec<(usize, Select, Vec<Key>)> {
        let mut selects = Vec::new();
        for (position, (_, rows)) in self.types.iter_mut().enumerate() {
            selects.extend(rows.selects().into_iter().map(|(select, keys)| (position, select, keys)));
        }
        selects.sort_by_key(|(_, select, _)| select.table.name);
        selects
    }

    pub(crate) fn accept(
        &mut self,
        position: usize,
        lock: Lock,
        asked: &[Key],
        rows: Vec<Row>,
    ) -> Result<(), UnreadableValue> {
        self.types[position].1.accept(lock, asked, rows)
    }

    /// What the message at hand changed.
    pub(crate) fn differences(&self) -> Vec<RowChange> {
        self.types.iter().flat_map(|(_, rows)| rows.differences()).collect()
    }

    /// Keeps what the message at hand changed.
    pub(crate) fn keep(&mut self) {
        self.types.iter_mut().for_each(|(_, rows)| rows.keep());
    }

    /// Takes back what the message at hand changed.
    pub(crate) fn undo(&mut self) {
        self.types.iter_mut().for_each(|(_, rows)| rows.undo());
    }

    /// The sequence of the next event of a row; `None` when there is no such row to publish it.
    pub(crate) fn count_event(&mut self, record: TypeId, key: &Key) -> Option<i64> {
        self.types.iter_mut().find(|(id, _)| *id == record)?.1.count_event(key)
    }

    /// What the store must hear of, by table name.
    pub(crate) fn changes(&mut self) -> Vec<Changes> {
        self.types.sort_by_key(|(_, rows)| rows.table().name);
        self.types.iter_mut().map(|(_, rows)| rows.changes()).collect()
    }
}

/// A record's table, for those who make the tables of a service.
pub fn table_of<T: Record>() -> &'static Table {
    T::TABLE
}
