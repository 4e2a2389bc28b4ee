//! The audit log: what people of the shop did, with the rows as they were before and after. It is written with the change itself.

use std::collections::HashSet;

use contracts::Timestamp;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::{
    record::Record,
    session::{Session, StoreError},
    system::AUDIT_LOG,
    value::{Field, Key, Row, UnreadableValue, Value},
};

/// Somebody of the shop who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account; none for the installation's own token.
    pub id: Option<Uuid>,
    /// What it is called.
    pub name: String,
    /// What it does: a request's method and path.
    pub action: String,
}

/// A row that an action changed.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RowChange {
    /// The row's table.
    pub table: String,
    /// Its key.
    pub key: String,
    /// As it was; nothing where it is new.
    pub before: Option<Json>,
    /// As it is; nothing where it is gone.
    pub after: Option<Json>,
}

impl RowChange {
    /// The difference between two states of a row.
    pub(crate) fn of<T: Record>(key: &Key, before: Option<&T>, after: Option<&T>) -> Option<Self> {
        let (before, after) = (before.map(T::to_row), after.map(T::to_row));
        if before == after {
            return None;
        }
        let secret_changed = |column: usize| match (&before, &after) {
            (Some(before), Some(after)) => before[column] != after[column],
            _ => true,
        };
        let show = |row: &Row| show::<T>(row, secret_changed);
        Some(Self {
            table: T::TABLE.name.to_owned(),
            key: key.to_string(),
            before: before.as_ref().map(show),
            after: after.as_ref().map(show),
        })
    }
}

/// A row for people to read. Of a secret it is only said whether it changed.
fn show<T: Record>(row: &Row, secret_changed: impl Fn(usize) -> bool) -> Json {
    let columns = T::TABLE.columns.iter().zip(row).enumerate();
    let fields = columns.map(|(place, (column, value))| {
        let shown = match value {
            _ if column.secret && secret_changed(place) => Json::from("(secret, changed)"),
            _ if column.secret => Json::from("(secret)"),
            Value::Null => Json::Null,
            Value::Integer(number) => Json::from(*number),
            Value::Id(id) => Json::from(id.to_string()),
            // Parts of a row that are JSON are shown as such.
            Value::Text(text) if text.starts_with(['{', '[']) => {
                serde_json::from_str(text).unwrap_or_else(|_| Json::from(text.as_str()))
            }
            Value::Text(text) => Json::from(text.as_str()),
        };
        (column.name.to_owned(), shown)
    });
    Json::Object(fields.collect::<Map<_, _>>())
}

/// The first state of each key of a journal, oldest first.
pub(crate) fn first_states<'a, T, K: std::hash::Hash + Eq + 'a>(
    journal: impl Iterator<Item = (&'a K, T)>,
) -> Vec<(&'a K, T)> {
    let mut seen = HashSet::new();
    journal.filter(|(key, _)| seen.insert(*key)).collect()
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its id; ids sort by time.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who, and what.
    pub actor: Actor,
    /// What it was done to.
    pub subject: String,
    /// The rows that changed.
    pub changes: Vec<RowChange>,
}

impl AuditEntry {
    /// As it is stored.
    pub(crate) fn to_row(&self) -> Row {
        vec![
            Value::Id(self.id),
            Value::Integer(self.at.0),
            self.actor.id.to_value(),
            Value::Text(self.actor.name.clone()),
            Value::Text(self.actor.action.clone()),
            Value::Text(self.subject.clone()),
            crate::record::to_json(&self.changes),
        ]
    }

    /// As it was stored.
    ///
    /// # Errors
    /// A column holds something else.
    pub fn from_row(row: Row) -> Result<Self, UnreadableValue> {
        let mut columns = row.into_iter();
        let columns = &mut columns;
        Ok(Self {
            id: crate::record::next(columns)?,
            at: crate::record::next(columns)?,
            actor: Actor {
                id: crate::record::next(columns)?,
                name: crate::record::next(columns)?,
                action: crate::record::next(columns)?,
            },
            subject: crate::record::next(columns)?,
            changes: crate::record::next_json(columns)?,
        })
    }
}

/// Writes entries, in the transaction that is under way.
pub(crate) fn write(session: &mut dyn Session, entries: &[AuditEntry]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    session.insert(&AUDIT_LOG, entries.iter().map(AuditEntry::to_row).collect())
}
