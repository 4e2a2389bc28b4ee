//! Reads beside the lanes: what the HTTP routes show. They see what is committed, and never wait for a writer.

use contracts::Timestamp;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement,
    sea_query::Value as SqlValue,
};

use crate::{
    record::Record,
    session::StoreError,
    sql::Dialect,
    system::{EVENT_LOG, LOG_HEAD},
    table::{Column, Table},
    value::{ColumnKind, Key, Row, Value},
};

/// How many rows one query asks for by their keys, at most.
const KEYS_PER_QUERY: usize = 256;

/// A service's read side.
#[derive(Clone, Debug)]
pub struct Reads {
    connection: DatabaseConnection,
}

impl Reads {
    pub(crate) fn new(connection: DatabaseConnection) -> Self {
        Self { connection }
    }

    /// Opens the read side of a database that no engine of this process works on.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub async fn open(store: &crate::StoreAddress) -> Result<Self, StoreError> {
        Ok(Self::new(store.readers().await?))
    }

    /// The pool, for queries that go beyond one table.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The row of a key.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn get<T: Record>(&self, key: impl Into<Key>) -> Result<Option<T>, StoreError> {
        self.one_by(T::TABLE.columns[0].name, Value::from(key.into())).await
    }

    /// The row whose uniquely indexed `column` has `value`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn one_by<T: Record>(&self, column: &str, value: Value) -> Result<Option<T>, StoreError> {
        let parameter = self.parameter(1);
        Ok(self.select(&format!("WHERE {column} = {parameter} LIMIT 1"), vec![value]).await?.pop())
    }

    /// The rows of these keys that are there, in no order.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn all_of<T: Record>(
        &self,
        keys: impl IntoIterator<Item = impl Into<Key>>,
    ) -> Result<Vec<T>, StoreError> {
        let keys: Vec<Value> = keys.into_iter().map(|key| Value::from(key.into())).collect();
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(KEYS_PER_QUERY) {
            // The last one again and again, so that there are few texts for the store to prepare.
            let mut parameters = keys.to_vec();
            parameters.resize(keys.len().next_power_of_two(), keys[keys.len() - 1].clone());
            let places: Vec<String> = (1..=parameters.len()).map(|number| self.parameter(number)).collect();
            let condition = format!("WHERE {} IN ({})", T::TABLE.columns[0].name, places.join(", "));
            found.append(&mut self.select(&condition, parameters).await?);
        }
        Ok(found)
    }

    /// The rows that `condition` lets through: all that follows the table's name in a SELECT, its parameters `?1`, `?2`, ...
    /// on SQLite and `$1`, `$2`, ... on PostgreSQL, as [`parameter`](Self::parameter) writes them.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn select<T: Record>(
        &self,
        condition: &str,
        parameters: Vec<Value>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.rows(T::TABLE, condition, parameters).await?;
        rows.into_iter().map(|row| Ok(T::from_row(&mut row.into_iter())?)).collect()
    }

    /// The rows of any table, such as a projection's. See [`select`](Self::select).
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn rows(
        &self,
        table: &Table,
        condition: &str,
        parameters: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let sql = format!("SELECT {} FROM {} {condition}", columns.join(", "), table.name);
        let found = self.query(sql, parameters).await?;
        found.iter().map(|row| Ok(row_of(table, row)?)).collect()
    }

    /// When the latest event of the service's log was decided.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn latest_event(&self) -> Result<Option<Timestamp>, StoreError> {
        // The last of each partition: the log may be long.
        let sql = format!(
            "SELECT MAX(event.at_us) FROM {} AS head JOIN {} AS event \
             ON event.topic = head.topic AND event.part = head.part AND event.pos = head.pos",
            LOG_HEAD.name, EVENT_LOG.name
        );
        let found = self.query(sql, Vec::new()).await?;
        let latest = found.first().map(|row| row.try_get_by_index::<Option<i64>>(0)).transpose()?;
        Ok(latest.flatten().map(Timestamp))
    }

    /// Runs any query.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn query(&self, sql: String, parameters: Vec<Value>) -> Result<Vec<QueryResult>, StoreError> {
        let backend = self.connection.get_database_backend();
        let values: Vec<SqlValue> = parameters.into_iter().map(SqlValue::from).collect();
        Ok(self.connection.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?)
    }

    /// How this database writes the parameter of a number.
    pub fn parameter(&self, number: usize) -> String {
        let dialect = match self.connection.get_database_backend() {
            DbBackend::Postgres => Dialect::Postgres,
            _ => Dialect::Sqlite,
        };
        dialect.parameter(number)
    }
}

impl From<Value> for SqlValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::String(None),
            Value::Integer(number) => Self::BigInt(Some(number)),
            Value::Text(text) => Self::String(Some(text)),
            Value::Id(id) => Self::Uuid(Some(id)),
        }
    }
}

/// A row as SeaORM gives it, for the columns of a table.
fn row_of(table: &Table, found: &QueryResult) -> Result<Row, DbErr> {
    let column = |(position, column): (usize, &Column)| {
        Ok(match column.kind {
            ColumnKind::Integer => {
                found.try_get_by_index::<Option<i64>>(position)?.map_or(Value::Null, Value::Integer)
            }
            ColumnKind::Text => {
                found.try_get_by_index::<Option<String>>(position)?.map_or(Value::Null, Value::Text)
            }
            ColumnKind::Id => {
                found.try_get_by_index::<Option<uuid::Uuid>>(position)?.map_or(Value::Null, Value::Id)
            }
        })
    };
    table.columns.iter().enumerate().map(column).collect()
}
