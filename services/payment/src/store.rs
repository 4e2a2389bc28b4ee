//! The table of payments.

use contracts::{Currency, OrderId, Timestamp};

use crate::domain::{Payment, Status};

engine::text_field!(Status);

engine::record! {
    Payment => "payment" {
        key order_id: OrderId,
        field status: Status,
        field amount: i64,
        field currency: Option<Currency>,
        field method: String,
        field reference: Option<String>,
        field decline_code: Option<String>,
        field order_cancelled: bool,
        field created_us: Timestamp,
        field updated_us: Timestamp,
    }
}
