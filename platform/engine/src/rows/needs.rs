//! What a message asks for before it is decided.

use super::Rows;
use crate::{
    record::Record,
    value::{Key, Value},
};

/// Collects which rows a message reads or changes, and shows those that are here already.
///
/// A look at a row asks for it. It answers `None` until the row is loaded, and also when there is no such row;
/// what follows from a row is asked for in the next round.
pub struct Needs<'a> {
    rows: &'a mut Rows,
    incomplete: bool,
}

impl<'a> Needs<'a> {
    pub(crate) fn new(rows: &'a mut Rows) -> Self {
        Self { rows, incomplete: false }
    }

    /// Whether anything was asked for that is not here yet, so that a `None` may only mean "not loaded".
    pub fn incomplete(&self) -> bool {
        self.incomplete
    }

    /// Asks for a row that the message may change.
    pub fn write<T: Record>(&mut self, key: impl Into<Key>) -> Option<&T> {
        let key = key.into();
        let rows = self.rows.typed_mut::<T>();
        if !rows.slots.get(&key).is_some_and(|slot| slot.writable) {
            rows.missing.to_write.insert(key);
            self.incomplete = true;
            return None;
        }
        rows.slots.get(&key)?.state.as_ref()
    }

    /// Asks for a row that the message only reads. Readers do not wait for one another.
    pub fn read<T: Record>(&mut self, key: impl Into<Key>) -> Option<&T> {
        let key = key.into();
        let rows = self.rows.typed_mut::<T>();
        if !rows.slots.contains_key(&key) {
            rows.missing.to_read.insert(key);
            self.incomplete = true;
            return None;
        }
        rows.slots.get(&key)?.state.as_ref()
    }

    /// Asks for the row whose uniquely indexed `column` has `value`, to change it.
    pub fn write_by<T: Record>(&mut self, column: &'static str, value: impl Into<Value>) -> Option<&T> {
        let value = value.into();
        let rows = self.rows.typed_mut::<T>();
        let look_up = (column, value);
        if !rows.answered_unique.contains(&look_up) {
            rows.missing.by_unique.insert(look_up);
            self.incomplete = true;
            return None;
        }
        self.rows.matching::<T>(column, &look_up.1).into_iter().next()
    }

    /// Asks for up to `limit` rows whose indexed `column` has `value`, by key from the first one past `after`, to change them.
    /// `handle` finds them with [`Rows::matching`].
    pub fn write_all<T: Record>(
        &mut self,
        column: &'static str,
        value: impl Into<Value>,
        after: Option<Key>,
        limit: usize,
    ) {
        let rows = self.rows.typed_mut::<T>();
        let range = (column, value.into(), after, limit);
        if !rows.answered_range.contains(&range) {
            rows.missing.by_range.insert(range);
            self.incomplete = true;
        }
    }

    /// The rows that are here already and whose `column` has `value`, by key: those of [`write_all`](Self::write_all), once loaded.
    pub fn matching<T: Record>(&self, column: &str, value: &Value) -> Vec<&T> {
        self.rows.matching::<T>(column, value)
    }
}
