//! A PostgreSQL database: one server owns it, as long as its connection lives.

use anyhow::{Context as _, bail};
use sea_orm::sqlx::{Connection, PgConnection, raw_sql};

/// The number that servers of a shop's database lock. Any, and the same for ever.
const LOCK: i64 = 0x0069_736f_746f_7065;

/// How long a claim waits: a server that was killed a moment ago may not be gone for PostgreSQL yet.
const PATIENCE: &str = "5s";

/// A database that this process owns. The claim goes with its connection, however the process ends.
pub struct DatabaseClaim {
    _connection: PgConnection,
}

impl DatabaseClaim {
    /// Claims a database.
    ///
    /// # Errors
    /// Another server has it, or it does not answer.
    pub async fn take(url: &str) -> anyhow::Result<Self> {
        let connected = PgConnection::connect(url).await;
        let mut connection = connected.context("the PostgreSQL database cannot be reached")?;
        let sql = "SET application_name = 'isotope claim'; SET idle_session_timeout = 0;";
        // Servers before 14 have no such time-out, and need none.
        let _ = raw_sql(sql).execute(&mut connection).await;
        let sql = format!("SET lock_timeout = '{PATIENCE}'; SELECT pg_advisory_lock({LOCK})");
        match raw_sql(sea_orm::sqlx::AssertSqlSafe(sql)).execute(&mut connection).await {
            Ok(_) => Ok(Self { _connection: connection }),
            Err(error)
                if error.as_database_error().and_then(|error| error.code()).as_deref() == Some("55P03") =>
            {
                bail!(
                    "another isotope serves this PostgreSQL database: stop it first, or choose another database with --database-url"
                )
            }
            Err(error) => Err(error).context("the PostgreSQL database cannot be claimed"),
        }
    }
}
