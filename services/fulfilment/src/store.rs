//! The table of fulfilment.

use contracts::{Address, OrderId, Timestamp};
use engine::Table;

use crate::domain::{Line, Shipment, Status};

engine::text_field!(Status);

engine::record! {
    Shipment => "shipment" {
        key order_id: OrderId,
        field status: Status,
        field created_us: Timestamp,
        field step_slot: Option<i64>,
        field carrier: Option<String>,
        field tracking_number: Option<String>,
        field shipping_method: String,
        json address: Option<Address>,
        json lines: Vec<Line>,
    }
    index ["step_slot"]
}

/// All of them.
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![engine::table_of::<Shipment>()]
}
