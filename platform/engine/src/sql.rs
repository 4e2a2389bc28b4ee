//! Statement texts, made from a table's description. One text for all sizes of a batch, so that a store parses it once.

use crate::{
    session::{Filter, Lock, Select},
    table::{Column, ColumnSet, Index, IndexKind, Layout, Table},
    value::ColumnKind,
};

/// How a database spells what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub fn parameter(self, number: usize) -> String {
        match self {
            Self::Sqlite => format!("?{number}"),
            Self::Postgres => format!("${number}"),
        }
    }

    pub fn type_of(self, kind: ColumnKind) -> &'static str {
        match (self, kind) {
            (Self::Sqlite, ColumnKind::Integer) => "INTEGER",
            (Self::Postgres, ColumnKind::Integer) => "BIGINT",
            (_, ColumnKind::Text) => "TEXT",
            (Self::Sqlite, ColumnKind::Id) => "BLOB",
            (Self::Postgres, ColumnKind::Id) => "UUID",
        }
    }
}

fn columns(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    names.join(", ")
}

fn key(table: &Table) -> Vec<&'static str> {
    table.columns[..table.key_columns].iter().map(|column| column.name).collect()
}

/// Makes the table.
pub(crate) fn create_table(dialect: Dialect, table: &Table) -> String {
    let mut lines: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let null = if column.nullable { "" } else { " NOT NULL" };
            format!("{} {}{null}", column.name, dialect.type_of(column.kind))
        })
        .collect();
    lines.push(format!("PRIMARY KEY ({})", key(table).join(", ")));
    let options = match (dialect, table.layout) {
        (Dialect::Postgres, _) => "",
        (Dialect::Sqlite, Layout::ByKey) => " STRICT, WITHOUT ROWID",
        (Dialect::Sqlite, Layout::Appended) => " STRICT",
    };
    format!("CREATE TABLE IF NOT EXISTS {} ({}){options}", table.name, lines.join(", "))
}

/// Adds a column that is new in the table's description.
pub(crate) fn add_column(dialect: Dialect, table: &Table, position: usize) -> String {
    let column = table.columns[position];
    let default = match (column.nullable, column.kind) {
        (true, _) => "",
        (false, ColumnKind::Integer) => " NOT NULL DEFAULT 0",
        (false, ColumnKind::Text) => " NOT NULL DEFAULT ''",
        (false, ColumnKind::Id) if dialect == Dialect::Sqlite => " NOT NULL DEFAULT (zeroblob(16))",
        (false, ColumnKind::Id) => " NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'",
    };
    format!("ALTER TABLE {} ADD COLUMN {} {}{default}", table.name, column.name, dialect.type_of(column.kind))
}

/// Makes an index.
pub(crate) fn create_index(table: &Table, index: &Index) -> String {
    let unique = if index.kind == IndexKind::Unique { "UNIQUE " } else { "" };
    let only = match index.kind {
        IndexKind::Sparse => format!(" WHERE {} IS NOT NULL", index.columns[0]),
        IndexKind::Full | IndexKind::Unique => String::new(),
    };
    format!(
        "CREATE {unique}INDEX IF NOT EXISTS {}_by_{} ON {} ({}){only}",
        table.name,
        index.columns.join("_"),
        table.name,
        index.columns.join(", ")
    )
}

/// Reads rows. Its parameters are the filter's values in the order written, a limit last;
/// the values of [`Filter::In`] are one JSON array on SQLite and one array on PostgreSQL.
pub(crate) fn select(dialect: Dialect, select: &Select) -> String {
    let table = select.table;
    let mut number = 0;
    let mut parameter = || {
        number += 1;
        dialect.parameter(number)
    };
    let (condition, order, limit) = match &select.filter {
        Filter::All => (String::new(), key(table).join(", "), String::new()),
        // SQLite runs this text once per value; PostgreSQL once for all.
        Filter::In { column, .. } => {
            let values = parameter();
            let condition = match dialect {
                Dialect::Sqlite => format!("{column} = {values}"),
                Dialect::Postgres => format!("{column} = ANY({values})"),
            };
            (condition, key(table).join(", "), String::new())
        }
        Filter::After { equal, column, after, .. } => {
            let mut conditions: Vec<String> =
                equal.iter().map(|(name, _)| format!("{name} = {}", parameter())).collect();
            if after.is_some() {
                conditions.push(format!("{column} > {}", parameter()));
            }
            (conditions.join(" AND "), (*column).to_owned(), format!(" LIMIT {}", parameter()))
        }
        Filter::Until { equal, column, .. } => {
            let mut conditions: Vec<String> =
                equal.iter().map(|(name, _)| format!("{name} = {}", parameter())).collect();
            conditions.push(format!("{column} <= {}", parameter()));
            (conditions.join(" AND "), (*column).to_owned(), format!(" LIMIT {}", parameter()))
        }
    };
    let condition = if condition.is_empty() { condition } else { format!(" WHERE {condition}") };
    let lock = match (dialect, select.lock) {
        (Dialect::Postgres, Lock::Share) => " FOR SHARE",
        (Dialect::Postgres, Lock::Update) => " FOR UPDATE",
        _ => "",
    };
    format!("SELECT {} FROM {}{condition} ORDER BY {order}{limit}{lock}", columns(table), table.name)
}

/// The rows to write: one row's parameters on SQLite, a column's array each on PostgreSQL.
fn source(dialect: Dialect, table: &Table, width: usize) -> String {
    let parameters: Vec<String> = (1..=width)
        .map(|number| match dialect {
            Dialect::Sqlite => dialect.parameter(number),
            Dialect::Postgres => {
                let kind = dialect.type_of(table.columns[number - 1].kind);
                format!("${number}::{kind}[]")
            }
        })
        .collect();
    match dialect {
        Dialect::Sqlite => format!("VALUES ({})", parameters.join(", ")),
        Dialect::Postgres => format!("SELECT * FROM unnest({})", parameters.join(", ")),
    }
}

/// Adds rows.
pub(crate) fn insert(dialect: Dialect, table: &Table) -> String {
    let source = source(dialect, table, table.columns.len());
    format!("INSERT INTO {} ({}) {source}", table.name, columns(table))
}

/// Adds rows or replaces them.
pub(crate) fn upsert(dialect: Dialect, table: &Table) -> String {
    let sets: Vec<String> = table.columns[table.key_columns..]
        .iter()
        .map(|column| format!("{0} = excluded.{0}", column.name))
        .collect();
    format!(
        "{} ON CONFLICT ({}) DO UPDATE SET {}",
        insert(dialect, table),
        key(table).join(", "),
        sets.join(", ")
    )
}

/// Changes some columns of a row. Its parameters are the key, and then those columns.
pub(crate) fn update(dialect: Dialect, table: &Table, changed: ColumnSet) -> String {
    let mut numbers = 1..;
    let mut equals = |column: &Column| {
        let number = numbers.next().unwrap_or_default();
        format!("{} = {}", column.name, dialect.parameter(number))
    };
    let key: Vec<String> = table.columns[..table.key_columns].iter().map(&mut equals).collect();
    let columns = table.columns.iter().enumerate().filter(|(position, _)| changed.contains(*position));
    let sets: Vec<String> = columns.map(|(_, column)| equals(column)).collect();
    format!("UPDATE {} SET {} WHERE {}", table.name, sets.join(", "), key.join(" AND "))
}

/// Removes rows by their key columns.
pub(crate) fn delete(dialect: Dialect, table: &Table) -> String {
    let key = key(table).join(", ");
    let source = source(dialect, table, table.key_columns);
    format!("DELETE FROM {} WHERE ({key}) IN ({source})", table.name)
}

/// Puts a table in the place of another, and makes an empty one in its own place. However many rows there are, none is copied.
pub(crate) fn replace_rows(dialect: Dialect, into: &Table, from: &Table) -> Vec<String> {
    let mut texts = vec![
        format!("DROP TABLE {}", into.name),
        format!("ALTER TABLE {} RENAME TO {}", from.name, into.name),
        create_table(dialect, from),
    ];
    texts.extend(into.indexes.iter().map(|index| create_index(into, index)));
    texts
}
