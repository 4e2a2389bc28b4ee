//! Values on their way to PostgreSQL and back: one array per column for writes, so that one text serves all sizes.

use sea_orm::sqlx::{
    self, Row as _,
    postgres::{PgArguments, PgRow},
};

use crate::{
    session::StoreError,
    table::Table,
    value::{ColumnKind, Field, Row, UnreadableValue, Value},
};

/// What a statement is given.
pub(super) enum Parameter {
    Integer(Option<i64>),
    Text(Option<String>),
    Id(Option<uuid::Uuid>),
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Ids(Vec<Option<uuid::Uuid>>),
}

pub(super) fn arguments(parameters: Vec<Parameter>) -> Result<PgArguments, StoreError> {
    use sqlx::Arguments as _;
    let mut arguments = PgArguments::default();
    for parameter in parameters {
        let added = match parameter {
            Parameter::Integer(value) => arguments.add(value),
            Parameter::Text(value) => arguments.add(value),
            Parameter::Id(value) => arguments.add(value),
            Parameter::Integers(values) => arguments.add(values),
            Parameter::Texts(values) => arguments.add(values),
            Parameter::Ids(values) => arguments.add(values),
        };
        added.map_err(|error| StoreError::Unavailable(error.to_string()))?;
    }
    Ok(arguments)
}

pub(super) fn array(kind: ColumnKind, values: Vec<Value>) -> Result<Parameter, StoreError> {
    fn all<F: Field>(values: Vec<Value>) -> Result<Vec<Option<F>>, UnreadableValue> {
        values.into_iter().map(Option::<F>::from_value).collect()
    }
    Ok(match kind {
        ColumnKind::Integer => Parameter::Integers(all(values)?),
        ColumnKind::Text => Parameter::Texts(all(values)?),
        ColumnKind::Id => Parameter::Ids(all(values)?),
    })
}

pub(super) fn parameter(kind: ColumnKind, value: Value) -> Result<Parameter, StoreError> {
    Ok(match kind {
        ColumnKind::Integer => Parameter::Integer(Field::from_value(value)?),
        ColumnKind::Text => Parameter::Text(Field::from_value(value)?),
        ColumnKind::Id => Parameter::Id(Field::from_value(value)?),
    })
}

/// A row as the driver gives it, for the columns of a table.
pub(super) fn decode(table: &Table, found: &PgRow) -> Result<Row, sqlx::Error> {
    let column = |(position, column): (usize, &crate::Column)| {
        Ok(match column.kind {
            ColumnKind::Integer => {
                found.try_get::<Option<i64>, _>(position)?.map_or(Value::Null, Value::Integer)
            }
            ColumnKind::Text => {
                found.try_get::<Option<String>, _>(position)?.map_or(Value::Null, Value::Text)
            }
            ColumnKind::Id => {
                found.try_get::<Option<uuid::Uuid>, _>(position)?.map_or(Value::Null, Value::Id)
            }
        })
    };
    table.columns.iter().enumerate().map(column).collect()
}
