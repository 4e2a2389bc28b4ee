//! The tables of inventory.

use contracts::{CartId, OrderId, ProductId, Timestamp};
use engine::{Reads, StoreError, Table, Value};
use uuid::Uuid;

use crate::domain::{
    Adjustment, AdjustmentReason, Allocation, AllocationStatus, Hold, HoldLine, Line, Stock, StockChange,
};

engine::text_field!(AllocationStatus);
engine::text_field!(AdjustmentReason);

engine::record! {
    Stock => "stock" {
        key product_id: ProductId,
        field on_hand: i64,
        field reserved: i64,
        field received: i64,
        field settled: i64,
        field restocked: i64,
    }
}

engine::record! {
    Hold => "hold" {
        key cart_id: CartId,
        field expires_at: Timestamp,
        field expiry_slot: Option<i64>,
        json lines: Vec<HoldLine>,
    }
    index ["expiry_slot"]
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
    }
}

/// All of them.
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![
        engine::table_of::<Stock>(),
        engine::table_of::<Hold>(),
        engine::table_of::<Allocation>(),
        engine::table_of::<Adjustment>(),
    ]
}

/// How many products one query asks for, at most.
const PRODUCTS_PER_QUERY: usize = 500;

/// The stock of those products that are counted.
pub(crate) async fn stock_of(reads: &Reads, products: &[ProductId]) -> Result<Vec<Stock>, StoreError> {
    let mut found = Vec::with_capacity(products.len());
    for products in products.chunks(PRODUCTS_PER_QUERY) {
        let parameters: Vec<String> = (1..=products.len()).map(|number| reads.parameter(number)).collect();
        let condition = format!("WHERE product_id IN ({})", parameters.join(", "));
        let values = products.iter().map(|product| Value::Id(product.0)).collect();
        found.extend(reads.select::<Stock>(&condition, values).await?);
    }
    Ok(found)
}
