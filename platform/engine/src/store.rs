//! Where a service's database is, and how to open it.

use std::path::PathBuf;

use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use crate::{
    postgres::{PostgresAddress, PostgresSession},
    session::{Session, StoreError},
    sqlite::SqliteSession,
};

/// How many connections a service's readers have, at most.
const READERS_MAX: u32 = 4;

/// Where a service's database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreAddress {
    /// A file of the service's own.
    Sqlite(PathBuf),
    /// A schema of the service's own.
    Postgres(PostgresAddress),
}

impl StoreAddress {
    /// Opens a lane's session. Called outside of any asynchronous task.
    ///
    /// # Errors
    /// The store cannot be opened, or does not make commits durable.
    pub fn writer(&self) -> Result<Box<dyn Session>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Box::new(SqliteSession::open(path)?),
            Self::Postgres(address) => Box::new(PostgresSession::open(address)?),
        })
    }

    /// Opens a session that only reads. Called outside of any asynchronous task.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn reader(&self) -> Result<Box<dyn Session>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Box::new(SqliteSession::open_reader(path)?),
            Self::Postgres(address) => Box::new(PostgresSession::open(address)?),
        })
    }

    /// How many lanes may write at once.
    pub fn lanes(&self) -> usize {
        match self {
            Self::Sqlite(_) => 1,
            Self::Postgres(_) => 2,
        }
    }

    /// The durability settings as the database itself gives them.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn durability(&self) -> Result<serde_json::Value, StoreError> {
        let value = match self {
            Self::Sqlite(path) => serde_json::to_value(SqliteSession::open(path)?.durability()?),
            Self::Postgres(address) => serde_json::to_value(PostgresSession::open(address)?.durability()?),
        };
        value.map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    /// Opens the pool for a service's own queries, which cannot write.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub async fn readers(&self) -> Result<DatabaseConnection, StoreError> {
        let mut options = match self {
            Self::Sqlite(path) => ConnectOptions::new(format!("sqlite://{}?mode=rw", path.display())),
            Self::Postgres(address) => {
                let mut options = ConnectOptions::new(&address.url);
                options.set_schema_search_path(&address.schema);
                options
            }
        };
        options
            .max_connections(READERS_MAX)
            .min_connections(0)
            .sqlx_logging(false)
            .record_stmt_in_spans(false)
            .test_before_acquire(false)
            .map_sqlx_sqlite_opts(|options| options.pragma("query_only", "ON").pragma("cache_size", "-2048"));
        Ok(Database::connect(options).await?)
    }
}
