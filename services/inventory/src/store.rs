//! The tables of inventory.

use contracts::{CartId, OrderId, ProductId, Timestamp};
use engine::{Field, Reads, StoreError, Table, Value};
use uuid::Uuid;

use crate::domain::{
    Adjustment, AdjustmentReason, Allocation, AllocationStatus, Hold, HoldLine, Line, Movement,
    MovementReason, Stock, StockChange,
};

engine::text_field!(AllocationStatus);
engine::text_field!(AdjustmentReason);
engine::text_field!(MovementReason);

engine::record! {
    Stock => "stock" {
        key product_id: ProductId,
        field on_hand: i64,
        field reserved: i64,
        field received: i64,
        field settled: i64,
        field restocked: i64,
        field threshold: Option<i64>,
        field movements: i64,
        field last_movement: Option<Uuid>,
    }
}

engine::record! {
    Hold => "hold" {
        key cart_id: CartId,
        field expires_at: Timestamp,
        field expiry_slot: Option<i64>,
        json lines: Vec<HoldLine>,
    }
    sparse ["expiry_slot"]
}

engine::record! {
    Allocation => "allocation" {
        key order_id: OrderId,
        field status: AllocationStatus,
        json lines: Vec<Line>,
    }
}

engine::record! {
    Adjustment => "adjustment" {
        key adjustment_id: Uuid,
        field reason: AdjustmentReason,
        field created_us: Timestamp,
        json changes: Vec<StockChange>,
        field note: Option<String>,
    }
}

engine::record! {
    Movement => "movement" {
        key movement_id: Uuid,
        field product_id: ProductId,
        field previous: Option<Uuid>,
        field number: i64,
        field created_us: Timestamp,
        field reason: MovementReason,
        field delta: i64,
        field on_hand: i64,
        field source_id: Uuid,
        field note: Option<String>,
    }
}

/// All of them.
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![
        engine::table_of::<Stock>(),
        engine::table_of::<Hold>(),
        engine::table_of::<Allocation>(),
        engine::table_of::<Adjustment>(),
        engine::table_of::<Movement>(),
    ]
}

/// The stock of those products that are counted.
pub(crate) async fn stock_of(reads: &Reads, products: &[ProductId]) -> Result<Vec<Stock>, StoreError> {
    reads.all_of(products.iter().map(|product| product.0)).await
}

/// The stock of products past `after`, by product; only of those that are low where `low_by` says by which threshold of the
/// settings.
pub(crate) async fn listed(
    reads: &Reads,
    low_by: Option<i64>,
    after: Option<ProductId>,
    limit: u32,
) -> Result<Vec<Stock>, StoreError> {
    let (mut conditions, mut parameters) = (Vec::new(), Vec::new());
    if let Some(default) = low_by {
        parameters.push(Value::Integer(default));
        let default = reads.parameter(parameters.len());
        conditions.push(format!("on_hand - reserved < COALESCE(threshold, {default})"));
    }
    if let Some(after) = after {
        parameters.push(after.to_value());
        conditions.push(format!("product_id > {}", reads.parameter(parameters.len())));
    }
    let filter = match conditions.is_empty() {
        true => String::new(),
        false => format!("WHERE {} ", conditions.join(" AND ")),
    };
    reads.select(&format!("{filter}ORDER BY product_id LIMIT {limit}"), parameters).await
}

/// A product's movements from `first` on back in time, at most `limit`; none where `first` is not one of this product.
pub(crate) async fn movements_from(
    reads: &Reads,
    product_id: ProductId,
    first: Uuid,
    limit: u32,
) -> Result<Vec<Movement>, StoreError> {
    let (movement, product) = (reads.parameter(1), reads.parameter(2));
    let condition = format!(
        "WHERE movement_id IN (WITH RECURSIVE chain (id, previous, place) AS (\
         SELECT movement_id, previous, 1 FROM movement WHERE movement_id = {movement} AND product_id = {product} \
         UNION ALL SELECT movement.movement_id, movement.previous, chain.place + 1 FROM movement \
         JOIN chain ON movement.movement_id = chain.previous WHERE chain.place < {limit}) \
         SELECT id FROM chain) ORDER BY number DESC"
    );
    reads.select(&condition, vec![Value::Id(first), product_id.to_value()]).await
}
