//! The services' databases, as the audit reads them.

use std::collections::HashMap;

use anyhow::Context as _;
use contracts::ServiceName;
use host::Stores;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, IsolationLevel, QueryResult, Statement,
    TransactionTrait,
};

/// Ordering first: for each of its orders the others then have what they should, or their cursors say that they have not read so far.
const FIRST: [ServiceName; 6] = [
    ServiceName::Ordering,
    ServiceName::Payment,
    ServiceName::Fulfilment,
    ServiceName::Inventory,
    ServiceName::Cart,
    ServiceName::Catalog,
];

/// All services, in the order in which they are looked at.
fn in_order() -> impl Iterator<Item = ServiceName> {
    FIRST.into_iter().chain(ServiceName::ALL.into_iter().filter(|service| !FIRST.contains(service)))
}

/// One moment of each service's database.
pub(crate) struct Books {
    snapshots: HashMap<ServiceName, DatabaseTransaction>,
}

impl Books {
    /// Opens all databases and takes a snapshot of each.
    pub async fn open(stores: &Stores) -> anyhow::Result<Self> {
        let mut snapshots = HashMap::new();
        for service in in_order() {
            let cannot_open = || format!("the {service} service's data cannot be opened");
            let connection = stores.of(service).readers().await.with_context(cannot_open)?;
            let isolation = match connection.get_database_backend() {
                DbBackend::Postgres => Some(IsolationLevel::RepeatableRead),
                // A transaction of SQLite is a snapshot anyway.
                _ => None,
            };
            let access = isolation.map(|_| AccessMode::ReadOnly);
            let snapshot = connection.begin_with_config(isolation, access).await.with_context(cannot_open)?;
            snapshots.insert(service, snapshot);
        }
        let books = Self { snapshots };
        for service in in_order() {
            // The first read is the moment of the snapshot.
            books.query(service, "SELECT name FROM about").await?;
        }
        Ok(books)
    }

    /// The rows of a query that both databases understand.
    pub async fn query(&self, service: ServiceName, sql: &str) -> anyhow::Result<Vec<QueryResult>> {
        let snapshot = self.snapshots.get(&service).context("every service has a snapshot")?;
        let statement = Statement::from_string(snapshot.get_database_backend(), sql);
        let rows = snapshot.query_all_raw(statement).await;
        rows.with_context(|| format!("the {service} service's data cannot be read"))
    }
}
