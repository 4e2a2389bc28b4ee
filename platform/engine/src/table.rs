//! What a table is: its columns, its key and its indexes. The same description makes the table on every store,
//! builds every statement, and tells the in-memory store what is unique.

use crate::value::ColumnKind;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether what it holds is shown to nobody: passwords, keys. The audit log says only that it changed.
    pub secret: bool,
}

impl Column {
    /// A column that is never null.
    pub const fn new(name: &'static str, kind: ColumnKind) -> Self {
        Self { name, kind, nullable: false, secret: false }
    }

    /// A column that may be null.
    pub const fn nullable(name: &'static str, kind: ColumnKind) -> Self {
        Self { name, kind, nullable: true, secret: false }
    }
}

/// Some columns of a table: bit n stands for column n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnSet(u64);

impl ColumnSet {
    /// More columns no table may have.
    pub const COLUMNS_MAX: usize = 64;

    /// The columns at these positions.
    pub const fn of(positions: &[usize]) -> Self {
        let (mut columns, mut place) = (0, 0);
        while place < positions.len() {
            columns |= 1 << positions[place];
            place += 1;
        }
        Self(columns)
    }

    /// Adds a column.
    pub fn add(&mut self, position: usize) {
        self.0 |= 1 << position;
    }

    /// Whether a column is one of them.
    pub fn contains(self, position: usize) -> bool {
        self.0 & (1 << position) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// An index over some columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// The columns, by name, in order.
    pub columns: &'static [&'static str],
    /// Which rows are in it.
    pub kind: IndexKind,
}

/// Which rows are in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// All of them.
    Full,
    /// All of them, and no two may agree in all of its columns (nulls never agree).
    Unique,
    /// Those whose first column is not null: for columns that few rows have, or have for long. A row pays only for what it is found by.
    Sparse,
}

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns; the first `key_columns` of them are the primary key.
    pub columns: &'static [Column],
    /// How many columns the primary key has.
    pub key_columns: usize,
    /// Further indexes.
    pub indexes: &'static [Index],
    /// How the rows lie.
    pub layout: Layout,
}

/// How a table's rows lie on SQLite. PostgreSQL keeps all rows in a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// In the key's own tree. For rows that are small, or whose keys grow with time.
    ByKey,
    /// One after the other as they come, with the key in a tree beside them. For large rows whose keys come in any order:
    /// each would else touch a page of its own.
    Appended,
}

impl Table {
    /// The position of a column.
    ///
    /// # Panics
    /// The table has no such column: a slip in the program, found by the first test that gets here.
    pub fn column(&self, name: &str) -> usize {
        self.columns
            .iter()
            .position(|column| column.name == name)
            .unwrap_or_else(|| panic!("table `{}` has no column `{name}`", self.name))
    }
}
