//! The few kinds of value that a column can hold, and the Rust types that map to them.

use std::fmt;

use contracts::{CartId, Currency, CustomerId, OrderId, ProductId, Role, StaffId, TaxClass, Timestamp};
use uuid::Uuid;

/// What a column holds. The same four kinds on every store, so that a row means the same everywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing.
    Null,
    /// A 64-bit integer; also booleans (0, 1) and times (microseconds).
    Integer(i64),
    /// Text; also JSON.
    Text(String),
    /// A UUID, 16 bytes.
    Id(Uuid),
}

/// One row: a value per column, in the table's order.
pub type Row = Vec<Value>;

/// The primary key of a row: a UUID, or text where a key is made of parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A UUID.
    Id(Uuid),
    /// Text.
    Text(String),
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Id(id) => Self::Id(id),
            Key::Text(text) => Self::Text(text),
        }
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Uuid> for Key {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

/// The kind of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// [`Value::Integer`].
    Integer,
    /// [`Value::Text`].
    Text,
    /// [`Value::Id`].
    Id,
}

/// A stored value does not fit the Rust type that reads it: the row was written by something else.
#[derive(Debug, thiserror::Error)]
#[error("a stored {found} cannot be read as {wanted}")]
pub struct UnreadableValue {
    found: String,
    wanted: &'static str,
}

impl UnreadableValue {
    /// `found` where a `wanted` was expected.
    pub fn new(found: impl fmt::Debug, wanted: &'static str) -> Self {
        Self { found: format!("{found:?}"), wanted }
    }
}

/// A Rust type that is one column.
pub trait Field: Sized {
    /// The column's kind.
    const KIND: ColumnKind;
    /// Whether the column may be null.
    const NULLABLE: bool = false;

    /// As it is stored.
    fn to_value(&self) -> Value;

    /// As it was stored.
    ///
    /// # Errors
    /// The stored value is of another kind or out of range.
    fn from_value(value: Value) -> Result<Self, UnreadableValue>;
}

/// A [`Field`] whose column is null when there is nothing.
impl<F: Field> Field for Option<F> {
    const KIND: ColumnKind = F::KIND;
    const NULLABLE: bool = true;

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, F::to_value)
    }

    fn from_value(value: Value) -> Result<Self, UnreadableValue> {
        if value == Value::Null { Ok(None) } else { F::from_value(value).map(Some) }
    }
}

impl Field for String {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }

    fn from_value(value: Value) -> Result<Self, UnreadableValue> {
        match value {
            Value::Text(text) => Ok(text),
            other => Err(UnreadableValue::new(other, "text")),
        }
    }
}

macro_rules! integer_fields {
    ($($type:ty),*) => {$(
        impl Field for $type {
            const KIND: ColumnKind = ColumnKind::Integer;

            fn to_value(&self) -> Value {
                Value::Integer(i64::from(*self))
            }

            fn from_value(value: Value) -> Result<Self, UnreadableValue> {
                match value {
                    Value::Integer(number) => {
                        number.try_into().map_err(|_| UnreadableValue::new(number, stringify!($type)))
                    }
                    other => Err(UnreadableValue::new(other, stringify!($type))),
                }
            }
        }
    )*};
}
integer_fields!(i64, i32, u32, u16, u8);

impl Field for bool {
    const KIND: ColumnKind = ColumnKind::Integer;

    fn to_value(&self) -> Value {
        Value::Integer(i64::from(*self))
    }

    fn from_value(value: Value) -> Result<Self, UnreadableValue> {
        match value {
            Value::Integer(0) => Ok(false),
            Value::Integer(1) => Ok(true),
            other => Err(UnreadableValue::new(other, "bool")),
        }
    }
}

impl Field for Timestamp {
    const KIND: ColumnKind = ColumnKind::Integer;

    fn to_value(&self) -> Value {
        Value::Integer(self.0)
    }

    fn from_value(value: Value) -> Result<Self, UnreadableValue> {
        i64::from_value(value).map(Timestamp)
    }
}

impl Field for Uuid {
    const KIND: ColumnKind = ColumnKind::Id;

    fn to_value(&self) -> Value {
        Value::Id(*self)
    }

    fn from_value(value: Value) -> Result<Self, UnreadableValue> {
        match value {
            Value::Id(id) => Ok(id),
            other => Err(UnreadableValue::new(other, "UUID")),
        }
    }
}

macro_rules! id_fields {
    ($($type:ident),*) => {$(
        impl Field for $type {
            const KIND: ColumnKind = ColumnKind::Id;

            fn to_value(&self) -> Value {
                Value::Id(self.0)
            }

            fn from_value(value: Value) -> Result<Self, UnreadableValue> {
                Uuid::from_value(value).map($type)
            }
        }

        impl From<$type> for Key {
            fn from(id: $type) -> Self {
                Self::Id(id.0)
            }
        }
    )*};
}
id_fields!(ProductId, CartId, CustomerId, OrderId, StaffId);

crate::text_field!(TaxClass);
crate::text_field!(Role);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Field for Currency {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.code().to_owned())
    }

    fn from_value(value: Value) -> Result<Self, UnreadableValue> {
        let code = String::from_value(value)?;
        Self::from_code(&code).ok_or_else(|| UnreadableValue::new(code, "currency"))
    }
}
