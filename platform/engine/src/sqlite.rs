//! The store on SQLite: one writer per file, in the lane's own thread.
//!
//! The writer talks to SQLite directly. Through an asynchronous driver each statement is two hand-overs between threads;
//! a batch has about ten statements, and the hand-overs cost more than the statements (see docs/decisions/0002).

use std::{collections::HashMap, path::Path};

use rusqlite::{
    CachedStatement, Connection, ErrorCode, OpenFlags,
    types::{ToSqlOutput, ValueRef},
};

use crate::{
    session::{Filter, HeadMove, Select, Session, StoreError, Update},
    sql::{self, Dialect},
    system::LOG_HEAD,
    table::{ColumnSet, Table},
    value::{Field, Row, UnreadableValue, Value},
};

/// Past this many frames of 4 KiB the write-ahead log is moved into the database, also under load.
const CHECKPOINT_FRAMES: i64 = 2_048;

/// How many commits pass between two looks at the size of the write-ahead log.
const COMMITS_BETWEEN_LOOKS: u32 = 32;

/// Statements kept prepared. More than a service has texts.
const STATEMENTS_MAX: usize = 256;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Contended(text),
            Some(ErrorCode::ConstraintViolation) => Self::Constraint(text),
            _ => Self::Unavailable(text),
        }
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Id(id) => ValueRef::Blob(id.as_bytes()),
        }))
    }
}

fn value(stored: ValueRef<'_>) -> Result<Value, UnreadableValue> {
    match stored {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Integer(number)),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(_) => Err(UnreadableValue::new(bytes, "text")),
        },
        ValueRef::Blob(bytes) => match uuid::Uuid::from_slice(bytes) {
            Ok(id) => Ok(Value::Id(id)),
            Err(_) => Err(UnreadableValue::new(bytes, "UUID")),
        },
        ValueRef::Real(number) => Err(UnreadableValue::new(number, "an exact value")),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Verb {
    Insert,
    Upsert,
    Update(ColumnSet),
    Delete,
}

/// A connection to a database file: the writer, or a reader of the log.
pub struct SqliteSession {
    connection: Connection,
    texts: HashMap<(Verb, &'static str), String>,
    /// Heads that are known because this is the only writer.
    heads: HashMap<(String, u8), i64>,
    /// Heads moved by the transaction under way.
    moved: Vec<(String, u8, i64)>,
    commits_unchecked: u32,
}

/// How safely the file is written, as SQLite itself says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SqliteDurability {
    /// `wal`.
    pub journal_mode: String,
    /// `2` is FULL: a commit is on disk before it is answered.
    pub synchronous: i64,
    /// The library's version.
    pub version: String,
}

impl SqliteSession {
    /// Opens the file's writer, and checks that SQLite took the settings that durability rests on.
    ///
    /// # Errors
    /// The file cannot be opened or written, or a setting did not take.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;
             PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;
             PRAGMA mmap_size = 0; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;",
        )?;
        let session = Self::new(connection);
        let durability = session.durability()?;
        if durability.journal_mode != "wal" || durability.synchronous != 2 {
            return Err(StoreError::Unavailable(format!("SQLite did not take its settings: {durability:?}")));
        }
        Ok(session)
    }

    /// Opens a reader of a file that its writer has made.
    ///
    /// # Errors
    /// The file is not there or cannot be read.
    pub fn open_reader(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch(
            "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA cache_size = -2048;",
        )?;
        Ok(Self::new(connection))
    }

    fn new(connection: Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Self {
            connection,
            texts: HashMap::new(),
            heads: HashMap::new(),
            moved: Vec::new(),
            commits_unchecked: 0,
        }
    }

    /// The durability settings, read back.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn durability(&self) -> Result<SqliteDurability, StoreError> {
        let pragma = |sql| self.connection.query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0));
        let text = |value| match value {
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        };
        Ok(SqliteDurability {
            journal_mode: text(pragma("PRAGMA journal_mode")?),
            synchronous: match pragma("PRAGMA synchronous")? {
                rusqlite::types::Value::Integer(number) => number,
                _ => -1,
            },
            version: rusqlite::version().to_owned(),
        })
    }

    fn write(&mut self, verb: Verb, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        let mut statement = self.statement(verb, table)?;
        for row in rows {
            statement.execute(rusqlite::params_from_iter(row.iter()))?;
        }
        Ok(())
    }

    fn statement(&mut self, verb: Verb, table: &'static Table) -> Result<CachedStatement<'_>, StoreError> {
        let text = self.texts.entry((verb, table.name)).or_insert_with(|| match verb {
            Verb::Insert => sql::insert(Dialect::Sqlite, table),
            Verb::Upsert => sql::upsert(Dialect::Sqlite, table),
            Verb::Update(changed) => sql::update(Dialect::Sqlite, table, changed),
            Verb::Delete => sql::delete(Dialect::Sqlite, table),
        });
        Ok(self.connection.prepare_cached(text)?)
    }

    fn columns_of(&self, table: &str) -> Result<HashMap<String, String>, StoreError> {
        let mut statement = self.connection.prepare("SELECT name, type FROM pragma_table_info(?1)")?;
        let columns = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(columns.collect::<Result<_, _>>()?)
    }
}

/// What is wrong with a column of a table that was there, if it cannot be used as described.
pub(crate) fn column_conflict(table: &Table, name: &str, found: &str, wanted: &str) -> Option<StoreError> {
    let table = table.name;
    (!found.eq_ignore_ascii_case(wanted)).then(|| {
        StoreError::Unavailable(format!(
            "column `{name}` of table `{table}` is {found}, and this program writes {wanted}: the data is of another version"
        ))
    })
}

impl Session for SqliteSession {
    fn create(&mut self, tables: &[&'static Table]) -> Result<(), StoreError> {
        for table in tables {
            self.connection.execute_batch(&sql::create_table(Dialect::Sqlite, table))?;
            let found = self.columns_of(table.name)?;
            for (position, column) in table.columns.iter().enumerate() {
                let wanted = Dialect::Sqlite.type_of(column.kind);
                match found.get(column.name) {
                    None => {
                        self.connection.execute_batch(&sql::add_column(Dialect::Sqlite, table, position))?
                    }
                    Some(found) => column_conflict(table, column.name, found, wanted).map_or(Ok(()), Err)?,
                }
            }
            for index in table.indexes {
                self.connection.execute_batch(&sql::create_index(table, index))?;
            }
        }
        Ok(())
    }

    fn shared(&self) -> bool {
        false
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        if !self.connection.is_autocommit() {
            self.rollback();
        }
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        for (topic, partition, head) in self.moved.drain(..) {
            self.heads.insert((topic, partition), head);
        }
        Ok(())
    }

    fn rollback(&mut self) {
        self.moved.clear();
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = self.connection.execute_batch("ROLLBACK") {
            tracing::error!(%error, "SQLite cannot roll back");
        }
    }

    fn select(&mut self, select: &Select) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.connection.prepare_cached(&sql::select(Dialect::Sqlite, select))?;
        let width = select.table.columns.len();
        let mut found = Vec::new();
        let mut read = |parameters: &[&Value]| -> Result<(), StoreError> {
            let mut rows = statement.query(rusqlite::params_from_iter(parameters))?;
            while let Some(row) = rows.next()? {
                found.push(
                    (0..width)
                        .map(|column| value(row.get_ref(column)?).map_err(StoreError::from))
                        .collect::<Result<Row, _>>()?,
                );
            }
            Ok(())
        };
        match &select.filter {
            Filter::All => read(&[])?,
            Filter::In { values, .. } => values.iter().try_for_each(|value| read(&[value]))?,
            Filter::After { equal, after, limit, .. } => {
                let limit = Value::Integer(*limit as i64);
                let equal = equal.iter().map(|(_, value)| value);
                read(&equal.chain(after).chain([&limit]).collect::<Vec<_>>())?;
            }
            Filter::Until { equal, until, limit, .. } => {
                let (until, limit) = (Value::Integer(*until), Value::Integer(*limit as i64));
                let equal = equal.iter().map(|(_, value)| value);
                read(&equal.chain([&until, &limit]).collect::<Vec<_>>())?;
            }
        }
        Ok(found)
    }

    fn insert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.write(Verb::Insert, table, rows)
    }

    fn upsert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.write(Verb::Upsert, table, rows)
    }

    fn update(&mut self, table: &'static Table, mut updates: Vec<Update>) -> Result<(), StoreError> {
        updates.sort_by_key(|update| update.changed);
        for alike in updates.chunk_by(|one, other| one.changed == other.changed) {
            let changed = alike[0].changed;
            let mut statement = self.statement(Verb::Update(changed), table)?;
            for Update { row, .. } in alike {
                let written = |position: &usize| *position < table.key_columns || changed.contains(*position);
                let values = (0..row.len()).filter(written).map(|position| &row[position]);
                if statement.execute(rusqlite::params_from_iter(values))? != 1 {
                    return Err(StoreError::Constraint(format!("{}: the row is not there", table.name)));
                }
            }
        }
        Ok(())
    }

    fn delete(&mut self, table: &'static Table, keys: Vec<Row>) -> Result<(), StoreError> {
        self.write(Verb::Delete, table, keys)
    }

    fn move_heads(&mut self, moves: &[HeadMove]) -> Result<Vec<i64>, StoreError> {
        if self.heads.is_empty() {
            for (topic, partition, head) in crate::log::heads(self)? {
                self.heads.insert((topic.to_string(), partition), head);
            }
        }
        let mut heads = Vec::with_capacity(moves.len());
        let mut rows = Vec::with_capacity(moves.len());
        for HeadMove { topic, partition, count } in moves {
            let head = self.heads.get(&(topic.clone(), *partition)).copied().unwrap_or(0) + count;
            rows.push(vec![topic.as_str().into(), partition.to_value(), head.to_value()]);
            self.moved.push((topic.clone(), *partition, head));
            heads.push(head);
        }
        self.upsert(&LOG_HEAD, rows)?;
        Ok(heads)
    }

    fn clear(&mut self, table: &'static Table) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch(&format!("DELETE FROM {}", table.name))?)
    }

    fn replace_rows(&mut self, into: &'static Table, from: &'static Table) -> Result<(), StoreError> {
        for text in sql::replace_rows(Dialect::Sqlite, into, from) {
            self.connection.execute_batch(&text)?;
        }
        Ok(())
    }

    fn maintain(&mut self, idle: bool) {
        self.commits_unchecked += 1;
        if self.commits_unchecked < COMMITS_BETWEEN_LOOKS && !idle {
            return;
        }
        self.commits_unchecked = 0;
        // NOOP only counts: frames in the log, and how many of them are in the database already.
        let waiting = self.checkpoint("NOOP").map(|(log, done)| log - done);
        let done = match waiting {
            Ok(frames) if frames > CHECKPOINT_FRAMES => {
                self.checkpoint(if idle { "TRUNCATE" } else { "PASSIVE" })
            }
            other => other.map(|_| (0, 0)),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "the write-ahead log could not be moved into its database");
        }
    }
}

impl SqliteSession {
    /// Runs a checkpoint; answers the frames of the log, and those of them that are in the database.
    fn checkpoint(&self, mode: &str) -> Result<(i64, i64), rusqlite::Error> {
        let mut statement = self.connection.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
        statement.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))
    }
}

#[cfg(test)]
mod tests;
