//! The store on PostgreSQL, through SeaORM: several lanes and processes on one schema, kept apart by row locks.
//!
//! A lane's session has a connection and a small runtime of its own, so that a statement's answer wakes the lane's thread
//! itself and nobody in between. One statement text serves all sizes of a batch: values travel as one array per column.

mod parameters;
mod runtime;

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{self, AssertSqlSafe, PgPool, Postgres, Row as _, pool::PoolConnection, postgres::PgRow},
};

use parameters::{Parameter, arguments, array, decode, parameter};
use runtime::Runtime;

use crate::{
    session::{Filter, HeadMove, Select, Session, StoreError, Update},
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

/// A lane's connection. SeaORM opens and keeps it; statements go to the driver below, which has arrays with nulls in them.
pub struct PostgresSession {
    runtime: Runtime,
    database: Option<DatabaseConnection>,
    /// Held from one statement to the next, because a transaction lives in it. `None` after it broke.
    connection: Option<PoolConnection<Postgres>>,
    schema: String,
    open: bool,
}

impl PostgresSession {
    /// Connects, makes the schema, and checks the settings that durability rests on. Called outside of any runtime.
    ///
    /// # Errors
    /// The server cannot be reached, or does not make commits durable.
    pub fn open(address: &PostgresAddress) -> Result<Self, StoreError> {
        let runtime = Runtime::new()?;
        let mut options = ConnectOptions::new(&address.url);
        options
            .max_connections(1)
            .sqlx_logging(false)
            .test_before_acquire(false)
            .set_schema_search_path(&address.schema)
            .set_application_name(format!("isotope {}", address.schema));
        let database = runtime.block_on(Database::connect(options))?;
        let schema = address.schema.clone();
        let mut session = Self { runtime, database: Some(database), connection: None, schema, open: false };
        let create = format!("CREATE SCHEMA IF NOT EXISTS \"{}\"", session.schema);
        session.batch(&create).or_else(|error| match error {
            // Two lanes that start together both find it missing; one makes it.
            StoreError::Constraint(_) => Ok(()),
            error => Err(error),
        })?;
        let durability = session.durability()?;
        if durability.synchronous_commit != "on" || durability.fsync != "on" {
            return Err(StoreError::Unavailable(format!(
                "PostgreSQL does not make commits durable: {durability:?}"
            )));
        }
        Ok(session)
    }

    /// The durability settings, read back.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn durability(&mut self) -> Result<PostgresDurability, StoreError> {
        let mut show = |name: &str| -> Result<String, StoreError> {
            let found = self.query(format!("SHOW {name}"), Vec::new())?;
            let row =
                found.first().ok_or_else(|| StoreError::Unavailable(format!("no answer to SHOW {name}")))?;
            Ok(row.try_get(0)?)
        };
        Ok(PostgresDurability {
            synchronous_commit: show("synchronous_commit")?,
            fsync: show("fsync")?,
            version: show("server_version")?,
        })
    }

    /// The connection, opened anew where the last one broke.
    fn connected(&mut self) -> Result<(), StoreError> {
        if self.connection.is_some() {
            return Ok(());
        }
        let Some(database) = &self.database else {
            return Err(StoreError::Unavailable("it is closed".into()));
        };
        let pool: &PgPool = database.get_postgres_connection_pool();
        let connection = self.runtime.block_on(async {
            let mut connection = pool.acquire().await?;
            let settings = "SET synchronous_commit = on; SET lock_timeout = '5s'; SET statement_timeout = '30s'; \
                            SET idle_in_transaction_session_timeout = '10s'";
            sqlx::raw_sql(settings).execute(&mut *connection).await?;
            Ok::<_, sqlx::Error>(connection)
        })?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Runs `statement` on the connection; one that breaks it leaves none behind.
    fn on_connection<R>(
        &mut self,
        statement: impl AsyncFnOnce(&mut sqlx::PgConnection) -> Result<R, sqlx::Error>,
    ) -> Result<R, StoreError> {
        self.connected()?;
        let Some(connection) = &mut self.connection else {
            return Err(StoreError::Unavailable("no connection".into()));
        };
        let result = self.runtime.block_on(statement(connection));
        result.map_err(|error| {
            if error.as_database_error().is_none()
                && let Some(connection) = self.connection.take()
            {
                let _inside = self.runtime.enter();
                // A connection that broke must not go back into the pool.
                drop(connection.detach());
            }
            error.into()
        })
    }

    /// Runs statements without parameters.
    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        let sql = sql.to_owned();
        self.on_connection(async |connection| {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(|_| ())
        })
    }

    fn execute(&mut self, sql: String, parameters: Vec<Parameter>) -> Result<(), StoreError> {
        let arguments = arguments(parameters)?;
        self.on_connection(async |connection| {
            sqlx::query_with(AssertSqlSafe(sql), arguments).execute(connection).await.map(|_| ())
        })
    }

    fn query(&mut self, sql: String, parameters: Vec<Parameter>) -> Result<Vec<PgRow>, StoreError> {
        let arguments = arguments(parameters)?;
        self.on_connection(async |connection| {
            sqlx::query_with(AssertSqlSafe(sql), arguments).fetch_all(connection).await
        })
    }

    /// Runs a statement over rows that travel as one array per column.
    fn write(&mut self, sql: String, table: &Table, width: usize, rows: Vec<Row>) -> Result<(), StoreError> {
        let mut columns: Vec<Vec<Value>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
        for row in rows {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        let arrays =
            columns.into_iter().zip(table.columns).map(|(values, column)| array(column.kind, values));
        let arrays = arrays.collect::<Result<_, _>>()?;
        self.execute(sql, arrays)
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::Type(text) => UnreadableValue::new(text, "a value of the column's kind").into(),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let text = error.to_string();
        let code = error.as_database_error().and_then(|error| error.code());
        match code.as_deref() {
            // Serialisation failure, deadlock, lock not available.
            Some("40001" | "40P01" | "55P03") => Self::Contended(text),
            // A constraint, or data that the server cannot keep: one row's fault, not the server's.
            Some(code) if code.starts_with("23") || code.starts_with("22") => Self::Constraint(text),
            // Two sessions that make the same schema or table at once.
            Some("42P06" | "42P07" | "42710") => Self::Constraint(text),
            _ => Self::Unavailable(text),
        }
    }
}

impl Session for PostgresSession {
    fn create(&mut self, tables: &[&'static Table]) -> Result<(), StoreError> {
        // One session makes the tables at a time; the others then find them.
        self.batch(
            "BEGIN; SELECT pg_advisory_xact_lock(hashtext('isotope.create'), hashtext(current_schema()))",
        )?;
        self.open = true;
        for table in tables {
            self.batch(&sql::create_table(Dialect::Postgres, table))?;
            let found = self.query(
                "SELECT column_name::text, udt_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1".into(),
                vec![Parameter::Text(Some(table.name.to_owned()))],
            )?;
            let mut types = std::collections::HashMap::new();
            for row in found {
                types.insert(row.try_get::<String, _>(0)?, row.try_get::<String, _>(1)?);
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
                        crate::sqlite::column_conflict(table, column.name, found, wanted)
                            .map_or(Ok(()), Err)?;
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
        if !self.open {
            return;
        }
        self.open = false;
        if let Err(error) = self.batch("ROLLBACK") {
            // The server rolls back by itself when the connection is gone; the pool opens another.
            tracing::warn!(%error, "a transaction could not be rolled back by asking");
        }
    }

    fn select(&mut self, select: &Select) -> Result<Vec<Row>, StoreError> {
        let sql = sql::select(Dialect::Postgres, select);
        let kind = |name: &str| select.table.columns[select.table.column(name)].kind;
        let equals = |equal: &[(&'static str, Value)]| -> Result<Vec<Parameter>, StoreError> {
            equal.iter().map(|(name, value)| parameter(kind(name), value.clone())).collect()
        };
        let parameters = match &select.filter {
            Filter::All => Vec::new(),
            Filter::In { column, values } => vec![array(kind(column), values.clone())?],
            Filter::After { equal, column, after, limit } => {
                let mut parameters = equals(equal)?;
                if let Some(after) = after {
                    parameters.push(parameter(kind(column), after.clone())?);
                }
                parameters.push(Parameter::Integer(Some(*limit as i64)));
                parameters
            }
            Filter::Until { equal, until, limit, .. } => {
                let mut parameters = equals(equal)?;
                parameters
                    .extend([Parameter::Integer(Some(*until)), Parameter::Integer(Some(*limit as i64))]);
                parameters
            }
        };
        let found = self.query(sql, parameters)?;
        found.iter().map(|row| Ok(decode(select.table, row)?)).collect()
    }

    fn insert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.write(sql::insert(Dialect::Postgres, table), table, table.columns.len(), rows)
    }

    fn upsert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.write(sql::upsert(Dialect::Postgres, table), table, table.columns.len(), rows)
    }

    fn update(&mut self, table: &'static Table, updates: Vec<Update>) -> Result<(), StoreError> {
        // One statement for all of them. A row in which no indexed column has another value is changed in place, if its page has room,
        // and no index hears of it.
        self.upsert(table, updates.into_iter().map(|update| update.row).collect())
    }

    fn delete(&mut self, table: &'static Table, keys: Vec<Row>) -> Result<(), StoreError> {
        self.write(sql::delete(Dialect::Postgres, table), table, table.key_columns, keys)
    }

    fn move_heads(&mut self, moves: &[HeadMove]) -> Result<Vec<i64>, StoreError> {
        // Rows come sorted by their key, and an insert with ON CONFLICT takes its locks in that order.
        let sql = format!(
            "INSERT INTO {0} AS head (topic, part, pos) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
             ON CONFLICT (topic, part) DO UPDATE SET pos = head.pos + excluded.pos RETURNING topic, part, pos",
            LOG_HEAD.name
        );
        let parameters = vec![
            Parameter::Texts(moves.iter().map(|head| Some(head.topic.clone())).collect()),
            Parameter::Integers(moves.iter().map(|head| Some(i64::from(head.partition))).collect()),
            Parameter::Integers(moves.iter().map(|head| Some(head.count)).collect()),
        ];
        let mut heads = std::collections::HashMap::new();
        for row in self.query(sql, parameters)? {
            let place = (row.try_get::<String, _>(0)?, row.try_get::<i64, _>(1)?);
            heads.insert(place, row.try_get::<i64, _>(2)?);
        }
        let head_of = |HeadMove { topic, partition, .. }: &HeadMove| {
            heads.get(&(topic.clone(), i64::from(*partition))).copied()
        };
        let found: Option<Vec<i64>> = moves.iter().map(head_of).collect();
        found.ok_or_else(|| StoreError::Unavailable("a log head did not move".into()))
    }

    fn clear(&mut self, table: &'static Table) -> Result<(), StoreError> {
        self.batch(&format!("TRUNCATE {}", table.name))
    }

    fn replace_rows(&mut self, into: &'static Table, from: &'static Table) -> Result<(), StoreError> {
        sql::replace_rows(Dialect::Postgres, into, from).iter().try_for_each(|text| self.batch(text))
    }
}

impl Drop for PostgresSession {
    /// Closes the connection inside its own runtime, wherever the session is dropped.
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        self.connection = None;
        self.database = None;
    }
}
