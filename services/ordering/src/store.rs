//! The tables: orders, what was ordered, grace periods that no timer ends, and the timeline.

use contracts::{Address, CartId, Currency, CustomerId, OrderId, Timestamp};
use engine::{Column, ColumnKind, Layout, Table};

use crate::domain::{GracePeriod, Line, Order, Purchase, Reason, Status};

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
        field email: String,
        json lines: Vec<Line>,
        field shipping_method: String,
        field shipping_price: i64,
        json shipping_address: Address,
        field tax: i64,
        field prices_include_tax: bool,
    }
}

engine::record! {
    GracePeriod => "grace_periods" {
        key order_id: OrderId,
        field ends_us: Timestamp,
    }
    index ["ends_us"]
}

/// All events of an order's way, by order and time.
pub static TIMELINE: Table = Table {
    name: "timeline",
    columns: &[
        Column::new("order_id", ColumnKind::Id),
        Column::new("event_id", ColumnKind::Id),
        Column::new("at_us", ColumnKind::Integer),
        Column::new("source", ColumnKind::Text),
        Column::new("type", ColumnKind::Text),
        Column::new("causation_id", ColumnKind::Id),
    ],
    key_columns: 2,
    indexes: &[],
    layout: Layout::ByKey,
};
