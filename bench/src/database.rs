//! Counts in the services' own databases what really happened, apart from what the server answered.

use std::collections::HashMap;

use anyhow::Context;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement,
};
use uuid::Uuid;

use crate::server::Server;

/// An order as ordering has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredOrder {
    /// Its status.
    pub status: String,
    /// When it was placed, in microseconds since 1970.
    pub created_us: i64,
    /// When it was paid.
    pub paid_us: Option<i64>,
    /// What it cost, in minor units.
    pub total: i64,
}

impl StoredOrder {
    /// Whether nothing is left to decide about it: it is paid, or past that, or cancelled.
    pub fn has_ended(&self) -> bool {
        self.is_paid() || self.status == "cancelled"
    }

    /// Whether it is paid, or past that.
    pub fn is_paid(&self) -> bool {
        ["paid", "packed", "shipped", "delivered"].contains(&self.status.as_str())
    }
}

/// An order as a report sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// When it was placed, in microseconds since 1970.
    pub created_us: i64,
    /// Where it went, as an ISO 3166-1 alpha-2 code.
    pub country: String,
    /// What it cost, in minor units.
    pub total: i64,
    /// How many lines it has.
    pub lines: i64,
}

/// The databases of the services that finish an order.
pub struct Databases {
    ordering: DatabaseConnection,
    payment: DatabaseConnection,
    fulfilment: DatabaseConnection,
    is_postgres: bool,
}

impl Databases {
    /// Opens the databases of a server for reading; the server may be running.
    ///
    /// # Errors
    /// They are not there.
    pub async fn open(server: &Server) -> anyhow::Result<Self> {
        if let Some(url) = server.database_url() {
            let connection = connect(url).await?;
            let (payment, fulfilment) = (connection.clone(), connection.clone());
            return Ok(Self { ordering: connection, payment, fulfilment, is_postgres: true });
        }
        let file = |service: &str| format!("sqlite://{}/{service}.db?mode=ro", server.data().display());
        let ordering = connect(&file("ordering")).await?;
        let fulfilment = connect(&file("fulfilment")).await?;
        let payment = connect(&file("payment")).await?;
        Ok(Self { ordering, payment, fulfilment, is_postgres: false })
    }

    /// Every order.
    ///
    /// # Errors
    /// The table is not what is expected.
    pub async fn orders(&self) -> anyhow::Result<HashMap<Uuid, StoredOrder>> {
        let table = self.table("ordering", "orders");
        let sql = format!("SELECT id, status, created_us, paid_us, total FROM {table}");
        let read = |row: QueryResult| -> Result<(Uuid, StoredOrder), sea_orm::DbErr> {
            let order = StoredOrder {
                status: row.try_get_by_index(1)?,
                created_us: row.try_get_by_index(2)?,
                paid_us: row.try_get_by_index(3)?,
                total: row.try_get_by_index(4)?,
            };
            Ok((row.try_get_by_index(0)?, order))
        };
        self.rows(&self.ordering, sql).await?.into_iter().map(|row| Ok(read(row)?)).collect()
    }

    /// Every order that is paid, or past that.
    ///
    /// # Errors
    /// The tables are not what is expected.
    pub async fn sales(&self) -> anyhow::Result<Vec<Sale>> {
        let (orders, purchases) = (self.table("ordering", "orders"), self.table("ordering", "purchases"));
        let (country, lines) = if self.is_postgres {
            ("shipping_address::jsonb ->> 'country'", "jsonb_array_length(lines::jsonb)::bigint")
        } else {
            ("json_extract(shipping_address, '$.country')", "json_array_length(lines)")
        };
        let sql = format!(
            "SELECT created_us, {country}, total, {lines} FROM {orders} JOIN {purchases} ON order_id = id \
             WHERE status IN ('paid', 'packed', 'shipped', 'delivered')"
        );
        let read = |row: QueryResult| -> Result<Sale, sea_orm::DbErr> {
            Ok(Sale {
                created_us: row.try_get_by_index(0)?,
                country: row.try_get_by_index(1)?,
                total: row.try_get_by_index(2)?,
                lines: row.try_get_by_index(3)?,
            })
        };
        self.rows(&self.ordering, sql).await?.into_iter().map(|row| Ok(read(row)?)).collect()
    }

    /// How many customers have a wallet, and how many of these have something in it.
    ///
    /// # Errors
    /// The table is not what is expected.
    pub async fn wallets(&self) -> anyhow::Result<(u64, u64)> {
        let table = self.table("payment", "account");
        let count = |condition: &str| format!("SELECT COUNT(*) FROM {table} WHERE {condition}");
        let mut counts = [0, 0];
        for (count, sql) in counts.iter_mut().zip([count("1 = 1"), count("balance <> 0")]) {
            let rows = self.rows(&self.payment, sql).await?;
            *count = rows.first().context("a count has a row")?.try_get_by_index::<i64>(0)? as u64;
        }
        Ok((counts[0], counts[1]))
    }

    /// How many orders have ended.
    ///
    /// # Errors
    /// The table is not what is expected.
    pub async fn count_of_ended_orders(&self) -> anyhow::Result<u64> {
        let table = self.table("ordering", "orders");
        let sql = format!(
            "SELECT COUNT(*) FROM {table} WHERE status IN ('paid', 'packed', 'shipped', 'delivered', 'cancelled')"
        );
        let rows = self.rows(&self.ordering, sql).await?;
        let count: i64 = rows.first().context("a count has a row")?.try_get_by_index(0)?;
        Ok(count as u64)
    }

    /// When each order's shipment was made, in microseconds since 1970.
    ///
    /// # Errors
    /// The table is not what is expected.
    pub async fn shipments(&self) -> anyhow::Result<HashMap<Uuid, i64>> {
        // An order that was cancelled before it was paid has a tombstone there, and no shipment.
        let table = self.table("fulfilment", "shipment");
        let sql = format!("SELECT order_id, created_us FROM {table} WHERE status <> 'tombstone'");
        let rows = self.rows(&self.fulfilment, sql).await?;
        rows.into_iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }

    /// How often PostgreSQL has synced its log to disk since it started; `None` on SQLite.
    ///
    /// # Errors
    /// This PostgreSQL counts it elsewhere.
    pub async fn wal_syncs(&self) -> anyhow::Result<Option<u64>> {
        if !self.is_postgres {
            return Ok(None);
        }
        let rows = self.rows(&self.ordering, "SELECT wal_sync FROM pg_stat_wal".to_owned()).await?;
        let syncs: i64 = rows.first().context("pg_stat_wal has a row")?.try_get_by_index(0)?;
        Ok(Some(syncs as u64))
    }

    fn table(&self, service: &str, table: &str) -> String {
        if self.is_postgres { format!("{service}.{table}") } else { table.to_owned() }
    }

    async fn rows(&self, connection: &DatabaseConnection, sql: String) -> anyhow::Result<Vec<QueryResult>> {
        let backend = if self.is_postgres { DbBackend::Postgres } else { DbBackend::Sqlite };
        connection.query_all_raw(Statement::from_string(backend, &sql)).await.with_context(|| sql)
    }
}

async fn connect(url: &str) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.with_context(|| format!("cannot open {url}"))
}
