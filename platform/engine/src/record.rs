//! A record: a state struct that is one row of a table of its own.

use crate::{
    table::{ColumnSet, Table},
    value::{Key, Row, UnreadableValue},
};

/// A state struct that is one row. [`record!`](crate::record) writes the implementation from a list of the fields.
pub trait Record: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// Its table. The last column, `event_count`, is the engine's: how many events this row has published.
    const TABLE: &'static Table;

    /// The primary key.
    fn key(&self) -> Key;

    /// The columns in the table's order, without `event_count`.
    fn to_row(&self) -> Row;

    /// The columns in which a row is not what it was before, `event_count` aside.
    fn changed_since(&self, before: &Self) -> ColumnSet;

    /// The state that was stored, from the columns in the table's order.
    ///
    /// # Errors
    /// A column holds what its field cannot be.
    fn from_row(row: &mut dyn Iterator<Item = crate::Value>) -> Result<Self, UnreadableValue>;
}

/// Says which table a struct is a row of, one line per column:
///
/// ```
/// # #[derive(Clone, Debug)] pub struct Parcel { order_id: contracts::OrderId, weight_grams: i64, notes: Vec<String> }
/// engine::record! {
///     Parcel => "parcel" {
///         key order_id: contracts::OrderId,
///         field weight_grams: i64,
///         json notes: Vec<String>,
///     }
///     index ["weight_grams"]
/// }
/// ```
///
/// `key` comes first, once. `field` is a column of its [`Field`](crate::Field) type; `json` is any serde type, stored as JSON text; `secret` is a field whose
/// value the audit log does not show.
/// `index`, `unique` and `sparse` follow the list, each with its columns: see [`IndexKind`](crate::IndexKind).
#[macro_export]
macro_rules! record {
    (
        $record:ident => $table:literal {
            key $key:ident: $key_type:ty,
            $($mode:ident $name:ident: $type:ty,)*
        }
        $($index:ident [$($column:literal),+])*
    ) => {
        impl $crate::Record for $record {
            const TABLE: &'static $crate::Table = &$crate::Table {
                name: $table,
                columns: &[
                    $crate::Column::new(stringify!($key), <$key_type as $crate::Field>::KIND),
                    $($crate::record!(@column $mode $name $type),)*
                    $crate::Column::new("event_count", $crate::ColumnKind::Integer),
                ],
                key_columns: 1,
                indexes: &[$($crate::record!(@index $index $($column)+),)*],
                layout: $crate::record::layout(&[$(stringify!($mode)),*]),
            };

            fn key(&self) -> $crate::Key {
                $crate::Key::from(self.$key.clone())
            }

            fn to_row(&self) -> $crate::Row {
                vec![
                    $crate::Field::to_value(&self.$key),
                    $($crate::record!(@to $mode $type, self.$name),)*
                ]
            }

            fn changed_since(&self, before: &Self) -> $crate::ColumnSet {
                let fields = [self.$key != before.$key, $(self.$name != before.$name),*];
                // One more is the engine's.
                const { assert!(<$record as $crate::Record>::TABLE.columns.len() <= $crate::ColumnSet::COLUMNS_MAX) };
                $crate::record::positions(&fields)
            }

            fn from_row(
                row: &mut dyn Iterator<Item = $crate::Value>,
            ) -> Result<Self, $crate::UnreadableValue> {
                Ok(Self {
                    $key: $crate::record::next(row)?,
                    $($name: $crate::record!(@from $mode $type, row),)*
                })
            }
        }
    };
    (@column field $name:ident $type:ty) => {
        $crate::Column {
            name: stringify!($name),
            kind: <$type as $crate::Field>::KIND,
            nullable: <$type as $crate::Field>::NULLABLE,
            secret: false,
        }
    };
    (@column secret $name:ident $type:ty) => {
        $crate::Column { secret: true, ..$crate::record!(@column field $name $type) }
    };
    (@column json $name:ident $type:ty) => {
        $crate::Column::new(stringify!($name), $crate::ColumnKind::Text)
    };
    (@to field $type:ty, $value:expr) => { <$type as $crate::Field>::to_value(&$value) };
    (@to secret $type:ty, $value:expr) => { $crate::record!(@to field $type, $value) };
    (@to json $type:ty, $value:expr) => { $crate::record::to_json::<$type>(&$value) };
    (@from field $type:ty, $row:ident) => { $crate::record::next::<$type>($row)? };
    (@from secret $type:ty, $row:ident) => { $crate::record!(@from field $type, $row) };
    (@from json $type:ty, $row:ident) => { $crate::record::next_json::<$type>($row)? };
    (@index index $($column:literal)+) => { $crate::Index { columns: &[$($column),+], kind: $crate::IndexKind::Full } };
    (@index unique $($column:literal)+) => { $crate::Index { columns: &[$($column),+], kind: $crate::IndexKind::Unique } };
    (@index sparse $($column:literal)+) => { $crate::Index { columns: &[$($column),+], kind: $crate::IndexKind::Sparse } };
}

/// Rows with JSON in them are large, and small pages hold few of them: they lie as they come.
#[doc(hidden)]
pub const fn layout(modes: &[&str]) -> crate::Layout {
    let mut place = 0;
    while place < modes.len() {
        if let b"json" = modes[place].as_bytes() {
            return crate::Layout::Appended;
        }
        place += 1;
    }
    crate::Layout::ByKey
}

/// The positions of those that are true.
#[doc(hidden)]
pub fn positions(fields: &[bool]) -> ColumnSet {
    let mut columns = ColumnSet::default();
    fields.iter().enumerate().filter(|(_, field)| **field).for_each(|(position, _)| columns.add(position));
    columns
}

/// Makes an enum of unit variants a text column, as serde names the variants.
#[macro_export]
macro_rules! text_field {
    ($type:ty) => {
        impl $crate::Field for $type {
            const KIND: $crate::ColumnKind = $crate::ColumnKind::Text;

            fn to_value(&self) -> $crate::Value {
                $crate::record::variant_name(self)
            }

            fn from_value(value: $crate::Value) -> Result<Self, $crate::UnreadableValue> {
                $crate::record::variant(value, stringify!($type))
            }
        }
    };
}

#[doc(hidden)]
pub fn next<F: crate::Field>(row: &mut dyn Iterator<Item = crate::Value>) -> Result<F, UnreadableValue> {
    F::from_value(row.next().ok_or_else(|| UnreadableValue::new("missing column", "a column"))?)
}

#[doc(hidden)]
pub fn next_json<T: serde::de::DeserializeOwned>(
    row: &mut dyn Iterator<Item = crate::Value>,
) -> Result<T, UnreadableValue> {
    let text: String = next(row)?;
    serde_json::from_str(&text).map_err(|_| UnreadableValue::new(text, std::any::type_name::<T>()))
}

#[doc(hidden)]
pub fn to_json<T: serde::Serialize>(value: &T) -> crate::Value {
    // A state struct has text keys and finite numbers, so it always has a JSON form.
    #[allow(clippy::expect_used)]
    crate::Value::Text(serde_json::to_string(value).expect("state serializes"))
}

#[doc(hidden)]
pub fn variant_name<T: serde::Serialize>(value: &T) -> crate::Value {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => crate::Value::Text(name),
        other => panic!("a text field is an enum of unit variants, not {other:?}"),
    }
}

#[doc(hidden)]
pub fn variant<T: serde::de::DeserializeOwned>(
    value: crate::Value,
    wanted: &'static str,
) -> Result<T, UnreadableValue> {
    let text = <String as crate::Field>::from_value(value)?;
    serde_json::from_value(serde_json::Value::String(text.clone()))
        .map_err(|_| UnreadableValue::new(text, wanted))
}
