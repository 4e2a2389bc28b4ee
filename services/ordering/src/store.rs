//! The tables: orders, what was ordered, whose addresses are, grace periods that no timer ends, and the timeline.

use std::collections::HashMap;

use contracts::{Address, CartId, Currency, CustomerId, OrderId, Timestamp};
use engine::{Column, ColumnKind, Field, Layout, Reads, Record, StoreError, Table, Value};

use crate::domain::{
    CustomerHeard, GracePeriod, Line, Order, Purchase, Reason, Status, VerifiedEmail, email_key,
};

engine::text_field!(Status);
engine::text_field!(Reason);

engine::record! {
    Order => "orders" {
        key id: OrderId,
        field cart_id: CartId,
        field customer_id: Option<CustomerId>,
        field status: Status,
        field total: i64,
        field currency: Currency,
        field payment_method: String,
        field cancel_reason: Option<Reason>,
        field cancel_requested: bool,
        field created_us: Timestamp,
        field paid_us: Option<Timestamp>,
        field updated_us: Timestamp,
    }
}

engine::record! {
    Purchase => "purchases" {
        key order_id: OrderId,
        field customer_id: Option<CustomerId>,
        field email: String,
        field email_key: Option<String>,
        json lines: Vec<Line>,
        field shipping_method: String,
        field shipping_price: i64,
        json shipping_address: Address,
        field tax: i64,
        field prices_include_tax: bool,
    }
    sparse ["customer_id", "order_id"]
    sparse ["email_key", "order_id"]
}

engine::record! {
    VerifiedEmail => "verified_emails" {
        key email_key: String,
        field customer_id: CustomerId,
    }
    index ["customer_id", "email_key"]
}

engine::record! {
    CustomerHeard => "customers_heard" {
        key customer_id: CustomerId,
        field sequence: i64,
    }
}

engine::record! {
    GracePeriod => "grace_periods" {
        key order_id: OrderId,
        field ends_us: Timestamp,
    }
    index ["ends_us"]
}

/// All events of an order's way, by order and time. Those of this service have their number in the order's way, and what its customer
/// sees of them beside the type.
pub static TIMELINE: Table = Table {
    name: "timeline",
    columns: &[
        Column::new("order_id", ColumnKind::Id),
        Column::new("event_id", ColumnKind::Id),
        Column::new("at_us", ColumnKind::Integer),
        Column::new("source", ColumnKind::Text),
        Column::new("type", ColumnKind::Text),
        Column::new("causation_id", ColumnKind::Id),
        Column::nullable("sequence", ColumnKind::Integer),
        Column::nullable("detail", ColumnKind::Text),
    ],
    key_columns: 2,
    indexes: &[],
    layout: Layout::ByKey,
};

/// An order with the number of its last event.
///
/// # Errors
/// The store cannot be read.
pub async fn order_and_count(reads: &Reads, id: OrderId) -> Result<Option<(Order, i64)>, StoreError> {
    let condition = format!("WHERE id = {}", reads.parameter(1));
    let rows = reads.rows(engine::table_of::<Order>(), &condition, vec![Value::Id(id.0)]).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let mut columns = row.into_iter();
    let order = Order::from_row(&mut columns)?;
    Ok(Some((order, i64::from_value(columns.next().unwrap_or(Value::Null))?)))
}

/// Which orders a list shows.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those of a customer.
    pub customer_id: Option<CustomerId>,
    /// Those whose mail goes to this address.
    pub email: Option<String>,
    /// Those that stand so.
    pub status: Option<Status>,
    /// Those that were placed at this time or later.
    pub placed_from: Option<Timestamp>,
    /// Those that were placed before this time.
    pub placed_before: Option<Timestamp>,
    /// Those older than this one: where a page begins.
    pub before: Option<OrderId>,
}

/// Orders with what was ordered, newest first.
///
/// # Errors
/// The store cannot be read.
pub async fn listed(
    reads: &Reads,
    wanted: &Wanted,
    limit: u32,
) -> Result<Vec<(Order, Purchase)>, StoreError> {
    let (mut conditions, mut parameters) = (Vec::new(), Vec::new());
    let mut add = |parameters: &mut Vec<Value>, value: Value, condition: fn(&str) -> String| {
        parameters.push(value);
        conditions.push(condition(&reads.parameter(parameters.len())));
    };
    if let Some(customer) = wanted.customer_id {
        add(&mut parameters, Value::Id(customer.0), |id| {
            format!("id IN (SELECT order_id FROM purchases WHERE customer_id = {id})")
        });
    }
    if let Some(email) = &wanted.email {
        add(&mut parameters, Value::Text(email_key(email)), |key| {
            format!("id IN (SELECT order_id FROM purchases WHERE email_key = {key})")
        });
    }
    if let Some(status) = wanted.status {
        add(&mut parameters, status.to_value(), |status| format!("status = {status}"));
    }
    // Ids sort by the time of their checkout.
    if let Some(from) = wanted.placed_from {
        add(&mut parameters, Value::Id(from.first_id()), |id| format!("id >= {id}"));
    }
    if let Some(before) = wanted.placed_before {
        add(&mut parameters, Value::Id(before.first_id()), |id| format!("id < {id}"));
    }
    if let Some(before) = wanted.before {
        add(&mut parameters, Value::Id(before.0), |id| format!("id < {id}"));
    }
    let filter = match conditions.is_empty() {
        true => String::new(),
        false => format!("WHERE {} ", conditions.join(" AND ")),
    };
    let orders: Vec<Order> =
        reads.select(&format!("{filter}ORDER BY id DESC LIMIT {limit}"), parameters).await?;
    with_purchases(reads, orders).await
}

/// Orders with what was ordered, in the same order.
async fn with_purchases(reads: &Reads, orders: Vec<Order>) -> Result<Vec<(Order, Purchase)>, StoreError> {
    let purchases: Vec<Purchase> = reads.all_of(orders.iter().map(|order| order.id.0)).await?;
    let mut purchases: HashMap<OrderId, Purchase> =
        purchases.into_iter().map(|purchase| (purchase.order_id, purchase)).collect();
    let with = |order: Order| purchases.remove(&order.id).map(|purchase| (order, purchase));
    Ok(orders.into_iter().filter_map(with).collect())
}
