//! A shadow: a read model made anew beside the live one, what is known of it, and how the two compare.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    reads::Reads,
    session::{Filter, Lock, Select, Session, StoreError},
    system::{ABOUT, WATERMARK},
    table::Table,
    value::{ColumnKind, Field, UnreadableValue, Value},
};

/// How many keys of differing rows are named.
const KEYS_MAX: u32 = 10;

/// Where a shadow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShadowState {
    /// It takes in events, from the first on.
    Building,
    /// It has caught up, and takes in each event together with the live read model.
    Ready,
    /// As [`Ready`](Self::Ready); compared, and equal.
    Equal,
    /// As [`Ready`](Self::Ready); compared, and not equal.
    Differs,
    /// It has become the live read model. Nothing is left of it but this.
    Swapped,
}

/// What is known of a shadow. Kept in the database, so that a rebuild outlives its process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// Which rebuild this is.
    pub id: Uuid,
    /// Where it stands.
    pub state: ShadowState,
    /// Events read until it had caught up.
    pub events: u64,
    /// Rows that were in one of the two tables only, when they were compared. Anything but 0 says that one of them is wrong.
    pub differing_rows: Option<u64>,
    /// The keys of the first of them, in the order of the keys.
    pub differing_keys: Vec<String>,
}

impl Shadow {
    pub(crate) fn begun(id: Uuid) -> Self {
        Self { id, state: ShadowState::Building, events: 0, differing_rows: None, differing_keys: Vec::new() }
    }

    /// Notes what a comparison has found.
    pub(crate) fn compared(&mut self, found: Differences) {
        self.state = if found.rows == 0 { ShadowState::Equal } else { ShadowState::Differs };
        self.differing_rows = Some(found.rows);
        self.differing_keys = found.first_keys;
    }
}

fn name_of(projection: &str) -> String {
    format!("shadow:{projection}")
}

/// Reads what is known of a projection's shadow, locked: nobody else changes it until the transaction ends.
pub(crate) fn read(
    session: &mut dyn Session,
    projection: &str,
    lock: Lock,
) -> Result<Option<Shadow>, StoreError> {
    let filter = Filter::In { column: "name", values: vec![Value::Text(name_of(projection))] };
    let rows = session.select(&Select { table: &ABOUT, filter, lock })?;
    rows.into_iter().next().map(|mut row| parse(row.swap_remove(1))).transpose()
}

fn parse(value: Value) -> Result<Shadow, StoreError> {
    let text = String::from_value(value)?;
    Ok(serde_json::from_str(&text).map_err(|_| UnreadableValue::new(text, "a shadow"))?)
}

/// Notes what is known of a projection's shadow.
pub(crate) fn write(session: &mut dyn Session, projection: &str, shadow: &Shadow) -> Result<(), StoreError> {
    session.upsert(&ABOUT, vec![vec![Value::Text(name_of(projection)), crate::record::to_json(shadow)]])
}

/// Empties a shadow and forgets its cursors and all that is known of it.
pub(crate) fn forget(
    session: &mut dyn Session,
    projection: &str,
    table: &'static Table,
    consumer: &str,
) -> Result<(), StoreError> {
    session.clear(table)?;
    forget_cursors(session, consumer)?;
    session.delete(&ABOUT, vec![vec![Value::Text(name_of(projection))]])
}

/// Forgets where a consumer stands.
pub(crate) fn forget_cursors(session: &mut dyn Session, consumer: &str) -> Result<(), StoreError> {
    let filter = Filter::In { column: "consumer", values: vec![consumer.into()] };
    let rows = session.select(&Select { table: &WATERMARK, filter, lock: Lock::Update })?;
    let keys: Vec<_> = rows.into_iter().map(|row| row[..WATERMARK.key_columns].to_vec()).collect();
    if keys.is_empty() { Ok(()) } else { session.delete(&WATERMARK, keys) }
}

/// The name of the table that a rebuild fills.
pub(crate) fn table_name(live: &Table) -> String {
    format!("{}_rebuild", live.name)
}

/// Under which name a rebuild's cursors are kept.
pub(crate) fn consumer_of(live: &str) -> String {
    format!("{live}#rebuild")
}

/// How a shadow and the live read model differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Differences {
    rows: u64,
    first_keys: Vec<String>,
}

impl Reads {
    /// What is known of a projection's shadow.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn shadow(&self, projection: &str) -> Result<Option<Shadow>, StoreError> {
        let condition = format!("WHERE name = {}", self.parameter(1));
        let rows = self.rows(&ABOUT, &condition, vec![Value::Text(name_of(projection))]).await?;
        rows.into_iter().next().map(|mut row| parse(row.swap_remove(1))).transpose()
    }

    /// Compares a read model with its shadow, where both stand at the same cursors; `None` where they do not just now. One statement
    /// sees one moment, and holds up nobody who writes.
    pub(crate) async fn compare(
        &self,
        live: &Table,
        consumer: &str,
    ) -> Result<Option<Differences>, StoreError> {
        let names = |columns: &[crate::Column]| {
            columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
        };
        let (all, keys) = (names(live.columns), names(&live.columns[..live.key_columns]));
        let (shadow, place) = (table_name(live), "source, topic, part, pos");
        let [live_consumer, shadow_consumer] = [1, 2].map(|number| self.parameter(number));
        let sql = format!(
            "WITH live_only AS (SELECT {all} FROM {live} EXCEPT SELECT {all} FROM {shadow}), \
             shadow_only AS (SELECT {all} FROM {shadow} EXCEPT SELECT {all} FROM {live}), \
             live_place AS (SELECT {place} FROM watermark WHERE consumer = {live_consumer}), \
             shadow_place AS (SELECT {place} FROM watermark WHERE consumer = {shadow_consumer}), \
             apart AS (SELECT count(*) AS places FROM (SELECT * FROM (SELECT * FROM live_place EXCEPT SELECT * FROM shadow_place) AS a \
                 UNION ALL SELECT * FROM (SELECT * FROM shadow_place EXCEPT SELECT * FROM live_place) AS b) AS c), \
             counted AS (SELECT (SELECT count(*) FROM live_only) + (SELECT count(*) FROM shadow_only) AS differing) \
             SELECT apart.places, counted.differing, first.* FROM apart CROSS JOIN counted LEFT JOIN \
             (SELECT * FROM (SELECT {keys} FROM live_only UNION SELECT {keys} FROM shadow_only) AS keys ORDER BY {keys} LIMIT {KEYS_MAX}) AS first \
             ON counted.differing > 0 ORDER BY {keys}",
            live = live.name,
        );
        let parameters = vec![Value::from(consumer), Value::Text(consumer_of(consumer))];
        let found = self.query(sql, parameters).await?;
        let Some(first) = found.first() else { return Ok(None) };
        if first.try_get_by_index::<i64>(0)? > 0 {
            return Ok(None);
        }
        let rows = first.try_get_by_index::<i64>(1)?.unsigned_abs();
        let mut first_keys = Vec::new();
        for row in found.iter().filter(|_| rows > 0) {
            let mut key = Vec::new();
            for (column, at) in live.columns[..live.key_columns].iter().zip(2_usize..) {
                key.push(match column.kind {
                    ColumnKind::Integer => row.try_get_by_index::<i64>(at)?.to_string(),
                    ColumnKind::Text => row.try_get_by_index::<String>(at)?,
                    ColumnKind::Id => row.try_get_by_index::<Uuid>(at)?.to_string(),
                });
            }
            first_keys.push(key.join(" "));
        }
        Ok(Some(Differences { rows, first_keys }))
    }
}
