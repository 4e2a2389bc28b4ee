//! What people ask of a service's bookkeeping: its log, what is parked, its read models. It only reads, and needs no index that
//! the write path would have to keep: a partition of the log is in the order of time, so a moment is found by halving.

use std::collections::BTreeMap;

use bus::Logged;
use contracts::{ServiceName, Timestamp};
use uuid::Uuid;

use crate::{
    core::topic_of,
    parking::{Parked, ParkedState},
    reads::Reads,
    session::StoreError,
    system::{ABOUT, EVENT_LOG, LOG_HEAD, PARKED},
    value::{Field, Value},
};

/// Which events are wanted. An empty filter lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of this type.
    pub kind: Option<String>,
    /// Of this subject.
    pub subject: Option<String>,
    /// Of this correlation.
    pub correlation_id: Option<Uuid>,
    /// Caused by this.
    pub causation_id: Option<Uuid>,
    /// With this id.
    pub id: Option<Uuid>,
}

impl EventFilter {
    /// Whether the event is wanted.
    pub fn lets_through(&self, event: &contracts::Envelope) -> bool {
        self.kind.as_ref().is_none_or(|kind| *kind == event.kind)
            && self.subject.as_ref().is_none_or(|subject| *subject == event.subject)
            && self.correlation_id.is_none_or(|id| id == event.correlation_id)
            && self.causation_id.is_none_or(|id| id == event.causation_id)
            && self.id.is_none_or(|id| id == event.id)
    }

    fn conditions(&self) -> Vec<(&'static str, Value)> {
        [
            ("type", self.kind.clone().map(Value::Text)),
            ("subject", self.subject.clone().map(Value::Text)),
            ("correlation_id", self.correlation_id.map(Value::Id)),
            ("causation_id", self.causation_id.map(Value::Id)),
            ("event_id", self.id.map(Value::Id)),
        ]
        .into_iter()
        .filter_map(|(column, value)| Some((column, value?)))
        .collect()
    }
}

/// A part of one partition of a log: positions past `after`, up to and with `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The partition.
    pub partition: u8,
    /// The last position that is not wanted.
    pub after: i64,
    /// The last position that is.
    pub until: i64,
    /// Whether the last events come first.
    pub newest_first: bool,
    /// How many events at most.
    pub limit: usize,
}

/// Dead letters of one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedGroup {
    /// The error without what differs from one to the next.
    pub fingerprint: String,
    /// The event's type, or `message`.
    pub kind: String,
    /// How many.
    pub count: i64,
    /// When the first of them came.
    pub first: Timestamp,
    /// When the last of them failed.
    pub last: Timestamp,
    /// One of them.
    pub example: Uuid,
}

/// A read model and its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionRows {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: String,
    /// How many rows it has.
    pub rows: i64,
}

impl Reads {
    /// The last position of each partition of the service's log that has events.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn log_heads(&self, source: ServiceName) -> Result<BTreeMap<u8, i64>, StoreError> {
        let topic = Value::Text(topic_of(source).to_string());
        let condition = format!("WHERE topic = {}", self.parameter(1));
        let rows = self.rows(&LOG_HEAD, &condition, vec![topic]).await?;
        let place = |mut row: Vec<Value>| -> Result<(u8, i64), StoreError> {
            let position = i64::from_value(row.swap_remove(2))?;
            Ok((u8::from_value(row.swap_remove(1))?, position))
        };
        rows.into_iter().map(place).collect()
    }

    /// Events of a part of the log.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn log_events(
        &self,
        source: ServiceName,
        filter: &EventFilter,
        range: Range,
    ) -> Result<Vec<Logged>, StoreError> {
        let mut parameters = vec![
            Value::Text(topic_of(source).to_string()),
            Value::Integer(i64::from(range.partition)),
            Value::Integer(range.after),
            Value::Integer(range.until),
        ];
        let [topic, part, after, until] = [1, 2, 3, 4].map(|number| self.parameter(number));
        let mut condition =
            format!("WHERE topic = {topic} AND part = {part} AND pos > {after} AND pos <= {until}");
        for (column, value) in filter.conditions() {
            parameters.push(value);
            condition.push_str(&format!(" AND {column} = {}", self.parameter(parameters.len())));
        }
        let order = if range.newest_first { "DESC" } else { "ASC" };
        condition.push_str(&format!(" ORDER BY pos {order} LIMIT {}", range.limit));
        let rows = self.rows(&EVENT_LOG, &condition, parameters).await?;
        rows.into_iter().map(|row| Ok(crate::log::from_row(source, row)?)).collect()
    }

    /// When the event at a position was decided; `None` where there is none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn log_time(
        &self,
        source: ServiceName,
        partition: u8,
        position: i64,
    ) -> Result<Option<Timestamp>, StoreError> {
        let [topic, part, pos] = [1, 2, 3].map(|number| self.parameter(number));
        let sql =
            format!("SELECT at_us FROM event_log WHERE topic = {topic} AND part = {part} AND pos = {pos}");
        let topic = Value::Text(topic_of(source).to_string());
        let parameters = vec![topic, Value::Integer(i64::from(partition)), Value::Integer(position)];
        let found = self.query(sql, parameters).await?;
        Ok(found.first().map(|row| row.try_get_by_index(0)).transpose()?.map(Timestamp))
    }

    /// The last position of a partition whose event was decided before `time`, by halving: exact as far as the log is in the order of
    /// time, which two lanes that commit at once may disturb by the length of a batch.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn log_position_before(
        &self,
        source: ServiceName,
        partition: u8,
        time: Timestamp,
        head: i64,
    ) -> Result<i64, StoreError> {
        // All up to `low` is before the time; all past `high` is not.
        let (mut low, mut high) = (0, head);
        while low < high {
            let middle = low + (high - low + 1) / 2;
            match self.log_time(source, partition, middle).await? {
                Some(at) if at < time => low = middle,
                _ => high = middle - 1,
            }
        }
        Ok(low)
    }

    /// What is parked, oldest first, past `after`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn parked(
        &self,
        state: Option<ParkedState>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Parked>, StoreError> {
        let mut parameters = vec![Value::Id(after.unwrap_or(Uuid::nil()))];
        let mut condition = format!("WHERE id > {}", self.parameter(1));
        if let Some(state) = state {
            parameters.push(state.to_value());
            condition.push_str(&format!(" AND state = {}", self.parameter(2)));
        }
        condition.push_str(&format!(" ORDER BY id LIMIT {limit}"));
        let rows = self.rows(&PARKED, &condition, parameters).await?;
        rows.into_iter().map(|row| Ok(Parked::from_row(row)?)).collect()
    }

    /// One that is parked.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn parked_one(&self, id: Uuid) -> Result<Option<Parked>, StoreError> {
        let condition = format!("WHERE id = {}", self.parameter(1));
        let rows = self.rows(&PARKED, &condition, vec![Value::Id(id)]).await?;
        Ok(rows.into_iter().next().map(Parked::from_row).transpose()?)
    }

    /// Dead letters by their cause, most first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn parked_groups(&self, limit: u32) -> Result<Vec<ParkedGroup>, StoreError> {
        // The first id of a group sorts first as text on both databases; `min` of a UUID is not known to all servers.
        let id = match self.parameter(1).as_str() {
            "$1" => "min(CAST(id AS text))",
            _ => "min(lower(hex(id)))",
        };
        let sql = format!(
            "SELECT fingerprint, kind, count(*), min(parked_us), max(failed_us), {id} FROM parked WHERE state = 'dead' \
             GROUP BY fingerprint, kind ORDER BY count(*) DESC, fingerprint, kind LIMIT {limit}"
        );
        let found = self.query(sql, Vec::new()).await?;
        let group = |row: &sea_orm::QueryResult| -> Result<ParkedGroup, StoreError> {
            let example: String = row.try_get_by_index(5)?;
            Ok(ParkedGroup {
                fingerprint: row.try_get_by_index(0)?,
                kind: row.try_get_by_index(1)?,
                count: row.try_get_by_index(2)?,
                first: Timestamp(row.try_get_by_index(3)?),
                last: Timestamp(row.try_get_by_index(4)?),
                example: example.parse().unwrap_or_default(),
            })
        };
        found.iter().map(group).collect()
    }

    /// The service's read models.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn projections(&self) -> Result<Vec<ProjectionRows>, StoreError> {
        let about = self.rows(&ABOUT, "WHERE name LIKE 'projection:%' ORDER BY name", Vec::new()).await?;
        let mut projections = Vec::new();
        for mut row in about {
            let table = String::from_value(row.swap_remove(1))?;
            let name = String::from_value(row.swap_remove(0))?;
            let known = table.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !known {
                return Err(StoreError::Unavailable(format!("`{table}` is no table's name")));
            }
            let found = self.query(format!("SELECT count(*) FROM {table}"), Vec::new()).await?;
            let rows = found.first().map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
            let name = name.trim_start_matches("projection:").to_owned();
            projections.push(ProjectionRows { name, table, rows });
        }
        Ok(projections)
    }
}
