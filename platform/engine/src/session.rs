//! The few things that the engine asks of a store. SQLite, PostgreSQL and memory each have a session of their own;
//! all that the engine knows about logs, inboxes, timers and effects is written once, above it.

use crate::{
    table::{ColumnSet, Table},
    value::{Row, Value},
};

/// What to do about rows that others may be changing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Nothing: a plain read.
    None,
    /// Nobody may change them until this transaction ends.
    Share,
    /// Nobody else may change or lock them until this transaction ends.
    Update,
}

/// Which rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of them, by key. For small tables.
    All,
    /// Those whose `column` has one of the values.
    In {
        /// The column.
        column: &'static str,
        /// The values.
        values: Vec<Value>,
    },
    /// The first `limit` rows by `column`, past `after`, among those that have all of `equal`.
    After {
        /// Columns and the values that they must have.
        equal: Vec<(&'static str, Value)>,
        /// The column that orders them.
        column: &'static str,
        /// The last value of it that is not wanted any more.
        after: Option<Value>,
        /// How many at most.
        limit: usize,
    },
    /// The first `limit` rows by `column` that have all of `equal` and whose `column` is at most `until`.
    Until {
        /// Columns and the values that they must have.
        equal: Vec<(&'static str, Value)>,
        /// The column that orders them.
        column: &'static str,
        /// The last value of it that is wanted.
        until: i64,
        /// How many at most.
        limit: usize,
    },
}

/// A query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// Of which table.
    pub table: &'static Table,
    /// Which rows.
    pub filter: Filter,
    /// What to do about others.
    pub lock: Lock,
}

/// A row that is there, as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// All of its columns.
    pub row: Row,
    /// The columns that change: one at least, and none of the key.
    pub changed: ColumnSet,
}

/// How far a batch moves the head of one partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeadMove {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: u8,
    /// How many events are appended.
    pub count: i64,
}

/// What can go wrong in a store, by what helps against it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another transaction was in the way: a deadlock, a serialisation failure, a lock not had in time. The same again may work.
    #[error("another transaction was in the way: {0}")]
    Contended(String),
    /// A row breaks a constraint. Something in the batch must be handled differently.
    #[error("a constraint refused the change: {0}")]
    Constraint(String),
    /// The commit was sent and its outcome is not known.
    #[error("the outcome of the commit is not known: {0}")]
    Unknown(String),
    /// The store cannot be used: gone, full, or broken.
    #[error("the store does not work: {0}")]
    Unavailable(String),
    /// The data is of a newer program.
    #[error(
        "the data is of format {found}, and this program knows formats up to {known}: use a newer isotope"
    )]
    Newer {
        /// The data's format.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// What is stored is not what this program writes.
    #[error("the store holds what this program does not write")]
    Unreadable(#[from] crate::UnreadableValue),
}

/// One connection of a lane to its store. Used by one thread at a time.
pub trait Session: Send {
    /// Makes the tables and indexes that are not there yet, and adds columns that are new.
    ///
    /// # Errors
    /// The store cannot be used, or a table differs in a way that adding cannot mend.
    fn create(&mut self, tables: &[&'static Table]) -> Result<(), StoreError>;

    /// Whether other processes may write to the same store.
    fn shared(&self) -> bool;

    /// Begins a transaction that is going to write.
    ///
    /// # Errors
    /// The store cannot be used.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Makes all since [`begin`](Self::begin) durable and visible.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when it cannot be told whether it did.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Forgets all since [`begin`](Self::begin). Never fails: a store that cannot roll back drops its connection.
    fn rollback(&mut self);

    /// Reads rows.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn select(&mut self, select: &Select) -> Result<Vec<Row>, StoreError>;

    /// Adds rows.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] when a row with the key, or with a unique column's value, is there.
    fn insert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError>;

    /// Adds rows, or replaces those with the same keys.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn upsert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError>;

    /// Changes rows that are there, and that this transaction has read to change them. An index whose columns stay is not to be paid
    /// for: a store that would write all of a row's indexes writes only the columns that change.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] when a unique column's value is another row's, or where the store sees that the row is not there.
    fn update(&mut self, table: &'static Table, updates: Vec<Update>) -> Result<(), StoreError>;

    /// Removes the rows of these keys, each given by its key columns.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn delete(&mut self, table: &'static Table, keys: Vec<Row>) -> Result<(), StoreError>;

    /// Moves log heads, and answers their new positions in the order asked. The last thing before a commit:
    /// whoever moves a head holds it until the transaction ends, so that positions are in commit order.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn move_heads(&mut self, moves: &[HeadMove]) -> Result<Vec<i64>, StoreError>;

    /// Removes all rows of a table.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn clear(&mut self, table: &'static Table) -> Result<(), StoreError>;

    /// Puts the rows of `from` in place of those of `into`, and empties `from`.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn replace_rows(&mut self, into: &'static Table, from: &'static Table) -> Result<(), StoreError>;

    /// Runs what is due between batches, such as a checkpoint. `idle` says that nothing waits.
    fn maintain(&mut self, _idle: bool) {}
}
