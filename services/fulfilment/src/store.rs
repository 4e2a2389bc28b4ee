//! The table of fulfilment.

use contracts::{Address, OrderId, Timestamp};
use engine::{Field, Reads, StoreError, Table, Value};

use crate::domain::{Line, Shipment, Status};

engine::text_field!(Status);

engine::record! {
    Shipment => "shipment" {
        key order_id: OrderId,
        field status: Status,
        field created_us: Timestamp,
        field waiting_since: Option<Timestamp>,
        field step_slot: Option<i64>,
        field carrier: Option<String>,
        field tracking_number: Option<String>,
        field shipping_method: String,
        json address: Option<Address>,
        json lines: Vec<Line>,
    }
    sparse ["step_slot"]
    sparse ["waiting_since", "order_id"]
}

/// All of them.
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![engine::table_of::<Shipment>()]
}

/// A place in the queue: when the order was paid, and the order.
pub(crate) type Place = (Timestamp, OrderId);

/// Shipments with which something is still to be done, of one status or of all, oldest first.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn queue(
    reads: &Reads,
    status: Option<Status>,
    after: Option<Place>,
    limit: u32,
) -> Result<Vec<Shipment>, StoreError> {
    let (mut condition, mut parameters) = ("WHERE waiting_since IS NOT NULL".to_owned(), Vec::new());
    if let Some(status) = status {
        parameters.push(status.to_value());
        condition.push_str(&format!(" AND status = {}", reads.parameter(parameters.len())));
    }
    if let Some((since, order_id)) = after {
        parameters.extend([Value::Integer(since.0), Value::Id(order_id.0)]);
        let (since, id) = (reads.parameter(parameters.len() - 1), reads.parameter(parameters.len()));
        condition.push_str(&format!(" AND (waiting_since, order_id) > ({since}, {id})"));
    }
    reads.select(&format!("{condition} ORDER BY waiting_since, order_id LIMIT {limit}"), parameters).await
}
