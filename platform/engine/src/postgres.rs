//! The store on PostgreSQL, through SeaORM: several lanes and processes on one schema, kept apart by row locks.
//!
//! A lane's session has a connection and a small runtime of its own, so that a statement's answer wakes the lane's thread
//! itself and nobody in between. One statement text serves all sizes of a batch: values travel as one array per column.

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, QueryResult, RuntimeErr, Statement,
    sea_query::{ArrayType, Value as SqlValue},
};

use crate::{
    session::{Filter, HeadMove, Select, Session, StoreError},
    sql::{self, Dialect},
    system::LOG_HEAD,
    table::Table,
    value::{ColumnKind, Row, UnreadableValue, Value},
};

/// Where a service's tables are: a database, and in it a schema of the service's own.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// The schema.
    pub schema: String,
}

impl std::fmt::Debug for PostgresAddress {
    /// Leaves the URL out, because it holds a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "schema {}", self.schema)
    }
}

/// How safely the server writes, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PostgresDurability {
    /// `on`: a commit is on disk before it is answered.
    pub synchronous_commit: String,
    /// `on`.
    pub fsync: String,
    /// The server's version.
    pub version: String,
}

/// A lane's connection.
pub struct PostgresSession {
    runtime: tokio::runtime::Runtime,
    connection: DatabaseConnection,
    open: bool,
}

impl PostgresSession {
    /// Connects, makes the schema, and checks the settings that durability rests on. Called outside of any runtime.
    ///
    /// # Errors
    /// The server cannot be reached, or does not make commits durable.
    pub fn open(address: &PostgresAddress) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let mut options = ConnectOptions::new(&address.url);
        options
            .max_connections(1)
            .min_connections(1)
            .sqlx_logging(false)
            .record_stmt_in_spans(false)
            .test_before_acquire(false)
            .set_schema_search_path(&address.schema)
            .set_application_name(format!("isotope {}", address.schema));
        let connection = runtime.block_on(Database::connect(options))?;
        let mut session = Self { runtime, connection, open: false };
        session.batch(&format!("CREATE SCHEMA IF NOT EXISTS \"{}\"", address.schema)).or_else(|error| match error {
            // Two lanes that start together both find it missing; one makes it.
            StoreError::Constraint(_) => Ok(()),
            error => Err(error),
        })?;
        session.batch(
            "SET synchronous_commit = on; SET lock_timeout = '5s'; SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '10s'",
        )?;
        let durability = session.durability()?;
        if durability.synchronous_commit != "on" || durability.fsync != "on" {
            return Err(StoreError::Unavailable(format!("PostgreSQL does not make commits durable: {durability:?}")));
        }
        Ok(session)
    }

    /// The durability settings, read back.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn durability(&mut self) -> Result<PostgresDurability, StoreError> {
        let mut show = |name: &str| -> Result<String, StoreError> {
            let statement = Statement::from_string(DbBackend::Postgres, format!("SHOW {name}"));
            let row = self.runtime.block_on(self.connection.query_one_raw(statement))?;
            let row = row.ok_or_else(|| StoreError::Unavailable(format!("no answer to SHOW {name}")))?;
            Ok(row.try_get_by_index(0)?)
        };
        Ok(PostgresDurability {
            synchronous_commit: show("synchronous_commit")?,
            fsync: show("fsync")?,
            version: show("server_version")?,
        })
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.runtime.block_on(self.connection.execute_unprepared(sql))?;
        Ok(())
    }

    fn execute(&mut self, sql: String, values: Vec<SqlValue>) -> Result<(), StoreError> {
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        self.runtime.block_on(self.connection.execute_raw(statement))?;
        Ok(())
    }

    fn query(&mut self, sql: String, values: Vec<SqlValue>) -> Result<Vec<QueryResult>, StoreError> {
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        Ok(self.runtime.block_on(self.connection.query_all_raw(statement))?)
    }

    /// Runs a statement over rows that travel as one array per column.
    fn write(&mut self, sql: String, table: &Table, width: usize, rows: Vec<Row>) -> Result<(), StoreError> {
        let mut columns: Vec<Vec<Value>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
        for row in rows {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        let arrays = columns.into_iter().zip(table.columns).map(|(values, column)| array(column.kind, values));
        self.execute(sql, arrays.collect())
    }
}

fn array(kind: ColumnKind, values: Vec<Value>) -> SqlValue {
    let array_type = match kind {
        ColumnKind::Integer => ArrayType::BigInt,
        ColumnKind::Text => ArrayType::String,
        ColumnKind::Id => ArrayType::Uuid,
    };
    let values = values.into_iter().map(|value| parameter(kind, value)).collect();
    SqlValue::Array(array_type, Some(Box::new(values)))
}

fn parameter(kind: ColumnKind, value: Value) -> SqlValue {
    match (value, kind) {
        (Value::Integer(number), _) => SqlValue::BigInt(Some(number)),
        (Value::Text(text), _) => SqlValue::String(Some(text)),
        (Value::Id(id), _) => SqlValue::Uuid(Some(id)),
        (Value::Null, ColumnKind::Integer) => SqlValue::BigInt(None),
        (Value::Null, ColumnKind::Text) => SqlValue::String(None),
        (Value::Null, ColumnKind::Id) => SqlValue::Uuid(None),
    }
}

/// A row as SeaORM gives it, for the columns of a table.
pub(crate) fn row_of(table: &Table, found: &QueryResult) -> Result<Row, DbErr> {
    let column = |(position, column): (usize, &crate::Column)| {
        Ok(match column.kind {
            ColumnKind::Integer => found.try_get_by_index::<Option<i64>>(position)?.map_or(Value::Null, Value::Integer),
            ColumnKind::Text => found.try_get_by_index::<Option<String>>(position)?.map_or(Value::Null, Value::Text),
            ColumnKind::Id => found.try_get_by_index::<Option<uuid::Uuid>>(position)?.map_or(Value::Null, Value::Id),
        })
    };
    table.columns.iter().enumerate().map(column).collect()
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let text = error.to_string();
        let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = &error else {
            return match error {
                DbErr::Type(_) => UnreadableValue::new(text, "a value of the column's kind").into(),
                _ => Self::Unavailable(text),
            };
        };
        let code = cause.as_database_error().and_then(|error| error.code());
        match code.as_deref() {
            // Serialisation failure, deadlock, lock not available.
            Some("40001" | "40P01" | "55P03") => Self::Contended(text),
            Some(code) if code.starts_with("23") => Self::Constraint(text),
            // Two sessions that make the same thing at once.
            Some("42P06" | "42P07" | "42710") => Self::Constraint(text),
            _ => Self::Unavailable(text),
        }
    }
}

impl Session for PostgresSession {
    fn create(&mut self, tables: &[&'static Table]) -> Result<(), StoreError> {
        // One session makes the tables at a time; the others then find them.
        self.batch("BEGIN; SELECT pg_advisory_xact_lock(hashtext('isotope.create'), hashtext(current_schema()))")?;
        self.open = true;
        for table in tables {
            self.batch(&sql::create_table(Dialect::Postgres, table))?;
            let found = self.query(
                "SELECT column_name::text, udt_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1".into(),
                vec![table.name.into()],
            )?;
            let mut types = std::collections::HashMap::new();
            for row in found {
                types.insert(row.try_get_by_index::<String>(0)?, row.try_get_by_index::<String>(1)?);
            }
            for (position, column) in table.columns.iter().enumerate() {
                let wanted = match column.kind {
                    ColumnKind::Integer => "int8",
                    ColumnKind::Text => "text",
                    ColumnKind::Id => "uuid",
                };
                match types.get(column.name) {
                    None => self.batch(&sql::add_column(Dialect::Postgres, table, position))?,
                    Some(found) => {
                        crate::sqlite::column_conflict(table, column.name, found, wanted).map_or(Ok(()), Err)?;
                    }
                }
            }
            for index in table.indexes {
                self.batch(&sql::create_index(table, index))?;
            }
        }
        self.commit()
    }

    fn shared(&self) -> bool {
        true
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        if self.open {
            self.rollback();
        }
        self.batch("BEGIN")?;
        self.open = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.open = false;
        self.batch("COMMIT").map_err(|error| match error {
            StoreError::Unavailable(reason) => StoreError::Unknown(reason),
            error => error,
        })
    }

    fn rollback(&mut self) {
        self.open = false;
        if let Err(error) = self.batch("ROLLBACK") {
            // The server rolls back by itself when the connection is gone; the pool opens another.
            tracing::warn!(%error, "a transaction could not be rolled back by asking");
        }
    }

    fn select(&mut self, select: &Select) -> Result<Vec<Row>, StoreError> {
        let sql = sql::select(Dialect::Postgres, select);
        let kind = |name: &str| select.table.columns[select.table.column(name)].kind;
        let equals = |equal: &[(&'static str, Value)]| -> Vec<SqlValue> {
            equal.iter().map(|(name, value)| parameter(kind(name), value.clone())).collect()
        };
        let values = match &select.filter {
            Filter::All => Vec::new(),
            Filter::In { column, values } => vec![array(kind(column), values.clone())],
            Filter::After { equal, column, after, limit } => {
                let mut values = equals(equal);
                values.extend(after.clone().map(|after| parameter(kind(column), after)));
                values.push(SqlValue::BigInt(Some(*limit as i64)));
                values
            }
            Filter::Until { equal, until, limit, .. } => {
                let mut values = equals(equal);
                values.extend([SqlValue::BigInt(Some(*until)), SqlValue::BigInt(Some(*limit as i64))]);
                values
            }
        };
        let found = self.query(sql, values)?;
        found.iter().map(|row| Ok(row_of(select.table, row)?)).collect()
    }

    fn insert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.write(sql::insert(Dialect::Postgres, table), table, table.columns.len(), rows)
    }

    fn upsert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.write(sql::upsert(Dialect::Postgres, table), table, table.columns.len(), rows)
    }

    fn delete(&mut self, table: &'static Table, keys: Vec<Row>) -> Result<(), StoreError> {
        self.write(sql::delete(Dialect::Postgres, table), table, table.key_columns, keys)
    }

    fn move_heads(&mut self, moves: &[HeadMove]) -> Result<Vec<i64>, StoreError> {
        let columns = (
            moves.iter().map(|head| Value::from(head.topic.as_str())).collect(),
            moves.iter().map(|head| Value::Integer(i64::from(head.partition))).collect(),
            moves.iter().map(|head| Value::Integer(head.count)).collect(),
        );
        // Rows come sorted by their key, and an insert with ON CONFLICT takes its locks in that order.
        let sql = format!(
            "INSERT INTO {0} AS head (topic, part, pos) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
             ON CONFLICT (topic, part) DO UPDATE SET pos = head.pos + excluded.pos RETURNING topic, part, pos",
            LOG_HEAD.name
        );
        let values = vec![
            array(ColumnKind::Text, columns.0),
            array(ColumnKind::Integer, columns.1),
            array(ColumnKind::Integer, columns.2),
        ];
        let mut heads = std::collections::HashMap::new();
        for row in self.query(sql, values)? {
            let place = (row.try_get_by_index::<String>(0)?, row.try_get_by_index::<i64>(1)?);
            heads.insert(place, row.try_get_by_index::<i64>(2)?);
        }
        let head_of = |HeadMove { topic, partition, .. }: &HeadMove| heads.get(&(topic.clone(), i64::from(*partition))).copied();
        let found: Option<Vec<i64>> = moves.iter().map(head_of).collect();
        found.ok_or_else(|| StoreError::Unavailable("a log head did not move".into()))
    }

    fn differing_rows(&mut self, a: &'static Table, b: &'static Table) -> Result<u64, StoreError> {
        let found = self.query(sql::differing_rows(a, b), Vec::new())?;
        let count: i64 = found.first().map_or(Ok(0), |row| row.try_get_by_index(0))?;
        Ok(count.unsigned_abs())
    }

    fn replace_rows(&mut self, into: &'static Table, from: &'static Table) -> Result<(), StoreError> {
        sql::replace_rows(into, from).iter().try_for_each(|text| self.batch(text))
    }
}

impl Drop for PostgresSession {
    /// Closes the connection inside its own runtime, wherever the session is dropped.
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        self.connection = DatabaseConnection::default();
    }
}
