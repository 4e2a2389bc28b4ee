//! What products there are, and how many units of them staff receive, count and write off.

use contracts::{ProductId, Refusal};
use engine::{Cx, Rows};
use uuid::Uuid;

use super::updated;
use crate::{
    domain::{Adjustment, AdjustmentReason, Fact, Stock, StockChange},
    message::Level,
    service::Inventory,
};

/// A product is counted from now on, unless units of it have come in already.
pub(crate) fn count_product(product_id: ProductId, rows: &mut Rows, cx: &mut Cx<'_, Inventory>) {
    if rows.get::<Stock>(product_id).is_some() {
        return;
    }
    rows.put(Stock::new(product_id));
    cx.publish::<Stock>(product_id, Fact::StockCreated { product_id, on_hand: 0 });
}

/// Makes all of the changes, or none; answers the products as they are then.
pub(crate) fn adjust(
    adjustment_id: Uuid,
    reason: AdjustmentReason,
    changes: &[StockChange],
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) -> Result<Vec<Level>, Refusal> {
    if changes.is_empty() {
        return Err(Refusal::invalid("nothing_to_adjust", "An adjustment changes at least one product."));
    }
    if rows.get::<Adjustment>(adjustment_id).is_none() {
        for change in changes {
            adjust_one(*change, rows, cx)?;
        }
        let created_us = cx.now();
        rows.put(Adjustment { adjustment_id, reason, created_us, changes: changes.to_vec() });
    }
    let mut levels: Vec<Level> =
        changes.iter().filter_map(|change| rows.get::<Stock>(change.product_id)).map(Level::from).collect();
    levels.sort_by_key(|level| level.product_id);
    levels.dedup();
    Ok(levels)
}

fn adjust_one(change: StockChange, rows: &mut Rows, cx: &mut Cx<'_, Inventory>) -> Result<(), Refusal> {
    let StockChange { product_id, delta } = change;
    let fact = match rows.get_mut::<Stock>(product_id) {
        Some(stock) => {
            stock.adjust(delta)?;
            updated(stock)
        }
        // Units may come in before the catalogue's event does.
        None => {
            let mut stock = Stock::new(product_id);
            stock.adjust(delta)?;
            let on_hand = stock.on_hand;
            rows.put(stock);
            Fact::StockCreated { product_id, on_hand }
        }
    };
    cx.publish::<Stock>(product_id, fact);
    Ok(())
}
