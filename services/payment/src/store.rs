//! The tables of payments and wallets, and how wallets are read.

use contracts::{Currency, CustomerId, OrderId, Timestamp};
use engine::{Field, Reads, StoreError, Table, Value};
use uuid::Uuid;

use crate::domain::{
    Account, AccountKind, Entry, EntryKind, Payment, Refund, RefundStatus, Status, TopUp, TopUpStatus, Wallet,
};

engine::text_field!(Status);
engine::text_field!(TopUpStatus);
engine::text_field!(RefundStatus);
engine::text_field!(AccountKind);
engine::text_field!(EntryKind);

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
        field customer_id: Option<CustomerId>,
        field refunded: i64,
        field refund_pending: i64,
    }
}

engine::record! {
    Refund => "refund" {
        key refund_id: Uuid,
        field order_id: OrderId,
        field status: RefundStatus,
        field amount: i64,
        field currency: Currency,
        field reason: String,
        field created_us: Timestamp,
        field updated_us: Timestamp,
    }
    index ["order_id", "refund_id"]
}

engine::record! {
    Wallet => "wallet" {
        key customer_id: CustomerId,
        field created_us: Timestamp,
    }
}

engine::record! {
    Account => "account" {
        key account_id: Uuid,
        field customer_id: CustomerId,
        field currency: Currency,
        field balance: i64,
        field version: i64,
        field updated_us: Timestamp,
    }
    index ["customer_id"]
}

engine::record! {
    Entry => "entry" {
        key entry_id: Uuid,
        field transaction_id: Uuid,
        field account: AccountKind,
        field account_id: Uuid,
        field customer_id: Option<CustomerId>,
        field currency: Currency,
        field amount: i64,
        field balance_after: Option<i64>,
        field number: Option<i64>,
        field kind: EntryKind,
        field reference: String,
        field reason: Option<String>,
        field created_us: Timestamp,
    }
    sparse ["customer_id", "created_us", "number"]
}

engine::record! {
    TopUp => "top_up" {
        key top_up_id: Uuid,
        field customer_id: CustomerId,
        field status: TopUpStatus,
        field amount: i64,
        field currency: Currency,
        field method: String,
        field reference: Option<String>,
        field decline_code: Option<String>,
        field created_us: Timestamp,
        field updated_us: Timestamp,
    }
}

/// All of them.
pub fn tables() -> Vec<&'static Table> {
    vec![
        engine::table_of::<Payment>(),
        engine::table_of::<Refund>(),
        engine::table_of::<Wallet>(),
        engine::table_of::<Account>(),
        engine::table_of::<Entry>(),
        engine::table_of::<TopUp>(),
    ]
}

/// A customer's accounts, by currency.
pub async fn accounts_of(reads: &Reads, customer_id: CustomerId) -> Result<Vec<Account>, StoreError> {
    let condition = format!("WHERE customer_id = {} ORDER BY currency", reads.parameter(1));
    reads.select(&condition, vec![customer_id.to_value()]).await
}

/// The place of an entry in a customer's statement: its time, its number in its account, and its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub created_us: i64,
    pub number: i64,
    pub entry_id: Uuid,
}

/// A customer's entries before a place, newest first.
pub async fn entries_of(
    reads: &Reads,
    customer_id: CustomerId,
    before: Option<Place>,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let mut parameters = vec![customer_id.to_value()];
    let mut condition = format!("WHERE customer_id = {}", reads.parameter(1));
    if let Some(Place { created_us, number, entry_id }) = before {
        parameters.extend([Value::Integer(created_us), Value::Integer(number), Value::Id(entry_id)]);
        let [time, number, id] = [2, 3, 4].map(|number| reads.parameter(number));
        condition.push_str(&format!(" AND (created_us, number, entry_id) < ({time}, {number}, {id})"));
    }
    condition.push_str(&format!(" ORDER BY created_us DESC, number DESC, entry_id DESC LIMIT {limit}"));
    reads.select(&condition, parameters).await
}

/// The refunds of an order, oldest first.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn refunds_of(reads: &Reads, order_id: OrderId) -> Result<Vec<Refund>, StoreError> {
    let condition = format!("WHERE order_id = {} ORDER BY created_us, refund_id", reads.parameter(1));
    reads.select(&condition, vec![Value::Id(order_id.0)]).await
}
